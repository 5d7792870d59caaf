"""«Trả lời thư này kèm tệp là nộp»: filed as the page files, once, answered; else left to a person."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine
from sqlmodel import col, select

from dashboard import mail_desk as desks
from dashboard.mail_desk import mail_desk
from flows.jobs import inbox
from flows.jobs.inbox import InboxResult, read_inbox
from intake.files.store import Store
from intake.inbox import filing
from intake.inbox import reading as mail_reading
from intake.inbox.claims import claim_mail
from intake.inbox.filing import confirm, file_for, ignore
from notifications.mail_answers import MOST_A_DAY
from notifications.reminders.tick import tick
from plan.database import reading, writing
from plan.definition.model import PlanDefinition
from plan.errors import RefusedError
from plan.models import (
    Contact,
    IncomingMail,
    Mailbox,
    Message,
    MessageObligation,
    Obligation,
    Submission,
)
from plan.queries.lookup import find_agency
from plan.settings import Settings
from plan.states import Actor, Role
from tests.conftest import PLAN_ID, REVIEWER, at, sampled
from tests.mail_samples import AUTHSERV, mail, zipped
from tests.standins.imap import FakeImap
from tests.support.intake_mutations import place_of
from tests.support.reminders import make_messaging
from tests.support.report_writing import enough, fill
from tests.support.workbook_samples import edited, full

NOW = at("2020-04-20 09:00")
LAN = "vanthu@anlao.example"
DESK = make_messaging()
VPUB = "Văn thư VPUB <vanthu@vpub.example>"
VPUB_PASS = f"{AUTHSERV}; dmarc=pass header.from=vpub.example"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "store"))


@pytest.fixture
def people(engine: Engine) -> Engine:
    with writing(engine) as session:
        for code, address in (("an-lao", "VanThu@AnLao.example"), ("vpub", "vanthu@vpub.example")):
            agency = find_agency(session, PLAN_ID, code)
            session.add(Contact(agency_id=agency.id or 0, name=f"Văn thư {code}", email=address))
    return engine


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        home=tmp_path, inbox_authserv_id=AUTHSERV, mail_from="SNV <noreply@snv.example>"
    )


def take(
    engine: Engine, store: Store, settings: Settings, *raws: bytes, now: datetime = NOW
) -> InboxResult:
    """What the mailbox holds, read in one round."""
    mails = {str(number): raw for number, raw in enumerate(raws, 1)}
    with FakeImap(mails) as server:
        given = settings.model_copy(update={"inbox_url": SecretStr(server.url)})
        return read_inbox(engine, given, DESK, store, lambda: now)


def rows(engine: Engine, table: type[Any]) -> list[Any]:
    with reading(engine) as session:
        return list(session.exec(select(table).order_by(table.id)))


def report(definition: PlanDefinition) -> tuple[str, bytes]:
    return "bao-cao.docx", fill(definition, "an-lao", "district-report", enough)[0]


def answers(engine: Engine) -> list[Message]:
    return [row for row in rows(engine, Message) if row.event == "mail-receipt"]


def reminded(engine: Engine, obligation: str = "") -> tuple[str, list[str]]:
    """An Lão has been reminded: the Message-ID, and what the message is about."""
    tick(engine, PLAN_ID, at("2020-04-20 08:00"), DESK)
    with reading(engine) as session:
        message = session.exec(
            select(Message).where(Message.channel == "email", col(Message.address).ilike(LAN))
        ).first()
        assert message is not None
        about = session.exec(
            select(Obligation.title)
            .join(MessageObligation, col(MessageObligation.obligation_id) == Obligation.id)
            .where(MessageObligation.message_id == message.id)
        ).all()
        return message.content["headers"]["Message-ID"], list(about)


# --- filed -------------------------------------------------------------------------------------------


def test_a_mail_with_a_workbook_is_filed_as_the_page_files_it(
    people: Engine, store: Store, settings: Settings
) -> None:
    raw = mail(("bieu.xlsx", full("vpub")), sender=VPUB, results=VPUB_PASS)
    done = take(people, store, settings, raw)
    assert (done.claimed, done.states, done.faults) == (1, {"filed": 1}, [])
    filed = rows(people, Submission)
    assert [(one.number, one.complete, one.via) for one in filed] == [(1, True, "email")] * 2
    # In time by when the mailbox had it, though it was read half an hour later.
    assert {one.received_at for one in filed} == {at("2020-04-20 08:30")}
    (kept,) = rows(people, IncomingMail)
    assert store.get(kept.sha256) == raw
    assert kept.sha256 == hashlib.sha256(raw).hexdigest()
    assert {one["obligation"] for one in kept.outcome["filed"]} == {
        "vpub/appendix-3",
        "vpub/appendix-7",
    }


def test_it_is_answered_in_its_thread_and_the_answer_is_marked_automatic(
    people: Engine, store: Store, settings: Settings, definition: PlanDefinition
) -> None:
    ours, _ = reminded(people)
    take(
        people, store, settings, mail(report(definition), answers=ours, subject="Re: [KH 04] Nhắc")
    )
    (answer,) = answers(people)
    headers = answer.content["headers"]
    assert headers["In-Reply-To"] == "<m1@anlao.example>"
    assert headers["References"] == f"{ours} <m1@anlao.example>"
    assert headers["Auto-Submitted"] == "auto-replied"
    assert answer.content["subject"] == "Re: [KH 04] Nhắc"
    assert answer.address == "VanThu@AnLao.example"
    assert "lần 1" in answer.content["text"]


def test_faults_are_told_with_the_marked_copy(
    people: Engine, store: Store, settings: Settings
) -> None:
    bad = edited(full("vpub"), {place_of("vpub", ("PL3.2", "2015")): "mười hai"})
    take(people, store, settings, mail(("b.xlsx", bad), sender=VPUB, results=VPUB_PASS))
    (answer,) = answers(people)
    assert "có chỗ phải sửa" in answer.content["text"]
    assert [one["filename"] for one in answer.content["attachments"]] == ["b-danh-dau.xlsx"]
    assert not all(one.complete for one in rows(people, Submission))


def test_a_pdf_goes_where_the_thread_and_subject_say(
    people: Engine, store: Store, settings: Settings
) -> None:
    ours, about = reminded(people)
    title = next(one for one in about if "Báo cáo" in one)
    raw = mail(("ky.pdf", b"%PDF-1.7 x"), answers=ours, subject=f"Re: {title}")
    take(people, store, settings, raw)
    (filed,) = rows(people, Submission)
    (row,) = rows(people, IncomingMail)
    assert row.outcome["filed"][0]["title"] == title
    assert filed.via == "email"


def test_the_same_mail_again_is_one_mail_and_the_same_files_one_submission(
    people: Engine, store: Store, settings: Settings, definition: PlanDefinition
) -> None:
    same = report(definition)
    first = mail(same)
    routed = b"Received: by other.example; x\r\n" + first
    again = mail(same, message_id="<m2@anlao.example>")
    done = take(people, store, settings, first, routed, again)
    assert done.claimed == 2
    assert [one.number for one in rows(people, Submission)] == [1]
    assert "đã nộp trước đó" in answers(people)[1].content["text"]
    assert take(people, store, settings, first).claimed == 0


def test_a_zip_is_filed_by_what_is_in_it(
    people: Engine, store: Store, settings: Settings, definition: PlanDefinition
) -> None:
    take(people, store, settings, mail(("nop.zip", zipped([report(definition)]))))
    assert len(rows(people, Submission)) == 1


# --- not filed ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "results",
    ["", "other.example; dmarc=pass header.from=anlao.example", f"{AUTHSERV}; dmarc=fail"],
)
def test_an_unproven_sender_confirms_with_a_click(
    people: Engine, store: Store, settings: Settings, definition: PlanDefinition, results: str
) -> None:
    take(people, store, settings, mail(report(definition), results=results))
    (row,) = rows(people, IncomingMail)
    assert (row.state, row.trusted) == ("to_confirm", False)
    assert rows(people, Submission) == []
    (answer,) = answers(people)
    assert f"/thu-{row.id}" in answer.content["text"]
    later = at("2020-05-20 10:00")
    desk = mail_desk(people, settings, DESK, store, later)
    stranger = Actor("Người khác", Role.agency, frozenset({"vpub"}))
    with pytest.raises(RefusedError):
        confirm(desk, row.id, stranger)
    clerk = Actor("Văn thư", Role.agency, frozenset({"an-lao"}))
    assert confirm(desk, row.id, clerk) == "filed"
    with pytest.raises(RefusedError):
        confirm(desk, row.id, clerk)
    (filed,) = rows(people, Submission)
    assert filed.received_at == at("2020-04-20 08:30")


def test_a_stranger_goes_to_a_person_unanswered_and_a_coordinator_files_it(
    people: Engine, store: Store, settings: Settings, definition: PlanDefinition
) -> None:
    raw = mail(report(definition), sender="la@gmail.example")
    assert take(people, store, settings, raw).states == {"to_person": 1}
    assert answers(people) == []
    (row,) = rows(people, IncomingMail)
    desk = mail_desk(people, settings, DESK, store, NOW)
    assert file_for(desk, row.id, PLAN_ID, "an-lao/district-report", REVIEWER) == "filed"
    (filed,) = rows(people, Submission)
    assert (filed.via, filed.received_at) == ("email", at("2020-04-20 08:30"))
    with pytest.raises(RefusedError):
        ignore(people, row.id, PLAN_ID, REVIEWER, NOW)


@pytest.mark.parametrize(("until", "state"), [(20, "filed"), (19, "to_person")])
def test_a_colleague_hands_in_by_mail_to_the_end_of_the_last_day(
    people: Engine,
    store: Store,
    settings: Settings,
    definition: PlanDefinition,
    until: int,
    state: str,
) -> None:
    """Work was passed to them till a day: what came after it is a stranger's; what came in time is not,
    though it is read the day after."""
    with writing(people) as session:
        [contact] = session.exec(select(Contact).where(Contact.email == "VanThu@AnLao.example"))
        contact.until = date(2020, 4, until)
        session.add(contact)
    sent = mail(report(definition))
    assert take(people, store, settings, sent, now=at("2020-04-21 09:00")).states == {state: 1}


def test_an_unsure_mail_waits_with_what_is_guessed(
    people: Engine, store: Store, settings: Settings
) -> None:
    ours, about = reminded(people)
    assert len(about) > 1
    take(people, store, settings, mail(("ky.pdf", b"%PDF-1.7 x"), answers=ours, subject="Re: gửi"))
    (row,) = rows(people, IncomingMail)
    assert row.state == "to_person"
    assert {one["title"] for one in row.outcome["guess"]} == set(about)
    assert "chưa ghi vào sổ" in answers(people)[0].content["text"]
    ignore(people, row.id, PLAN_ID, REVIEWER, NOW)
    assert rows(people, IncomingMail)[0].state == "ignored"


def test_machines_are_not_answered_and_ours_not_read(
    people: Engine, store: Store, settings: Settings, definition: PlanDefinition
) -> None:
    vacation = mail(headers={"Auto-Submitted": "auto-replied"}, message_id="<v@x>")
    scanner = mail(report(definition), headers={"Precedence": "bulk"}, message_id="<s@x>")
    echo = mail(report(definition), sender="noreply@snv.example", message_id="<e@x>")
    thanks = mail(message_id="<t@x>", text="Đã nhận, cảm ơn.")
    done = take(people, store, settings, vacation, scanner, echo, thanks)
    assert done.states == {"ignored": 2, "to_person": 2}
    assert answers(people) == []


def test_answers_to_one_address_end(people: Engine, store: Store, settings: Settings) -> None:
    raws = [mail(("a.rar", b"Rar!"), message_id=f"<r{n}@x>") for n in range(MOST_A_DAY + 5)]
    take(people, store, settings, *raws)
    assert len(answers(people)) == MOST_A_DAY
    assert len(rows(people, IncomingMail)) == MOST_A_DAY + 5


def test_too_large_a_mail_is_not_fetched_but_told(
    people: Engine, store: Store, settings: Settings
) -> None:
    small = settings.model_copy(update={"inbox_max_mb": 1})
    take(people, store, small, mail(("to.pdf", b"x" * 1_200_000)))
    (row,) = rows(people, IncomingMail)
    assert (row.state, row.sha256) == ("to_person", "")
    assert row.size > 1_200_000
    assert row.subject == "Nộp báo cáo"


# --- the mailbox ---------------------------------------------------------------------------------------


def test_the_place_moves_on_and_a_box_made_anew_is_read_again(
    people: Engine, store: Store, settings: Settings
) -> None:
    with FakeImap({"5": mail()}) as server:
        given = settings.model_copy(update={"inbox_url": SecretStr(server.url)})

        def read() -> int:
            return read_inbox(people, given, DESK, store, lambda: NOW).claimed

        assert read() == 1
        assert read() == 0
        with reading(people) as session:
            assert session.exec(select(Mailbox)).one().last_uid == 5
        server.mails |= {"9": mail(message_id="<m9@x>")}
        assert read() == 1
        server.uid_validity, server.mails = 2, {"1": mail(), "2": mail(message_id="<m10@x>")}
        assert read() == 1
        assert not server.seen


def test_a_closed_mailbox_is_told_and_what_was_claimed_is_dealt_with(
    people: Engine, store: Store, settings: Settings
) -> None:
    claim_mail(people, store, mail(), source="mailbox", received_at=NOW, now=NOW)
    given = settings.model_copy(
        update={"inbox_url": SecretStr("imap://a%40b.vn:bimat@127.0.0.1:1/INBOX")}
    )
    done = read_inbox(people, given, DESK, store, lambda: NOW)
    assert done.states == {"to_person": 1}
    assert "bimat" not in str(done.faults)
    assert done.faults


# --- killed --------------------------------------------------------------------------------------------


class Killed(BaseException):
    """As kill -9: nothing after it runs."""


def _places(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[Callable[[], None]], None]]:
    """Where a round may be killed: before and after each step that writes or speaks."""

    def around(owner: object, name: str, before: bool) -> Callable[[Callable[[], None]], None]:
        real = getattr(owner, name)

        def put(strike: Callable[[], None]) -> None:
            def broken(*args: Any, **given: Any) -> Any:
                if before:
                    strike()
                found = real(*args, **given)
                strike()
                return found

            monkeypatch.setattr(owner, name, broken)

        return put

    steps: list[tuple[object, str]] = [
        (inbox.imap, "fetched"),
        (Store, "put"),
        (inbox, "claim_mail"),
        (inbox, "_move_on"),
        (filing, "begin"),
        (mail_reading, "read_package"),
        (filing, "move"),
        (desks, "queue_answer"),
        (inbox, "handle"),
    ]
    return [around(owner, name, before) for owner, name in steps for before in (True, False)]


@pytest.mark.parametrize("place", sampled(range(18), 3))
def test_killed_anywhere_each_mail_is_filed_once_and_answered_once(
    people: Engine,
    store: Store,
    settings: Settings,
    definition: PlanDefinition,
    monkeypatch: pytest.MonkeyPatch,
    place: int,
) -> None:
    mails = {
        "1": mail(report(definition)),
        "2": mail(("b.xlsx", full("vpub")), sender=VPUB, results=VPUB_PASS, message_id="<v@x>"),
    }
    with FakeImap(mails) as server:
        given = settings.model_copy(update={"inbox_url": SecretStr(server.url)})
        strikes = 0

        def strike() -> None:
            nonlocal strikes
            strikes += 1
            if strikes == 2:
                raise Killed

        with monkeypatch.context() as patched:
            _places(patched)[place](strike)
            with pytest.raises(Killed):
                read_inbox(people, given, DESK, store, lambda: NOW)
        read_inbox(people, given, DESK, store, lambda: NOW)
    assert [row.state for row in rows(people, IncomingMail)] == ["filed", "filed"]
    assert len(rows(people, Submission)) == 3
    assert len(answers(people)) == 2


# --- the folder ----------------------------------------------------------------------------------------


def test_the_watched_folder_takes_packages_once_and_removes_nothing(
    people: Engine,
    store: Store,
    settings: Settings,
    definition: PlanDefinition,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(inbox.inbox_folder.take_packages, "__kwdefaults__", {"quiet": -1.0})
    root = tmp_path / "nhan"
    name, data = report(definition)
    (root / "an-lao" / "quy 1").mkdir(parents=True)
    (root / "an-lao" / "quy 1" / name).write_bytes(data)
    (root / "an-lao" / "dang-gui.docx.part").write_bytes(b"x")
    (root / "bieu.xlsx").write_bytes(full("vpub"))
    (root / "la.pdf").write_bytes(b"%PDF-1.7")
    given = settings.model_copy(update={"inbox_dir": root})
    done = read_inbox(people, given, DESK, store, lambda: NOW)
    assert done.states == {"filed": 2, "to_person": 1}
    assert {one.via for one in rows(people, Submission)} == {"folder"}
    assert len(rows(people, Submission)) == 3
    assert answers(people) == []
    left = sorted(str(one.relative_to(root)) for one in root.rglob("*") if one.is_file())
    assert len(left) == 4
    assert [one for one in left if not one.startswith("da-nhan")] == ["an-lao/dang-gui.docx.part"]
    assert read_inbox(people, given, DESK, store, lambda: NOW).claimed == 0


def test_a_package_still_being_written_waits(
    people: Engine, store: Store, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "nhan").mkdir()
    (tmp_path / "nhan" / "a.pdf").write_bytes(b"%PDF")
    given = settings.model_copy(update={"inbox_dir": tmp_path / "nhan"})
    assert read_inbox(people, given, DESK, store, lambda: NOW).claimed == 0
