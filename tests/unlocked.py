"""`make test-unlocked`: the wheel with whatever the registry gives today, not what the lock names, serves.

Needs a package registry and some minutes. A release tomorrow that breaks the program is noticed here, and
its bound goes into pyproject.toml before a user meets it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

from tests.support.service_kit import Serving

ROOT = Path(__file__).parents[1]
UV = str(Path(sys.executable).with_name("uv"))
ASKED = """
import importlib.metadata, json
print(json.dumps({one.name.lower(): one.version for one in importlib.metadata.distributions()}))
"""


def install(folder: Path) -> Path:
    """A virtual environment with the wheel of this tree and its newest dependencies; its bin folder."""
    _run(
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(folder),
        str(ROOT),
    )
    (wheel,) = folder.glob("*.whl")
    _run(UV, "venv", "--quiet", "--python", sys.executable, str(folder / "venv"))
    programs = folder / "venv" / "bin"
    _run(UV, "pip", "install", "--quiet", "--python", str(programs / "python"), str(wheel))
    return programs


def newer(programs: Path) -> dict[str, tuple[str, str]]:
    """What differs from this environment: name to (version here, version there)."""
    done = subprocess.run([programs / "python", "-c", ASKED], capture_output=True, check=True)
    there: dict[str, str] = json.loads(done.stdout)
    here = {one.name.lower(): one.version for one in metadata.distributions()}
    return {
        name: (here[name], version)
        for name, version in sorted(there.items())
        if name in here and here[name] != version
    }


def serve(programs: Path, home: Path) -> int:
    """Serve the plan on a virtual clock until scheduled runs stand in Prefect and one has ended well;
    how many messages that one sent."""
    clock = {"DONDOC_CLOCK": "2020-04-15T00:00:00+00:00", "DONDOC_CLOCK_SPEED": "60"}
    with Serving(home, program=str(programs / "dondoc"), **clock) as served:
        served.wait("scheduled runs", lambda: served.runs(type=["SCHEDULED"]))
        served.wait("a run that ended", lambda: served.runs(type=["COMPLETED"]))
        failed = served.runs(type=["FAILED", "CRASHED"])
        assert not failed, [run["name"] for run in failed]
        return len(list((home / "outbox").rglob("*.eml")))


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="dondoc-unlocked-") as name:
        folder = Path(name)
        programs = install(folder)
        for package, (here, there) in newer(programs).items():
            print(f"{package:<28} {here:<16} → {there}")
        sent = serve(programs, folder / "home")
        assert sent, "no message was sent"
        print(f"Served; a scheduled run completed; {sent} messages.")


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
