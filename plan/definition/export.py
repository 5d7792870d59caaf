"""The plan format as JSON Schema, so that an editor completes and checks a plan while it is written.

`plan.schema.json` describes `plan.yaml`; a field that may stand in a file of its own is not required
there. `schemas/` holds one small schema for each such file, pointing into the big one. The files are
generated: `python -m plan.definition.export` writes them, a test holds them to the models.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

from plan.definition.loading import FOLDER, MAIN
from plan.definition.model import PlanDefinition
from plan.definition.yaml_lines import write_yaml
from plan.errors import RefusedError

HERE = Path(__file__).parent.parent
SCHEMA = "plan.schema.json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
APPENDIX = "appendix"


def plan_schema() -> dict[str, Any]:
    """The schema of `plan.yaml`, with every part of a plan under `$defs`."""
    schema = PlanDefinition.model_json_schema()
    parts = part_files()
    schema["required"] = [name for name in schema["required"] if name not in parts]
    return {"$schema": DIALECT, **schema}


def part_files() -> list[str]:
    """The fields that are lists or groups, and so may be the whole content of a file of their own."""
    properties = PlanDefinition.model_json_schema()["properties"]
    return [name for name, field in properties.items() if _is_part(field)]


def part_schemas() -> dict[str, dict[str, Any]]:
    """File name → schema of each file that holds one field of a plan, or one appendix."""
    targets = {name: f"../{SCHEMA}#/properties/{name}" for name in part_files()}
    targets[APPENDIX] = f"../{SCHEMA}#/$defs/Appendix"
    return {
        f"{name}.schema.json": {"$schema": DIALECT, "$ref": target}
        for name, target in targets.items()
    }


def schema_files() -> dict[str, str]:
    """Path below `plan/` → text of every generated schema file."""
    files = {SCHEMA: plan_schema()} | {f"schemas/{k}": v for k, v in part_schemas().items()}
    return {
        name: json.dumps(value, ensure_ascii=False, indent=1) + "\n"
        for name, value in files.items()
    }


def write_schemas(folder: Path = HERE) -> None:
    """Write every schema file below this folder."""
    for name, text in schema_files().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def _is_part(field: dict[str, Any]) -> bool:
    return field.get("type") in {"array", "object"} or "$ref" in field or "allOf" in field


if __name__ == "__main__":
    write_schemas()


# --- A `PlanDefinition` back into a plan's folder, one file a part, as `plan.definition.loading` reads
# it.

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
    yield MAIN, SCHEMA, {key: value for key, value in data.items() if key not in apart}
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
