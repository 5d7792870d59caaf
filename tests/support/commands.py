"""The command line as a test drives it: a desk with files, and the answers as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from flows.cli import app
from plan.definition.model import PlanDefinition
from tests.conftest import forget
from tests.support.report_writing import enough, fill


def dondoc(*words: str) -> Result:
    forget()
    return CliRunner().invoke(app, list(words))


def put(folder: Path, name: str, data: bytes) -> str:
    (folder / name).write_bytes(data)
    return str(folder / name)


def report(definition: PlanDefinition, without: str = "") -> bytes:
    return fill(
        definition, "an-lao", "district-report", lambda n: "" if n == without else enough(n)
    )[0]


def answer(result: Result) -> Any:
    return json.loads(result.stdout)
