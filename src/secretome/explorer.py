"""An explorer for any table of evidence, alive in a notebook and on a static page.

:class:`EvidenceExplorer` shows a DataFrame with facets, search, sorting, row details, a
linked picture (evidence map, timeline, direction of effect), links and downloads.

The choices behind it:

* Everything the reader does runs in the browser.  The same file draws the explorer in
  JupyterLab, Notebook 7, Colab, VS Code and on a built page that has no kernel.
* Where no script runs, there is a plain table: each explorer displays as a widget *and* as
  escaped HTML, and the page script takes the place of the table when it can.  A notebook that
  ``nbconvert`` or ``ipywidgets.embed`` turns into HTML keeps only the widget, whose scripts it
  fetches from elsewhere; :meth:`EvidenceExplorer.save` writes a page that needs nothing.
* Absence is shown, never hidden.  The four missing codes are values that can be counted
  and filtered, an empty cell says "empty", and the map draws its gaps.
* Data travel by column.  Columns with few distinct values travel as a list of values and
  one short string of base-64 digits, a tenth of the size of repeated text.
* Every string is guarded: the character that could end a script element never reaches
  the page's state, whatever the table holds.
"""

from __future__ import annotations

import base64
import datetime as dt
import difflib
import functools
import html
import json
import math
import numbers
import re
import zlib
from collections.abc import Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import anywidget
import pandas as pd
import traitlets

from secretome.tables import MISSING_CODES

__all__ = ["DESIGN_CLASSES", "EvidenceExplorer"]

DESIGN_CLASSES: dict[str, list[str]] = {
    "randomised": ["randomised controlled", "randomised split-body"],
    "controlled, not randomised": [
        "non-randomised controlled",
        "non-randomised split-body",
        "controlled experiment",
    ],
    "no control group": ["single arm", "case series", "case report", "uncontrolled experiment"],
    "review": ["systematic review", "narrative review"],
}
"""Study designs grouped as the evidence map draws them, one shape a group."""

_DIRECTIONS = [
    "favours product",
    "kept",
    "increased",
    "no clear difference",
    "mixed",
    "partly lost",
    "favours comparator",
    "lost",
    "no comparator",
]

_LINKS = {
    "doi": "doi",
    "pmid": "pubmed",
    "pubmed_id": "pubmed",
    "registry_id": "registry",
    "nct_id": "registry",
    "source_url": "url",
    "url": "url",
}

_ROLES = {
    "key": ("study_id", "key", "id"),
    "author": ("first_author", "author"),
    "authors": ("authors",),
    "title": ("title",),
    "year": ("year",),
    "journal": ("journal",),
    "doi": ("doi",),
    "pmid": ("pmid",),
    "url": ("source_url", "url"),
}

_STATIC = Path(__file__).parent / "static"
_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_PADDED = re.compile(r"[+-]?0\d")
_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?([ T].*)?")
_UNSEEN = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f"
    "\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]"
)
_MAX_FACETS = 30  # the browser keeps one bit a facet
_SAFE_INTEGER = 2**53 - 1
_FULL_FALLBACK_CELLS = 20_000
_FIRST_ROWS = 20  # of the plain table, laid out at once

_Value = int | float | str | None


class _Positions(traitlets.List):  # type: ignore[misc, type-arg, unused-ignore]
    """Row positions: any iterable of integers, checked against the table, kept in order."""

    def validate(self, obj: Any, value: Any) -> list[int]:
        if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
            raise traitlets.TraitError(
                f"{self.name} takes a list of row positions, not {value!r}. "
                "`explorer.filtered = [0, 2]` shows the first and the third row."
            )
        rows = list(value)
        size = obj._size
        for row in rows:
            if isinstance(row, bool) or not isinstance(row, numbers.Integral):
                raise traitlets.TraitError(
                    f"{self.name} takes row positions (integers), not {row!r}. "
                    "numpy.flatnonzero(condition) turns a condition into positions."
                )
            if not 0 <= int(row) < size:
                raise traitlets.TraitError(
                    f"{self.name} holds {row}, but the table has {size} rows "
                    f"(positions 0 to {size - 1})."
                )
        return sorted({int(row) for row in rows})


def _all_as_null(value: list[int], widget: Any) -> list[int] | None:
    """Send "all rows" as null: the usual state of a page costs nothing."""
    return None if len(value) == widget._size else value


def _null_as_all(value: list[int] | None, widget: Any) -> list[int]:
    return list(range(widget._size)) if value is None else value


class EvidenceExplorer(anywidget.AnyWidget):
    """Explore a table: filter, search, sort, see it as a picture, link to it, download it.

    Works on any DataFrame without preparation; each further argument names columns for
    what the explorer can show beyond the table.

    Parameters
    ----------
    df : pandas.DataFrame
        The rows.  Any types, any index, any number of rows including none.  A named index
        is shown as columns.
    facets : sequence of str, optional
        Columns to filter by, in order, at most 30.  When left out: text columns with few
        distinct values.
    columns : sequence of str, optional
        Columns shown at first; the reader can choose others.
    map : (str, str), optional
        Columns for the rows and the columns of the evidence map.  Categories that a
        :class:`pandas.Categorical` declares are drawn even if no row has them, so that
        gaps can be seen.
    year : str, optional
        Column with the year, for the timeline.
    direction : str, optional
        Column with the direction of effect, for counts of directions.
    design : str or (str, mapping), optional
        Column whose classes get a shape each in the map.  With a mapping, from class to
        the values in it; without, :data:`DESIGN_CLASSES` where the values are theirs, else
        the commonest values.
    checked : str, optional
        Column that is filled once a row was checked a second time.  Rows with a missing
        value or a missing code there are marked hollow.
    key : str, optional
        Column that names a row, for its heading and for links to it.  When left out: the
        first column with unique values, else the row number.
    labels, descriptions, units : mapping, optional
        From column to the label, the sentence and the unit shown with it.
    links : mapping, optional
        From column to ``"doi"``, ``"pubmed"``, ``"registry"``, ``"url"`` or a pattern such
        as ``"https://www.uniprot.org/uniprotkb/{}"``.  When left out, columns with the
        usual names (``doi``, ``pmid``, ``registry_id``, ``source_url``) are linked.
    reference : mapping, optional
        For BibTeX and RIS: from ``key``, ``author``, ``authors``, ``title``, ``year``,
        ``journal``, ``doi``, ``pmid`` or ``url`` to a column.  When left out, columns with
        the usual names.
    title : str
        Heading, and caption of the table.
    page_size : int
        Rows a page.
    name : str, optional
        Short name in the address of the page, unique on that page; made from the title
        when left out.  ``#explorer=NAME&row=KEY`` opens a row.
    fallback_rows : int
        Longest table that is given whole to readers without scripts; of a longer one they
        get the first 50 rows.

    Attributes
    ----------
    filtered : list of int
        Positions of the rows that the filters leave, in the table's order.  Setting it
        shows just those rows.
    selected : list of int
        Positions of the rows ticked by the reader, or set from Python.

    Raises
    ------
    TypeError
        If `df` is not a DataFrame.
    ValueError
        If a column is named that the table does not have; the message gives the nearest
        names and the whole list.  If rows share a value of `key`.

    Notes
    -----
    Explained in the chapter *How to read, run and reuse*.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome import EvidenceExplorer
    >>> table = pd.DataFrame(
    ...     {
    ...         "study": ["a-2019", "b-2020", "c-2021"],
    ...         "organ": ["hair", "skin", "hair"],
    ...         "product": ["secretome", "secretome", "conditioned medium"],
    ...         "n": [12, "NR", 30],
    ...     }
    ... )
    >>> explorer = EvidenceExplorer(table, map=("organ", "product"), title="Three studies")
    >>> explorer.filtered
    [0, 1, 2]
    >>> explorer.filtered = [0, 2]
    >>> list(explorer.filtered_frame["study"])
    ['a-2019', 'c-2021']
    """

    _esm = _STATIC / "explorer.js"
    _css = _STATIC / "explorer.css"

    schema: Any = traitlets.List().tag(sync=True)
    cells: Any = traitlets.List().tag(sync=True)
    settings: Any = traitlets.Dict().tag(sync=True)
    filtered = _Positions().tag(sync=True, to_json=_all_as_null, from_json=_null_as_all)
    selected = _Positions().tag(sync=True)

    def __init__(
        self,
        df: pd.DataFrame,
        *,
        facets: Sequence[Hashable] | None = None,
        columns: Sequence[Hashable] | None = None,
        map: tuple[Hashable, Hashable] | None = None,
        year: Hashable | None = None,
        direction: Hashable | None = None,
        design: Hashable | tuple[Hashable, Mapping[str, Sequence[Any]]] | None = None,
        checked: Hashable | None = "checked_on",
        key: Hashable | None = None,
        labels: Mapping[Hashable, str] | None = None,
        descriptions: Mapping[Hashable, str] | None = None,
        units: Mapping[Hashable, str] | None = None,
        links: Mapping[Hashable, str] | None = None,
        reference: Mapping[str, Hashable] | None = None,
        title: str = "Evidence",
        page_size: int = 50,
        name: str | None = None,
        fallback_rows: int = 2000,
    ) -> None:
        if not isinstance(df, pd.DataFrame):
            raise TypeError(
                f"EvidenceExplorer takes a pandas DataFrame, not {type(df).__name__}. "
                "pandas.DataFrame(rows) makes one from a list of dictionaries."
            )
        if page_size < 1:
            raise ValueError(
                f"page_size is the number of rows a page, at least 1, not {page_size}."
            )
        self._frame = df
        self._size = len(df)
        self._fallback_rows = fallback_rows
        table = _Table(df)
        find = table.find

        key_at = table.first_unique() if key is None else find(key, "key")
        if key is not None and key_at is not None:
            _check_key(table, key_at)
        checked_at = None
        if checked is not None and not (checked == "checked_on" and not table.has(checked)):
            checked_at = find(checked, "checked")
        map_at = _map_pair(map, find)
        year_at = None if year is None else find(year, "year")
        direction_at = None if direction is None else find(direction, "direction")
        link_of = table.links(links)
        _check_link_patterns(link_of, table)

        needed = [*(map_at or ()), *([] if direction_at is None else [direction_at])]
        if facets is None:
            barred = {key_at, checked_at, year_at, *link_of}
            facet_at = table.automatic_facets(barred)
        else:
            facet_at = [find(c, "facets") for c in _names(facets, "facets")]
        facet_at = list(dict.fromkeys([*facet_at, *needed]))
        if len(facet_at) > _MAX_FACETS:
            raise ValueError(
                f"{len(facet_at)} facets are more than the {_MAX_FACETS} that the explorer takes. "
                "Name the ones that readers will filter by: facets=['organ', 'product']."
            )
        design_at = design_mapping = None
        if design is not None:
            design_mapping = None
            if isinstance(design, tuple) and not table.has(design):
                if len(design) != 2 or not isinstance(design[1], Mapping):
                    raise ValueError(
                        "design takes a column, or a column and a mapping from class to values: "
                        "design=('design', {'randomised': ['randomised controlled']})."
                    )
                design, design_mapping = design
            design_at = find(design, "design")

        structural = {*facet_at, year_at, design_at, checked_at}
        encoded = [table.encode(i, i in structural, i in facet_at) for i in range(table.width)]
        text_labels = {find(c, "labels"): str(v) for c, v in (labels or {}).items()}
        about = {find(c, "descriptions"): str(v) for c, v in (descriptions or {}).items()}
        unit_of = {find(c, "units"): str(v) for c, v in (units or {}).items()}
        if columns is None:
            shown = table.automatic_columns(
                [key_at, *(map_at or ()), year_at, design_at, direction_at, *facet_at]
            )
        else:
            shown = list(dict.fromkeys(find(c, "columns") for c in _names(columns, "columns")))

        schema = []
        for i, column in enumerate(table.names):
            kind = encoded[i].kind
            if i in link_of and kind == "number":
                kind = "identifier"  # sorted as numbers, but no quantity
            schema.append(
                [
                    _guard(column),
                    _guard(text_labels.get(i, _label(column))),
                    _guard(about.get(i, "")),
                    _guard(unit_of.get(i, "")),
                    kind,
                    _guard(link_of[i]) if i in link_of else None,
                ]
            )
        self._title = str(title)
        self._name = _slug(name if name is not None else title)
        self._shown = shown
        self._key_at = key_at
        self._labels = [text_labels.get(i, _label(c)) for i, c in enumerate(table.names)]
        self._table = table
        settings: dict[str, Any] = {
            "size": self._size,
            "title": _guard(self._title),
            "name": self._name,
            "key": -1 if key_at is None else key_at,
            "facets": facet_at,
            "columns": shown,
            "map": None if map_at is None else list(map_at),
            "year": year_at,
            "direction": direction_at,
            "design": _design_classes(design_at, design_mapping, encoded),
            "checked": -1 if checked_at is None else checked_at,
            "codes": [[code, meaning] for code, meaning in MISSING_CODES.items()],
            "reference": _reference_roles(reference, table),
            "page_size": int(page_size),
        }
        super().__init__(
            schema=schema,
            cells=[column.packed() for column in encoded],
            settings=settings,
            filtered=range(self._size),
            selected=[],
        )

    @property
    def filtered_frame(self) -> pd.DataFrame:
        """Rows of the original table that the filters leave, in its order."""
        return self._frame.iloc[self.filtered]

    @property
    def selected_frame(self) -> pd.DataFrame:
        """Rows of the original table that are selected."""
        return self._frame.iloc[self.selected]

    def save(self, path: str | Path) -> Path:
        """Write the explorer as one page that works offline, without Python and without a server.

        The page holds the whole table, the script and the style, and asks for nothing else; it
        opens from a folder, a learning platform or a memory stick.  What is filtered and ticked
        now is so on the page.  Where no script runs, the plain table stands in it.

        Parameters
        ----------
        path : str or pathlib.Path
            File to write, such as ``"class.html"``; an older one is replaced.

        Returns
        -------
        pathlib.Path
            The file.

        Notes
        -----
        Explained in the chapter *The helpers in your own course*.

        Examples
        --------
        >>> import tempfile
        >>> import pandas as pd
        >>> from secretome import EvidenceExplorer
        >>> table = pd.DataFrame({"study": ["a", "b"], "organ": ["hair", "skin"]})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     page = EvidenceExplorer(table).save(f"{folder}/class.html").read_text("utf-8")
        >>> "http" in page.split("<style>")[0]
        False
        """
        names = ("schema", "cells", "settings", "filtered", "selected")
        state = {name: value for name, value in self.get_state().items() if name in names}
        file = Path(path)
        file.write_text(
            _PAGE.format(
                title=html.escape(_visible(self._title)),
                style=(_STATIC / "explorer.css").read_text(encoding="utf-8"),
                table=self._fallback_html(),
                state=json.dumps(state, ensure_ascii=False).replace("<", "\\u003c"),
                script=(_STATIC / "explorer.js").read_text(encoding="utf-8"),
            ),
            encoding="utf-8",
        )
        return file

    def __repr__(self) -> str:
        rows = "1 row" if self._size == 1 else f"{self._size:,} rows"
        return f"EvidenceExplorer({self._title!r}, {rows} × {self._table.width} columns)"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle
        return {**data, "text/plain": repr(self), "text/html": self._fallback_html()}, metadata

    def _expected_height(self) -> int:
        """Height in rem, in steps of 8, that the explorer will take in a column of text."""
        settings = self.settings
        height = 3.4 + 2.5 + 1.5  # bar, count of rows, signs
        if settings["map"] is not None:
            rows, columns = (min(len(self.cells[i][1]), 40) for i in settings["map"])
            narrow = settings["design"] is not None and columns > 6
            height += 13.5 + rows * (2.9 if narrow else 2.15)
        elif settings["year"] is not None or settings["direction"] is not None:
            height += 24
        if settings["facets"]:
            height += 3.5
        height += 3 + min(2.9 * min(self._size, settings["page_size"]), 40)
        if self._size > settings["page_size"]:
            height += 3
        return int(min(max(round(height / 8) * 8, 16), 128))

    def _fallback_html(self) -> str:
        """Plain table for readers without scripts, and the place of the explorer on a page."""
        table = self._table
        whole = self._size <= self._fallback_rows
        count = self._size if whole else min(50, self._size)
        everything = table.width * count <= _FULL_FALLBACK_CELLS
        keep = list(range(table.width)) if everything else list(self._shown)
        if self._key_at is not None:
            keep = [self._key_at, *(i for i in keep if i != self._key_at)]
        head = "".join(f'<th scope="col">{_shown_text(self._labels[i])}</th>' for i in keep)
        if self._key_at is None:
            head = f'<th scope="col">Row</th>{head}'
        body = []
        for row in range(count):
            cells = [f'<th scope="row">{row + 1}</th>'] if self._key_at is None else []
            for i in keep:
                tag = 'th scope="row"' if i == self._key_at else "td"
                cells.append(f"<{tag}>{_shown_value(table.values[i][row])}</{tag[:2]}>")
            body.append(f"<tr>{''.join(cells)}</tr>")
        notes = []
        if not self._size:
            notes.append("This table has no rows.")
        elif not whole:
            notes.append(
                f"These are the first {count} of {self._size:,} rows; the CSV file of this table "
                "has all of them."
            )
        if not everything:
            notes.append(f"{len(keep)} of {table.width} columns are shown; the CSV file has all.")
        # once for the table: in every cell it would be half of a long page
        told = {str(table.values[i][row]) for i in keep for row in range(count)}
        notes += [f"{code}: {meaning}." for code, meaning in MISSING_CODES.items() if code in told]
        note = f'<p class="ee-plain-note">{" ".join(notes)}</p>' if notes else ""
        title = _shown_text(self._title)
        return (
            f'<div class="secretome-explorer-static" data-explorer-model="{self.model_id}" '
            f'data-explorer-name="{html.escape(self._name)}" data-explorer-version="{_version()}" '
            f'data-explorer-height="{self._expected_height()}">'
            f'<div class="ee-fallback">{note}'
            f'<div class="ee-plain-scroll" role="region" tabindex="0" '
            f'aria-label="{html.escape(_visible(self._title))}">'
            f'<table class="ee-plain"><caption>{title}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{''.join(body[:_FIRST_ROWS])}</tbody>"
            # a browser that is about to draw the explorer need not lay out thousands of cells
            f'<tbody class="ee-rest">{"".join(body[_FIRST_ROWS:])}</tbody></table>'
            "</div></div></div>"
        )


# the braces of the script and the style come in as values, so that they are not read as fields
_PAGE = """\
<!doctype html>
<html lang="en" data-theme="light">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>
:root {{ color-scheme: light; }}
body {{ margin: 0 auto; max-width: 78rem; padding: 1rem; background: #fff; color: #1f2730;
  font: 16px/1.6 system-ui, "Segoe UI", Roboto, sans-serif; }}
{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
{table}
</main>
<script type="application/json" id="explorer-state">{state}</script>
<script type="module">
{script}
const values = JSON.parse(document.getElementById("explorer-state").textContent);
const handlers = new Map();
const model = {{
  get: (key) => values[key],
  set(key, value) {{
    if (values[key] === value) return;
    values[key] = value;
    for (const handler of handlers.get(`change:${{key}}`) || []) handler(model, value);
  }},
  on(event, handler) {{
    handlers.set(event, [...(handlers.get(event) || []), handler]);
  }},
  off(event, handler) {{
    handlers.set(event, (handlers.get(event) || []).filter((each) => each !== handler));
  }},
  save_changes() {{}},
}};
const place = document.querySelector(".secretome-explorer-static");
const host = document.createElement("div");
place.prepend(host);
mount(host, model, {{ address: true }});
place.classList.add("ee-mounted");
place.querySelector(".ee-fallback").remove();
</script>
</body>
</html>
"""


class _Column:
    """One column as levels and the level of each row."""

    def __init__(self, kind: str, levels: list[_Value], at: list[int] | None) -> None:
        self.kind = kind
        self.levels = levels
        self.at = at  # None: the levels are the rows

    def packed(self) -> list[Any]:
        levels = [_guard(v) if isinstance(v, str) else v for v in self.levels]
        if self.at is None:
            return ["v", levels]
        width = 1
        while 64**width < len(levels):
            width += 1
        digits = [
            "".join(_DIGITS[(i // 64**w) % 64] for w in reversed(range(width)))
            for i in range(len(levels))
        ]
        return ["d", levels, "".join(digits[i] for i in self.at), width]


class _Table:
    """A DataFrame as named columns of plain values, whatever it was made of."""

    def __init__(self, df: pd.DataFrame) -> None:
        series: list[tuple[Hashable, pd.Series[Any]]] = []
        if any(level is not None for level in df.index.names):
            for position in range(df.index.nlevels):
                level = df.index.get_level_values(position)
                label: Hashable = level.name if level.name is not None else f"index {position}"
                series.append((label, level.to_series().reset_index(drop=True)))
        for position in range(df.shape[1]):
            series.append((df.columns[position], df.iloc[:, position]))
        self.size = len(df)
        self.width = len(series)
        self.original = [label for label, _ in series]
        self.names: list[str] = []
        for label, _ in series:
            base = " / ".join(map(str, label)) if isinstance(label, tuple) else _plain_text(label)
            name, again = base, 2
            while name in self.names:
                name = f"{base} ({again})"
                again += 1
            self.names.append(name)
        self.series = [s for _, s in series]
        self.values = [_plain_values(s) for s in self.series]

    def has(self, column: Any) -> bool:
        return self._position(column) is not None

    def _position(self, column: Any) -> int | None:
        for i, label in enumerate(self.original):
            if type(label) is type(column) and label == column:
                return i
        for i, label in enumerate(self.original):
            # numpy integers and their like, as in df.columns
            if not isinstance(label, tuple) and not isinstance(column, tuple) and label == column:
                return i
        return self.names.index(column) if column in self.names else None

    def find(self, column: Any, argument: str) -> int:
        position = self._position(column)
        if position is not None:
            return position
        folded = {name.casefold(): name for name in self.names}
        close = difflib.get_close_matches(str(column).casefold(), list(folded), n=3, cutoff=0.5)
        hint = f" Did you mean {' or '.join(repr(folded[c]) for c in close)}?" if close else ""
        listed = ", ".join(map(repr, self.names)) or "none"
        raise ValueError(
            f"{argument} names the column {column!r}, which the table does not have.{hint} "
            f"Its columns: {listed}."
        )

    def first_unique(self) -> int | None:
        if not self.size:
            return 0 if self.width else None
        for i, values in enumerate(self.values):
            if None not in values and len(set(values)) == self.size:
                texts = [str(v) for v in values]
                if max(map(len, texts)) <= 80 and not any(t in MISSING_CODES for t in texts):
                    return i
        return None

    def links(self, given: Mapping[Hashable, str] | None) -> dict[int, str]:
        if given is not None:
            return {self.find(column, "links"): str(kind) for column, kind in given.items()}
        return {i: _LINKS[name] for i, name in enumerate(self.names) if name in _LINKS}

    def automatic_facets(self, barred: Iterable[int | None]) -> list[int]:
        out = set(barred)
        chosen = []
        for i, values in enumerate(self.values):
            if i in out or self.encode(i, True, False).kind != "text":
                continue
            found = {str(v) for v in values if v is not None}
            few = 2 <= len(found) <= 24 and len(found) <= max(4, self.size // 2)
            if few and max(map(len, found)) <= 48:
                chosen.append(i)
        return chosen[:8]

    def automatic_columns(self, first: Iterable[int | None]) -> list[int]:
        if self.width <= 8:
            return list(range(self.width))
        wanted = [i for i in dict.fromkeys(first) if i is not None]
        for i, values in enumerate(self.values):
            if i not in wanted and any(v is not None for v in values):
                wanted.append(i)
        kept = set(wanted[:8])
        return [i for i in range(self.width) if i in kept]

    def encode(self, i: int, structural: bool, declared: bool) -> _Column:
        """Levels in the order in which facets and pictures show them."""
        values = self.values[i]
        counts: dict[_Value, int] = {}
        for value in values:
            counts[value] = counts.get(value, 0) + 1
        kind = _kind(counts)
        if not structural and len(counts) > max(16, self.size // 2):
            return _Column(kind, values, None)
        levels: list[_Value]
        present = [v for v in counts if v is not None and v not in MISSING_CODES]
        series = self.series[i]
        if isinstance(series.dtype, pd.CategoricalDtype):
            categories = _plain_values(pd.Series(series.cat.categories.astype(object)))
            order = [v for v in dict.fromkeys(categories) if declared or v in counts]
            levels = [v for v in order if v is not None and v not in MISSING_CODES]
        elif kind == "number":
            levels = sorted(present, key=_as_number)
        elif all(v in _DIRECTIONS for v in present):
            levels = sorted(present, key=lambda v: _DIRECTIONS.index(str(v)))
        else:
            levels = sorted(present, key=lambda v: (-counts[v], str(v).casefold(), str(v)))
        levels += [code for code in MISSING_CODES if code in counts]
        if None in counts:
            levels.append(None)
        where = {value: number for number, value in enumerate(levels)}
        return _Column(kind, levels, [where[value] for value in values])


def _check_key(table: _Table, at: int) -> None:
    seen: dict[_Value, int] = {}
    for value in table.values[at]:
        seen[value] = seen.get(value, 0) + 1
    doubled = [f"{value!r} ({count} rows)" for value, count in seen.items() if count > 1]
    if doubled:
        more = f" and {len(doubled) - 3} more" if len(doubled) > 3 else ""
        raise ValueError(
            f"key names the column {table.names[at]!r}, in which rows share a value: "
            f"{', '.join(doubled[:3])}{more}. A key names one row, for its heading and for links "
            "to it. Choose a column without doubles, or leave key out."
        )


def _names(columns: Any, argument: str) -> list[Hashable]:
    if isinstance(columns, str):
        raise ValueError(
            f"{argument} takes a list of columns, not one name: {argument}=[{columns!r}]."
        )
    return list(columns)


def _map_pair(pair: tuple[Hashable, Hashable] | None, find: Any) -> tuple[int, int] | None:
    if pair is None:
        return None
    if isinstance(pair, str) or len(pair) != 2:
        raise ValueError(
            f"map takes two columns, rows first, not {pair!r}: map=('organ', 'product')."
        )
    rows, columns = find(pair[0], "map"), find(pair[1], "map")
    if rows == columns:
        raise ValueError(f"map takes two different columns, not {pair[0]!r} twice.")
    return rows, columns


def _check_link_patterns(link_of: Mapping[int, str], table: _Table) -> None:
    for i, kind in link_of.items():
        if kind in ("doi", "pubmed", "registry", "url"):
            continue
        if not (re.match(r"https?://[^\s{}]+", kind) and kind.count("{}") == 1):
            raise ValueError(
                f"links gives {kind!r} for the column {table.names[i]!r}. It takes 'doi', "
                "'pubmed', 'registry', 'url', or an http(s) address with one {} in it, such as "
                "'https://www.uniprot.org/uniprotkb/{}'."
            )


def _reference_roles(given: Mapping[str, Hashable] | None, table: _Table) -> list[list[Any]]:
    if given is None:
        roles = {
            role: table.names.index(name)
            for role, names in _ROLES.items()
            for name in reversed(names)
            if name in table.names
        }
    else:
        for role in given:
            if role not in _ROLES:
                raise ValueError(
                    f"reference takes {', '.join(_ROLES)}, not {role!r}: "
                    "reference={'title': 'title', 'doi': 'doi'}."
                )
        roles = {role: table.find(column, "reference") for role, column in given.items()}
    return [[role, position] for role, position in roles.items()]


def _design_classes(
    at: int | None, mapping: Mapping[str, Sequence[Any]] | None, encoded: Sequence[_Column]
) -> list[Any] | None:
    """[column, [[class, [levels]], ...]]; levels in no class are drawn as a last shape."""
    if at is None:
        return None
    levels = encoded[at].levels
    plain = [v for v in levels if v is not None and v not in MISSING_CODES]
    known = {value for values in DESIGN_CLASSES.values() for value in values}
    if mapping is None and plain and all(v in known for v in plain):
        mapping = DESIGN_CLASSES
    if mapping is not None:
        if len(mapping) > 4:
            raise ValueError(
                f"design gives {len(mapping)} classes; the map has four shapes. "
                "Join classes, or leave the rest out: what is in no class shares one shape."
            )
        classes = [
            [_guard(str(label)), [levels.index(v) for v in values if v in levels]]
            for label, values in mapping.items()
        ]
        classes = [c for c in classes if c[1]]
    else:
        room = 4 if len(levels) <= 4 else 3
        classes = [[_guard(str(v)), [levels.index(v)]] for v in plain[:room]]
    covered = {level for _, members in classes for level in members}
    if len(classes) == 4 and len(covered) < len(levels):
        last = classes.pop()
        covered -= set(last[1])
    return [at, classes]


def _kind(values: Iterable[_Value]) -> str:
    """number, date or text, judged by the values and not by the dtype."""
    present = [v for v in values if v is not None and v not in MISSING_CODES]
    if not present:
        return "text"
    if all(
        not isinstance(v, str)
        or v in ("inf", "-inf")
        or (_NUMBER.fullmatch(v) and not _PADDED.match(v))
        for v in present
    ):
        return "number"
    if all(isinstance(v, str) and _DATE.fullmatch(v) for v in present):
        return "date"
    return "text"


def _as_number(value: _Value) -> float:
    return float(value) if value is not None else math.nan


def _plain_values(series: pd.Series[Any]) -> list[_Value]:
    if isinstance(series.dtype, pd.DatetimeTZDtype) or str(series.dtype).startswith("datetime64"):
        known = series.dropna()
        if len(known) and (known == known.dt.normalize()).all():
            return [None if pd.isna(v) else v.strftime("%Y-%m-%d") for v in series]
    return [_plain(v) for v in series.tolist()]


def _plain(value: Any) -> _Value:
    """A value as JSON can carry it: number, text or nothing."""
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, str):
        return _clean(value) or None
    if isinstance(value, bool) or type(value).__name__ == "bool_":
        return str(bool(value))
    if isinstance(value, numbers.Integral):
        whole = int(value)
        return whole if abs(whole) <= _SAFE_INTEGER else str(whole)
    if isinstance(value, numbers.Real) and isinstance(value, (float, numbers.Rational)) is False:
        value = float(value)
    if isinstance(value, float):
        value = float(value)
        if math.isnan(value):
            return None
        if math.isinf(value):
            return "inf" if value > 0 else "-inf"
        whole = int(value)
        return whole if whole == value and abs(whole) <= _SAFE_INTEGER else value
    if isinstance(value, (dt.datetime, dt.date, dt.time)):
        return value.isoformat(sep=" ") if isinstance(value, dt.datetime) else value.isoformat()
    return _plain_text(value) or None


def _plain_text(value: Any) -> str:
    try:
        if isinstance(value, (bytes, bytearray)):
            return _clean(value.decode("utf-8", "backslashreplace"))
        return _clean(str(value))
    except Exception:  # a broken __str__ in a cell must not take the whole table down
        return f"<{type(value).__name__} without a text form>"


def _clean(text: str) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        # Half a surrogate pair cannot travel as UTF-8.
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _guard(text: str) -> str:
    """Replace ``<``, which could end the script element that holds the page's state.

    Site builders guard only the spelling ``</script>``; HTML ends a script at any case of
    it.  The substitute character guards itself, so that the browser can undo both.
    """
    return text.replace("\x1a", "\x1a1").replace("<", "\x1a0")


def _visible(text: str) -> str:
    return _UNSEEN.sub(lambda m: f"\u27e8U+{ord(m[0]):04X}\u27e9", text)


def _shown_text(text: str) -> str:
    escaped = html.escape(_visible(text))
    return escaped if escaped.isascii() else f"<bdi>{escaped}</bdi>"


def _shown_value(value: _Value) -> str:
    if value is None:
        return '<span title="empty">—</span>'
    text = str(value)
    return _shown_text(text)


_UPPER = {"doi": "DOI", "pmid": "PMID", "url": "URL", "id": "ID", "ci": "CI", "n": "n"}


def _label(column: str) -> str:
    """A column's name as a reader would write it."""
    if not re.fullmatch(r"[A-Za-z0-9]+(_[A-Za-z0-9]+)*", column):
        return column
    words = [_UPPER.get(word, word) for word in column.split("_")]
    if words[0] not in _UPPER.values():
        words[0] = words[0][:1].upper() + words[0][1:]
    return " ".join(words)


def _slug(text: str) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", str(text).casefold()).strip("-")
    if slug:
        return slug[:60].rstrip("-")
    return "explorer-" + base64.b32encode(str(text).encode("utf-8", "replace")).decode()[:6].lower()


@functools.cache
def _version() -> str:
    """Changes when the script or the style does, so that no browser keeps an old one."""
    parts = b"".join((_STATIC / f).read_bytes() for f in ("explorer.js", "explorer.css"))
    return f"{zlib.crc32(parts):08x}"
