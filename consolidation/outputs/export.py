"""A run's files where people look for them: `output/<output>/<number>/`, and the newest beside it.

A folder appears whole or not at all: it is filled under another name and then renamed.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from uuid import uuid4


def folder_of(out: Path, output: str, number: int) -> Path:
    """Where a run's files stand. Padded, so that names sort as numbers do."""
    return out / output / f"{number:04d}"


def export(
    out: Path, output: str, number: int, files: Mapping[str, bytes], *, newest: bool
) -> Path:
    """Write a run's files. Written again, nothing changes. `newest`: also as `out/<filename>`."""
    folder = folder_of(out, output, number)
    if not _stands(folder, files):
        _replace_folder(folder, files)
    if newest:
        for name, data in files.items():
            _replace_file(out / name, data)
    return folder


def _stands(folder: Path, files: Mapping[str, bytes]) -> bool:
    if not folder.is_dir() or {path.name for path in folder.iterdir()} != set(files):
        return False
    return all((folder / name).read_bytes() == data for name, data in files.items())


def _replace_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = folder.parent / f".{folder.name}-{uuid4().hex[:8]}"
    fresh.mkdir()
    try:
        for name, data in files.items():
            _write(fresh / name, data)
        if folder.exists():
            shutil.rmtree(folder)
        fresh.rename(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _replace_file(path: Path, data: bytes) -> None:
    if path.is_file() and path.read_bytes() == data:
        return
    fresh = path.with_name(f".{path.name}-{uuid4().hex[:8]}")
    try:
        _write(fresh, data)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())


def remove_leftovers(out: Path, output: str, names: Iterable[str]) -> None:
    """Remove what a killed process left under its working names for this output. The caller holds the
    output's lock: another's working files are never touched."""
    left = [path for name in names for path in out.glob(f".{name}-????????")]
    for path in (*left, *(out / output).glob(".*-????????")):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
