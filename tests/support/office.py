"""LibreOffice without a window, for round trips: one profile of its own, thrown away at the end."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

SOFFICE = shutil.which("soffice")


@lru_cache(maxsize=1)
def _profile() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="lo-", ignore_cleanup_errors=True)


def converted(files: dict[str, bytes], to: str) -> dict[str, bytes]:
    """The files as LibreOffice saves them in another format, by the same names; one start for all."""
    assert SOFFICE is not None
    with tempfile.TemporaryDirectory(prefix="lo-files-") as folder:
        source, target = Path(folder, "in"), Path(folder, "out")
        source.mkdir()
        for name, data in files.items():
            (source / name).write_bytes(data)
        command = [SOFFICE, f"-env:UserInstallation=file://{_profile().name}", "--headless"]
        command += [
            "--convert-to",
            to,
            "--outdir",
            str(target),
            *map(str, sorted(source.iterdir())),
        ]
        subprocess.run(command, check=True, capture_output=True, timeout=240)
        suffix = to.partition(":")[0]
        return {name: (target / name).with_suffix(f".{suffix}").read_bytes() for name in files}
