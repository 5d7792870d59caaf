"""What stands in deploy/ says what the program does: settings, commands, paths, formats."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from importlib.util import find_spec
from ipaddress import ip_address, ip_network
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from pydantic import SecretStr
from ruamel.yaml import YAML
from typer.main import get_command
from typer.testing import CliRunner

from flows.cli import app
from flows.schedule import environment
from plan.errors import SettingsError
from plan.settings import Settings
from tests.support.nginx_kit import NGINX, make_certificate

ROOT = Path(__file__).parent.parent.parent
DEPLOY = ROOT / "deploy"
REQUIRED = ("POSTGRES_PASSWORD", "REDIS_PASSWORD", "PREFECT_AUTH", "DONDOC_SECRET_KEY")
PAGES = [
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    DEPLOY / "README.md",
]
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))


def example() -> Iterator[tuple[str, str, list[str]]]:
    """Each setting of the example: name, value, the comment lines above its group."""
    above: list[str] = []
    named = False
    for line in (DEPLOY / ".env.example").read_text("utf-8").splitlines():
        if found := re.fullmatch(r"#?([A-Z][A-Z0-9_]+)=(.*)", line):
            named = True
            yield found[1], found[2], above
        elif not line.startswith("# ") or named:
            above, named = ([line[2:]] if line.startswith("# ") else []), False
        else:
            above = [*above, line[2:]]


def _default(name: str) -> str:
    """A setting's default as the environment would say it."""
    value = Settings.model_fields[name].get_default(call_default_factory=True)
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def test_the_example_has_every_setting_with_its_default_explained() -> None:
    found = {name: (value, above) for name, value, above in example() if name.startswith("DONDOC_")}
    assert {name.removeprefix("DONDOC_").lower() for name in found} == set(Settings.model_fields)
    for name, (value, above) in found.items():
        assert value == _default(name.removeprefix("DONDOC_").lower()), name
        assert above, f"{name} is not explained"
        assert not above[-1].startswith("---"), f"{name} is not explained"


def test_every_setting_of_the_class_says_what_it_is_for_somewhere() -> None:
    """In `dondoc settings` or, where the name says it all, at least in the example."""
    bare = {name for name, one in Settings.model_fields.items() if not one.description}
    explained = {name.removeprefix("DONDOC_").lower() for name, _, above in example() if above}
    assert bare <= explained


# --- compose -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load((DEPLOY / "compose.yaml").read_text("utf-8"))
    return loaded


def test_compose_runs_commands_there_are(compose: dict[str, Any]) -> None:
    """The words of every `dondoc` service are a command, with options it knows."""
    ours = [
        one for one in compose["services"].values() if "DONDOC_HOME" in one.get("environment", {})
    ]
    assert len(ours) >= 5
    for service in ours:
        if service.get("build", {}).get("target") != "backup":
            assert_command([str(word) for word in service["command"]])


def against_the_schema(path: Path) -> str:
    """What the Compose specification's own JSON Schema says against a file; nothing: "".
    (github.com/compose-spec/compose-spec, carried by check-jsonschema)"""
    words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*words, str(path)], capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_compose_is_valid_under_its_schema() -> None:
    assert against_the_schema(DEPLOY / "compose.yaml") == ""


@pytest.mark.parametrize(
    ("right", "wrong", "place"),
    [
        ("read_only: true", "read_onli: true", "$.services.worker"),
        ("retries: 10", "retries: [10]", "$.services.postgres.healthcheck.retries"),
        ("condition: service_healthy", "condition: healthy", "$.services.pages.depends_on"),
        ("    internal: true", "    internal: 7.5", "$.networks.inside.internal"),
    ],
)
def test_the_schema_sees_a_slip(right: str, wrong: str, place: str, tmp_path: Path) -> None:
    text = (DEPLOY / "compose.yaml").read_text("utf-8")
    assert right in text
    slipped = tmp_path / "compose.yaml"
    slipped.write_text(text.replace(right, wrong), "utf-8")
    assert place in against_the_schema(slipped)


def test_compose_reads_it(compose: dict[str, Any], tmp_path: Path) -> None:
    """An independent reader of the compose specification takes it, and asks for what is missing. Reading
    needs no podman, but for its version."""
    podman = tmp_path / "podman"
    podman.write_text("#!/bin/sh\necho podman version 5.4.0\n")
    podman.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    given = {name: f"x{n}" for n, name in enumerate(REQUIRED)} | {"PATH": path}
    command = [
        sys.executable,
        "-m",
        "podman_compose",
        "-f",
        "compose.yaml",
        "--profile",
        "backup",
        "config",
    ]
    done = subprocess.run(
        command, cwd=DEPLOY, env=os.environ | given, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    read = YAML(typ="safe").load(done.stdout)
    assert set(read["services"]) == set(compose["services"])
    assert (
        read["services"]["postgres"]["environment"]["POSTGRES_PASSWORD"]
        == given["POSTGRES_PASSWORD"]
    )
    refused = subprocess.run(
        command, cwd=DEPLOY, env=os.environ | {"PATH": path}, capture_output=True, text=True
    )
    assert refused.returncode != 0


@cache
def commands() -> Any:
    return get_command(app)


def assert_command(words: list[str]) -> None:
    command = commands()
    for number, word in enumerate(words):
        if word.startswith("-"):
            known = {option for one in command.params for option in one.opts}
            assert word in known, words
        elif hasattr(command, "commands"):
            assert word in command.commands, words
            command = command.commands[word]
        else:
            assert number, words


def test_compose_needs_nothing_it_does_not_have(compose: dict[str, Any]) -> None:
    services, volumes = compose["services"], compose["volumes"]
    for name, service in services.items():
        assert set(service.get("depends_on", {})) <= set(services), name
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("./"):
                assert (DEPLOY / source).exists() or source == "./tls", source
            elif not source.startswith("$"):
                assert source in volumes, source
        for network in service.get("networks", []):
            assert network in compose["networks"]


def test_compose_believes_nobody_but_its_proxy_about_addresses(compose: dict[str, Any]) -> None:
    """By address, and one that no other container is given."""
    proxy, networks = compose["services"]["nginx"]["networks"], compose["networks"]
    trusted = compose["services"]["pages"]["environment"]["FORWARDED_ALLOW_IPS"].split(",")
    assert trusted == [proxy[name]["ipv4_address"] for name in proxy]
    for name, given in proxy.items():
        [pool] = networks[name]["ipam"]["config"]
        address = ip_address(given["ipv4_address"])
        assert address in ip_network(pool["subnet"])
        assert address not in ip_network(pool["ip_range"])


def test_compose_asks_for_what_the_example_names(compose: dict[str, Any]) -> None:
    text = (DEPLOY / "compose.yaml").read_text("utf-8")
    required = set(re.findall(r"\$\{([A-Z_]+):\?", text))
    assert required == set(REQUIRED)
    assert required <= {name for name, _, _ in example()}
    given = compose["x-dondoc"]["environment"]
    ours = {name.removeprefix("DONDOC_").lower() for name in given if name.startswith("DONDOC_")}
    assert ours <= set(Settings.model_fields)


def test_nothing_of_ours_runs_as_root_or_may_write_everywhere(compose: dict[str, Any]) -> None:
    stages = re.split(r"^FROM ", (DEPLOY / "Dockerfile").read_text("utf-8"), flags=re.M)
    users = re.findall(r"^USER (\S+)", stages[2], flags=re.M)
    assert users == ["10001"]
    ours = compose["x-dondoc"]
    assert ours["read_only"] is True
    assert ours["cap_drop"] == ["ALL"]


def test_the_backup_speaks_the_version_of_its_server(compose: dict[str, Any]) -> None:
    """pg_dump refuses a later server, and what a later pg_restore writes an earlier server refuses."""
    server = compose["services"]["postgres"]["image"].partition(":")[2]
    assert f"postgresql-client-{server} " in (DEPLOY / "Dockerfile").read_text("utf-8")


def kept_by_dockerignore(path: str) -> bool:
    """Whether Docker sends a file to the build: the last line that names the file decides."""
    kept = True
    for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines():
        pattern, keeps = line.removeprefix("!"), line.startswith("!")
        parts = (path, *map(str, PurePosixPath(path).parents))
        if any(fnmatch(part, pattern) for part in parts):
            kept = keeps
    return kept


def test_the_image_holds_every_room_and_finds_what_it_copies() -> None:
    text = (DEPLOY / "Dockerfile").read_text("utf-8")
    copied = [
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", text, flags=re.M)
        for source in line.split()[:-1]
    ]
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]
    assert set(wheel["targets"]["wheel"]["packages"]) <= set(copied)
    for source in copied:
        assert (ROOT / source).exists(), source
        assert kept_by_dockerignore(source), f".dockerignore leaves out {source}"
    for secret in (".env", ".dondoc/dondoc.db", "deploy/tls/key.pem", "demo/dondoc.db"):
        assert not kept_by_dockerignore(secret)


# --- what the pages tell an operator to type --------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_pages_name_commands_there_are(page: Path) -> None:
    """Each `dondoc …` between backticks or typed in a console, with its options."""
    text = page.read_text("utf-8")
    consoles = "".join(re.findall(r"```console\n(.*?)```", text, flags=re.S))
    typed = re.findall(
        r"(?:^[#$] |&& |exec pages |bin/)dondoc ([a-z][^#&\n]*)", consoles, flags=re.M
    )
    named = re.findall(r"`(?:[A-Z_]+=\S+ )*dondoc ([a-z][^`]*)`", text)
    assert named or typed
    for words in [*named, *typed]:
        assert_command([word.strip("[]…") for word in words.split()])


# --- systemd -------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_units_start_what_there_is(unit: Path) -> None:
    [start] = re.findall(r"^ExecStart=(.*)$", unit.read_text("utf-8"), flags=re.M)
    program, *words = start.split()
    if program == "/opt/dondoc/current/bin/dondoc":
        assert_command(words)
    else:
        assert (ROOT / program.removeprefix("/opt/dondoc/current/")).is_file()


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_units_without_proc_sys_are_told_which_boot_this_is(unit: Path) -> None:
    """The clock is held against the marks of this boot, and ProcSubset=pid hides the boot's name."""
    lines = unit.read_text("utf-8").splitlines()
    hidden = "ProcSubset=pid" in lines and any("/bin/dondoc " in line for line in lines)
    assert ("Environment=DONDOC_BOOT_ID=%b" in lines) is hidden


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_units_are_hardened(unit: Path, tmp_path: Path) -> None:
    """systemd's own measure: 0 is closed, 10 is open. A network service of ours stays below 1.5."""
    copy = tmp_path / unit.name.replace("@.", "@1.")
    copy.write_text(unit.read_text("utf-8"), "utf-8")
    words = ["systemd-analyze", "security", "--offline=yes", "--threshold=15", str(copy)]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-300:] + done.stderr


# --- nginx ---------------------------------------------------------------------------------------


@pytest.mark.skipif(not NGINX, reason="needs nginx")
@pytest.mark.parametrize("name", ["dondoc.conf", "prefect.conf", "compose.conf"])
def test_nginx_takes_it(name: str, tmp_path: Path) -> None:
    text = (DEPLOY / "nginx" / name).read_text("utf-8").replace("/etc/nginx/tls", str(tmp_path))
    text = text.replace("http2 on;", "")  # the image's nginx knows it, Debian 12's does not
    make_certificate(tmp_path)
    site, main = tmp_path / name, tmp_path / "nginx.conf"
    site.write_text(text, "utf-8")
    logs = f"pid {tmp_path}/pid; error_log {tmp_path}/error.log;"
    main.write_text(f"{logs} events {{}} http {{ access_log off; include {site}; }}")
    words = [NGINX, "-t", "-c", str(main)]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


# --- scripts -------------------------------------------------------------------------------------


@pytest.mark.parametrize("script", sorted(DEPLOY.glob("*.sh")), ids=lambda path: path.name)
def test_scripts_parse(script: Path) -> None:
    done = subprocess.run(["bash", "-n", str(script)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


# --- several machines ----------------------------------------------------------------------------


def test_a_part_says_everything_it_lacks() -> None:
    with pytest.raises(SettingsError, match="DONDOC_PREFECT_DATABASE_URL, DONDOC_REDIS_URL"):
        environment.api(Settings())
    with pytest.raises(SettingsError, match="DONDOC_PREFECT_API_URL, DONDOC_WORK_POOL"):
        environment.worker(Settings())


def test_redis_serves_messages_and_timers_apart() -> None:
    found = environment.prefect_backing(Settings(redis_url=SecretStr("redis://:p%40ss@db:6379/7")))
    assert found["PREFECT_REDIS_MESSAGING_URL"] == "redis://:p%40ss@db:6379/0"
    assert found["PREFECT_SERVER_DOCKET_URL"] == "redis://:p%40ss@db:6379/1"
    assert environment.prefect_backing(Settings()) == {}


def test_prefect_knows_what_it_is_told() -> None:
    """Modules the settings name, and the messages' address, are there to be read."""
    found = environment.prefect_backing(Settings(redis_url=SecretStr("redis://db")))
    for name, value in found.items():
        if value.startswith("prefect_redis."):
            assert find_spec(value), name
    assert find_spec("asyncpg")


def test_prefects_pages_are_kept_where_one_may_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its code may not be written in an image or in /opt; without this it serves no page there."""
    name, settings = "PREFECT_SERVER_UI_STATIC_DIRECTORY", Settings(home=tmp_path)
    free: dict[str, str] = {}
    environment.configure_prefect(settings, free)
    assert name not in free
    monkeypatch.setattr(os, "access", lambda *_: False)
    held: dict[str, str] = {}
    environment.configure_prefect(settings, held)
    assert Path(held[name]).is_relative_to(tmp_path)


def test_settings_show_no_password_of_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DONDOC_DATABASE_URL", "postgresql+psycopg://dondoc:bimat@db:5432/dondoc")
    shown = CliRunner().invoke(app, ["settings", "--json"]).output
    assert "bimat" not in shown
    assert "db:5432/dondoc" in shown
