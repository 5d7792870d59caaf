"""The JSON Schema is the models', is current, and accepts the plan and refuses a typo as an editor would."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

import plan
from plan.definition.export import plan_schema, schema_files, write_schemas
from plan.definition.yaml_lines import read_yaml

ROOM = Path(plan.__file__).parent
FOLDER = ROOM / "04-kh-ubnd-2020"
FILES = sorted(file for file in FOLDER.rglob("*.yaml") if "rehearsal" not in file.parts)
"""The plan's own; what a rehearsal invents stands beside it and is no part of the format."""


def test_the_files_are_current() -> None:
    for name, text in schema_files().items():
        current = (ROOM / name).read_text(encoding="utf-8")
        assert current == text, f"{name} is stale: run python -m plan.definition.export"
    kept = {f"schemas/{file.name}" for file in (ROOM / "schemas").iterdir()}
    assert kept == set(schema_files()) - {"plan.schema.json"}


def test_writing_them(tmp_path: Path) -> None:
    write_schemas(tmp_path)
    assert json.loads((tmp_path / "plan.schema.json").read_text("utf-8")) == plan_schema()


def schema_of(file: Path) -> Path:
    """The schema an editor would take: the one its first line names."""
    first = file.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    return (file.parent / first.partition("$schema=")[2]).resolve()


def validator(schema: Path) -> Draft202012Validator:
    registry: Registry[Any] = Registry().with_resources(
        (path.as_uri(), Resource.from_contents(json.loads(path.read_text(encoding="utf-8"))))
        for path in [ROOM / "plan.schema.json", *(ROOM / "schemas").iterdir()]
    )
    return Draft202012Validator({"$ref": schema.as_uri()}, registry=registry)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_each_file_fits_the_schema_it_names(file: Path) -> None:
    value = read_yaml(file).value
    check = validator(schema_of(file))
    assert [error.message for error in check.iter_errors(value)] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_an_unknown_key_is_marked(file: Path) -> None:
    value = read_yaml(file).value
    (value[0] if isinstance(value, list) else value)["khong-co"] = 1
    assert list(validator(schema_of(file)).iter_errors(value))


def test_keys_are_described() -> None:
    """What an editor shows beside a key comes from the models."""
    deliverable = plan_schema()["$defs"]["Deliverable"]["properties"]
    assert "Kính gửi" in deliverable["addressed_to"]["description"]
