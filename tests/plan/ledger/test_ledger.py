"""The one door for writes: what it lets through, what it refuses, what it leaves behind."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, func
from sqlmodel import Session, col, select

from plan import ledger
from plan.database import reading, writing
from plan.errors import RefusedError
from plan.ledger.audit import verify
from plan.ledger.deadlines import deadline_history, set_internal_date
from plan.models import (
    AuditEvent,
    EventDelivery,
    Finding,
    Obligation,
    OutgoingEvent,
    Submission,
)
from plan.states import Actor, Role
from tests.conftest import CLERK, REVIEWER, at
from tests.support.ledger_rows import ERROR, NOW, WARNING, filing, get, row_id, submit


def test_submit_accept_leaves_three_facts_each(loaded: Engine) -> None:
    submit(loaded, filing())
    with writing(loaded) as session:
        ledger.accept(session, row_id(session), actor=REVIEWER, now=at("2020-04-21 10:00"))
    with reading(loaded) as session:
        row = get(session)
        assert (row.state, row.submissions, row.decisive_at) == ("accepted", 1, NOW)
        trail = session.exec(select(AuditEvent).where(AuditEvent.obligation_id == row.id)).all()
        assert [event.event for event in trail] == ["obligation.submitted", "obligation.accepted"]
        assert [(e.before["state"], e.after["state"]) for e in trail] == [
            ("owed", "submitted"),
            ("submitted", "accepted"),
        ]
        accepted = session.exec(
            select(OutgoingEvent).where(OutgoingEvent.kind == "obligation.accepted")
        ).one()
        consumers = session.exec(
            select(EventDelivery.consumer).where(EventDelivery.event_id == accepted.id)
        )
        assert set(consumers) == {"notify", "consolidate"}
        assert list(verify(session)) == []


def test_whoever_submitted_does_not_accept(loaded: Engine) -> None:
    own = Actor("Trần Văn Bình", Role.coordinator)
    submit(loaded, filing(), "snv/thematic-report", own)
    with pytest.raises(RefusedError, match="không thể tự nhận"), writing(loaded) as session:
        ledger.accept(session, row_id(session, "snv/thematic-report"), actor=own, now=NOW)
    with reading(loaded) as session:
        assert get(session, "snv/thematic-report").state == "submitted"


def test_a_faulty_filing_is_kept_numbered_and_returned(loaded: Engine) -> None:
    submit(loaded, filing("a", "2020-04-20 09:00", ERROR))
    with reading(loaded) as session:
        assert (get(session).state, get(session).decisive_at) == ("returned", None)
    submit(loaded, filing("b", "2020-05-04 09:00"))
    with reading(loaded) as session:
        rows = session.exec(select(Submission).order_by(col(Submission.number))).all()
        assert [(r.number, r.state, r.complete) for r in rows] == [
            (1, "returned", False),
            (2, "received", True),
        ]
        assert get(session).decisive_at == at("2020-05-04 09:00")


def test_a_faulty_filing_never_displaces_a_good_one(loaded: Engine) -> None:
    submit(loaded, filing("a"))
    submit(loaded, filing("b", "2020-04-21 09:00", ERROR))
    with reading(loaded) as session:
        assert get(session).state == "submitted"
    with writing(loaded) as session:
        assert ledger.accept(session, row_id(session), actor=REVIEWER, now=NOW).number == 1


def test_the_same_content_twice_is_one_submission(loaded: Engine) -> None:
    first = submit(loaded, filing("a"))
    again = submit(loaded, filing("a", "2020-04-22 09:00"))
    assert (first.id, first.number) == (again.id, again.number)


def test_the_first_complete_one_sets_timeliness(loaded: Engine) -> None:
    submit(loaded, filing("a", "2020-04-29 16:59"))
    with writing(loaded) as session:
        ledger.give_back(
            session,
            row_id(session),
            reason="Thiếu số liệu",
            actor=REVIEWER,
            now=at("2020-05-04 08:00"),
        )
    submit(loaded, filing("b", "2020-05-06 09:00"))
    with reading(loaded) as session:
        assert get(session).decisive_at == at("2020-04-29 16:59")


def test_paper_counts_from_its_true_moment(loaded: Engine) -> None:
    paper = filing("p", "2020-04-29 15:00", via="paper", reference="Công văn đến số 112")
    with writing(loaded) as session:
        ledger.submit(session, row_id(session), paper, actor=REVIEWER, now=at("2020-05-05 08:00"))
    with reading(loaded) as session:
        row = session.exec(select(Submission)).one()
        assert row.recorded_at == at("2020-05-05 08:00")
        assert get(session).decisive_at == at("2020-04-29 15:00")


def test_warnings_need_an_explanation_before_acceptance(loaded: Engine) -> None:
    submit(loaded, filing("a", "2020-04-20 09:00", WARNING))
    with pytest.raises(RefusedError, match="chưa có giải trình"), writing(loaded) as session:
        ledger.accept(session, row_id(session), actor=REVIEWER, now=NOW)
    with writing(loaded) as session:
        finding = session.exec(select(Finding)).one()
        ledger.explain(session, finding.id or 0, explanation="Sáp nhập xã", actor=CLERK, now=NOW)
    with writing(loaded) as session:
        ledger.accept(session, row_id(session), actor=REVIEWER, now=NOW)


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda s, i: ledger.accept(s, i, actor=REVIEWER, now=NOW), "chưa nộp"),
        (lambda s, i: ledger.give_back(s, i, reason="x", actor=REVIEWER, now=NOW), "chưa nộp"),
        (lambda s, i: ledger.waive(s, i, reason=" ", actor=REVIEWER, now=NOW), "lý do"),
        (lambda s, i: ledger.waive(s, i, reason="x", actor=CLERK, now=NOW), "Vai trò"),
        (lambda s, i: ledger.restore(s, i, reason="x", actor=REVIEWER, now=NOW), "chưa nộp"),
        (
            lambda s, i: ledger.ask_extension(
                s, i, until=date(2020, 4, 29), reason="x", actor=CLERK, now=NOW
            ),
            "phải sau hạn",
        ),
    ],
)
def test_what_is_refused_changes_nothing(
    loaded: Engine, act: Callable[[Session, int], object], words: str
) -> None:
    with pytest.raises(RefusedError, match=words), writing(loaded) as session:
        act(session, row_id(session))
    with reading(loaded) as session:
        row = get(session)
        assert (row.state, row.version) == ("owed", 1)
        assert session.exec(select(func.count()).select_from(OutgoingEvent)).one() == 0


def test_an_agency_acts_for_itself_only(loaded: Engine) -> None:
    with pytest.raises(RefusedError, match="cơ quan khác"):
        submit(loaded, filing(), "van-canh/district-report")


def test_an_extension_is_a_new_version_and_the_old_stays(loaded: Engine) -> None:
    with writing(loaded) as session:
        request = ledger.ask_extension(
            session,
            row_id(session),
            until=date(2020, 5, 8),
            reason="Giãn cách xã hội",
            actor=CLERK,
            now=NOW,
        )
        ledger.decide_extension(
            session,
            request.id or 0,
            granted=True,
            actor=REVIEWER,
            now=NOW + timedelta(days=1),
            document_number="99/SNV-CCHC",
        )
    with reading(loaded) as session:
        row = get(session)
        assert (row.last_day, row.due_at) == (date(2020, 5, 8), at("2020-05-09 00:00"))
        history = deadline_history(session, row.id or 0)
        assert [(v.version, v.kind, v.last_day) for v in history] == [
            (1, "plan", date(2020, 4, 29)),
            (2, "extension", date(2020, 5, 8)),
        ]
        assert history[1].document_number == "99/SNV-CCHC"


def test_a_refused_extension_changes_no_deadline(loaded: Engine) -> None:
    with writing(loaded) as session:
        request = ledger.ask_extension(
            session, row_id(session), until=date(2020, 5, 8), reason="x", actor=CLERK, now=NOW
        )
        ledger.decide_extension(session, request.id or 0, granted=False, actor=REVIEWER, now=NOW)
    with pytest.raises(RefusedError, match="đã được quyết định"), writing(loaded) as session:
        ledger.decide_extension(session, request.id or 0, granted=True, actor=REVIEWER, now=NOW)
    with reading(loaded) as session:
        assert get(session).deadline_version == 1


def test_an_internal_date_for_an_undated_duty(loaded: Engine) -> None:
    with writing(loaded) as session:
        duty = session.exec(select(Obligation).where(col(Obligation.due_at).is_(None))).first()
        assert duty is not None
        set_internal_date(
            session,
            duty.id or 0,
            date(2020, 5, 15),
            reason="Để kịp hội nghị",
            actor=REVIEWER,
            now=NOW,
        )
    with reading(loaded) as session:
        row = session.get_one(Obligation, duty.id)
        assert (row.origin, row.last_day) == ("internal", date(2020, 5, 15))
    with pytest.raises(RefusedError, match="gia hạn"), writing(loaded) as session:
        set_internal_date(
            session, row_id(session), date(2020, 5, 1), reason="x", actor=REVIEWER, now=NOW
        )


def test_an_explanation_stands_in_the_trail(loaded: Engine) -> None:
    submit(loaded, filing("a", "2020-04-20 09:00", WARNING))
    with writing(loaded) as session:
        finding = session.exec(select(Finding)).one()
        ledger.explain(session, finding.id or 0, explanation="Sáp nhập xã", actor=CLERK, now=NOW)
    with reading(loaded) as session:
        event = session.exec(
            select(AuditEvent).where(AuditEvent.event == "finding.explained")
        ).one()
        assert (event.actor, event.after["detail"]["reason"]) == (CLERK.name, "Sáp nhập xã")
        assert event.after["state"] == "submitted"


def test_reopening_lets_a_better_one_replace_the_accepted(loaded: Engine) -> None:
    submit(loaded, filing("a"))
    with writing(loaded) as session:
        ledger.accept(session, row_id(session), actor=REVIEWER, now=NOW)
    with pytest.raises(RefusedError, match="mở lại"):
        submit(loaded, filing("b"))
    with writing(loaded) as session:
        ledger.reopen(session, row_id(session), reason="Sai số liệu", actor=REVIEWER, now=NOW)
    submit(loaded, filing("b"))
    with writing(loaded) as session:
        assert ledger.accept(session, row_id(session), actor=REVIEWER, now=NOW).number == 2


@pytest.mark.parametrize("tamper", ["edit", "remove", "cut"])
def test_a_tampered_trail_is_found(loaded: Engine, tamper: str) -> None:
    for content in "abc":
        submit(loaded, filing(content))
    with writing(loaded) as session:
        rows = session.exec(select(AuditEvent).order_by(col(AuditEvent.id))).all()
        if tamper == "edit":
            rows[1].written_as = "Kẻ lạ"
            session.add(rows[1])
        else:
            session.delete(rows[1 if tamper == "remove" else -1])
    with reading(loaded) as session:
        assert list(verify(session))


def test_two_writers_at_once_lose_nothing(loaded: Engine) -> None:
    failures: list[BaseException] = []

    def work(letter: str) -> None:
        try:
            for n in range(5):
                submit(
                    loaded,
                    filing(
                        letter,
                        f"2020-04-2{n} 09:00",
                        reference=f"{letter}{n}",
                        payload={"n": f"{letter}{n}"},
                    ),
                )
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(letter,)) for letter in "xyz"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with reading(loaded) as session:
        numbers = sorted(session.exec(select(Submission.number)))
        assert numbers == list(range(1, 16))
        assert get(session).submissions == 15
        assert list(verify(session)) == []
