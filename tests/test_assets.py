"""Vendored files are what the manifest says, and fit the installed libraries."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

VENDOR = Path(__file__).resolve().parents[1] / "assets" / "vendor"
MANIFEST = json.loads((VENDOR / "manifest.json").read_text(encoding="utf-8"))


def test_every_file_is_listed_and_unchanged() -> None:
    listed = {f["path"]: f["sha256"] for f in MANIFEST["files"]}
    found = {
        p.relative_to(VENDOR).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in VENDOR.rglob("*")
        if p.is_file() and p.name != "manifest.json"
    }
    assert found == listed


def test_every_package_has_its_licence() -> None:
    for package in MANIFEST["packages"]:
        files = [
            f["path"]
            for f in MANIFEST["files"]
            if any(source.startswith(f"{package['name']}@") for source in f["from"])
        ]
        assert any("LICENSE" in f for f in files), package["name"]


def test_vega_fits_the_installed_altair() -> None:
    import altair

    versions = {p["name"]: p["version"] for p in MANIFEST["packages"]}
    assert versions["vega-lite"] == altair.VEGALITE_VERSION
    assert versions["vega"].split(".")[0] == altair.VEGA_VERSION.split(".")[0]
    assert versions["vega-embed"].split(".")[0] == altair.VEGAEMBED_VERSION.split(".")[0]


def test_bundle_holds_the_versions_it_names() -> None:
    text = (VENDOR / "vega" / "vega-bundle.js").read_text(encoding="utf-8")
    for package in MANIFEST["packages"]:
        if package["name"].startswith("vega"):
            assert f"/* {package['name']} {package['version']} */" in text
