"""Internal data calls from end to end: opened, handed in, rolled up, in the owner's workbook, traced."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from consolidation.figures.data_calls import differences, prefill, rolled_up
from consolidation.figures.merge import merge
from consolidation.trace import trace
from intake.files.store import Store
from intake.forms.workbook import build_workbook
from intake.recognise import recognise
from intake.submit import SubmissionContext, submit_files
from intake.workbook.reader import read_workbook
from intake.workbook.template import NOTE, template_for
from plan.database import writing
from plan.definition.appendices import Aggregate
from plan.definition.loading import load_definition
from plan.definition.model import Origin, PlanDefinition
from plan.errors import NotFoundError, RefusedError
from plan.ledger import accept
from plan.ledger.data_calls import asked, find_call, in_use, open_call, opened
from plan.ledger.filing import ReadValue
from plan.models import Deadline, Obligation, OutgoingEvent
from plan.queries.lookup import find_obligation, find_plan
from plan.queries.progress import obligations, summary
from plan.states import Actor, Role
from tests.conftest import PLAN_PATH, REVIEWER, at, load_running
from tests.support.commands import dondoc
from tests.support.starting import START

NOW = at("2020-03-02 09:00")
UNTIL = date(2020, 4, 10)
PERIODS_4 = ("2010", "2019")
PLAN = load_definition(PLAN_PATH)[0]
"""One object: what is compiled of a plan is kept by its identity."""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "store"))


def ask(engine: Engine, call: str) -> list[str]:
    with writing(engine) as session:
        plan = find_plan(session)
        return open_call(session, plan, PLAN, call, UNTIL, actor=REVIEWER, now=NOW)


def part_workbook(definition: PlanDefinition, agency: str, figure: float) -> bytes:
    """The district's blank part, every cell asked of it filled in; a total with what its parts come to."""
    template = template_for(definition, agency)
    known: dict[tuple[str, str], ReadValue] = {}
    for name, line in template.lines.items():
        if not line.owed or line.type.value == "header":
            continue
        for period in template.table_of[name].table.periods:
            number = figure * {"PL6.4": 3, "PL4.II.d": 4}.get(name, 1)
            known[name, period.key] = ReadValue(name, period.key, number=number)
    return build_workbook(definition, agency, on=date(2020, 3, 2), deadlines={}, prefill=known)


def answer_with(engine: Engine, store: Store, call: str, figures: Mapping[str, float]) -> None:
    asking = PLAN.model_copy(update={"data_calls": [find_call(PLAN, call)]})
    for agency, figure in figures.items():
        name = f"{agency}/{call}"
        filed = submit_files(
            SubmissionContext(
                engine,
                store,
                PLAN.id,
                Actor(f"Văn thư {agency}", Role.agency, frozenset({agency})),
                NOW,
            ),
            agency,
            [(f"{agency}.xlsx", part_workbook(asking, agency, figure))],
            recogniser=recognise,
        )
        assert [(one.obligation, one.complete) for one in filed] == [(name, True)], filed
        with writing(engine) as session:
            row = find_obligation(session, PLAN.id, name)
            accept(session, int(row.id or 0), actor=REVIEWER, now=NOW + timedelta(hours=1))


# --- opening -----------------------------------------------------------------------------------


def test_opened_each_agency_asked_owes_it_until_that_day_and_never_under_the_plan(
    engine: Engine,
) -> None:
    districts = [one.id for one in PLAN.agencies if one.group == "district"]
    assert ask(engine, "data-call-6") == districts == asked(PLAN, find_call(PLAN, "data-call-6"))
    with Session(engine) as session:
        row = find_obligation(session, PLAN.id, "an-lao/data-call-6")
        assert (row.origin, row.state, row.last_day) == (Origin.internal, "owed", UNTIL)
        versions = session.exec(select(Deadline).where(Deadline.obligation_id == row.id)).all()
        assert [(one.kind, one.last_day) for one in versions] == [("internal", UNTIL)]
        events = session.exec(select(OutgoingEvent.subject)).all()
        assert sorted(events) == sorted(f"{agency}/data-call-6" for agency in districts)
        views = obligations(session, find_plan(session), NOW + timedelta(days=90))
        late = [view for view in views if view.deliverable == "data-call-6"]
        assert summary(late)["overdue"] == 0
        assert summary(late)["internal"] == len(districts)


def test_asked_twice_nobody_is_asked_again_and_loading_the_plan_anew_keeps_it(
    engine: Engine,
) -> None:
    ask(engine, "data-call-6")
    with pytest.raises(RefusedError, match="mọi cơ quan"):
        ask(engine, "data-call-6")
    with writing(engine) as session:
        assert load_running(session, PLAN, now=NOW).added == 0
        calls = [one.id for one in opened(session, PLAN.id, PLAN)]
    assert calls == ["data-call-6"]


def test_whoever_joins_later_is_asked_when_the_call_is_opened_again(engine: Engine) -> None:
    call = find_call(PLAN, "data-call-6").model_copy(update={"asked_of": ["quy-nhon", "an-lao"]})
    fewer = PLAN.model_copy(update={"data_calls": [call]})
    with writing(engine) as session:
        plan = find_plan(session)
        first = open_call(session, plan, fewer, call.id, UNTIL, actor=REVIEWER, now=NOW)
    assert first == ["quy-nhon", "an-lao"]
    later = ask(engine, "data-call-6")
    assert (len(later), "an-lao" in later) == (9, False)


@pytest.mark.parametrize(
    ("call", "until", "who", "error"),
    [
        ("data-call-3", UNTIL, REVIEWER, NotFoundError),
        ("data-call-6", date(2020, 3, 1), REVIEWER, RefusedError),
        ("data-call-6", UNTIL, Actor("An Lão", Role.agency, frozenset({"an-lao"})), RefusedError),
    ],
)
def test_refused_and_nothing_is_owed(
    engine: Engine, call: str, until: date, who: Actor, error: type[Exception]
) -> None:
    with pytest.raises(error), writing(engine) as session:
        open_call(session, find_plan(session), PLAN, call, until, actor=who, now=NOW)
    with Session(engine) as session:
        assert session.exec(select(Obligation).where(Obligation.origin == "internal")).all() == []


def test_a_blank_workbook_asks_only_for_calls_that_were_opened(engine: Engine) -> None:
    ask(engine, "data-call-4")
    with Session(engine) as session:
        definition = in_use(session, PLAN.id, PLAN)
    assert template_for(definition, "an-lao").deliverables == ("data-call-4",)
    owed = [line.name for line in template_for(definition, "an-lao").lines.values() if line.owed]
    assert owed == [f"PL4.{code}" for code in find_call(PLAN, "data-call-4").rows]


# --- rolled up ---------------------------------------------------------------------------------


def test_answers_are_summed_and_fill_the_owners_workbook_with_what_is_missing_said(
    engine: Engine, store: Store
) -> None:
    ask(engine, "data-call-6")
    answer_with(engine, store, "data-call-6", {"an-lao": 10, "van-canh": 20, "quy-nhon": 5})
    with Session(engine) as session:
        plan = find_plan(session)
        answer = rolled_up(session, plan, find_call(PLAN, "data-call-6"), NOW + timedelta(days=1))
    assert answer.figures.at("PL6.4", "2018").value == 105
    assert answer.figures.at("PL6.4.1", "2015").value == 35
    known = prefill([answer])
    data = build_workbook(PLAN, "stc", on=NOW.date(), deadlines={}, prefill=known)
    reading = read_workbook(data, "stc.xlsx", PLAN, "stc")
    read = {(one.indicator, one.period): one.number for one in reading.values}
    assert read["PL6.4", "2018"] == 105
    assert read["PL6.4.3", "2020"] == 35
    assert ("PL6.1", "2018") not in {key for key, number in read.items() if number is not None}
    note = known["PL6.4", NOTE].text or ""
    assert note.startswith("Cộng số của các cơ quan, từ 3/11 đơn vị (thiếu An Nhơn, Hoài Nhơn")


def test_a_row_of_which_those_asked_hold_only_a_part_is_told_and_not_filled_in(
    engine: Engine, store: Store
) -> None:
    ask(engine, "data-call-5")
    answer_with(engine, store, "data-call-5", {"an-lao": 10, "van-canh": 20})
    with Session(engine) as session:
        plan = find_plan(session)
        answer = rolled_up(session, plan, find_call(PLAN, "data-call-5"), NOW + timedelta(days=1))
    known = prefill([answer])
    assert {period for _, period in known} == {NOTE}
    assert "2015: 30; 2016: 30" in (known["PL5.1.1", NOTE].text or "")


def test_a_table_whose_rows_are_periods_is_noted_once_in_each_of_them(
    engine: Engine, store: Store
) -> None:
    ask(engine, "data-call-4")
    answer_with(engine, store, "data-call-4", {"an-lao": 10, "van-canh": 20})
    with Session(engine) as session:
        plan = find_plan(session)
        answer = rolled_up(session, plan, find_call(PLAN, "data-call-4"), NOW + timedelta(days=1))
    known = prefill([answer])
    notes = {key: value.text or "" for key, value in known.items() if value.text}
    assert set(notes) == {(name, year) for name in ("PL4.II.note", "PL4") for year in PERIODS_4}
    assert all(
        note.startswith("Cộng số của các cơ quan, từ 2/11 đơn vị (") for note in notes.values()
    )
    data = build_workbook(PLAN, "snv", on=NOW.date(), deadlines={}, prefill=known)
    reading = read_workbook(data, "s.xlsx", PLAN, "snv")
    read = {(one.indicator, one.period): one for one in (*reading.values, *reading.notes)}
    assert read["PL4.II.d", "2019"].number == 120
    assert {key: read[key].text for key in notes} == notes


def test_what_cannot_be_made_one_figure_is_not_filled_in_and_says_who_wrote_what(
    engine: Engine, store: Store
) -> None:
    ask(engine, "data-call-6")
    answer_with(engine, store, "data-call-6", {"an-lao": 10, "van-canh": 20})
    with Session(engine) as session:
        call = find_call(PLAN, "data-call-6")
        answer = rolled_up(session, find_plan(session), call, NOW + timedelta(days=1))
    cell = answer.figures.at("PL6.4", "2018")
    indicator = answer.figures.book.rows["PL6.4"].indicator
    single = merge(indicator.model_copy(update={"aggregate": Aggregate.single}), cell.contributions)
    assert (single.value, "Đã ghi: An Lão: 30; Vân Canh: 60." in answer.why(single)) == (None, True)


def test_an_answer_not_accepted_is_not_counted(engine: Engine) -> None:
    ask(engine, "data-call-6")
    with Session(engine) as session:
        answer = rolled_up(session, find_plan(session), find_call(PLAN, "data-call-6"), NOW)
    assert (answer.coverage.have, answer.coverage.owed) == (0, 11)
    assert prefill([answer]) == {}


def test_the_owners_other_figure_is_a_contradiction_told(engine: Engine, store: Store) -> None:
    ask(engine, "data-call-6")
    answer_with(engine, store, "data-call-6", {"an-lao": 10})
    with Session(engine) as session:
        plan = find_plan(session)
        answer = rolled_up(session, plan, find_call(PLAN, "data-call-6"), NOW + timedelta(days=1))
    assert differences(answer, {("PL6.4", "2018"): 31.0, ("PL6.4", "2019"): 30.0}) == [
        (("PL6.4", "2018"), "31, các đơn vị cộng lại 30")
    ]


def test_trace_shows_the_parts_behind_the_owners_figure(engine: Engine, store: Store) -> None:
    ask(engine, "data-call-6")
    answer_with(engine, store, "data-call-6", {"an-lao": 10, "quy-nhon": 5})
    with Session(engine) as session:
        found = trace(session, find_plan(session), "PL6.4", "2018", NOW + timedelta(days=1))
    (part,) = found.asked
    assert (part.value, part.coverage.split(",")[0], part.partial) == (45, "2/11", False)
    assert [(one.agency, one.file, one.sheet, one.value) for one in part.contributions] == [
        ("an-lao", "an-lao.xlsx", "PL6", 30.0),
        ("quy-nhon", "quy-nhon.xlsx", "PL6", 15.0),
    ]
    assert all(one.cell for one in part.contributions)


# --- by command --------------------------------------------------------------------------------


def test_with_no_database_nobody_opened_a_call_and_a_district_has_no_workbook(
    tmp_path: Path,
) -> None:
    refused = dondoc("template", "an-lao", "--out", str(tmp_path))
    assert (refused.exit_code, "không phải nộp số liệu" in refused.stderr) == (1, True)
    assert "dondoc template an-lao --report" in refused.stderr
    assert dondoc("template", "snv", "--out", str(tmp_path)).exit_code == 0
    answered = tmp_path / "an-lao.xlsx"
    asking = PLAN.model_copy(update={"data_calls": [find_call(PLAN, "data-call-6")]})
    answered.write_bytes(part_workbook(asking, "an-lao", 7))
    tried = dondoc("check", str(answered), "--json")
    assert json.loads(tried.stdout)["deliverables"] == ["data-call-6"]


def test_commands_from_the_call_to_the_owners_workbook(tmp_path: Path) -> None:
    assert dondoc("init").exit_code == 0
    assert dondoc(*START).exit_code == 0
    refused = dondoc("call", "show", "data-call-6")
    assert (refused.exit_code, "call open data-call-6" in refused.stderr) == (1, True)
    refused = dondoc("call", "fill", "stc", "--out", str(tmp_path))
    assert (refused.exit_code, "Chưa mở yêu cầu" in refused.stderr) == (1, True)
    assert dondoc("template", "an-lao", "--out", str(tmp_path)).exit_code == 1
    told = dondoc("call", "open", "data-call-6", "--until", "2099-04-10")
    assert (told.exit_code, "đến 11 đơn vị" in told.stdout) == (0, True)
    assert dondoc("template", "an-lao", "--out", str(tmp_path)).exit_code == 0
    asking = PLAN.model_copy(update={"data_calls": [find_call(PLAN, "data-call-6")]})
    (tmp_path / "an-lao.xlsx").write_bytes(part_workbook(asking, "an-lao", 7))
    assert dondoc("submit", "an-lao", str(tmp_path / "an-lao.xlsx")).exit_code == 0
    assert dondoc("review", "accept", "an-lao/data-call-6").exit_code == 0
    listed = json.loads(dondoc("call", "list", "--json").stdout)
    assert [(one["id"], one["open"]) for one in listed][-1] == ("data-call-6", True)
    assert listed[-1]["coverage"].startswith("1/11")
    shown = json.loads(dondoc("call", "show", "data-call-6", "--json").stdout)
    (figure,) = [
        one for one in shown["figures"] if (one["indicator"], one["period"]) == ("PL6.4", "2018")
    ]
    assert (figure["value"], figure["contributions"][0]["agency"]) == (21, "an-lao")
    heading, columns, line, *_ = dondoc("call", "show", "data-call-6").stdout.splitlines()
    assert "1/11" in heading
    assert columns.split("\t")[2:8] == ["2015", "2016", "2017", "2018", "2019", "2020"]
    assert line.split("\t")[2:8] == ["21"] * 6
    filled = dondoc("call", "fill", "stc", "--out", str(tmp_path))
    assert "24 ô điền sẵn" in filled.stdout
    assert (tmp_path / "bieu-so-lieu-stc.xlsx").stat().st_size > 5000
