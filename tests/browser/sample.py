"""A plan in mid-life for looking at pages: agencies behave like agencies, seeded, through the ledger.

`make_sample(engine, store, until)` plays the plan's days up to `until` (UTC instant). Every state and every
sign stands somewhere on 04/05/2020.
"""

from __future__ import annotations

import hashlib
import random
from datetime import date, datetime, time, timedelta
from pathlib import Path

from sqlalchemy import Engine
from sqlmodel import Session, select

from consolidation.claim import RunRequest
from consolidation.runs import consolidate, finalise
from intake.files.store import Store
from plan.calendar import LOCAL
from plan.database import migrate, writing
from plan.definition.loading import load_definition
from plan.ledger import accept, ask_extension, decide_extension, explain, give_back, submit, waive
from plan.ledger.filing import FiledFile, Filing, FoundFault, ReadSection, ReadValue
from plan.models import (
    Agency,
    Attempt,
    ChannelState,
    Contact,
    Finding,
    Message,
    MessageObligation,
    Obligation,
    metadata,
)
from plan.queries.lookup import find_agency, find_obligation, find_plan
from plan.settings import PACKAGED_PLANS
from plan.states import Actor, Role
from tests.conftest import load_running

PLAN = "04-kh-ubnd-2020"
REVIEWER = Actor("Trần Văn Bình", Role.coordinator, frozenset({"snv"}), "web")

REPORT_DAYS = {
    "quy-nhon": date(2020, 4, 20),
    "an-nhon": date(2020, 4, 22),
    "hoai-nhon": date(2020, 4, 24),
    "tuy-phuoc": date(2020, 4, 27),
    "phu-cat": date(2020, 4, 28),
    "phu-my": date(2020, 4, 29),
    "hoai-an": date(2020, 4, 29),
    "tay-son": date(2020, 5, 4),
    "vinh-thanh": date(2020, 5, 5),
}
THEMATIC_DAYS = {
    "snv": date(2020, 4, 23),
    "stp": date(2020, 4, 27),
    "vpub": date(2020, 4, 29),
    "stttt": date(2020, 5, 4),
    "skhcn": date(2020, 4, 24),
}
APPENDICES = {
    "snv": ("1", "4", "5", "8"),
    "stp": ("2",),
    "vpub": ("3", "7"),
    "stc": ("6",),
    "stttt": ("7",),
    "skhcn": ("7",),
}


def local(day: date, hour: int = 9, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), LOCAL)


def make_sample(engine: Engine, store: Store, until: datetime, seed: int = 7) -> None:
    """Migrate, load the plan on 20/01/2020, and live through it up to `until`, then consolidate."""
    migrate(engine)
    metadata.create_all(engine)
    definition, _ = load_definition(PACKAGED_PLANS / PLAN)
    with writing(engine) as session:
        load_running(session, definition, now=local(date(2020, 1, 20), 8))
    for moment, act in sorted(_story(random.Random(seed)), key=lambda item: item[0]):
        if moment <= until:
            with writing(engine) as session:
                act(session, moment)
    _consolidate(engine, store, "district-compilation", final=False, now=until)
    _consolidate(engine, store, "provincial-appendices", final=True, now=until)
    _consolidate(engine, store, "provincial-report", final=False, now=until)


def _clerk(session: Session, agency: str) -> str:
    row = find_agency(session, PLAN, agency)
    return session.exec(select(Contact.name).where(Contact.agency_id == row.id)).first() or agency


class _Do:
    """One deed of the story, to be done at its moment."""

    def __init__(self, name: str, *args: object) -> None:
        self.name, self.args = name, args

    def __call__(self, session: Session, now: datetime) -> None:
        getattr(self, f"_{self.name}")(session, now, *self.args)

    @staticmethod
    def _file(session: Session, now: datetime, agency: str, deliverable: str, shape: str) -> None:
        obligation = find_obligation(session, PLAN, f"{agency}/{deliverable}")
        clerk = Actor(_clerk(session, agency), Role.agency, frozenset({agency}), "link")
        filing = make_filing(agency, deliverable, shape, now)
        assert obligation.id is not None
        submission = submit(session, obligation.id, filing, actor=clerk, now=now)
        if shape == "warned":
            warning = session.exec(
                select(Finding).where(
                    Finding.submission_id == submission.id, Finding.severity == "warning"
                )
            ).first()
            assert warning is not None
            assert warning.id is not None
            text = "Năm 2019 huyện rà soát, bãi bỏ nhiều văn bản theo Luật ban hành VBQPPL 2015."
            explain(session, warning.id, explanation=text, actor=clerk, now=now)

    @staticmethod
    def _accept(session: Session, now: datetime, name: str) -> None:
        row = find_obligation(session, PLAN, name)
        if row.state == "submitted" and row.id is not None:
            accept(session, row.id, actor=REVIEWER, now=now, note="Đủ nội dung theo đề cương.")

    @staticmethod
    def _give_back(session: Session, now: datetime, name: str, reason: str) -> None:
        row = find_obligation(session, PLAN, name)
        assert row.id is not None
        give_back(session, row.id, reason=reason, actor=REVIEWER, now=now)

    @staticmethod
    def _extend(session: Session, now: datetime, name: str, until: date, grant: bool) -> None:
        row = find_obligation(session, PLAN, name)
        clerk = Actor("Đầu mối", Role.agency, frozenset({name.split("/")[0]}), "link")
        assert row.id is not None
        reason = "Thiên tai, hạn hán; cán bộ phụ trách được điều động chống dịch."
        asked = ask_extension(
            session,
            row.id,
            until=until,
            reason=reason,
            actor=clerk,
            now=now,
            document_number="45/UBND-NV",
        )
        if grant:
            assert asked.id is not None
            decide_extension(
                session,
                asked.id,
                granted=True,
                actor=REVIEWER,
                now=now + timedelta(hours=3),
                note="Đồng ý.",
                document_number="212/SNV-CCHC",
            )

    @staticmethod
    def _waive(session: Session, now: datetime, name: str) -> None:
        row = find_obligation(session, PLAN, name)
        assert row.id is not None
        waive(
            session, row.id, reason="Nội dung đã có trong báo cáo chung.", actor=REVIEWER, now=now
        )

    @staticmethod
    def _message(session: Session, now: datetime, agency: str, tone: str, number: int) -> None:
        _add_message(session, now, agency, tone, number)


def _story(rng: random.Random) -> list[tuple[datetime, _Do]]:
    deeds: list[tuple[datetime, _Do]] = []
    for agency, day in REPORT_DAYS.items():
        hour = rng.randrange(8, 17)
        shape = "warned" if agency == "phu-cat" else "good"
        for shift, what in enumerate(("district-report", "district-plan")):
            deeds.append((local(day, hour, shift * 7), _Do("file", agency, what, shape)))
            if agency not in ("hoai-an", "tay-son", "vinh-thanh"):
                review = local(day + timedelta(days=1), 14, shift * 5)
                deeds.append((review, _Do("accept", f"{agency}/{what}")))
    for agency, day in list(REPORT_DAYS.items())[:8]:
        held = local(day - timedelta(days=3), 15)
        deeds.append((held, _Do("file", agency, "district-conference", "conference")))
        later = held + timedelta(days=1)
        deeds.append((later, _Do("accept", f"{agency}/district-conference")))
    deeds.append(
        (local(date(2020, 4, 24), 10), _Do("file", "vinh-thanh", "district-report", "bad"))
    )
    for agency, day in THEMATIC_DAYS.items():
        for order, what in enumerate(
            (
                "thematic-report",
                "thematic-proposals",
                *(f"appendix-{n}" for n in APPENDICES[agency]),
            )
        ):
            shape = "values" if what.startswith("appendix") else "good"
            if (agency, what) == ("vpub", "appendix-3"):
                shape = "bad"
            deeds.append((local(day, 10, order * 4), _Do("file", agency, what, shape)))
            if agency != "stttt":
                review = local(day + timedelta(days=1), 9, order * 4)
                deeds.append((review, _Do("accept", f"{agency}/{what}")))
    deeds += [
        (
            local(date(2020, 5, 4), 10),
            _Do(
                "give_back",
                "hoai-an/district-plan",
                "Chưa nêu mục tiêu cụ thể đến năm 2025; đề nghị bổ sung Mục II.",
            ),
        ),
        (
            local(date(2020, 4, 27), 9),
            _Do("extend", "van-canh/district-report", date(2020, 5, 8), True),
        ),
        (
            local(date(2020, 4, 27), 9, 30),
            _Do("extend", "van-canh/district-plan", date(2020, 5, 8), True),
        ),
        (
            local(date(2020, 4, 28), 9),
            _Do("extend", "an-lao/district-report", date(2020, 5, 15), False),
        ),
        (local(date(2020, 3, 10), 9), _Do("waive", "bao-binh-dinh/briefing")),
    ]
    number = 0
    for day, tone in (
        (date(2020, 1, 20), "announcement"),
        (date(2020, 4, 8), "reminder"),
        (date(2020, 4, 20), "reminder"),
        (date(2020, 4, 24), "reminder"),
        (date(2020, 4, 28), "reminder"),
        (date(2020, 4, 29), "reminder"),
        (date(2020, 5, 4), "overdue"),
    ):
        for agency in (*REPORT_DAYS, "van-canh", "an-lao", "stc"):
            if REPORT_DAYS.get(agency, date.max) > day:
                number += 1
                deeds.append((local(day, 7), _Do("message", agency, tone, number)))
    return deeds


NAMES = {"good": "bao-cao.docx", "values": "phu-luc.xlsx", "bad": "phu-luc.xlsx"}


def make_filing(agency: str, deliverable: str, shape: str, now: datetime) -> Filing:
    """A filing in one of the story's shapes: good, warned, bad, values, conference."""
    if shape == "conference":
        facts = {
            "held_on": f"{now:%Y-%m-%d}",
            "place": "Hội trường UBND",
            "attending": 120,
        }
        return Filing(kind="conference", received_at=now, payload=facts, via="link")
    report = deliverable.endswith(("report", "plan", "proposals"))
    name = f"{agency}-{deliverable}.{'docx' if report else 'xlsx'}"
    digest = hashlib.sha256(f"{name}{shape}{now.isoformat()}".encode()).hexdigest()
    file = FiledFile(name, digest, 48_213 if report else 31_540, "report" if report else "workbook")
    return Filing(
        kind="files",
        received_at=now,
        files=(file,),
        findings=_findings(shape, name),
        values=_values(deliverable, name) if not report else (),
        sections=(ReadSection("p1-i", "Công tác chỉ đạo, điều hành được quan tâm.", name),)
        if report
        else (),
        via="link",
        reference="128/BC-UBND" if report else "",
    )


def _findings(shape: str, name: str) -> tuple[FoundFault, ...]:
    if shape == "warned":
        return (
            FoundFault(
                "warning",
                "jump",
                "Số văn bản giảm hơn một nửa so với năm 2018; đề nghị kiểm tra lại hoặc giải trình.",
                name,
                "II.2",
                "",
                "PL2.2",
                "2019",
                "12",
            ),
        )
    if shape != "bad":
        return ()
    return (
        FoundFault(
            "error",
            "part-exceeds-whole",
            "«Số TTHC được công khai» (1.902) lớn hơn tổng số TTHC của tỉnh (1.850). "
            "Sửa một trong hai ô.",
            name,
            "PL3",
            "F14",
            "PL3.3",
            "2018",
            "1902",
        ),
        FoundFault(
            "error",
            "not-a-number",
            "Ô này phải là số nguyên không âm, không phải «khoảng 300». Ghi số, phần giải thích để ở "
            "cột ghi chú.",
            name,
            "PL3",
            "G9",
            "PL3.1.3",
            "2019",
            "khoảng 300",
        ),
        FoundFault(
            "error",
            "blank",
            "Ô còn trống. Nếu không có, ghi 0; nếu không áp dụng, chọn «Không áp dụng» và nêu lý do.",
            name,
            "PL3",
            "H18",
            "PL3.4.2",
            "2020",
            "",
        ),
        FoundFault(
            "warning",
            "jump",
            "Tăng 3,2 lần so với năm 2017. Nếu đúng, xin giải trình.",
            name,
            "PL3",
            "F12",
            "PL3.2",
            "2018",
            "640",
        ),
        FoundFault(
            "note",
            "text-number",
            "«1.850» được hiểu là 1850.",
            name,
            "PL3",
            "F8",
            "PL3.1",
            "2018",
            "1.850",
        ),
    )


def _values(deliverable: str, name: str) -> tuple[ReadValue, ...]:
    code = f"PL{deliverable.rpartition('-')[2]}"
    rows = ("1", "1.1", "1.2", "2", "3", "4.1", "4.2")
    return tuple(
        ReadValue(f"{code}.{row}", str(year), number=float(100 + 13 * i + year - 2015),
                  file=name, sheet=code, cell=f"{'CDEFGH'[year - 2015]}{8 + i}")
        for i, row in enumerate(rows)
        for year in range(2015, 2021)
    )  # fmt: skip


def _add_message(session: Session, now: datetime, agency: str, tone: str, number: int) -> None:
    plan = find_plan(session)
    contact = session.exec(
        select(Contact).join(Agency).where(Agency.code == agency, Agency.plan_id == plan.id)
    ).first()
    assert contact is not None
    words = {
        "announcement": "Bắt đầu thực hiện Kế hoạch 04/KH-UBND",
        "reminder": "Còn ít ngày làm việc: Báo cáo tổng kết và Kế hoạch 2021 - 2030",
        "overdue": "Đã quá hạn: Báo cáo tổng kết và Kế hoạch 2021 - 2030",
    }
    failed = agency == "an-lao" and tone != "announcement"
    message = Message(
        plan_id=plan.id,
        event=tone,
        dedupe_key=f"sample-{number}",
        reference=f"sample-{number}",
        contact_id=contact.id,
        recipient=f"contact:{contact.id}",
        recipient_name=contact.name,
        channel="email",
        address=contact.email,
        content={
            "subject": f"[KH 04] {words[tone]}",
            "text": f"Kính gửi {contact.name},\n\n{words[tone]}. Xin mở đường dẫn trong thư để nộp.\n",
            "html": "",
            "versions": {},
        },
        state="refused" if failed else "delivered" if number % 3 else "sent",
        created_at=now,
        next_attempt_at=now,
        sent_at=None if failed else now + timedelta(minutes=1),
        delivered_at=None if failed or not number % 3 else now + timedelta(minutes=2),
        attempts=1,
        code="550" if failed else "",
        words="Hộp thư không tồn tại." if failed else "",
    )
    session.add(message)
    session.flush()
    assert message.id is not None
    session.add(
        Attempt(
            message_id=message.id,
            at=now + timedelta(minutes=1),
            outcome="permanent" if failed else "accepted",
            code="550" if failed else "250",
            words="Hộp thư không tồn tại." if failed else "Đã nhận.",
        )
    )
    dated = select(Obligation).join(Agency).where(Agency.code == agency, Obligation.due_at != None)  # noqa: E711
    owed = session.exec(dated.order_by(Obligation.id)).all()  # type: ignore[arg-type]
    session.add_all(
        MessageObligation(message_id=message.id, obligation_id=row.id)
        for row in owed[:2]
        if row.id is not None
    )
    if failed and session.get(ChannelState, "zalo_oa") is None:
        session.add(
            ChannelState(
                channel="zalo_oa",
                down_since=now,
                next_try_at=now + timedelta(hours=1),
                failures=4,
                code="no-token",
                words="Token Zalo đã hết hạn; cần đăng nhập lại.",
            )
        )


def _consolidate(engine: Engine, store: Store, output: str, final: bool, now: datetime) -> None:
    """A real run: its files are real too."""
    made = consolidate(engine, store, PLAN, output, RunRequest("nightly", "", as_of=now, now=now))
    if final:
        with writing(engine) as session:
            finalise(session, made.run_id, actor=REVIEWER, now=now)


def sample_home(home: Path, until: datetime) -> Engine:
    """A home folder with the sample in `dondoc.db`."""
    from plan.database import open_engine

    engine = open_engine(f"sqlite:///{home / 'dondoc.db'}")
    make_sample(engine, Store(str(home / "submissions")), until)
    return engine
