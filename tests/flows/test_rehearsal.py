"""The whole plan, played: the story holds together, the same seed tells it again, the check can fail."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from datetime import date, datetime
from pathlib import Path

import pytest
from sqlmodel import col, select

from flows.rehearsal.check import check
from flows.rehearsal.run import Outcome, outcome_rows, rehearse
from flows.rehearsal.script import Conduct, Deed, write_script
from flows.service.lock import hold_home
from plan.calendar import local_day, local_instant
from plan.database import open_engine, reading, writing
from plan.definition.model import PlanDefinition
from plan.errors import RefusedError
from plan.ledger.audit import verify
from plan.models import AuditEvent, ConsolidationRun, Contact, Message, RungClaim, Submission
from plan.queries.lookup import find_plan, load_calendar
from plan.queries.progress import obligations
from plan.settings import rehearsed_until
from tests.conftest import PLAN_ID, at
from tests.golden.archive import collect, differences, kept

pytestmark = pytest.mark.xdist_group("rehearsal")
"""One worker plays the story once for all of them."""


def silent(_at: datetime, _words: str) -> None:
    """Nobody listens."""


def events(out: Path) -> list[tuple[str, str, str, str]]:
    """The story as the audit trail tells it."""
    engine = open_engine(f"sqlite:///{out / 'dondoc.db'}")
    with reading(engine) as session:
        rows = session.exec(select(AuditEvent).order_by(col(AuditEvent.id))).all()
        assert list(verify(session)) == []
        story = [(row.at.isoformat(), row.actor, row.event, row.subject) for row in rows]
    engine.dispose()
    return story


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    from plan.definition.loading import load_definition
    from tests.conftest import PLAN_PATH

    out = tmp_path_factory.mktemp("demo")
    return rehearse(load_definition(PLAN_PATH)[0], out, 1, None, silent)


def test_every_obligation_comes_to_an_end(told: Outcome) -> None:
    dated = [view for view in told.played.views if view.due_at is not None]
    assert len(dated) == 59
    assert Counter(view.state.value for view in dated) == {"accepted": 59}
    late = {view.agency for view in dated if view.timeliness == "late"}
    parts = told.played.script.parts
    assert {
        a for a, part in parts.items() if part in (Conduct.late, Conduct.later, Conduct.silent)
    } == late


def test_the_independent_check_finds_nothing(told: Outcome) -> None:
    assert told.verdict.faults == ()
    assert told.verdict.sent == told.verdict.expected > 100


def test_people_get_what_the_archive_says(told: Outcome) -> None:
    """Meant to differ? `make golden`, and say in the commit what the difference was."""
    assert differences(kept(), collect(told.out)) == ""


def test_the_archive_tells_which_mail_and_which_line() -> None:
    now = kept()
    mail, gone, *_ = (name for name in now if "dau-moi@snv" in name)
    now[mail] = [line.replace("Phụ lục", "Phụ kiện") for line in now[mail]]
    del now[gone]
    words = differences(kept(), now)
    assert f"Changed: {mail}" in words
    assert "Phụ kiện" in words
    assert f"Gone (1):\n  {gone}" in words


def test_each_part_was_played(told: Outcome) -> None:
    script = told.played.script
    assert set(script.parts.values()) == set(Conduct)
    engine = open_engine(f"sqlite:///{told.out / 'dondoc.db'}")
    with reading(engine) as session:
        vias = set(session.exec(select(Submission.via)))
        kinds = set(session.exec(select(Submission.kind)))
        moved = session.exec(
            select(AuditEvent.subject).where(AuditEvent.event == "submission.moved")
        ).all()
        faulty = session.exec(select(Submission).where(col(Submission.complete).is_(False))).all()
    engine.dispose()
    assert "paper" in vias
    assert {"files", "nil", "conference", "duty"} <= kinds
    (wrong_and_right,) = (act.obligations for act in script.acts if act.deed is Deed.move_duty)
    assert set(moved) == set(wrong_and_right)
    assert faulty
    assert {act.deed for act in script.acts} >= {Deed.submit_wrong, Deed.ask_extension}


def test_consolidation_ran_because_inputs_arrived(told: Outcome) -> None:
    engine = open_engine(f"sqlite:///{told.out / 'dondoc.db'}")
    with reading(engine) as session:
        runs = session.exec(select(ConsolidationRun)).all()
    engine.dispose()
    complete = {run.output for run in runs if run.trigger == "inputs-complete" and not run.partial}
    assert {"provincial-appendices", "district-compilation", "provincial-report"} <= complete
    assert {run.state for run in runs} == {"done"}
    assert (told.out / "output").is_dir()


def test_what_it_wrote_can_be_read(told: Outcome) -> None:
    assert len(list((told.out / "outbox").glob("*.eml"))) == told.verdict.mails > 50
    zalo = [json.loads(path.read_text("utf-8")) for path in (told.out / "zalo").glob("*.json")]
    assert zalo
    assert any((told.out / "submissions").rglob("*"))


@pytest.mark.slow
def test_the_same_seed_tells_the_same_story(
    told: Outcome, definition: PlanDefinition, tmp_path: Path
) -> None:
    again = rehearse(definition, tmp_path / "again", 1, date(2020, 4, 24), silent)
    start = [event for event in events(told.out) if event[0] <= again.ended_at.isoformat()]
    assert events(again.out) == start


def test_the_check_notices_what_is_missing_and_what_is_twice(
    told: Outcome, definition: PlanDefinition, tmp_path: Path
) -> None:
    shutil.copytree(told.out, tmp_path / "demo")
    engine = open_engine(f"sqlite:///{tmp_path / 'demo' / 'dondoc.db'}")
    outbox = tmp_path / "demo" / "outbox"
    with writing(engine) as session:
        # All of the rung: one alone may be of an address found dead since, which the check leaves out.
        claims = session.exec(select(RungClaim).where(RungClaim.rung == "-3")).all()
        assert claims
        for claim in claims:
            session.delete(claim)
    mail = sorted(outbox.glob("*.eml"))[-1]
    copy = outbox / "9999.eml"
    copy.write_bytes(mail.read_bytes())
    verdict = check(engine, [definition], outbox, told.ended_at, told.played.outages)
    engine.dispose()
    assert any(fault.startswith("thiếu:") for fault in verdict.faults)
    assert any(fault.startswith("thư hai lần:") for fault in verdict.faults)


def test_the_check_knows_which_channel_was_down(told: Outcome, definition: PlanDefinition) -> None:
    """Mail a day, Zalo a week: judged as if both had worked, what came later or not at all is missing."""
    assert {outage.channel for outage in told.played.outages} == {"email", "zalo_oa"}
    engine = open_engine(f"sqlite:///{told.out / 'dondoc.db'}")
    verdict = check(engine, [definition], told.out / "outbox", told.ended_at)
    with reading(engine) as session:
        alarms = session.exec(select(Message).where(Message.event == "alarm")).all()
    engine.dispose()
    assert any(fault.startswith("thiếu:") for fault in verdict.faults)
    assert {row.channel for row in alarms if row.state == "sent"} == {"email", "zalo_oa"}


def test_who_has_zalo_alone_hears_when_it_is_back(
    told: Outcome, definition: PlanDefinition, tmp_path: Path
) -> None:
    """Nothing else carries it over the week; that morning Zalo does, and the check would miss it."""
    [week] = [outage for outage in told.played.outages if outage.channel == "zalo_oa"]
    shutil.copytree(told.out, tmp_path / "demo")
    engine = open_engine(f"sqlite:///{tmp_path / 'demo' / 'dondoc.db'}")
    with writing(engine) as session:
        alone = session.exec(
            select(Contact.zalo_user_id).where(Contact.email == "", Contact.zalo_user_id != "")
        ).all()
        sent = session.exec(
            select(Message).where(
                col(Message.address).in_(alone),
                Message.state == "sent",
                Message.event == "reminder",
                col(Message.sent_at) >= local_instant(week.first),
            )
        ).all()
        days = {local_day(row.sent_at) for row in sent if row.sent_at}
        assert min(days) > week.last
        waited = [row for row in sent if local_day(row.created_at) <= week.last]
        assert {row.address for row in waited} < set(alone)
        for row in waited:
            for claim in session.exec(select(RungClaim).where(RungClaim.message_id == row.id)):
                session.delete(claim)
    verdict = check(engine, [definition], told.out / "outbox", told.ended_at, told.played.outages)
    engine.dispose()
    missed = [fault for fault in verdict.faults if fault.startswith("thiếu:")]
    assert missed
    assert all(any(fault.endswith(row.address) for row in waited) for fault in missed)


def test_a_folder_with_other_things_is_refused(definition: PlanDefinition, tmp_path: Path) -> None:
    (tmp_path / "luận-văn.docx").write_text("x")
    with pytest.raises(RefusedError, match="không trống"):
        rehearse(definition, tmp_path, 1, None, silent)
    assert (tmp_path / "luận-văn.docx").exists()


def test_a_folder_that_is_served_is_refused(definition: PlanDefinition, tmp_path: Path) -> None:
    with hold_home(tmp_path), pytest.raises(RefusedError, match="đang chạy"):
        rehearse(definition, tmp_path, 1, None, silent)


def test_its_end_is_where_a_service_goes_on_from(told: Outcome) -> None:
    assert datetime.fromisoformat(rehearsed_until(told.out)) == told.ended_at


@pytest.mark.parametrize("seed", range(1, 40))
def test_scripts_are_lawful(session, seed: int) -> None:  # type: ignore[no-untyped-def]
    plan = find_plan(session, PLAN_ID)
    calendar = load_calendar(session, PLAN_ID, 2020)
    views = obligations(session, plan, at("2020-01-20 08:00"))
    script = write_script(views, calendar, seed)
    handed = [
        name
        for act in script.acts
        if act.deed in (Deed.submit, Deed.submit_nil, Deed.submit_paper, Deed.hold_conference)
        for name in act.obligations
    ]
    assert set(handed) == {view.id for view in views if view.due_at}
    assert script.acts == sorted(script.acts)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 21))
def test_the_check_holds_for_twenty_seeds(
    definition: PlanDefinition, tmp_path: Path, seed: int
) -> None:
    outcome = rehearse(definition, tmp_path / "demo", seed, None, silent)
    assert outcome.verdict.faults == ()


def test_the_outcome_counts_each_milestone_and_all(
    told: Outcome, definition: PlanDefinition
) -> None:
    *rows, total = outcome_rows(definition, told.played.views)
    assert [row[1] for row in rows] == [22, 22, 11, 1, 3]
    assert total[:2] == ("Cộng", 59)
    assert [sum(column) for column in zip(*(row[1:5] for row in rows), strict=True)] == [
        *total[1:5]
    ]
    late = {view.agency_short for view in told.played.views if view.timeliness == "late"}
    assert total[5] == ", ".join(sorted(late))
