"""Run downloaded notebooks, two at a time; prints what came of each as a line of JSON.

    python tests/run_notebooks.py EMPTY-FOLDER NOTEBOOK ...

This file is run by the Python of a reader's environment and imports only what is there.  Most
of a notebook's time is the start of its kernel and the imports; here they happen once, and
each notebook runs in a copy of that process, with names of its own, in an empty folder.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import tempfile
from typing import Any

import altair  # noqa: F401
import pandas  # noqa: F401
import scipy.stats  # noqa: F401
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

import secretome


def run(file: str) -> dict[str, Any]:
    """Run the code cells of a notebook; the first error ends it."""
    with open(file, encoding="utf-8") as text:  # noqa: PTH123
        cells = [c for c in json.load(text)["cells"] if c["cell_type"] == "code"]
    os.chdir(tempfile.mkdtemp(dir=sys.argv[1]))
    shell = InteractiveShell.instance()
    charts = 0
    for cell in cells:
        source = "".join(cell["source"])
        with capture_output() as shown:
            result = shell.run_cell(source, store_history=True)
        error = result.error_before_exec or result.error_in_exec
        if error:
            return {"file": file, "error": f"{error!r} in\n{source}\n{shown.stdout}"}
        last, _ = shell.display_formatter.format(result.result)
        charts += sum("vega" in str(data) for data in (last, *(o.data for o in shown.outputs)))
    return {"file": file, "error": "", "charts": charts, "package": secretome.__file__}


def main() -> None:
    with multiprocessing.get_context("fork").Pool(2, maxtasksperchild=1) as pool:
        for outcome in pool.imap_unordered(run, sys.argv[2:]):
            print(json.dumps(outcome), flush=True)


if __name__ == "__main__":
    main()
