"""``python -m secretome check-data [FOLDER]``: list every mistake in a data package."""

from __future__ import annotations

import argparse
import sys

from secretome import tables


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : list of str, optional
        Arguments; those of the process when left out.

    Returns
    -------
    int
        0 when the package has no mistake, 1 when it has, 2 when it cannot be read.
    """
    parser = argparse.ArgumentParser(prog="python -m secretome", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check-data", help="list every mistake in a data package")
    check.add_argument("folder", nargs="?", help="folder with a datapackage.json")
    options = parser.parse_args(arguments)
    try:
        problems = tables.validate(options.folder)
    except (FileNotFoundError, ImportError) as error:
        print(error, file=sys.stderr)
        return 2
    for problem in problems.to_dict("records"):
        where = f"{problem['file']}:{problem['row']}:{problem['column'] or '-'}"
        found = str(problem["value"])[:80]
        print(f"{where}: {problem['reason']} (found {found!r}); {problem['remedy']}")
    folder = tables._package_file(options.folder).parent
    counts = (
        ", ".join(
            f"{len(tables.load(n, package=options.folder))} {n}"
            for n in tables.table_names(options.folder)
        )
        if problems.empty
        else f"{len(problems)} mistakes; no file was changed"
    )
    print(f"{folder.name}: {counts}")
    return int(not problems.empty)


if __name__ == "__main__":
    raise SystemExit(main())
