"""The command line as a person meets it: real processes where start-up matters, Typer's runner else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import Result

from flows.cli import app, asked
from flows.commands import support
from tests.conftest import PLAN_ID
from tests.support.commands import dondoc

HEAVY = ("sqlalchemy", "prefect", "pandas", "pydantic", "holidays", "rich")


@pytest.fixture
def home() -> None:
    assert dondoc("init").exit_code == 0


def status(*words: str) -> dict[str, Any]:
    result = dondoc("status", "--json", *words)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)  # type: ignore[no-any-return]


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['dondoc', '--help']\n"
        "from flows.cli import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("[]")


def test_init_is_safe_to_repeat(home: None) -> None:
    again = dondoc("init")
    assert again.exit_code == 0
    assert "0 nghĩa vụ mới" in again.output


def test_a_practice_home_goes_on_from_where_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was done a command ago has happened, whatever DONDOC_CLOCK says by now; looking ahead moves
    nothing."""

    def at(moment: str, *words: str) -> Result:
        monkeypatch.setenv("DONDOC_CLOCK", moment)
        result = dondoc(*words)
        assert result.exit_code == 0, result.output
        return result

    asking = (
        "extension",
        "ask",
        "an-lao/district-report",
        "--until",
        "2020-05-20",
        "--reason",
        "a",
    )
    at("2020-04-20T08:00+07:00", "init")
    assert at("2020-12-31", "status").stderr == ""
    assert at("2020-04-21T09:30+07:00", *asking).stderr == ""
    for earlier in ("2020-04-20T08:00+07:00", "2020-01-01"):
        said = at(earlier, "status", "--json")
        assert "đi tiếp từ 09:30 ngày 21/04/2020" in said.stderr
        assert json.loads(said.stdout)["as_of"].startswith("2020-04-21T09:30")
    at("2020-04-20T08:00+07:00", "extension", "decide", "1", "--grant", "--document", "1/SNV")
    same = at("2020-04-21T09:30+07:00", "status", "--json")
    assert same.stderr == "", "the very minute needs no word"
    (row,) = [
        one
        for one in json.loads(same.stdout)["obligations"]
        if one["id"] == "an-lao/district-report"
    ]
    assert row["due_at"].startswith("2020-05-21T00:00"), "the whole of the 20th"


def test_before_init_it_says_what_to_run() -> None:
    result = dondoc("status")
    assert result.exit_code == 2
    assert "dondoc init" in result.output


def test_status_json_has_the_59_in_the_promised_shape(home: None) -> None:
    told = status("--as-of", "2020-04-30T08:00+07:00")
    assert told["plan"] == PLAN_ID
    assert told["as_of"] == "2020-04-30T08:00:00+07:00"
    rows = told["obligations"]
    assert len(rows) == 59
    assert list(rows[0]) == [
        "id",
        "agency",
        "agency_name",
        "milestone",
        "deliverable",
        "title",
        "origin",
        "opens_at",
        "due_at",
        "last_working_day",
        "state",
        "timeliness",
        "days_late",
        "working_days_late",
    ]
    assert rows == status("--as-of", "2020-04-30T08:00+07:00")["obligations"]


def test_status_is_narrowed_by_agency_and_milestone(home: None) -> None:
    rows = status("--agency", "an-lao")["obligations"]
    assert {row["agency"] for row in rows} == {"an-lao"}
    assert len(rows) == 3
    rows = status("--milestone", "thematic-reports")["obligations"]
    assert len(rows) == 22


def test_a_wrong_id_suggests_the_nearest(home: None) -> None:
    result = dondoc("status", "--agency", "an-lap")
    assert result.exit_code == 2
    assert "«an-lao»" in result.output


def test_status_piped_is_tab_separated(home: None) -> None:
    lines = dondoc("status", "--agency", "an-lao").output.splitlines()
    assert lines[2].split("\t")[0] == "Nghĩa vụ"
    assert lines[3].startswith("an-lao/district-report\t")


def test_agenda_is_in_date_order(home: None) -> None:
    rows = json.loads(dondoc("agenda", "--agency", "snv", "--json").stdout)
    dated = [row["due_at"] for row in rows if row["due_at"]]
    assert dated == sorted(dated)
    assert len(dated) == 6 + 4


def test_decisions_go_through_the_ledger(home: None) -> None:
    refused = dondoc("review", "accept", "an-lao/district-report")
    assert refused.exit_code == 1
    assert "chưa nộp" in refused.output
    assert (
        dondoc(
            "extend", "an-lao/district-report", "--until", "2099-05-08", "--reason", "Dịch"
        ).exit_code
        == 0
    )
    assert dondoc("waive", "an-lao/district-plan", "--reason", "Gộp vào báo cáo").exit_code == 0
    told = {row["id"]: row for row in status("--agency", "an-lao")["obligations"]}
    assert told["an-lao/district-report"]["due_at"] == "2099-05-09T00:00:00+07:00"
    assert told["an-lao/district-plan"]["state"] == "waived"
    assert dondoc("audit", "verify").exit_code == 0


def test_an_internal_date_makes_a_duty_dated_and_never_late_under_the_plan(home: None) -> None:
    result = dondoc("deadline", "snv/oversight", "--until", "2030-01-02", "--reason", "Nội bộ")
    assert result.exit_code == 0, result.output
    told = status("--as-of", "2031-01-01")
    row = next(row for row in told["obligations"] if row["id"] == "snv/oversight")
    assert (row["origin"], row["timeliness"]) == ("internal", "overdue")
    assert told["summary"]["overdue"] == told["summary"]["dated"] == 59


def test_bad_usage_exits_2() -> None:
    assert dondoc("status", "--as-of", "hôm qua").exit_code == 2
    assert dondoc("extend").exit_code == 2


def test_settings_hide_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DONDOC_SMTP_URL", "smtp://user:sao-biển-7@mail.example:25")
    result = dondoc("settings")
    assert "sao-biển-7" not in result.output
    assert "DONDOC_SMTP_URL\t●●●" in result.output


def test_the_wheel_installs_into_an_empty_environment_with_its_data(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path)]
    subprocess.run([*build, str(root)], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("dondoc-*.whl")
    site = tmp_path / "site"
    pip = [sys.executable, "-m", "uv", "pip", "install", "--no-deps", "--target", str(site)]
    subprocess.run([*pip, str(wheel)], check=True, capture_output=True)
    code = (
        "import plan, sys; from plan.definition.checks import check_plan; "
        "from plan.settings import PACKAGED_PLANS; from plan.database import MIGRATIONS; "
        f"assert plan.__file__.startswith({str(site)!r}), plan.__file__; "
        f"print(len(check_plan(PACKAGED_PLANS / {PLAN_ID!r})), "
        "len(list(MIGRATIONS.glob('versions/0*.py'))))"
    )
    # The wheel's code and data, this environment's libraries, from a folder that is neither.
    run = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(site)!r}); {code}"]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    faults, migrations = done.stdout.split()
    assert (int(faults), int(migrations) >= 1) == (0, True)


def test_a_table_on_a_terminal_cuts_no_id(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    row = [
        "an-lao/direction-of-subordinates",
        "chưa nộp",
        "Chỉ đạo các cơ quan, đơn vị thuộc quyền",
    ]
    support.print_table(["Nghĩa vụ", "Trạng thái", "Sản phẩm"], [row] * 3, one_line=True)
    lines = [line for line in capsys.readouterr().out.splitlines() if row[0] in line]
    assert len(lines) == 3
    assert all("chưa nộp" in line and "…" in line for line in lines)


def test_a_choice_that_is_wanted_is_listed(home: None, tmp_path: Path) -> None:
    assert "district-reports, provincial-conference" in dondoc("status", "--milestone", "?").output
    out = tmp_path / "next"
    assert dondoc("plan", "rebase", "--start", "2026-01-19", "--out", str(out)).exit_code == 0
    assert dondoc("init", str(out)).exit_code == 0
    both = dondoc("status")
    assert both.exit_code == 2
    assert f"({PLAN_ID}, {PLAN_ID}-from-2026-01-19)" in both.output


def test_a_plan_exported_edited_and_amended(home: None, tmp_path: Path) -> None:
    out = tmp_path / "plan"
    assert dondoc("plan", "export", str(out)).exit_code == 0
    file = out / "milestones.yaml"
    text = file.read_text("utf-8")
    moved = text.replace("30 tháng 4 năm 2020", "29 tháng 5 năm 2020")
    assert moved != text
    file.write_text(moved, "utf-8")
    words = ["plan", "amend", str(out), "--document", "9/KH-UBND", "--on", "2020-01-21"]
    words += ["--reason", "Giãn cách xã hội"]
    seen = dondoc(*words, "--dry-run")
    assert seen.exit_code == 0, seen.output
    assert "29 tháng 5 năm 2020" in seen.output
    assert "Hạn mới" in seen.output
    assert len(dondoc("plan", "versions").output.splitlines()) == 2
    done = dondoc(*words)
    assert "phiên bản 2" in done.output, done.output
    assert "29 tháng 5 năm 2020" in dondoc("plan", "versions", "--compare", "1-2").output
    assert dondoc("plan", "versions", "--compare", "12").exit_code == 2


def test_the_trail_is_told_in_words(home: None) -> None:
    waived = dondoc("waive", "an-lao/district-plan", "--reason", "Gộp vào báo cáo")
    assert waived.exit_code == 0, waived.output
    newest = dondoc("audit", "list").output.splitlines()[1]
    assert "\tmiễn\tan-lao/district-plan\t" in newest
    assert "Gộp vào báo cáo" in newest
    assert " ngày " in newest.partition("\t")[0]


def test_each_command_alone_is_the_one_of_the_whole_program() -> None:
    whole = get_command(app)
    assert isinstance(whole, TyperGroup)
    for name, command in whole.commands.items():
        alone = get_command(asked([name, "--help"]))
        assert isinstance(alone, TyperGroup)
        assert list(alone.commands) == [name]
        assert [one.name for one in alone.commands[name].params] == [
            one.name for one in command.params
        ]
    assert asked(["khong-co"]) is asked(["--help"]) is asked([]) is app
