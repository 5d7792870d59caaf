"""The plan format as JSON Schema, so that an editor completes and checks a plan while it is written.

`plan.schema.json` describes `plan.yaml`; a field that may stand in a file of its own is not required
there. `schemas/` holds one small schema for each such file, pointing into the big one. The files are
generated: `python -m plan.definition.export` writes them, a test holds them to the models.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from plan.definition.model import PlanDefinition

HERE = Path(__file__).parent.parent
MAIN = "plan.schema.json"
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
    targets = {name: f"../{MAIN}#/properties/{name}" for name in part_files()}
    targets[APPENDIX] = f"../{MAIN}#/$defs/Appendix"
    return {
        f"{name}.schema.json": {"$schema": DIALECT, "$ref": target}
        for name, target in targets.items()
    }


def schema_files() -> dict[str, str]:
    """Path below `plan/` → text of every generated schema file."""
    files = {MAIN: plan_schema()} | {f"schemas/{k}": v for k, v in part_schemas().items()}
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
