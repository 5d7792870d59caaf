"""Directories of agencies that ship with the program: data in the form of a plan's `agencies.yaml`."""

from __future__ import annotations

from pathlib import Path

from pydantic import TypeAdapter

from plan.definition.model import Agency
from plan.definition.yaml_lines import read_yaml
from plan.errors import NotFoundError

_PLAN = Path(__file__).parent.parent
_FILES = {
    "binh-dinh-2020": _PLAN / "04-kh-ubnd-2020" / "agencies.yaml",
    "gia-lai-2025": _PLAN / "directories" / "gia-lai-2025.yaml",
}


def directory_names() -> list[str]:
    """What they are called: `gia-lai-2025`."""
    return sorted(_FILES)


def read_directory(name: str) -> list[Agency]:
    """The agencies, in the file's order. Raises NotFoundError for a name that none bears."""
    if name not in directory_names():
        raise NotFoundError("danh bạ cơ quan", name, directory_names())
    return TypeAdapter(list[Agency]).validate_python(read_yaml(_FILES[name]).value)
