"""`consolidate` and `trace` as somebody at a desk meets them."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from plan.database import open_engine, reading, writing
from plan.models import ClockMark, ConsolidationRun
from tests.support.commands import dondoc

CELL = ("PL2.3", "--year", "2018")


@pytest.fixture
def home(tmp_path: Path, province_template: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A whole province's figures and texts accepted, on 1/5/2020."""
    folder = tmp_path / "home"
    folder.mkdir()
    shutil.copy(province_template, folder / "dondoc.db")
    monkeypatch.setenv("DONDOC_HOME", str(folder))
    monkeypatch.setenv("DONDOC_CLOCK", "2020-05-01T08:00+07:00")
    return folder


def said(*words: str) -> Any:
    result = dondoc(*words)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_consolidate_says_coverage_and_files_and_the_second_time_that_it_was_made(
    home: Path, tmp_path: Path
) -> None:
    out = tmp_path / "ra"
    first = dondoc("consolidate", "provincial-appendices", "--out", str(out))
    assert "provincial-appendices lần 1 (mới): 10/10" in first.stdout
    assert (out / "phu-luc-tong-hop.xlsx").exists()
    again = dondoc("consolidate", "provincial-appendices")
    assert "lần 1 (đã có, đầu vào không đổi): 10/10" in again.stdout
    assert (home / "output" / "phu-luc-tong-hop.xlsx").exists()


def test_nothing_is_made_by_a_clock_that_is_doubted(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DONDOC_CLOCK")
    engine = open_engine(f"sqlite:///{home / 'dondoc.db'}")
    with writing(engine) as session:
        session.add(ClockMark(boot="máy khác", at=datetime(2099, 1, 1, tzinfo=UTC), up=1.0))
    refused = dondoc("consolidate", "status-note")
    assert refused.exit_code != 0
    assert "Đồng hồ máy chỉ" in refused.stderr
    with reading(engine) as session:
        assert session.exec(select(ConsolidationRun)).all() == []
    engine.dispose()


def test_json_says_the_same_for_programs(home: Path) -> None:
    (run,) = said("consolidate", "status-note", "--json")
    assert {"run_id", "output", "number", "trigger", "created", "partial", "coverage"} < run.keys()
    assert [one["filename"] for one in run["files"]] == [
        "tinh-hinh-thuc-hien.docx",
        "tinh-hinh-thuc-hien.html",
    ]
    assert run["trigger"] == "by-hand"


def test_an_unknown_output_is_refused_with_the_nearest(home: Path) -> None:
    result = dondoc("consolidate", "provincial-appendix")
    assert result.exit_code == 2
    assert "Có phải «provincial-appendices» không?" in result.stderr


def test_as_of_an_earlier_moment(home: Path) -> None:
    (run,) = said(
        "consolidate", "provincial-appendices", "--as-of", "2020-04-20T08:30+07:00", "--json"
    )
    assert (run["coverage"]["have"], run["partial"]) == (0, True)


def test_trace_has_the_promised_shape(home: Path) -> None:
    found = said("trace", *CELL, "--json")
    assert {"value", "rule", "contributions"} <= found.keys()
    (one,) = found["contributions"]
    assert {"agency", "submission", "file", "sheet", "cell", "value"} <= one.keys()
    assert (one["agency"], one["submission"], one["sheet"]) == ("stp", "stp/appendix-2#1", "PL2")
    assert one["value"] == found["value"]
    told = dondoc("trace", *CELL)
    assert "Sở Tư pháp" in told.stdout
    assert "Trần Văn Bình" in told.stdout


def test_trace_of_what_is_not_there(home: Path) -> None:
    assert dondoc("trace", "PL2.33", "--year", "2018").exit_code == 2
    result = dondoc("trace", "PL2.3", "--year", "2031")
    assert (result.exit_code, "Không có kỳ «2031»" in result.stderr) == (2, True)


def test_frozen_then_changed_then_compared(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (frozen,) = said("consolidate", "provincial-appendices", "--final", "--json")
    monkeypatch.setenv("DONDOC_CLOCK", "2020-05-04T08:00+07:00")
    assert dondoc("review", "reopen", "stp/appendix-2", "--reason", "Cần bổ sung").exit_code == 0
    # A virtual clock begins anew in each command: what comes after is looked at from later on.
    monkeypatch.setenv("DONDOC_CLOCK", "2020-05-04T09:00+07:00")
    result = said("consolidate", "provincial-appendices", "--diff", "--json")
    (run,) = result["runs"]
    assert (frozen["number"], frozen["final"], frozen["frozen"]) == (1, True, None)
    assert run["frozen"] == {
        "number": 1,
        "stale_because": "Sở Tư pháp: Phụ lục 2 – bản đã tổng hợp được mở lại để bổ sung",
    }
    told = dondoc("consolidate", "provincial-appendices").stdout
    assert "▲ Bản chốt lần 1 đã cũ:\n    Sở Tư pháp: Phụ lục 2" in told
    assert (run["number"], run["final"], run["partial"]) == (2, False, True)
    gone = {one["where"].partition(" (")[0] for one in result["changes"]}
    assert gone >= {"PL2.3", "PL2.7"}
    assert all(one["before"] and not one["after"] for one in result["changes"])
    was, now = said("trace", *CELL, "--run", "1", "--json"), said("trace", *CELL, "--json")
    assert was["contributions"][0]["accepted_by"] == "Trần Văn Bình"
    assert was["earlier"] == []
    assert (now["value"], now["contributions"]) == (None, [])
    assert now["earlier"][0]["value"] == was["value"]
    assert now["earlier"][0]["agency_name"] == "Sở Tư pháp"
