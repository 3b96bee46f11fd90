"""Loading, describing and naming tables."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pytest

import secretome
from secretome import tables


@pytest.mark.parametrize("name", secretome.table_names())
def test_every_table_loads_with_declared_types(name: str) -> None:
    frame = secretome.load(name)
    dictionary = secretome.describe(name).set_index("column")
    want = {"integer": "Int64", "number": "Float64", "date": "datetime64", "string": "str"}
    for column in frame:
        kind = dictionary.loc[column, "type"]
        assert str(frame[column].dtype).startswith(want[kind]), column


def test_unknown_table_names_the_close_one() -> None:
    with pytest.raises(KeyError, match="Did you mean 'studies'"):
        secretome.load("studeis")


def test_codes_and_values_fill_every_cell() -> None:
    codes = secretome.codes("studies")
    shown = secretome.load("studies", missing="code")
    assert (codes.notna() | ~shown.isin(list(tables.MISSING_CODES))).all().all()
    years = secretome.load("studies")["year"]
    assert (years.isna() == codes["year"].notna()).all()


def test_code_option_keeps_numbers_as_numbers() -> None:
    shown = secretome.load("studies", missing="code")["n_total"]
    kinds = {type(v) for v in shown}
    assert int in kinds
    assert str in kinds
    assert shown.map(lambda v: isinstance(v, int) or v in tables.MISSING_CODES).all()


def test_describe_counts_add_up() -> None:
    for name in secretome.table_names():
        dictionary = secretome.describe(name)
        rows = len(secretome.load(name))
        counted = dictionary[["filled", *tables.MISSING_CODES]].sum(axis=1)
        assert (counted == rows).all(), name


def test_missing_package_says_where_it_looked(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="There is no data package at"):
        secretome.load("studies", package=tmp_path)


def test_other_columns_are_named(data_copy: Path) -> None:
    file = data_copy / "claims.csv"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("claim_id,seed", "claim,seed", 1), encoding="utf-8")
    with pytest.raises(ValueError, match="Missing: \\['claim_id'\\]"):
        secretome.load("claims", package=data_copy)


def test_a_word_in_a_number_column_is_an_error(data_copy: Path) -> None:
    frame = pd.read_csv(data_copy / "studies.csv", dtype=str, keep_default_na=False)
    frame.loc[0, "year"] = "soon"
    frame.to_csv(data_copy / "studies.csv", index=False)
    with pytest.raises(ValueError, match=r"column 'year'.*secretome\.validate"):
        secretome.load("studies", package=data_copy)


def test_a_ragged_file_is_an_error(data_copy: Path) -> None:
    file = data_copy / "claims.csv"
    file.write_text(file.read_text(encoding="utf-8") + "x01,a,b,c,d,e,f,g\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"claims.csv could not be read"):
        secretome.load("claims", package=data_copy)


def test_a_file_that_is_not_utf8_is_an_error(data_copy: Path) -> None:
    file = data_copy / "claims.csv"
    file.write_bytes(file.read_bytes() + "ï".encode("latin-1"))
    with pytest.raises(ValueError, match="UTF-8"):
        secretome.load("claims", package=data_copy)


def test_byte_order_mark_is_no_mistake(data_copy: Path) -> None:
    file = data_copy / "claims.csv"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert secretome.load("claims", package=data_copy).columns[0] == "claim_id"


def test_import_is_lazy() -> None:
    import subprocess
    import sys

    code = "import secretome, sys; print(any(m in sys.modules for m in ('altair', 'pandas')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_attribute_error_lists_what_there_is() -> None:
    with pytest.raises(AttributeError, match=r"It offers:.*load"):
        secretome.laod  # noqa: B018


def test_a_table_in_place_of_its_name_is_refused() -> None:
    with pytest.raises(TypeError, match=r'secretome\.codes\("studies"\)'):
        secretome.codes(secretome.load("claims"))  # type: ignore[arg-type]


def test_rules_run_without_frictionless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "frictionless", None)
    assert secretome.validate(schema=False).empty
    with pytest.raises(ImportError, match="schema=False"):
        secretome.validate()


def test_a_missing_name_prints_without_quotes() -> None:
    with pytest.raises(KeyError) as caught:
        secretome.load("studdies")
    assert str(caught.value).startswith("There is no table 'studdies'. Did you mean 'studies'?")
