"""Directories of agencies that ship with the program: data in the form of a plan's `agencies.yaml`."""

from __future__ import annotations

from pathlib import Path

from pydantic import TypeAdapter

from plan.definition.model import Agency
from plan.definition.yaml_lines import read_yaml
from plan.errors import NotFoundError

DIRECTORIES = Path(__file__).parent.parent / "directories"


def directory_names() -> list[str]:
    """What they are called: `gia-lai-2025`."""
    return sorted(path.stem for path in DIRECTORIES.glob("*.yaml"))


def read_directory(name: str) -> list[Agency]:
    """The agencies, in the file's order. Raises NotFoundError for a name that none bears."""
    if name not in directory_names():
        raise NotFoundError("danh bạ cơ quan", name, directory_names())
    return TypeAdapter(list[Agency]).validate_python(read_yaml(DIRECTORIES / f"{name}.yaml").value)
