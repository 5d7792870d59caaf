"""`make setup` keeps the README's promise: what is missing is said in one sentence, and a broken or half-made
`.venv` is never gone on from. Python and its environments are played by scripts: nothing is installed."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

PYTHON = """\
#!/bin/sh
echo "python3 $*" >> {log}
case "$*" in
  *ensurepip*) exit {lacks_ensurepip} ;;
  *version_info*) exit {old} ;;
  --version) echo "Python 3.9.2" ;;
  "-m venv .venv") mkdir -p .venv/bin
    [ {venv_fails} = 1 ] && exit 1
    cp {parts}/python {parts}/uv .venv/bin/ ;;
esac
"""
"""The machine's `python3`."""
IN_VENV = """\
#!/bin/sh
echo "{name} $*" >> {log}
[ "$1" = -c ] && echo 1
exit 0
"""
"""What a sound environment holds: answers everything."""
NO_PIP = """\
#!/bin/sh
case "$*" in *pip*) exit 1 ;; -c*) echo 1 ;; esac
"""


@dataclass
class Machine:
    """A folder with the Makefile, and a `python3` of its own."""

    folder: Path

    @property
    def log(self) -> Path:
        return self.folder / "calls.log"

    @property
    def venv(self) -> Path:
        return self.folder / ".venv"

    def python(
        self, *, lacks_ensurepip: bool = False, venv_fails: bool = False, old: bool = False
    ) -> None:
        words = PYTHON.format(
            log=self.log,
            parts=self.folder / "parts",
            lacks_ensurepip=int(lacks_ensurepip),
            venv_fails=int(venv_fails),
            old=int(old),
        )
        script(self.folder / "bin" / "python3", words)
        for name in ("python", "uv"):
            script(self.folder / "parts" / name, IN_VENV.format(name=name, log=self.log))

    def environment(self, python: str) -> None:
        """One that was ready once, with this for its Python ("": gone)."""
        (self.venv / "bin").mkdir(parents=True)
        (self.venv / ".ready").touch()
        (self.venv / "left-behind").touch()
        if python:
            script(self.venv / "bin" / "python", python)

    def setup(self) -> subprocess.CompletedProcess[str]:
        self.log.write_text("")
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        env = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")} | {"PATH": path}
        return subprocess.run(
            ["make", "setup"], cwd=self.folder, env=env, capture_output=True, text=True, timeout=60
        )

    def calls(self) -> list[str]:
        return self.log.read_text().splitlines()


def script(path: Path, words: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(words)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    for name in ("Makefile", "requirements-dev.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    made = Machine(tmp_path)
    made.python()
    return made


def test_a_new_machine_is_made_ready(machine: Machine) -> None:
    done = machine.setup()
    assert done.returncode == 0, done.stderr
    assert (machine.venv / ".ready").exists()
    assert any(
        call.startswith("uv pip sync") and "--require-hashes" in call for call in machine.calls()
    )


def test_without_ensurepip_one_sentence_says_what_to_install(machine: Machine) -> None:
    machine.python(lacks_ensurepip=True)
    for _ in range(2):
        done = machine.setup()
        assert done.returncode != 0
        assert "sudo apt-get install python3-venv" in done.stdout
        assert "Traceback" not in done.stdout + done.stderr
        assert not machine.venv.exists()
    machine.python()
    assert machine.setup().returncode == 0


def test_an_environment_that_could_not_be_made_leaves_nothing(machine: Machine) -> None:
    machine.python(venv_fails=True)
    assert machine.setup().returncode != 0
    assert not machine.venv.exists()
    machine.python()
    assert machine.setup().returncode == 0


@pytest.mark.parametrize(
    "python", ["", "#!/nowhere/python\n", NO_PIP], ids=["gone", "moved", "no pip"]
)
def test_a_broken_environment_is_made_anew(machine: Machine, python: str) -> None:
    machine.environment(python)
    if python == NO_PIP:  # half-made: it never became ready
        (machine.venv / ".ready").unlink()
    assert machine.setup().returncode == 0
    assert not (machine.venv / "left-behind").exists()
    assert (machine.venv / ".ready").exists()
    assert "python3 -m venv .venv" in machine.calls()


def test_a_sound_environment_is_left_as_it_is(machine: Machine) -> None:
    machine.environment(IN_VENV.format(name="python", log=machine.log))
    assert machine.setup().returncode == 0
    assert (machine.venv / "left-behind").exists()
    assert not any(call.startswith(("python3", "uv")) for call in machine.calls())


def test_an_old_python_is_named(machine: Machine) -> None:
    machine.python(old=True)
    done = machine.setup()
    assert done.returncode != 0
    assert "Needs Python 3.11 or later as python3; this one is: Python 3.9.2" in done.stdout
    assert not machine.venv.exists()
