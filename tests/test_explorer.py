"""The Python side of the evidence explorer: any DataFrame, good errors, safe output."""

from __future__ import annotations

import datetime as dt
import decimal
import doctest
import html.parser
import json
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
import traitlets

import secretome.explorer
from secretome.explorer import DESIGN_CLASSES, MISSING_CODES, EvidenceExplorer

TABLE = pd.DataFrame(
    {
        "study_id": ["a-2019", "b-2020", "c-2021", "d-2021"],
        "organ": ["hair", "skin", "hair", "NR"],
        "product": ["secretome", "secretome", "conditioned medium", None],
        "n": [12, "NR", 30, 4],
        "year": [2019, 2020, 2021, 2021],
        "direction": ["mixed", "favours product", "no comparator", "mixed"],
        "checked_on": ["2026-11-20", "NA", None, "2026-11-21"],
    },
    index=[3, 3, 1, 0],
)


def decoded(explorer: EvidenceExplorer) -> dict[str, list[Any]]:
    """Columns as the browser reads them."""
    digits = secretome.explorer._DIGITS
    out = {}
    for entry, (form, levels, *rest) in zip(explorer.schema, explorer.cells, strict=True):
        plain = [
            re.sub("\x1a([01])", lambda m: "<" if m[1] == "0" else "\x1a", v)
            if isinstance(v, str)
            else v
            for v in levels
        ]
        if form == "d":
            packed, width = rest
            at = [
                sum(
                    digits.index(packed[i * width + w]) * 64 ** (width - 1 - w)
                    for w in range(width)
                )
                for i in range(explorer.settings["size"])
            ]
            plain = [plain[i] for i in at]
        out[entry[0]] = plain
    return out


class Outline(html.parser.HTMLParser):
    """Tags and text of the fallback, as a browser would see them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if "td" in self.open or "th" in self.open:
            self.rows[-1][-1] += data


def fallback(explorer: EvidenceExplorer) -> str:
    bundle = explorer._repr_mimebundle_()
    assert bundle is not None
    return str(bundle[0]["text/html"])


def test_examples_in_docstrings_run() -> None:
    assert doctest.testmod(secretome.explorer).failed == 0
    assert doctest.testmod(secretome.explorer).attempted > 0


def test_values_reach_the_browser_unchanged() -> None:
    explorer = EvidenceExplorer(TABLE)
    columns = decoded(explorer)
    for name in TABLE.columns:
        assert columns[name] == [None if pd.isna(v) else v for v in TABLE[name]]


def test_defaults_are_sensible() -> None:
    settings = EvidenceExplorer(TABLE, title="A table of studies").settings
    names = list(TABLE.columns)
    assert names[settings["key"]] == "study_id"
    assert [names[i] for i in settings["facets"]] == ["organ", "product", "direction"]
    assert names[settings["checked"]] == "checked_on"
    assert settings["name"] == "a-table-of-studies"
    assert settings["codes"] == [[c, m] for c, m in MISSING_CODES.items()]


def test_any_table_works() -> None:
    class Broken:
        def __str__(self) -> str:
            raise RuntimeError("no text")

    mixed = pd.DataFrame(
        {
            "mixed": [1, "two", 3.5, None, True, dt.date(2020, 1, 2), b"\xff", Broken(), [1, 2]],
            "missing": [np.nan] * 9,
            "dates": pd.to_datetime(["2020-01-01", None] + ["2021-05-06"] * 7),
            "times": pd.to_datetime(["2020-01-01 10:11:12"] * 9),
            "floats": [1.0, np.inf, -np.inf, np.nan, 1e-300, 0.1, 2.0, 3.0, 4.0],
            "big": [2**60] * 9,
            "decimal": [decimal.Decimal("1.10")] * 9,
            "nullable": pd.array([1, None, 3, 4, 5, 6, 7, 8, 9], dtype="Int64"),
            "flags": pd.array([True, None, False] * 3, dtype="boolean"),
            "category": pd.Categorical(["x"] * 9, categories=["y", "x"]),
            "surrogate": ["\ud800"] * 9,
            "spans": pd.to_timedelta(["1 day"] * 9),
            "intervals": pd.interval_range(0, 9),
            "complex": [1 + 2j] * 9,
        },
        index=["same"] * 9,
    )
    explorer = EvidenceExplorer(mixed)
    text = json.dumps(explorer.get_state(), allow_nan=False)
    text.encode("utf-8")
    columns = decoded(explorer)
    assert columns["mixed"][:6] == [1, "two", 3.5, None, "True", "2020-01-02"]
    assert columns["mixed"][7] == "<Broken without a text form>"
    assert columns["dates"][:2] == ["2020-01-01", None]
    assert columns["times"][0] == "2020-01-01 10:11:12"
    assert columns["floats"][:5] == [1, "inf", "-inf", None, 1e-300]
    assert columns["big"][0] == str(2**60)
    assert columns["decimal"][0] == "1.10"
    assert columns["nullable"][:2] == [1, None]
    assert columns["flags"][:3] == ["True", None, "False"]
    assert columns["surrogate"][0] == "\ufffd"
    Outline(fallback(explorer))


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame(),
        pd.DataFrame(index=range(3)),
        TABLE.iloc[:0],
        TABLE.iloc[:1],
        pd.DataFrame({"a": [np.nan, np.nan]}),
        pd.DataFrame([[1, 2], [3, 4]]),
        pd.DataFrame([[1, 2], [3, 4]], columns=["same", "same"]),
        pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", "x"), ("a", "y")])),
        TABLE.set_index("study_id"),
        TABLE.set_index(["organ", "year"]),
        pd.DataFrame({0: ["x"], None: ["y"], 1.5: ["z"], (1, 2): ["w"]}),
    ],
)
def test_odd_shapes_work(frame: pd.DataFrame) -> None:
    explorer = EvidenceExplorer(frame)
    assert len(explorer.filtered) == len(frame)
    assert len(explorer.filtered_frame) == len(frame)
    json.dumps(explorer.get_state(), allow_nan=False)
    names = [entry[0] for entry in explorer.schema]
    assert len(set(names)) == len(names)
    Outline(fallback(explorer))


def test_a_named_index_becomes_a_column() -> None:
    explorer = EvidenceExplorer(TABLE.set_index("study_id"), key="study_id")
    assert explorer.schema[0][0] == "study_id"


def test_columns_may_be_named_as_in_the_frame() -> None:
    frame = pd.DataFrame([["x", "y"], ["z", "y"]])
    explorer = EvidenceExplorer(frame, facets=[0, 1], map=(0, 1), labels={0: "First"})
    assert explorer.settings["map"] == [0, 1]
    assert explorer.schema[0][1] == "First"


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("facets", ["orgen"]),
        ("columns", ["orgen"]),
        ("map", ("orgen", "product")),
        ("year", "orgen"),
        ("direction", "orgen"),
        ("design", "orgen"),
        ("checked", "orgen"),
        ("key", "orgen"),
        ("labels", {"orgen": "Organ"}),
        ("descriptions", {"orgen": "Organ"}),
        ("units", {"orgen": "kg"}),
        ("links", {"orgen": "url"}),
        ("reference", {"title": "orgen"}),
    ],
)
def test_an_unknown_column_is_explained(argument: str, value: Any) -> None:
    with pytest.raises(ValueError, match="orgen") as caught:
        EvidenceExplorer(TABLE, **{argument: value})
    message = str(caught.value)
    assert message.startswith(argument)
    assert "Did you mean 'organ'" in message
    assert "'study_id', 'organ', 'product'" in message


def test_other_mistakes_are_explained() -> None:
    with pytest.raises(TypeError, match="pandas DataFrame, not list"):
        EvidenceExplorer([{"a": 1}])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"facets=\['organ'\]"):
        EvidenceExplorer(TABLE, facets="organ")
    with pytest.raises(ValueError, match="map takes two"):
        EvidenceExplorer(TABLE, map="organ")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="two different columns"):
        EvidenceExplorer(TABLE, map=("organ", "organ"))
    with pytest.raises(ValueError, match="page_size"):
        EvidenceExplorer(TABLE, page_size=0)
    with pytest.raises(ValueError, match="http"):
        EvidenceExplorer(TABLE, links={"organ": "javascript:alert({})"})
    with pytest.raises(ValueError, match="reference takes"):
        EvidenceExplorer(TABLE, reference={"titel": "organ"})
    wide = pd.DataFrame({f"c{i}": ["a", "b"] for i in range(40)})
    with pytest.raises(ValueError, match="more than the 30"):
        EvidenceExplorer(wide, facets=list(wide.columns))
    with pytest.raises(ValueError, match="four shapes"):
        EvidenceExplorer(TABLE, design=("organ", {c: [c] for c in "abcde"}))


def test_filtered_and_selected_follow_both_sides() -> None:
    explorer = EvidenceExplorer(TABLE)
    assert explorer.filtered == [0, 1, 2, 3]
    assert explorer.get_state("filtered")["filtered"] is None
    explorer.filtered = np.flatnonzero(TABLE["organ"] == "hair")
    assert explorer.filtered == [0, 2]
    assert list(explorer.filtered_frame["study_id"]) == ["a-2019", "c-2021"]
    assert list(explorer.filtered_frame.index) == [3, 1]
    explorer.set_state({"filtered": [1], "selected": [3, 0]})
    assert list(explorer.filtered_frame["study_id"]) == ["b-2020"]
    assert list(explorer.selected_frame["study_id"]) == ["a-2019", "d-2021"]
    explorer.set_state({"filtered": None})
    assert explorer.filtered == [0, 1, 2, 3]
    for wrong in ([4], [-1], ["a"], [True], "01", 3, [1.5]):
        with pytest.raises(traitlets.TraitError):
            explorer.filtered = wrong


def test_declared_categories_stay_as_gaps() -> None:
    frame = TABLE.assign(organ=pd.Categorical(TABLE["organ"], ["skin", "hair", "liver", "NR"]))
    explorer = EvidenceExplorer(frame, map=("organ", "product"))
    levels = explorer.cells[1][1]
    assert levels == ["skin", "hair", "liver", "NR"]
    assert explorer.cells[2][1][-1] is None


def test_designs_are_grouped_into_four_shapes_at_most() -> None:
    designs = [d for members in DESIGN_CLASSES.values() for d in members]
    frame = pd.DataFrame({"design": [*designs, "NR"], "x": ["a"] * (len(designs) + 1)})
    _, classes = EvidenceExplorer(frame, design="design").settings["design"]
    # "NR" needs the fourth shape.
    assert [label for label, _ in classes] == list(DESIGN_CLASSES)[:3]
    frame = frame.iloc[:-1]
    _, classes = EvidenceExplorer(frame, design="design").settings["design"]
    assert [label for label, _ in classes] == list(DESIGN_CLASSES)
    free = pd.DataFrame({"d": list("aaabbbccdde")})
    _, classes = EvidenceExplorer(free, design="d").settings["design"]
    assert [label for label, _ in classes] == ["a", "b", "c"]
    own = EvidenceExplorer(free, design=("d", {"vowel": ["a", "e"], "other": ["b"]}))
    assert [label for label, _ in own.settings["design"][1]] == ["vowel", "other"]


def test_fallback_is_a_whole_accessible_table() -> None:
    explorer = EvidenceExplorer(TABLE, title="Studies <b>", labels={"n": "Number"})
    outline = Outline(fallback(explorer))
    assert outline.open == []
    tag, attrs = outline.tags[0]
    assert (tag, attrs["class"]) == ("div", "secretome-explorer-static")
    assert attrs["data-explorer-model"] == explorer.model_id
    assert attrs["data-explorer-name"] == "studies-b"
    assert "caption" in [t for t, _ in outline.tags]
    heads = [a for t, a in outline.tags if t == "th"]
    assert [a["scope"] for a in heads] == ["col"] * TABLE.shape[1] + ["row"] * len(TABLE)
    assert outline.rows[0][3] == "Number"
    assert outline.rows[1][:4] == ["a-2019", "hair", "secretome", "12"]
    assert outline.rows[4][1:3] == ["NR", "—"]
    assert not [a for _, attributes in outline.tags for a in attributes if a.startswith("on")]
    assert "style" not in {a for _, attributes in outline.tags for a in attributes}


def test_a_long_table_falls_back_to_its_first_rows() -> None:
    frame = pd.DataFrame({"n": range(2001)})
    outline = Outline(fallback(EvidenceExplorer(frame)))
    assert len(outline.rows) == 51
    assert "first 50 of 2,001 rows" in outline.text
    assert "CSV" in outline.text
    outline = Outline(fallback(EvidenceExplorer(frame, fallback_rows=3000)))
    assert len(outline.rows) == 2002


HOSTILE = [
    "<script>alert(1)</script>",
    "</SCRIPT ><img src=x onerror=alert(1)>",
    "<!--<script>",
    "javascript:alert(1)",
    '" onmouseover="alert(1)',
    "\u202egnp.exe",
    "=HYPERLINK(1)",
    "\x1a0 and \x1a",
    "x" * 10_000,
    "]]>&lt;",
]


def test_hostile_text_stays_text() -> None:
    frame = pd.DataFrame({"cell": HOSTILE, "<b>column</b>": HOSTILE})
    explorer = EvidenceExplorer(
        frame, title=HOSTILE[1], labels={"cell": HOSTILE[0]}, units={"cell": HOSTILE[1]}
    )
    assert decoded(explorer)["cell"] == HOSTILE
    state = {k: v for k, v in explorer.get_state().items() if k not in ("_esm", "_css")}
    assert "<" not in json.dumps(state)
    outline = Outline(fallback(explorer))
    assert not {"script", "img", "b"} & {t for t, _ in outline.tags}
    assert outline.rows[1][1] == HOSTILE[0]
    assert outline.rows[6][1] == "\u27e8U+202E\u27e9gnp.exe"


def test_the_scripts_cannot_end_the_script_that_carries_them() -> None:
    for file in ("explorer.js", "explorer.css"):
        text = (secretome.explorer._STATIC / file).read_text(encoding="utf-8").lower()
        assert "</script" not in text
        assert "<!--" not in text


def test_the_browser_side_writes_no_html_and_runs_no_text() -> None:
    text = (secretome.explorer._STATIC / "explorer.js").read_text(encoding="utf-8")
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(",
                      "new Function", "import "):  # fmt: skip
        assert forbidden not in text


def test_both_sides_know_the_same_invisible_characters() -> None:
    text = (secretome.explorer._STATIC / "explorer.js").read_text(encoding="utf-8")
    found = re.search(r"const UNSEEN =\s+//[^\n]*\n\s+/(\[.+\])/g;", text)
    assert found is not None
    unseen = re.compile(found[1])
    for code in range(0x10000):
        if 0xD800 <= code < 0xE000:
            continue
        assert bool(unseen.fullmatch(chr(code))) == bool(
            secretome.explorer._UNSEEN.fullmatch(chr(code))
        ), hex(code)


def test_state_is_compact() -> None:
    rows = 10_000
    frame = pd.DataFrame(
        {"organ": ["hair", "skin"] * (rows // 2), "n": list(range(100)) * (rows // 100)}
    )
    state = EvidenceExplorer(frame).get_state()
    size = len(json.dumps({k: v for k, v in state.items() if k not in ("_esm", "_css")}))
    assert size < 4 * rows


def test_key_names_one_row() -> None:
    frame = pd.DataFrame({"study": ["a", "b", "c"], "organ": ["hair", "hair", "skin"]})
    with pytest.raises(ValueError, match=r"'hair' \(2 rows\)"):
        EvidenceExplorer(frame, key="organ")
