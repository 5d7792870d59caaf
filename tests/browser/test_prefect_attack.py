"""The attack on Prefect's API from a web page the operator has open: another origin, a real browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.conftest import executable
from tests.support.prefect_closed import Closed, closed

__all__ = ["closed"]
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("closed"), pytest.mark.timeout(600)]

PAGE = """<!doctype html><script>
async function attack(api) {
  const out = [];
  const send = async (method, path, body) => {
    try {
      const answer = await fetch(api + path, {method, body: JSON.stringify(body),
        headers: {"Content-Type": "application/json"}});
      out.push(answer.status);
      return await answer.json();
    } catch (error) { out.push(String(error)); return {}; }
  };
  const flow = await send("POST", "/flows/", {name: "watch"});
  const made = await send("POST", "/deployments/", {name: "x", flow_id: flow.id, entrypoint: "a:b"});
  await send("PATCH", "/deployments/" + made.id, {pull_steps: [
    {"prefect.deployments.steps.run_shell_script": {script: "id"}}]});
  await send("POST", "/deployments/" + made.id + "/create_flow_run", {});
  return out;
}
</script>"""


@pytest.fixture
def page_port(tmp_path: Path) -> Iterator[int]:
    (tmp_path / "index.html").write_text(PAGE, "utf-8")
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_a_page_of_another_origin_plants_nothing(closed: Closed, page_port: int) -> None:
    """By its plain address; and by a name of the attacker's that is made to lead to this machine."""
    port = closed.settings.prefect_port
    names = "MAP attacker.example 127.0.0.1"
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=executable(),
            args=["--no-sandbox", f"--host-resolver-rules={names}"],
        )
        page = browser.new_page()
        page.goto(f"http://attacker.example:{page_port}/index.html")
        for api in (closed.api, f"http://attacker.example:{port}/api"):
            said = page.evaluate("api => attack(api)", api)
            assert all("Failed to fetch" in str(one) for one in said), said
        # From a page on the attacked port itself, reached by the attacker's name: no such page.
        answer = page.goto(f"http://attacker.example:{port}/")
        assert answer is not None
        assert answer.status == 400
        browser.close()
    assert closed.ask("POST", "/deployments/filter", json={}).json() == []
