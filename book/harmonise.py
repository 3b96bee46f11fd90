"""Compute the columns of ``data/`` that code computes: value and unit of the factors."""

from __future__ import annotations

import csv
from pathlib import Path

from secretome.dosing import harmonise

FACTORS = Path(__file__).resolve().parents[1] / "data" / "factors.csv"


def main() -> None:
    with FACTORS.open(encoding="utf-8", newline="") as handle:
        reader = csv.DictReader(handle)
        columns, rows = list(reader.fieldnames or []), list(reader)
    for row in rows:
        value, unit = harmonise(row["value_raw"], row["unit_raw"])
        row["value"] = "NA" if value is None else f"{value:.10g}"
        row["unit"] = unit or "NA"
    with FACTORS.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(f"{FACTORS.name}: {len(rows)} rows")


if __name__ == "__main__":
    main()
