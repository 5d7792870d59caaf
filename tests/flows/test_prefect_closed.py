"""Prefect's server as the service runs it: closed to whoever has no key or comes by another name, and what a
run carries out is chosen by this program, whatever stands in the server."""

from __future__ import annotations

import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from flows import entry
from flows.schedule import environment
from flows.service.prefect_server import open_to_strangers
from plan.errors import SettingsError
from plan.settings import Settings
from tests.support.prefect_closed import Closed, closed
from tests.support.service_kit import PATIENCE

__all__ = ["closed"]
pytestmark = [pytest.mark.xdist_group("closed"), pytest.mark.timeout(600)]

ELSEWHERE = "http://elsewhere.example"


def test_the_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    held: dict[str, str] = {}
    environment.configure_prefect(settings, held)
    path = tmp_path / "prefect.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert held["PREFECT_API_AUTH_STRING"] == held["PREFECT_SERVER_API_AUTH_STRING"]
    assert held["PREFECT_API_AUTH_STRING"].endswith(path.read_text("ascii"))
    assert path.read_text("ascii") not in held["PREFECT_API_URL"]


def test_only_this_machine_reaches_it_unless_told_otherwise() -> None:
    held: dict[str, str] = {}
    environment.configure_prefect(Settings(host="0.0.0.0"), held)
    assert held["PREFECT_SERVER_API_HOST"] == "127.0.0.1"


def test_an_address_with_a_key_in_it_is_refused() -> None:
    with pytest.raises(ValueError, match="DONDOC_PREFECT_KEY"):
        Settings(prefect_api_url="http://admin:mat-khau@10.0.0.1:4200/api")


def test_several_machines_need_a_key_that_was_given() -> None:
    given = {"prefect_database_url": "postgresql+asyncpg://x/y", "redis_url": "redis://x"}
    with pytest.raises(SettingsError, match="DONDOC_PREFECT_KEY"):
        environment.api(Settings(**given))
    with pytest.raises(SettingsError, match="DONDOC_PREFECT_KEY"):
        environment.configure_prefect(Settings(prefect_api_url="http://127.0.0.1:4200/api"), {})
    assert environment.api(Settings(**given, prefect_key="a:b"))


def test_without_the_key_nothing_is_told_or_done(closed: Closed) -> None:
    assert not open_to_strangers(closed.api)
    assert httpx.get(f"{closed.api}/admin/settings").status_code == 401
    for method, path in (("POST", "/deployments/filter"), ("POST", "/flows/"), ("GET", "/x")):
        assert httpx.request(method, f"{closed.api}{path}", json={}).status_code == 401
    wrong = httpx.post(f"{closed.api}/deployments/filter", json={}, auth=("dondoc", "guess"))
    assert wrong.status_code == 401
    assert closed.ask("POST", "/deployments/filter", json={}).json() == []


def test_called_by_another_name_it_does_not_answer(closed: Closed) -> None:
    for name in ("elsewhere.example", "127.0.0.1.elsewhere.example"):
        told = closed.ask("GET", "/health", headers={"Host": name})
        assert (told.status_code, "access-control-allow-origin" in told.headers) == (400, False)


def test_another_sites_page_may_not_read_or_send(closed: Closed) -> None:
    asked = {"Origin": ELSEWHERE, "Access-Control-Request-Method": "PATCH"}
    told = httpx.options(f"{closed.api}/deployments/x", headers=asked)
    assert told.status_code == 400
    told = closed.ask("GET", "/health", headers={"Origin": ELSEWHERE})
    assert "access-control-allow-origin" not in told.headers


def test_it_listens_on_loopback(closed: Closed) -> None:
    others = {one[4][0] for one in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for address in others - {"127.0.0.1", "127.0.1.1"}:
        with socket.socket() as trial:
            assert trial.connect_ex((address, closed.settings.prefect_port)) != 0


def test_a_run_takes_no_pull_step_and_no_code_but_ours(closed: Closed, tmp_path: Path) -> None:
    """Even where somebody with the key has planted both, between two registrations."""
    mark = tmp_path / "ran"
    (tmp_path / "theirs.py").write_text(f"open({str(mark)!r}, 'w')\n")
    flow = closed.ask("POST", "/flows/", json={"name": "watch"}).json()["id"]
    script = {"prefect.deployments.steps.run_shell_script": {"script": f"touch {mark}"}}
    body = {
        "name": "trồng", "flow_id": flow, "pull_steps": [script],
        "entrypoint": f"{tmp_path / 'theirs.py'}:watch",
    }  # fmt: skip
    planted = closed.ask("POST", "/deployments/", json=body).json()["id"]
    run = closed.ask("POST", f"/deployments/{planted}/create_flow_run", json={}).json()["id"]
    env = closed.env | {"PREFECT__FLOW_RUN_ID": run}
    done = subprocess.run([sys.executable, "-m", "prefect.engine"], env=env, capture_output=True)
    assert closed.ask("GET", f"/flow_runs/{run}").json()["state_type"] == "COMPLETED", done.stderr
    assert not mark.exists()


@pytest.mark.slow
def test_a_worker_takes_no_step_command_or_environment_from_the_server(
    closed: Closed, tmp_path: Path
) -> None:
    """On a machine of its own, from a pool: planted in the pool, the deployment and the run."""
    mark = tmp_path / "ran"
    touch = f"touch {mark}"
    variables = {"type": "object", "properties": {"command": {"type": "string", "default": touch}}}
    template = {"job_configuration": {"command": "{{ command }}"}, "variables": variables}
    pool = {"name": "may", "type": "process", "base_job_template": template}
    assert closed.ask("POST", "/work_pools/", json=pool).status_code == 201
    flow = closed.ask("POST", "/flows/", json={"name": "watch"}).json()["id"]
    (tmp_path / "sitecustomize.py").write_text(f"open({str(mark)!r}, 'w')\n")
    planted = {"command": touch, "env": {"PYTHONPATH": str(tmp_path)}}
    body = {
        "name": "trồng cho máy", "flow_id": flow, "work_pool_name": "may",
        "pull_steps": [{"prefect.deployments.steps.run_shell_script": {"script": touch}}],
        "entrypoint": f"{tmp_path / 'sitecustomize.py'}:watch", "job_variables": planted,
    }  # fmt: skip
    made = closed.ask("POST", "/deployments/", json=body)
    assert made.status_code == 201, made.text
    path = f"/deployments/{made.json()['id']}/create_flow_run"
    run = closed.ask("POST", path, json={"job_variables": planted}).json()["id"]
    words = ["-m", "flows.worker", "--pool", "may", "--limit", "1"]
    worker = subprocess.Popen([sys.executable, *words], env=closed.env)
    try:
        ends = time.monotonic() + PATIENCE
        ended = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
        while (state := closed.ask("GET", f"/flow_runs/{run}").json()["state_type"]) not in ended:
            assert time.monotonic() < ends, state
            time.sleep(0.3)
    finally:
        worker.terminate()
        worker.wait(60)
    assert state == "COMPLETED"
    assert not mark.exists()


def test_a_flow_the_table_does_not_have_is_not_run() -> None:
    with pytest.raises(LookupError, match="os"):
        entry.flow_named("os")
    assert {entry.flow_named(name).name for name in entry.CODE} == set(entry.CODE)
