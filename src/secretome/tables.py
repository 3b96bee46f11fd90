"""Load, describe and validate tables of evidence.

One file, ``datapackage.json`` (a Frictionless Data Package), says once what every table,
column, unit and allowed value is.  Everything here reads that file: the dtypes that
:func:`load` gives, the dictionary that :func:`describe` prints, the rules that
:func:`validate` applies.  A course with its own data writes its own ``datapackage.json``
and passes its path; nothing in this module knows the book's pages.

The choices behind it:

* An absent value is never an empty cell.  Four codes say why it is absent:
  ``NR`` (the whole source was read and does not report it), ``NS`` (not seen, only part
  of the source was read), ``NA`` (does not apply), ``UNCLEAR`` (reported, cannot be
  decided).  Text columns keep the codes as text; number and date columns turn them into
  missing values, and :func:`codes` tells which code stood there.
* Validation never changes a file and lists every mistake at once, each with file, row,
  column, reason and remedy.
"""

from __future__ import annotations

import difflib
import functools
import json
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from secretome._frames import MissingName

__all__ = [
    "MISSING_CODES",
    "codes",
    "data_path",
    "describe",
    "load",
    "package_descriptor",
    "table_names",
    "validate",
]

MISSING_CODES: dict[str, str] = {
    "NR": "not reported: the full source was read and does not report it",
    "NS": "not seen: only part of the source was read",
    "NA": "does not apply",
    "UNCLEAR": "reported, but cannot be decided",
}
"""The four names of absence and their meaning."""


def data_path() -> Path:
    """Folder that holds the book's tables.

    Returns
    -------
    pathlib.Path
        ``secretome/data`` in an installed wheel, the repository's ``data`` in a checkout.

    Examples
    --------
    >>> import secretome
    >>> (secretome.tables.data_path() / "datapackage.json").exists()
    True
    """
    installed = Path(str(resources.files("secretome"))) / "data"
    if (installed / "datapackage.json").exists():
        return installed
    return Path(__file__).resolve().parents[2] / "data"


def _package_file(package: str | Path | None) -> Path:
    path = data_path() if package is None else Path(package)
    file = path / "datapackage.json" if path.suffix != ".json" else path
    if not file.exists():
        raise FileNotFoundError(
            f"There is no data package at {file}. Pass the folder that holds a "
            "datapackage.json, or the path of that file; leave `package` out for the book's own."
        )
    return file


@functools.cache
def _read_descriptor(file: Path, _modified: float) -> dict[str, Any]:
    descriptor: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return descriptor


def package_descriptor(package: str | Path | None = None) -> dict[str, Any]:
    """Descriptor of a data package, as the dictionary in its ``datapackage.json``.

    Parameters
    ----------
    package : str or pathlib.Path, optional
        Folder with a ``datapackage.json``, or that file.  The book's own when left out.

    Returns
    -------
    dict
        The Frictionless descriptor.

    Examples
    --------
    >>> import secretome
    >>> secretome.tables.package_descriptor()["name"]
    'msc-secretome-evidence'
    """
    file = _package_file(package)
    return _read_descriptor(file, file.stat().st_mtime)


def table_names(package: str | Path | None = None) -> list[str]:
    """Names that :func:`load` and :func:`describe` take.

    Parameters
    ----------
    package : str or pathlib.Path, optional
        Folder with a ``datapackage.json``; the book's own when left out.

    Returns
    -------
    list of str
        Names in the order of the package.

    Examples
    --------
    >>> import secretome
    >>> "studies" in secretome.table_names()
    True
    """
    return [Path(r["path"]).stem for r in package_descriptor(package)["resources"]]


def _resource(name: str, package: str | Path | None) -> tuple[dict[str, Any], Path]:
    if not isinstance(name, str):
        raise TypeError(
            f"The name of a table is needed, not {type(name).__name__}: "
            'secretome.codes("studies"). Tables: ' + ", ".join(table_names(package)) + "."
        )
    names = table_names(package)
    if name not in names:
        close = difflib.get_close_matches(str(name), names, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise MissingName(
            f"There is no table {name!r}.{hint} Tables: {', '.join(names)}. "
            "secretome.describe(name) explains a table's columns."
        )
    resource = package_descriptor(package)["resources"][names.index(name)]
    return resource, _package_file(package).parent / resource["path"]


def _read_text(resource: dict[str, Any], file: Path) -> pd.DataFrame:
    try:
        frame = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise ValueError(
            f"{file.name} could not be read as UTF-8 CSV: {error}. Every row needs as many "
            "cells as the header; save it from a spreadsheet as 'CSV UTF-8'."
        ) from error
    declared = [f["name"] for f in resource["schema"]["fields"]]
    if list(frame.columns) != declared:
        missing = [c for c in declared if c not in frame.columns]
        extra = [c for c in frame.columns if c not in declared]
        raise ValueError(
            f"{file.name} has other columns than its data package declares. "
            f"Missing: {missing or 'none'}; not declared: {extra or 'none'}; "
            f"the order must be: {', '.join(declared)}."
        )
    return frame


def _missing_values(resource: dict[str, Any]) -> list[str]:
    return [v for v in resource["schema"].get("missingValues", [""]) if v]


def load(
    name: str,
    *,
    missing: Literal["nan", "code"] = "nan",
    package: str | Path | None = None,
) -> pd.DataFrame:
    """Load a table with the types that its data package declares.

    Parameters
    ----------
    name : str
        Name of the table, for example ``"studies"``; see :func:`table_names`.
    missing : {"nan", "code"}
        What stands in a number or date column where the table holds a missing code:
        a missing value (the default, for computing) or the code itself (for showing).
        Text columns always keep their codes.
    package : str or pathlib.Path, optional
        Folder with another ``datapackage.json``; the book's own when left out.

    Returns
    -------
    pandas.DataFrame
        One row a record, columns in declared order.  Integers are ``Int64``, numbers
        ``Float64``, dates ``datetime64``, all else text.

    Raises
    ------
    KeyError
        If there is no such table; the message lists the names.
    ValueError
        If the file does not have the declared columns, or a cell does not fit its type.
        Run :func:`validate` for all mistakes at once.

    Notes
    -----
    Explained in the chapter *How to read, run and reuse*.

    Examples
    --------
    >>> import secretome
    >>> studies = secretome.load("studies")
    >>> str(studies["year"].dtype)
    'Int64'
    """
    resource, file = _resource(name, package)
    frame = _read_text(resource, file)
    absent = _missing_values(resource)
    for field in resource["schema"]["fields"]:
        column, kind = field["name"], field["type"]
        if kind not in ("integer", "number", "date"):
            continue
        text = frame[column]
        blank = text.isin([*absent, ""])
        try:
            if kind == "date":
                typed: pd.Series[Any] = pd.to_datetime(text.mask(blank), format="%Y-%m-%d")
            else:
                dtype = "Int64" if kind == "integer" else "Float64"
                typed = pd.to_numeric(text.mask(blank), errors="raise").astype(dtype)
        except (ValueError, TypeError) as error:
            raise ValueError(
                f"{file.name}, column {column!r}: {error}. It should hold {kind} values or one "
                f"of {', '.join(absent)}. `secretome.validate()` lists every such cell."
            ) from error
        if missing == "code":
            shown = typed.dt.strftime("%Y-%m-%d") if kind == "date" else typed
            typed = shown.astype(object).mask(blank, text)
        frame[column] = typed
    return frame


def codes(name: str, *, package: str | Path | None = None) -> pd.DataFrame:
    """Which missing code stands in which cell.

    Parameters
    ----------
    name : str
        Name of the table.
    package : str or pathlib.Path, optional
        Folder with another ``datapackage.json``; the book's own when left out.

    Returns
    -------
    pandas.DataFrame
        Same shape as ``load(name)``: the code where the cell holds one, else missing.

    Examples
    --------
    >>> import secretome
    >>> codes = secretome.codes("studies")
    >>> codes.shape == secretome.load("studies").shape
    True
    """
    resource, file = _resource(name, package)
    frame = _read_text(resource, file)
    return frame.where(frame.isin(_missing_values(resource)))


def describe(name: str, *, package: str | Path | None = None) -> pd.DataFrame:
    """Data dictionary of a table, with how full each column is.

    Parameters
    ----------
    name : str
        Name of the table.
    package : str or pathlib.Path, optional
        Folder with another ``datapackage.json``; the book's own when left out.

    Returns
    -------
    pandas.DataFrame
        One row a column: ``column``, ``type``, ``unit``, ``description``, ``allowed``
        (values, bounds or pattern), ``required``, ``filled`` (cells with a value) and one
        count for each missing code.

    Examples
    --------
    >>> import secretome
    >>> dictionary = secretome.describe("studies")
    >>> list(dictionary["column"][:3])
    ['study_id', 'title', 'first_author']
    """
    resource, file = _resource(name, package)
    frame = _read_text(resource, file)
    absent = _missing_values(resource)
    rows = []
    for field in resource["schema"]["fields"]:
        constraints = field.get("constraints", {})
        cells = frame[field["name"]]
        rows.append(
            {
                "column": field["name"],
                "type": field["type"],
                "unit": field.get("unit", ""),
                "description": field.get("description", ""),
                "allowed": _allowed(constraints),
                "required": bool(constraints.get("required", False)),
                "filled": int((~cells.isin([*absent, ""])).sum()),
                **{code: int((cells == code).sum()) for code in absent},
            }
        )
    return pd.DataFrame(rows)


def _allowed(constraints: dict[str, Any]) -> str:
    parts = []
    if "enum" in constraints:
        parts.append(" | ".join(map(str, constraints["enum"])))
    if "minimum" in constraints or "maximum" in constraints:
        low, high = constraints.get("minimum", "−∞"), constraints.get("maximum", "∞")
        parts.append(f"{low} to {high}")
    if "pattern" in constraints:
        parts.append(f"pattern {constraints['pattern']}")
    if constraints.get("unique"):
        parts.append("unique")
    return "; ".join(parts)


def validate(
    package: str | Path | None = None,
    *,
    tables: Iterable[str] | None = None,
    schema: bool = True,
) -> pd.DataFrame:
    """Check every table of a data package and list all mistakes at once.

    Types, allowed values, patterns, unique and foreign keys are checked by the
    `frictionless` library (``pip install "frictionless>=5.18,<6"``); what only a reader of
    evidence would notice (arms that do not add up, a direction that contradicts its own
    numbers, a date of checking before the date of reading) by :mod:`secretome.checks`.

    Parameters
    ----------
    package : str or pathlib.Path, optional
        Folder with a ``datapackage.json``; the book's own when left out.
    tables : iterable of str, optional
        Report only these tables.
    schema : bool
        Check the schema too.  False leaves it out and needs no `frictionless`: the rules of
        :mod:`secretome.checks` are run alone.

    Returns
    -------
    pandas.DataFrame
        One row a mistake: ``file``, ``row`` (line in the file, the header is 1),
        ``column``, ``value``, ``reason``, ``remedy``.  Empty when all is well.
        No file is changed.

    Raises
    ------
    ImportError
        If `frictionless` is not installed and `schema` is true.

    Examples
    --------
    >>> import secretome
    >>> len(secretome.validate())
    0
    """
    from secretome import checks

    problems = checks.check_package(_package_file(package), schema=schema)
    if tables is not None:
        wanted = {_resource(t, package)[1].name for t in tables}
        problems = problems[problems["file"].isin(wanted)].reset_index(drop=True)
    return problems
