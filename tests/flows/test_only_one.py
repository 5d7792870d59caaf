"""One service a home, and ports that are free."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from flows.service.lock import hold_home, require_free, served_by
from plan.errors import RefusedError

HOLD = "import sys, pathlib, time; from flows.service.lock import hold_home\n"
HOLD += "with hold_home(pathlib.Path(sys.argv[1])): print('held', flush=True); time.sleep(600)"


def test_a_home_is_held_by_one(tmp_path: Path) -> None:
    assert served_by(tmp_path) is None
    with hold_home(tmp_path):
        assert served_by(tmp_path) == os.getpid()
        with pytest.raises(RefusedError, match=f"tiến trình {os.getpid()}"), hold_home(tmp_path):
            raise AssertionError("two at once")
    assert served_by(tmp_path) is None


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        assert served_by(tmp_path) == holder.pid
        holder.kill()
        holder.wait()
    with hold_home(tmp_path):
        assert served_by(tmp_path) == os.getpid()


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(RefusedError, match=f"{port}.*DONDOC_PREFECT_PORT"):
            require_free("127.0.0.1", {"DONDOC_PREFECT_PORT": port})
    require_free("127.0.0.1", {"DONDOC_PREFECT_PORT": port})
