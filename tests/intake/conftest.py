"""A desk with a clerk's folder, and the same with a database."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, on 20/4/2020, without a database."""
    monkeypatch.setenv("DONDOC_CLOCK", "2020-04-20T08:00+07:00")
    monkeypatch.setenv("DONDOC_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def home(desk: Path, sqlite_template: Path) -> Path:
    """The same with the packaged plan loaded."""
    (desk / "home").mkdir()
    shutil.copy(sqlite_template, desk / "home" / "dondoc.db")
    return desk
