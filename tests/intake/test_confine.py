"""What a reader of strangers' files has given up, tried from inside; and whose turn it is to be read."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from intake.confine import FORBIDDEN, missing
from intake.files.gate import Limits
from intake.sandbox import Sandbox
from intake.turns import Turns

pytestmark = pytest.mark.skipif(bool(missing()), reason=f"this kernel lacks: {missing()}")

TRY = """
import os, socket, sys, tempfile
from intake.confine import confine
inside, outside = sys.argv[1:]
confine([sys.prefix, sys.base_prefix, "/usr/lib", "/lib", "/lib64"], [inside])

def refused(deed):
    try:
        deed()
    except OSError as error:
        return type(error).__name__
    return "done"

print(refused(lambda: open(inside + "/a", "w").write("x")))
print(refused(lambda: os.remove(inside + "/a")))
print(refused(lambda: open(outside)))
print(refused(lambda: open("/etc/passwd")))
print(refused(lambda: open("/proc/self/environ")))
print(refused(lambda: os.listdir("/tmp")))
print(refused(lambda: open(outside + ".new", "w")))
print(refused(lambda: os.symlink(outside, inside + "/b")))
print(refused(lambda: socket.socket()))
print(refused(lambda: socket.socket(socket.AF_UNIX)))
print(refused(lambda: os.execv("/bin/true", ["true"])))
print(refused(lambda: os.kill(os.getppid(), 0)))
print([line.split()[1] for line in STATUS if line.startswith(("NoNewPrivs", "Seccomp:"))])
"""


def test_nothing_is_left_but_the_programs_own_files(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "secret.key"
    inside.mkdir()
    outside.write_text("khóa")
    script = TRY.replace(
        "confine([", "STATUS = open('/proc/self/status')\nconfine(["
    )  # opened before, read after: the kernel writes it when it is read
    done = subprocess.run(
        [sys.executable, "-c", script, str(inside), str(outside)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    found = done.stdout.split("\n")
    assert found[:2] == ["done", "done"]
    assert set(found[2:12]) == {"PermissionError"}
    assert found[12] == "['1', '2']"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    one = Sandbox(Limits())
    yield one
    one.close()


def test_the_worker_itself_is_confined(sandbox: Sandbox, tmp_path: Path) -> None:
    secret = tmp_path / "secret.key"
    secret.write_text("khóa")
    with pytest.raises(RuntimeError, match="PermissionError"):
        sandbox.run("intake.files.gate:read_upload", secret, Limits())
    assert sandbox._process is not None
    status = Path(f"/proc/{sandbox._process.pid}/status").read_text()
    assert "NoNewPrivs:\t1" in status
    assert "Seccomp:\t2" in status
    folder = Path(sandbox._folder)
    assert folder.is_dir()
    sandbox.close()
    assert not folder.exists()


def test_every_call_has_its_number_on_every_machine() -> None:
    assert {len(row) for row in FORBIDDEN.values()} == {2}
    for column in range(2):
        numbers = [row[column] for row in FORBIDDEN.values()]
        assert len(set(numbers)) == len(numbers)


# --- whose turn ----------------------------------------------------------------------------------


def test_many_of_one_agency_do_not_stand_before_one_of_another() -> None:
    turns, served, lock = Turns(["a", "b"]), list[str](), threading.Lock()
    go = threading.Event()

    def read(lane: str) -> None:
        with turns.one(lane):
            go.wait()
            with lock:
                served.append(lane)

    def start(lane: str) -> threading.Thread:
        thread = threading.Thread(target=read, args=(lane,))
        thread.start()
        return thread

    many = [start("an-lao") for _ in range(5)]
    while sum(map(len, turns._waiting.values())) < 4:  # one of five at a time: a worker stays free
        pass
    assert turns._free
    other = start("hoai-an")
    while turns._free:
        pass
    assert turns._held == {"an-lao": 1, "hoai-an": 1}  # it did not wait for the four before it
    go.set()
    for thread in [*many, other]:
        thread.join()
    assert sorted(served) == ["an-lao"] * 5 + ["hoai-an"]
    assert len(turns._free) == 2
