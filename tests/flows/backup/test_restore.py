"""restore.sh over an installation with keys of its own, stopped half-way: one or the other is whole."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from plan.definition.model import PlanDefinition
from plan.keys.secret import secret_key
from plan.settings import Settings, get_settings
from tests.flows.backup.kit import (
    begin,
    facts,
    newest,
    plain_environment,
    script,
    work_on,
)
from tests.support.service_kit import DONDOC

ELSEWHERE = {"DONDOC_TRAIL_KEY": ""}
"""No key given: each installation has its own, in a file."""


def whole(home: Path, url: str) -> bool:
    done = subprocess.run(
        [DONDOC, "audit", "verify"], capture_output=True,
        env=plain_environment() | ELSEWHERE | {"DONDOC_HOME": str(home), "DONDOC_DATABASE_URL": url},
    )  # fmt: skip
    return done.returncode == 0


@pytest.fixture
def keyed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("DONDOC_TRAIL_KEY")
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()


@pytest.mark.usefixtures("keyed")
@pytest.mark.parametrize(
    "stops",
    [pytest.param(stops, marks=[pytest.mark.slow] * (stops != 2)) for stops in (1, 2, 3, 4)],
)
def test_a_restore_that_stops_leaves_one_or_the_other_and_again_is_whole(
    tmp_path: Path, definition: PlanDefinition, stops: int
) -> None:
    """Over an installation with keys and a database of its own, in folders of their own; stopped at each
    thing it would put into place (the fourth never comes)."""
    homes = {name: tmp_path / name for name in ("cu", "moi")}
    urls = {name: f"sqlite:///{tmp_path}/db-{name}/dondoc.db" for name in homes}
    for name, home in homes.items():
        (tmp_path / f"db-{name}").mkdir()
        begin(urls[name], definition)
        secret_key(Settings(home=home))
        (home / "submissions").mkdir()
    work_on(urls["moi"], definition, "hoai-an")
    both = {name: facts(urls[name]) for name in homes}
    assert both["cu"] != both["moi"]

    def env(name: str) -> dict[str, str]:
        return ELSEWHERE | {"DONDOC_HOME": str(homes[name]), "DONDOC_DATABASE_URL": urls[name]}

    assert script("backup.sh", str(tmp_path / "sao"), env=env("cu")).returncode == 0
    assert (newest(tmp_path / "sao") / "trail.key").exists()
    shim, count = tmp_path / "bin" / "mv", tmp_path / "count"
    shim.parent.mkdir()
    shim.write_text(
        f"#!/bin/sh\necho x >>{count}\n[ $(wc -l <{count}) -eq {stops} ] && exit 1\n"
        f'exec {shutil.which("mv")} "$@"\n'
    )
    shim.chmod(0o755)
    words = (str(newest(tmp_path / "sao")), "--replace")
    path = {"PATH": f"{shim.parent}:{os.environ['PATH']}"}
    done = script("restore.sh", *words, env=env("moi") | path)
    assert done.returncode == (stops < 4), done.stderr
    assert facts(urls["moi"]) == both["cu" if stops > 2 else "moi"]
    assert whole(homes["moi"], urls["moi"])
    if stops < 3:
        assert secret_key(Settings(home=homes["moi"])) != secret_key(Settings(home=homes["cu"]))
    assert script("restore.sh", *words, env=env("moi")).returncode == 0
    assert facts(urls["moi"]) == both["cu"]
    assert whole(homes["moi"], urls["moi"])
    assert secret_key(Settings(home=homes["moi"])) == secret_key(Settings(home=homes["cu"]))


@pytest.mark.usefixtures("keyed")
def test_what_an_earlier_restore_left_behind_is_not_put_into_place(
    tmp_path: Path, definition: PlanDefinition
) -> None:
    """Its key came from another copy; this one is restored where the key is given, not kept in a file."""
    home, url = tmp_path / "nha", f"sqlite:///{tmp_path}/db/dondoc.db"
    (tmp_path / "db").mkdir()
    begin(url, definition)
    own = secret_key(Settings(home=home))
    (home / "submissions").mkdir()
    env = ELSEWHERE | {"DONDOC_HOME": str(home), "DONDOC_DATABASE_URL": url}
    assert script("backup.sh", str(tmp_path / "sao"), env=env).returncode == 0
    (home / "secret.key.part").write_text("of another copy")
    words = (str(newest(tmp_path / "sao")), "--replace")
    done = script("restore.sh", *words, env=env | {"DONDOC_SECRET_KEY": own})
    assert done.returncode == 0, done.stderr
    assert secret_key(Settings(home=home)) == own
    assert not (home / "secret.key.part").exists()
