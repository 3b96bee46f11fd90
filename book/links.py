"""Try every outside address of the book and its tables; print what does not answer.

Runs with the standard library alone, so that the scheduled check needs no environment.  A
host that refuses robots (401, 403, 429) has answered; a missing page, a dead host or a
server's error has not.

Ends with 0 when all answer and with 2 when some do not; 1 is Python's own, for a mistake in
this script.
"""

from __future__ import annotations

import concurrent.futures
import csv
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PLACES = ("chapters", "data", "src", "index.md", "README.md", "CONTRIBUTING.md", "CITATION.cff")
KINDS = {".md", ".csv", ".bib", ".py", ".json", ".cff"}
_ADDRESS = re.compile(r"https?://[^\s<>\"'`\\|{}\[\]^]+")
_REFUSED = {401, 403, 405, 406, 418, 429, 999}
_OWN = ("https://example.", "http://127.", "http://localhost")


def addresses(text: str) -> set[str]:
    """Outside addresses in a text, without the punctuation that follows them."""
    found = set()
    for address in _ADDRESS.findall(text):
        address = address.split("#")[0].rstrip(".,;:!?*")
        while address.endswith(")") and address.count("(") < address.count(")"):
            address = address[:-1].rstrip(".,;:")
        if "." in urllib.parse.urlsplit(address).netloc and not address.startswith(_OWN):
            found.add(address)
    return found


def _text(file: Path) -> str:
    if file.suffix != ".csv":
        return file.read_text(encoding="utf-8")
    # the comma after a cell is no part of the address in it
    with file.open(encoding="utf-8", newline="") as lines:
        return "\n".join(cell for row in csv.reader(lines) for cell in row)


def where(root: Path = ROOT) -> dict[str, list[str]]:
    """Every outside address with the files that name it."""
    result: dict[str, list[str]] = defaultdict(list)
    for name in PLACES:
        place = root / name
        for file in [place] if place.is_file() else sorted(place.rglob("*")):
            if file.suffix in KINDS and "__pycache__" not in file.parts:
                for address in sorted(addresses(_text(file))):
                    result[address].append(file.relative_to(root).as_posix())
    return result


def answer(address: str, tries: int = 3) -> str:
    """Empty if the address answers, else what it says."""
    said = ""
    for attempt in range(tries):
        request = urllib.request.Request(address, headers={"User-Agent": "Mozilla/5.0 (links)"})
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return "" if response.status < 400 else str(response.status)
        except urllib.error.HTTPError as error:
            if error.code in _REFUSED:
                return ""
            said = f"{error.code} {error.reason}"
            if error.code in (404, 410):
                return said
        except (OSError, ValueError) as error:
            said = str(getattr(error, "reason", error))
        time.sleep(5 * attempt)
    return said


PATIENCE = 3
"""Addresses of one host that may use up all their tries; the rest is then not asked for."""


def one_host(group: Iterable[str], pause: float = 0.5) -> dict[str, str]:
    """What each address of one host says; a host that is down is given up.

    One that only has lost a page says so at once, and is asked on.
    """
    result: dict[str, str] = {}
    failed = 0
    for address in group:
        if failed == PATIENCE:
            result[address] = f"not tried, after {PATIENCE} others of its host failed"
            continue
        result[address] = said = answer(address)
        failed += bool(said) and not said.startswith(("404", "410"))
        time.sleep(pause)  # a host is not asked faster than a patient reader would
    return result


def main() -> int:
    named = where()
    hosts: dict[str, list[str]] = defaultdict(list)
    for address in named:
        hosts[urllib.parse.urlsplit(address).netloc].append(address)
    said: dict[str, str] = {}
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        for part in pool.map(one_host, hosts.values()):
            said |= part
    broken = {address: why for address, why in sorted(said.items()) if why}
    print(f"{len(named)} addresses tried, {len(broken)} did not answer.\n")
    for address, why in broken.items():
        print(f"- <{address}>: {why} ({', '.join(named[address][:3])})")
    return 2 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
