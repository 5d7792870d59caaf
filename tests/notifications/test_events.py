"""What happened is told to whom it concerns: once, in words, whatever goes wrong with one of them."""

from __future__ import annotations

import base64
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from notifications.notices import by_event
from notifications.notices.events import MOST_ATTEMPTS, EventsResult, tell_events
from plan import ledger
from plan.database import writing
from plan.ledger import audit
from plan.ledger.filing import Filing, FoundFault
from plan.ledger.new_deadline import Basis, NewDeadline
from plan.models import ConsolidationRun, Extension, Message, OutgoingEvent
from plan.queries.lookup import find_obligation
from plan.states import Actor, Role
from tests.conftest import at
from tests.support.reminders import load, make_messaging, messages, person, rows, small_plan

DESK = make_messaging(available=frozenset({"email", "zalo_oa"}))
CLERK = Actor("Lan", Role.agency, frozenset({"a", "b", "so"}))
OFFICE = Actor("Bình", Role.coordinator)
NOW = at("2020-04-27 09:00")


@pytest.fixture
def small(tmp_path: Path) -> Engine:
    return load(tmp_path / "small.db", small_plan(), at("2020-03-02 08:00"))


def tell(engine: Engine, now: datetime = NOW) -> EventsResult:
    return tell_events(engine, "thu", now, DESK)


def obligation(session: Any, name: str) -> int:
    key = find_obligation(session, "thu", name).id
    assert key is not None
    return key


def submit(engine: Engine, name: str, *faults: FoundFault, when: datetime = NOW) -> None:
    with writing(engine) as session:
        filing = Filing(kind="files", received_at=when, findings=faults, payload={"n": str(when)})
        ledger.submit(session, obligation(session, name), filing, actor=CLERK, now=when)


def decide(engine: Engine, name: str, action: str, **more: object) -> None:
    with writing(engine) as session:
        getattr(ledger, action)(session, obligation(session, name), actor=OFFICE, now=NOW, **more)


def only_message(engine: Engine) -> Message:
    [message] = messages(engine)
    return message


def test_acceptance_is_thanked_for_once(small: Engine) -> None:
    submit(small, "a/bc")
    decide(small, "a/bc", "accept")
    assert len(tell(small).queued) == 1
    assert tell(small).told == 0
    message = only_message(small)
    assert (message.event, message.recipient_name) == ("accepted", "Lan")
    assert message.content["subject"] == "[KH 01] Đã nhận, cảm ơn: Báo cáo tổng kết"
    assert "Đã nhận đúng hạn." in message.content["text"]
    assert "Bản nộp: lần 1, 09:00 ngày 27/04/2020" in message.content["text"]


def test_what_happened_at_once_is_told_in_one_message(small: Engine) -> None:
    for name in ("a/bc", "a/bieu", "b/bc"):
        submit(small, name)
    decide(small, "a/bc", "accept")
    decide(small, "a/bieu", "give_back", reason="Thiếu chữ ký")
    decide(small, "b/bc", "accept")
    result = tell(small)
    assert (result.told, len(result.queued)) == (3, 2)
    both, other = messages(small)
    assert (both.event, both.recipient_name) == ("news", "Lan")
    assert (other.event, other.recipient_name) == ("accepted", "Minh")
    assert both.content["subject"] == (
        "[KH 01] 2 thông báo: 1 trả lại, cần sửa; 1 đã nhận đúng hạn"
    )
    text = both.content["text"]
    assert text.index("1. Trả lại, cần sửa: Biểu số liệu") < text.index("2. Đã nhận đúng hạn")
    assert "Lý do: Thiếu chữ ký" in text
    assert "Thiếu chữ ký" not in both.content["short_text"]
    about = rows(small, "SELECT obligation_id FROM message_obligation WHERE message_id = 1")
    assert len(about) == 2


def test_what_is_confidential_is_told_by_mail_alone(tmp_path: Path) -> None:
    """On Zalo the same person hears of the rest, and of nothing else."""
    plan = small_plan(contacts=[person("a", "Lan", zalo_user_id="7"), person("so", "Đầu mối")])
    [open_one, secret] = plan.deliverables
    plan = plan.model_copy(
        update={
            "deliverables": [open_one, secret.model_copy(update={"confidential": True})],
            "reminders": plan.reminders.model_copy(update={"channels": ["zalo", "email"]}),
        }
    )
    engine = load(tmp_path / "x.db", plan, at("2020-03-02 08:00"))
    for name in ("a/bc", "a/bieu"):
        submit(engine, name)
        decide(engine, name, "accept")
    tell(engine)
    found = {message.channel: message for message in messages(engine)}
    assert set(found) == {"email", "zalo_oa"}
    assert "Báo cáo tổng kết" in found["zalo_oa"].content["short_text"]
    assert "Biểu số liệu" not in str(found["zalo_oa"].content)
    assert "Biểu số liệu" in found["email"].content["text"]


def test_a_new_deadline_told_with_others_still_moves_the_calendar(small: Engine) -> None:
    request = ask(small)
    tell(small)
    with writing(small) as session:
        ledger.decide_extension(session, request, granted=True, actor=OFFICE, now=NOW)
    submit(small, "a/bieu")
    decide(small, "a/bieu", "accept")
    tell(small)
    message = messages(small)[-1]
    assert message.event == "news"
    [attached] = message.content["attachments"]
    calendar = base64.b64decode(attached["data"]).decode()
    assert calendar.count("BEGIN:VEVENT") == 1
    assert "DTSTART;VALUE=DATE:20200515" in calendar
    assert "SEQUENCE:1" in calendar


def test_a_night_of_events_is_told_in_the_morning_at_once(small: Engine) -> None:
    for name in ("a/bc", "a/bieu"):
        submit(small, name)
        decide(small, name, "accept")
        assert tell(small, at("2020-04-27 20:00")).queued == []
    assert len(tell(small, at("2020-04-28 07:00")).queued) == 1


def test_late_is_said(small: Engine) -> None:
    submit(small, "a/bc", when=at("2020-05-06 09:00"))
    decide(small, "a/bc", "accept")
    tell(small)
    assert "Đã nhận trễ 3 ngày làm việc." in only_message(small).content["text"]


def test_the_office_does_not_thank_itself(small: Engine) -> None:
    submit(small, "so/bc")
    decide(small, "so/bc", "accept")
    assert tell(small).queued == []


def test_a_return_carries_its_reasons_but_zalo_does_not(tmp_path: Path) -> None:
    contacts = [person("a", "Lan", zalo_user_id="7")]
    plan = small_plan(contacts=contacts)
    changed = plan.model_copy(
        update={"reminders": plan.reminders.model_copy(update={"also": ["zalo"]})}
    )
    engine = load(tmp_path / "x.db", changed, at("2020-03-02 08:00"))
    faults = [
        FoundFault("warning", "w", "Số liệu giảm một nửa.", sheet="PL2", cell="F9"),
        FoundFault("note", "n", "Chỉ để biết."),
    ]
    submit(engine, "a/bc", *faults)
    decide(engine, "a/bc", "give_back", reason="Thiếu mục III")
    tell(engine)
    mail, copy = messages(engine)
    text = mail.content["text"]
    assert "Lý do: Thiếu mục III" in text
    assert "1. PL2, ô F9: Số liệu giảm một nửa." in text
    assert "Chỉ để biết" not in text
    assert "còn 2 ngày làm việc" in text
    assert "PL2" not in copy.content["short_text"]
    assert "Thiếu mục III" not in copy.content["short_text"]


def test_many_findings_are_counted(small: Engine) -> None:
    faults = [FoundFault("warning", "w", f"Lỗi {n}.", sheet="PL2", cell=f"A{n}") for n in range(14)]
    submit(small, "a/bc", *faults)
    decide(small, "a/bc", "give_back", reason="Xem các chỗ dưới đây")
    tell(small)
    text = only_message(small).content["text"]
    assert "10. PL2, ô A9: Lỗi 9." in text
    assert "Lỗi 10." not in text
    assert "… và 4 chỗ nữa" in text


def ask(engine: Engine) -> int:
    from datetime import date

    with writing(engine) as session:
        request = ledger.ask_extension(
            session,
            obligation(session, "a/bc"),
            until=date(2020, 5, 15),
            reason="Đang sáp nhập xã",
            actor=CLERK,
            now=NOW,
        )
        assert request.id is not None
        return request.id


def test_an_extension_asked_for_reaches_the_coordinator(small: Engine) -> None:
    ask(small)
    tell(small)
    message = only_message(small)
    assert (message.event, message.recipient_name) == ("extension-asked", "Đầu mối")
    assert "Đề nghị đến: 15/05/2020" in message.content["text"]
    assert "Lý do: Đang sáp nhập xã" in message.content["text"]


@pytest.mark.parametrize(
    ("granted", "said"),
    [(True, "đồng ý gia hạn"), (False, "chưa thể gia hạn")],
)
def test_a_decided_extension_reaches_the_agency(small: Engine, granted: bool, said: str) -> None:
    request = ask(small)
    with writing(small) as session:
        found = session.get_one(Extension, request)
        ledger.decide_extension(
            session, found.id or 0, granted=granted, actor=OFFICE, now=NOW, note="Theo công văn 57"
        )
    tell(small)
    message = messages(small)[-1]
    assert (message.event, message.recipient_name) == ("extension", "Lan")
    assert said in message.content["text"]
    assert ("15/05/2020" in message.content["text"]) is granted
    assert "Theo công văn 57" in message.content["text"]
    assert message.content["attachments"]


def test_a_new_deadline_reaches_the_agency(small: Engine) -> None:
    from datetime import date

    from plan.ledger.deadlines import until_window
    from plan.models import Obligation
    from plan.queries.lookup import load_calendar

    with writing(small) as session:
        key = obligation(session, "a/bc")
        calendar = load_calendar(session, "thu", 2020)
        row = session.get_one(Obligation, key)
        ledger.change_deadline(
            session,
            [key],
            NewDeadline(
                until_window(row, date(2020, 5, 15), calendar, NOW),
                "amendment",
                "…",
                Basis("Giãn cách xã hội", "57/UBND-NC", date(2020, 4, 24)),
            ),
            actor=OFFICE,
            now=NOW,
        )
    tell(small)
    text = only_message(small).content["text"]
    assert "Thời hạn mới: 15/05/2020" in text
    assert "Thời hạn trước: 29/04/2020" in text
    assert "Văn bản: 57/UBND-NC ngày 24/04/2020" in text
    assert "Lý do: Giãn cách xã hội" in text


def test_a_fresh_run_reaches_the_coordinator(small: Engine) -> None:
    with writing(small) as session:
        run = ConsolidationRun(
            plan_id="thu",
            output="tong-hop",
            number=2,
            input_hash="x",
            state="done",
            trigger="by-hand",
            as_of=NOW,
            started_at=NOW,
            finished_at=NOW,
            partial=True,
            coverage={"have": 3, "owed": 4, "missing": ["a/bc"]},
        )
        session.add(run)
        session.flush()
        audit.announce(
            session,
            plan_id="thu",
            kind="run.done",
            subject="tong-hop/2",
            now=NOW,
            payload={"run": run.id},
        )
    tell(small)
    message = only_message(small)
    assert (message.event, message.recipient_name) == ("run", "Đầu mối")
    assert "3/4 đầu vào" in message.content["text"]
    assert "Còn thiếu: UBND huyện A: Báo cáo tổng kết" in message.content["text"]


def test_at_night_it_waits_for_the_morning(small: Engine) -> None:
    submit(small, "a/bc")
    decide(small, "a/bc", "accept")
    assert tell(small, at("2020-04-27 20:00")).told == 0
    assert messages(small) == []
    assert tell(small, at("2020-04-28 07:00")).told == 1
    assert only_message(small).next_attempt_at == at("2020-04-28 07:00")


def test_one_that_cannot_be_told_does_not_silence_the_others(small: Engine) -> None:
    with writing(small) as session:
        audit.announce(
            session, plan_id="thu", kind="run.done", subject="?", now=NOW, payload={"run": 999}
        )
    submit(small, "a/bc")
    decide(small, "a/bc", "accept")
    result = tell(small)
    assert (len(result.failed), len(result.queued)) == (1, 1)
    for _ in range(MOST_ATTEMPTS - 1):
        assert tell(small).failed == result.failed
    assert tell(small).failed == []


def test_told_and_queued_are_one_transaction(
    small: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut short between the two: neither happened, and the next round tells it."""
    submit(small, "a/bc")
    decide(small, "a/bc", "accept")

    def cut(it: by_event.EventContext) -> list[int]:
        real(it)
        raise KeyboardInterrupt

    real = by_event.HANDLERS["obligation.accepted"]
    monkeypatch.setitem(by_event.HANDLERS, "obligation.accepted", cut)
    with pytest.raises(KeyboardInterrupt):
        tell(small)
    assert messages(small) == []
    monkeypatch.setitem(by_event.HANDLERS, "obligation.accepted", real)
    assert len(tell(small).queued) == 1


def test_only_its_own_events_are_taken(small: Engine) -> None:
    """Consolidation has delivery rows of its own for the same events."""
    submit(small, "a/bc")
    decide(small, "a/bc", "accept")
    tell(small)
    found = rows(small, "SELECT consumer, done_at IS NULL FROM event_delivery ORDER BY 1")
    assert found == [("consolidate", 1), ("notify", 0)]
    with writing(small) as session:
        assert session.exec(select(OutgoingEvent)).first() is not None


def test_two_decisions_in_one_message_each_keep_their_day_and_document(small: Engine) -> None:
    from datetime import date

    for until, document in ((date(2020, 5, 15), "57/SNV"), (date(2020, 5, 22), "58/SNV")):
        with writing(small) as session:
            asked = ledger.ask_extension(
                session,
                obligation(session, "a/bc"),
                until=until,
                reason="Đang sáp nhập xã",
                actor=OFFICE,
                now=NOW,
            )
            ledger.decide_extension(
                session,
                asked.id or 0,
                granted=True,
                actor=OFFICE,
                now=NOW,
                document_number=document,
            )
    tell(small)
    [text] = [m.content["text"] for m in messages(small) if m.recipient_name == "Lan"]
    first, second = text.split("57/SNV")[0], text.split("57/SNV")[1]
    assert "Thời hạn mới: 15/05/2020" in first
    assert "Thời hạn mới: 22/05/2020" in second
    assert "58/SNV" in second
