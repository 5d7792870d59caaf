"""Back to a point in time with a real PostgreSQL, by the very lines of docs/operations.md."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from plan.definition.model import PlanDefinition
from tests.flows.backup.kit import DEPLOY, begin, facts, plain_environment, work_on
from tests.support.cluster_kit import PostgresOnly, postgres_programs
from tests.support.service_kit import DONDOC

SECTION = "## Khôi phục về một thời điểm (PostgreSQL)"


def steps() -> tuple[str, str, str]:
    """Of the document: what stands in postgresql.conf, how the base copy is made, what recovers."""
    text = (DEPLOY.parent / "docs" / "operations.md").read_text("utf-8")
    section = text[text.index(SECTION) :].partition("\n## ")[0]
    archive, recover = re.findall(r"^```\n(.*?)^```", section, re.DOTALL | re.MULTILINE)
    base = re.search(r"`(pg_basebackup [^`]+)`", section)
    assert base is not None
    return archive, base[1], recover


def own(path: Path) -> None:
    """PostgreSQL's, as it must be: PostgreSQL does not run as root."""
    if os.geteuid() == 0:
        subprocess.run(["chown", "-R", "postgres:postgres", str(path)], check=True)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(postgres_programs() is None, reason="needs PostgreSQL's server programs")
def test_a_lost_disk_comes_back_as_of_the_minute(
    tmp_path: Path, definition: PlanDefinition
) -> None:
    programs = postgres_programs()
    assert programs is not None
    archive, base, recover = steps()
    with PostgresOnly(tmp_path / "pg") as server:
        part, data, url = server.parts["postgres"], server._data, server.url("psycopg", "dondoc")
        kept = data.parent / "luu"
        (kept / "wal").mkdir(parents=True)
        own(kept)

        def here(lines: str) -> str:
            return lines.replace("/luu/", f"{kept}/")

        def restart() -> None:
            part.stop(signal.SIGINT)
            part.start()
            server.wait("postgresql", lambda: server.psql("SELECT 1"))

        with (data / "postgresql.conf").open("a") as settings:
            settings.write(here(archive))
        restart()
        begin(url, definition)
        words = here(base).replace("NGÀY", "2026-12-01").split()
        command = [
            str(programs / words[0]),
            "-h",
            "127.0.0.1",
            "-p",
            str(server.pg_port),
            *words[1:],
        ]
        subprocess.run(command, check=True, user=part.user, cwd="/")

        work_on(url, definition, "hoai-an")
        before = facts(url)
        moment = server.psql("SELECT clock_timestamp()").strip()
        work_on(url, definition, "phu-cat")
        assert facts(url) != before
        segment = server.psql("SELECT pg_walfile_name(pg_switch_wal())").strip()
        server.wait("archived", lambda: (kept / "wal" / segment).exists())
        archived, failed, _ = server.psql(
            "SELECT archived_count, failed_count, last_failed_wal FROM pg_stat_archiver"
        ).split("|")
        assert int(archived) > 0
        assert failed == "0"

        part.stop(signal.SIGINT)
        data.rename(data.with_name("hong"))
        shutil.copytree(kept / "nen-2026-12-01", data)
        with (data / "postgresql.auto.conf").open("a") as settings:
            settings.write(re.sub(r"(?<=target_time = ')[^']+", moment, here(recover)))
        (data / "recovery.signal").touch()
        data.chmod(0o700)
        own(data)
        part.start()
        server.wait("recovered", lambda: server.psql("SELECT pg_is_in_recovery()").strip() == "f")

        assert facts(url) == before
        environment = plain_environment() | {
            "DONDOC_HOME": str(tmp_path),
            "DONDOC_DATABASE_URL": url,
        }
        said = subprocess.run(
            [DONDOC, "audit", "verify"], env=environment, capture_output=True, text=True
        )
        assert (said.returncode, "Nhật ký toàn vẹn" in said.stdout) == (0, True), said
        work_on(url, definition, "phu-cat")  # and it goes on
        assert facts(url) != before
