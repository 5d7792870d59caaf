"""The list of libraries that ship, and what is not among them."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "deploy"))
from sbom import bom, entries  # noqa: E402 - a script beside the program, no part of it

LOCK = (ROOT / "deploy/requirements.lock").read_text("utf-8")


def test_every_library_of_the_lock_is_listed_with_its_hashes() -> None:
    made = bom(LOCK)
    assert (made["bomFormat"], made["specVersion"]) == ("CycloneDX", "1.6")
    components = made["components"]
    assert len(components) == len(re.findall(r"(?m)^[A-Za-z0-9]", LOCK)) > 100
    hashes = [h for one in components for ref in one["externalReferences"] for h in ref["hashes"]]
    assert len(hashes) == LOCK.count("--hash=sha256:")
    refs = [one["bom-ref"] for one in components]
    assert len(set(refs)) == len(refs)
    assert set(made["dependencies"][0]["dependsOn"]) == set(refs)
    assert all(one.get("licenses") or one.get("properties") for one in components)
    assert bom(LOCK) == made  # the same lock, the same list
    assert bom(LOCK + "\n")["serialNumber"] != made["serialNumber"]


@pytest.mark.parametrize("name", ["requirements.lock", "deploy/requirements.lock"])
def test_what_only_a_rehearsal_needs_does_not_ship(name: str) -> None:
    there = {one[0] for one in entries((ROOT / name).read_text("utf-8"))}
    assert "aiosmtpd" not in there
    assert "prefect" in there


def test_every_direct_dependency_has_its_reason_in_the_docs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [one for group in project["optional-dependencies"].values() for one in group]
    told = (ROOT / "docs/security.md").read_text("utf-8")
    for one in (*project["dependencies"], *extras):
        name = re.split(r"[\[><=]", one)[0]
        assert f"`{name}`" in told, name


def test_what_is_said_to_be_tried_is_there() -> None:
    told = (ROOT / "docs/security.md").read_text("utf-8")
    files = set(re.findall(r"`(tests/[\w/]+\.py)`", told))
    assert len(files) > 20
    assert [name for name in files if not (ROOT / name).exists()] == []
