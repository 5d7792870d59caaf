"""A `PlanDefinition` back into a plan's folder, one file a part, as `plan.definition.loading` reads it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

from plan.definition.export import APPENDIX, HERE, part_files
from plan.definition.export import MAIN as MAIN_SCHEMA
from plan.definition.loading import FOLDER, MAIN
from plan.definition.model import PlanDefinition
from plan.definition.yaml_lines import write_yaml
from plan.errors import RefusedError

INLINE = ("constants", "offices", "timeliness")
"""Parts too small for a file of their own."""


def write_plan(definition: PlanDefinition, folder: Path) -> list[Path]:
    """Write the plan's files into an empty or new folder; the paths written.

    Raises `RefusedError`, writing nothing, when the folder already holds something.
    """
    if folder.exists() and any(folder.iterdir()):
        raise RefusedError(f"Thư mục {folder} không trống; hãy chọn thư mục khác.")
    written = []
    for name, schema, value in _files(definition):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        link = os.path.relpath(HERE / schema, file.parent)
        header = f"# yaml-language-server: $schema={Path(link).as_posix()}"
        file.write_text(write_yaml(value, header), encoding="utf-8")
        written.append(file)
    return written


def _files(definition: PlanDefinition) -> Iterator[tuple[str, str, Any]]:
    """(file, schema, value) of everything that is not a default."""
    data: dict[str, Any] = _plain(definition.model_dump(exclude_defaults=True))
    apart = [name for name in part_files() if name in data and name not in INLINE]
    yield MAIN, MAIN_SCHEMA, {key: value for key, value in data.items() if key not in apart}
    for name in apart:
        if name != FOLDER:
            yield f"{name}.yaml", f"schemas/{name}.schema.json", data[name]
    for appendix in data.get(FOLDER, []):
        yield f"{FOLDER}/{appendix['code']}.yaml", f"schemas/{APPENDIX}.schema.json", appendix


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(child) for key, child in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(child) for child in value]
    return value.value if isinstance(value, Enum) else value
