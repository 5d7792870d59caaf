"""An output made anew each month, quarter, year: from its own period's inputs, added up, held against the
year before, made by itself when they are in or when the period's day has passed."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from consolidation.claim import RunRequest, output_of
from consolidation.figures.columns import over_time
from consolidation.figures.merge import Merged
from consolidation.figures.periods import columns_of
from consolidation.figures.rows import output_rows
from consolidation.runs import RunResult, consolidate
from consolidation.trace import figures_of_run, trace
from consolidation.triggers import react
from dashboard.rendering.run_sheets import figure_sheets
from flows.rehearsal.monthly import FORM, figures
from flows.rehearsal.scenario import scenario_plans
from intake.files.store import Store
from plan.amending.amend import amend_plan
from plan.database import writing
from plan.definition.checks import faults_of
from plan.definition.model import Due, PlanDefinition
from plan.definition.periodic import outputs_by_period
from plan.errors import NotFoundError
from plan.importing.obligations import AmendedBy
from plan.ledger import ask_extension, decide_extension
from plan.ledger.filing import ReadValue
from plan.models import ConsolidationRun
from plan.queries.lookup import find_obligation, find_plan
from tests.conftest import REVIEWER, at, load_running
from tests.support.consolidation_kit import hand_in

MONTH, QUARTER, YEAR = "so-lieu-thang", "so-lieu-quy", "so-lieu-nam"
PLAN = scenario_plans(3)[0]
COMMUNES = [agency.id for agency in PLAN.agencies if agency.group == "xa"]
FIRST = "2027-01", "2027-02", "2027-03"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "store"))


@pytest.fixture
def communes(migrated_engine: Engine) -> Engine:
    with writing(migrated_engine) as session:
        load_running(session, PLAN, now=at("2027-01-04 08:00"))
    return migrated_engine


def day_of(period: str, day: int = 20) -> datetime:
    return at(f"{period}-{day:02d} 09:00")


def report(
    engine: Engine,
    period: str,
    agencies: Sequence[str] = COMMUNES,
    plan: str = PLAN.id,
    **more: Any,
) -> None:
    """These communes hand in their month, and it is accepted an hour later."""
    with writing(engine) as session:
        for agency in agencies:
            values = [
                ReadValue(name, "ky", number=number, file="f.xlsx", sheet=FORM, cell="E8")
                for name, number in figures(agency, period).items()
            ]
            name = f"{agency}/thang@{period}"
            hand_in(session, name, day_of(period), values=values, plan=plan, **more)


def make(engine: Engine, store: Store, output: str, now: datetime) -> RunResult:
    return consolidate(
        engine, store, PLAN.id, output, RunRequest("by-hand", "x", as_of=now, now=now)
    )


def total(line: str, periods: Sequence[str], agencies: Sequence[str] = COMMUNES) -> int:
    """Added up here, by nothing of the program's."""
    return sum(
        figures(agency, period)[f"{FORM}.{line}"] for agency in agencies for period in periods
    )


def cells_of(engine: Engine, run: RunResult) -> dict[tuple[str, str], Merged]:
    with Session(engine) as session:
        return dict(figures_of_run(session, session.get_one(ConsolidationRun, run.run_id)).cells)


def texts(store: Store, run: RunResult) -> str:
    file = next(one for one in run.files if one.filename.endswith(".docx"))
    document = docx.Document(io.BytesIO(store.get(file.sha256)))
    return "\n".join(paragraph.text for paragraph in document.paragraphs)


# --- what there is -----------------------------------------------------------------------------


def test_an_output_of_each_period_is_one_a_period() -> None:
    assert faults_of(PLAN) == []
    ids = [one.id for one in outputs_by_period(PLAN)]
    assert ids[:2] == [f"{MONTH}@2027-01", f"{MONTH}@2027-02"]
    assert [one for one in ids if one.startswith(QUARTER)] == [
        f"{QUARTER}@2027-Q{number}" for number in (1, 2, 3, 4)
    ]
    assert (len(ids), ids[-1]) == (17, f"{YEAR}@2027")
    march = output_of(PLAN, f"{MONTH}@2027-03")
    assert march.title == "Số liệu cải cách hành chính của xã, phường, tháng 3/2027"
    assert march.filename == "so-lieu-thang-2027-03.xlsx"


def test_the_plan_knows_no_such_period() -> None:
    with pytest.raises(NotFoundError, match="so-lieu-thang@2027-12"):
        output_of(PLAN, f"{MONTH}@2027-13")


def test_the_columns_side_by_side() -> None:
    def heads(name: str, plan: PlanDefinition = PLAN) -> list[str]:
        return [one.label for one in columns_of(plan, output_of(plan, name)).periods]

    assert heads(f"{MONTH}@2027-01") == ["Tháng 1/2027"]
    assert heads(f"{MONTH}@2027-03") == ["Tháng 3/2027", "Lũy kế từ tháng 1/2027"]
    assert heads(f"{QUARTER}@2027-Q2") == [
        *("Tháng 4/2027", "Tháng 5/2027", "Tháng 6/2027"),
        *("Quý II/2027", "Lũy kế từ tháng 1/2027"),
    ]
    assert heads(f"{YEAR}@2027")[-1] == "Năm 2027"
    follows = PLAN.model_copy(update={"follows": "cchc-2026"})
    assert heads(f"{QUARTER}@2027-Q1", follows)[-1] == "Quý I/2026"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"kind": "status-note"}, "là của một ngày"),
        ({"inputs": ["thang", "quy"]}, "«quy» nộp mỗi quý một lần"),
        ({"inputs": []}, ""),
    ],
)
def test_an_output_that_cannot_be_of_each_month_is_refused(
    changed: dict[str, Any], said: str
) -> None:
    outputs = [PLAN.outputs[0].model_copy(update=changed)]
    milestones = [one.model_copy(update={"feeds": []}) for one in PLAN.milestones]
    faults = faults_of(PLAN.model_copy(update={"outputs": outputs, "milestones": milestones}))
    assert (said in " ".join(faults)) if said else faults == []


# --- several periods made one ------------------------------------------------------------------


def row(line: str) -> Any:
    return output_rows(PLAN, output_of(PLAN, f"{QUARTER}@2027-Q1")).rows[f"{FORM}.{line}"]


def test_what_happened_is_added_up_and_what_stood_so_is_as_it_stood_last() -> None:
    months = {key: Merged(number, "", 3) for key, number in zip(FIRST, (5, 7, 4), strict=True)}
    assert over_time(row("1"), months).value == 16
    assert over_time(row("5"), months).value == 4


def test_a_month_without_a_figure_is_named() -> None:
    months = {"2027-01": Merged(5, ""), "2027-02": Merged(None, ""), "2027-03": Merged(4, "")}
    made = over_time(row("1"), months)
    assert (made.value, made.note) == (9, "Chưa có số của tháng 2/2027.")


def test_shares_are_made_of_their_parts_or_not_at_all() -> None:
    known = {
        "2027-01": Merged(50, "", numerator=1, denominator=2),
        "2027-02": Merged(90, "", numerator=9, denominator=10),
    }
    made = over_time(row("3"), known)
    assert (made.value, made.numerator, made.denominator) == (float(Fraction(1000, 12)), 10, 12)
    untold = over_time(row("3"), {**known, "2027-03": Merged(80, "")})
    assert untold.value is None
    assert "tử số" in untold.why_not


# --- runs --------------------------------------------------------------------------------------


def test_a_month_holds_its_own_figures_and_the_year_so_far(communes: Engine, store: Store) -> None:
    for period in FIRST:
        report(communes, period)
    run = make(communes, store, f"{MONTH}@2027-03", day_of("2027-03", 26))
    assert run.coverage["words"] == "3/3"
    cells = cells_of(communes, run)
    assert cells["PL1.1", "2027-03"].value == total("1", ["2027-03"])
    assert cells["PL1.1", "luy-ke"].value == total("1", FIRST)
    assert cells["PL1.5", "luy-ke"].value == total("5", ["2027-03"])
    share = cells["PL1.3", "luy-ke"].value
    assert share == float(Fraction(100 * total("3#n", FIRST), total("3#d", FIRST)))


def test_a_quarter_adds_its_months_and_shows_them(communes: Engine, store: Store) -> None:
    for period in FIRST:
        report(communes, period)
    run = make(communes, store, f"{QUARTER}@2027-Q1", day_of("2027-03", 26))
    assert run.coverage["words"] == "9/9"
    file = next(one for one in run.files if one.filename.endswith(".xlsx"))
    sheet = openpyxl.load_workbook(io.BytesIO(store.get(file.sha256)))[FORM]
    lines = {line[0]: line for line in sheet.iter_rows(values_only=True) if line[0]}
    assert lines["dong:PL1.1"][4:8] == tuple(
        total("1", some) for some in (*([p] for p in FIRST), FIRST)
    )
    assert lines["dong:PL1.5"][7] == total("5", ["2027-03"])


def test_its_page_shows_the_same_columns(communes: Engine, store: Store) -> None:
    for period in FIRST:
        report(communes, period)
    run = make(communes, store, f"{QUARTER}@2027-Q1", day_of("2027-03", 26))
    with Session(communes) as session:
        row = session.get_one(ConsolidationRun, run.run_id)
        found = figure_sheets(session, PLAN, row, "", lambda key: f"?ky={key[1]}")
    assert found is not None
    assert found.filled == 6 * 4
    assert "?ky=2027-Q1" in repr(found.sheet)


def test_a_late_month_makes_another_quarter(communes: Engine, store: Store) -> None:
    for period in FIRST[:2]:
        report(communes, period)
    now = day_of("2027-03", 26)
    first = make(communes, store, f"{MONTH}@2027-02", now)
    assert make(communes, store, f"{MONTH}@2027-02", now).created is False
    report(communes, "2027-03")
    assert (
        make(communes, store, f"{MONTH}@2027-02", now + timedelta(hours=2)).number == first.number
    )
    assert make(communes, store, f"{QUARTER}@2027-Q1", now).partial is False


def test_the_note_says_it_in_half_a_page(communes: Engine, store: Store) -> None:
    report(communes, "2027-01")
    report(communes, "2027-02", COMMUNES[:2])
    run = make(communes, store, f"{MONTH}@2027-02", day_of("2027-02", 26))
    said = texts(store, run)
    missing = PLAN.agencies[[a.id for a in PLAN.agencies].index(COMMUNES[2])].names[-1].short
    assert f"2/3 cơ quan đã gửi đủ số liệu tháng 2/2027; chưa gửi đủ: {missing}." in said
    assert "Gửi trễ hạn: không có." in said
    assert "lũy kế từ tháng 1/2027: " in said


def test_the_note_does_not_call_missing_what_waits_for_review(
    communes: Engine, store: Store
) -> None:
    now = day_of("2027-02", 26)
    report(communes, "2027-02", COMMUNES[:1])
    before = make(communes, store, f"{MONTH}@2027-02", now)
    report(communes, "2027-02", COMMUNES[1:2], accepted=False)
    run = make(communes, store, f"{MONTH}@2027-02", now)
    assert run.number == before.number + 1
    said = texts(store, run)
    assert "2/3 cơ quan đã gửi đủ số liệu tháng 2/2027; chưa gửi đủ: " in said
    assert "Số liệu của 1 cơ quan đang chờ duyệt, chưa cộng vào bảng." in said
    assert cells_of(communes, run)["PL1.1", "2027-02"].value == total(
        "1", ["2027-02"], COMMUNES[:1]
    )
    assert make(communes, store, f"{MONTH}@2027-02", now).created is False


def test_the_year_before_comes_from_the_plan_it_follows(
    migrated_engine: Engine, store: Store
) -> None:
    def plan(year: int, **more: Any) -> PlanDefinition:
        return PLAN.model_copy(
            update={
                "id": f"cchc-{year}",
                "issued_on": date(year, 1, 4),
                "ends_on": date(year, 12, 31),
            }
            | more
        )

    with writing(migrated_engine) as session:
        load_running(session, plan(2026), now=at("2026-01-05 08:00"))
    report(migrated_engine, "2026-02", plan="cchc-2026")
    with writing(migrated_engine) as session:
        load_running(session, plan(2027, follows="cchc-2026"), now=at("2027-01-04 08:00"))
    report(migrated_engine, "2027-02")
    run = make(migrated_engine, store, f"{MONTH}@2027-02", day_of("2027-02", 26))
    assert cells_of(migrated_engine, run)["PL1.1", "2026-02"].value == total("1", ["2026-02"])
    assert "so với tháng 2/2026 (" in texts(store, run)
    assert "so với tháng 2/2026." in cells_of(migrated_engine, run)["PL1.1", "2026-02"].note


def test_a_figure_of_a_month_is_traced_to_its_cells(communes: Engine) -> None:
    report(communes, "2027-01")
    report(communes, "2027-02")
    with Session(communes) as session:
        found = trace(session, find_plan(session), "PL1.1", "2027-02", day_of("2027-02", 26))
    assert found.value == total("1", ["2027-02"])
    assert {one.agency: one.value for one in found.contributions} == {
        agency: figures(agency, "2027-02")["PL1.1"] for agency in COMMUNES
    }


# --- made by themselves ------------------------------------------------------------------------


def made(engine: Engine, store: Store, now: datetime) -> dict[str, str]:
    """Output and trigger of what a tick makes."""
    did = react(engine, store, PLAN.id, now)
    assert did.failed == ()
    return {run.output: run.trigger for run in did.runs}


def extended(session: Session, name: str, until: date) -> None:
    row, now = find_obligation(session, PLAN.id, name), day_of("2027-03", 20)
    asked = ask_extension(session, row.id or 0, until=until, reason="Chậm", actor=REVIEWER, now=now)
    decide_extension(session, asked.id or 0, granted=True, actor=REVIEWER, now=now)


def test_a_month_is_made_when_its_last_report_is_in(communes: Engine, store: Store) -> None:
    assert react(communes, store, PLAN.id, day_of("2027-01", 5)).runs == ()
    report(communes, "2027-01", COMMUNES[:2])
    assert react(communes, store, PLAN.id, day_of("2027-01", 21)).runs == ()
    report(communes, "2027-01", COMMUNES[2:])
    did = react(communes, store, PLAN.id, day_of("2027-01", 22))
    assert [(run.output, run.trigger) for run in did.runs] == [
        (f"{MONTH}@2027-01", "inputs-complete")
    ]
    assert react(communes, store, PLAN.id, day_of("2027-01", 23)).runs == ()


def test_a_month_is_made_on_its_day_with_who_is_missing_named(
    communes: Engine, store: Store
) -> None:
    react(communes, store, PLAN.id, day_of("2027-01", 5))
    for period in FIRST:
        report(communes, period, COMMUNES[:2])
        react(communes, store, PLAN.id, day_of(period, 24))
        did = react(communes, store, PLAN.id, day_of(period, 25))
        outputs = [run.output for run in did.runs]
        assert outputs == [
            f"{MONTH}@{period}",
            *([f"{QUARTER}@2027-Q1"] if period == FIRST[2] else []),
        ]
        assert {run.trigger for run in did.runs} == {"window-closed"}
        assert did.runs[0].coverage["missing"] == [f"{COMMUNES[2]}/thang@{period}"]


@pytest.mark.parametrize("more_time", [[], COMMUNES[1:]])
def test_a_month_closes_on_the_day_the_plan_says_whoever_was_early(
    communes: Engine, store: Store, more_time: list[str]
) -> None:
    react(communes, store, PLAN.id, day_of("2027-01", 5))
    report(communes, "2027-03", COMMUNES[:1])  # accepted, so it keeps the day it had
    with writing(communes) as session:
        for agency in more_time:
            extended(session, f"{agency}/thang@2027-03", date(2027, 3, 30))
    later = [
        one.model_copy(update={"due": Due(words="hằng tháng trước ngày 28")})
        if one.id == "thang"
        else one
        for one in PLAN.milestones
    ]
    after = PLAN.model_copy(update={"milestones": later})
    by = AmendedBy("45/QĐ-UBND", date(2027, 3, 1), "Lùi hạn", REVIEWER)
    with writing(communes) as session:
        seen = find_plan(session).definition_hash
        amend_plan(session, PLAN.id, after, seen=seen, amended_by=by, now=day_of("2027-03", 21))
    for day in (22, 25, 27):
        assert f"{MONTH}@2027-03" not in made(communes, store, day_of("2027-03", day))
    assert made(communes, store, day_of("2027-03", 28))[f"{MONTH}@2027-03"] == "window-closed"


def test_a_month_closes_on_its_day_whoever_has_more_time(communes: Engine, store: Store) -> None:
    react(communes, store, PLAN.id, day_of("2027-01", 5))
    report(communes, "2027-03", COMMUNES[:1])
    with writing(communes) as session:
        for agency in COMMUNES[1:]:
            extended(session, f"{agency}/thang@2027-03", date(2027, 3, 30))
    assert made(communes, store, day_of("2027-03", 25))[f"{MONTH}@2027-03"] == "window-closed"
