"""The API's description is a valid one, and a client made from it by another program's tool works."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_spec_validator import validate

from intake.forms.workbook import build_workbook
from plan.database import reading
from plan.queries import definitions
from plan.queries.lookup import find_plan
from tests.browser.support import BASE, Dash, dashboard_at
from tests.support.api import API, key

MAKER = [sys.executable, "-m", "openapi_python_client"]


@pytest.fixture(scope="module")
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    made = dashboard_at(tmp_path_factory.mktemp("client"))
    yield made
    made.engine.dispose()


@pytest.fixture(scope="module")
def description(dash: Dash) -> dict[str, Any]:
    found: dict[str, Any] = dash.browser().get(f"{API}/openapi.json").json()
    return found


def test_the_description_is_a_valid_one(description: dict[str, Any]) -> None:
    validate(description)
    assert description["openapi"].startswith("3.1")


def test_whoever_makes_a_client_gets_an_ascii_name(description: dict[str, Any]) -> None:
    assert description["info"]["title"].isascii()


def test_files_are_known_as_files(description: dict[str, Any]) -> None:
    schemas = description["components"]["schemas"]
    sent = [
        field.get("items", field)
        for name, schema in schemas.items()
        if name.startswith("Body_")
        for key, field in schema.get("properties", {}).items()
        if key in ("files", "file", "minutes")
    ]
    assert len(sent) >= 4
    assert all("binary" in json.dumps(field) for field in sent)


@pytest.fixture
def client(
    dash: Dash, description: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    """The package made from the description, and a caller of it as a coordinator."""
    (tmp_path / "openapi.json").write_text(json.dumps(description), "utf-8")
    command = [*MAKER, "generate", "--path", "openapi.json"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # it tidies with Ruff
    subprocess.run(
        command,
        cwd=tmp_path,
        env=os.environ | {"PATH": path},
        check=True,
        capture_output=True,
        timeout=120,
    )
    monkeypatch.syspath_prepend(str(tmp_path / "dondoc-client"))
    yield importlib.import_module("dondoc_client").AuthenticatedClient(
        base_url=BASE + API,
        token=key(dash, "coordinator")["authorization"].removeprefix("Bearer "),
        httpx_args={"transport": httpx.ASGITransport(dash.app, client=("127.0.0.1", 50000))},
    )
    for name in [name for name in sys.modules if name.startswith("dondoc_client")]:
        del sys.modules[name]


def operation(name: str) -> Any:
    return importlib.import_module(f"dondoc_client.api.default.{name}").asyncio


def model(name: str) -> Any:
    return getattr(importlib.import_module("dondoc_client.models"), name)


def test_a_client_made_from_it_lists_hands_in_and_decides(dash: Dash, client: Any) -> None:
    with reading(dash.engine) as session:
        definition = definitions.definition_of(find_plan(session, ""))
    data = build_workbook(definition, "stc", on=date(2020, 4, 20), deadlines={})
    file = importlib.import_module("dondoc_client.types").File(BytesIO(data), "bieu.xlsx")

    async def talk() -> tuple[Any, Any, Any]:
        listed = await operation("obligation_list_obligations_get")(client=client, agency="stc")
        body = model("BodyHandInAgenciesAgencySubmissionsPost")(files=[file])
        filed = await operation("hand_in_agencies_agency_submissions_post")(
            "stc", client=client, body=body
        )
        waived = await operation("obligation_waive_obligations_agency_deliverable_waive_post")(
            "stc", "appendix-6", client=client, body=model("ReasonIn")(reason="Không phát sinh")
        )
        return listed, filed, waived

    listed, filed, waived = asyncio.run(talk())
    assert {row.agency for row in listed} == {"stc"}
    assert [one.number for one in filed if one.obligation == "stc/appendix-6"] == [1]
    assert waived.state == "waived"
