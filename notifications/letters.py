"""Công văn đôn đốc: what is still owed, as an official letter in the form of Nghị định 30/2020/NĐ-CP.

Two forms: Sở Nội vụ urges (kế hoạch 04, III.1); where agencies stay silent, the UBND that issued the
plan signs. A draft: number and day are left for the clerk (văn thư) to give. The coordinating office
writes no letter to itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from docx.document import Document
from docx.shared import Pt
from sqlmodel import Session, col, select

from notifications.document import (
    BODY,
    LEFT,
    TEXT_WIDTH,
    Line,
    as_bytes,
    body,
    columns,
    fill,
    grid,
    new_document,
    rule,
    write_line,
)
from notifications.outbox.store import DONE
from plan.calendar import LOCAL, local_day
from plan.deadlines.standing import Timeliness, left_words
from plan.definition.model import Office, PlanDefinition
from plan.errors import RefusedError, UsageError
from plan.models import Message, MessageObligation, Plan
from plan.queries.lookup import (
    agency_names,
    definition_of,
    find_agency,
    find_milestone,
    load_calendar,
)
from plan.queries.progress import ObligationView, obligations
from plan.states import STILL_OWED
from plan.text import date_words, long_date, number_words

NATION = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO = "Độc lập - Tự do - Hạnh phúc"
GRACE = 3
"""Working days a letter gives for what is overdue."""
MOST_NAMED = 15
"""More addressees than this stand in the table alone."""
CHUNK = 5_000
_OPEN = frozenset({Timeliness.open, Timeliness.due_soon, Timeliness.overdue})


_REMINDERS = ("reminder", "overdue", "escalation-head")
"""Messages that urged the agency itself."""


@dataclass(frozen=True)
class Reminded:
    """How often each agency that is written to was reminded of what it owes: days on which a message left;
    and the last of them (local)."""

    times: tuple[int, ...]
    last: date | None

    @property
    def words(self) -> str:
        """«3 lần, lần gần nhất ngày 05/05/2020»; «» where nobody was."""
        if self.last is None:
            return ""
        low, high = min(self.times), max(self.times)
        if len(self.times) == 1:
            often = f"{number_words(high)} lần"
        elif low == 0:
            some = sum(count > 0 for count in self.times)
            often = f"{number_words(some)}/{number_words(len(self.times))} cơ quan"
            often += f", nhiều nhất {number_words(high)} lần" if high > 1 else ", mỗi cơ quan 1 lần"
        else:
            span = number_words(low) if low == high else f"từ {low} đến {high}"
            often = f"mỗi cơ quan {span} lần"
        latest = (
            "lần gần nhất ngày"
            if high > 1
            else "vào ngày"
            if len(self.times) == 1
            else "gần nhất ngày"
        )
        return f"{often}, {latest} {date_words(self.last)}"


@dataclass(frozen=True)
class Letter:
    """Everything a letter says; `draft_letter` writes it out. Days are local."""

    definition: PlanDefinition
    office: Office
    coordinator: str
    issuer: str
    rows: tuple[ObligationView, ...]
    handed_in: int
    total: int
    subject: str
    """After «V/v»."""
    reply_by: date
    at: datetime
    by_issuer: bool
    filename: str
    reminded: Reminded
    """What the record says of reminders already sent about these rows."""

    @property
    def agencies(self) -> list[str]:
        return list(dict.fromkeys(spelt_out(row.agency_name) for row in self.rows))

    @property
    def summary(self) -> str:
        rows, agencies = number_words(len(self.rows)), number_words(len(self.agencies))
        return f"{rows} sản phẩm của {agencies} cơ quan."


def letter_of(
    session: Session,
    plan: Plan,
    now: datetime,
    *,
    agency: str = "",
    milestone: str = "",
    by_issuer: bool = False,
) -> Letter:
    """Gathers what an agency owes, or what is owed for a milestone, at `now` (UTC).

    The UBND's letter is about what is overdue. Raises `RefusedError` when nothing is owed, or when
    Sở Nội vụ would write to itself; `UsageError` without agency and milestone.
    """
    if not agency and not milestone:
        raise UsageError("Hãy nêu --agency hoặc --milestone.")
    definition = definition_of(plan)
    if agency:
        find_agency(session, plan.id, agency)
    if milestone:
        find_milestone(session, plan.id, milestone)
    if agency == definition.coordinator and not by_issuer:
        raise RefusedError(
            "Đơn vị đầu mối không gửi công văn cho chính mình; việc của mình được nhắc nội bộ."
        )
    views = obligations(session, plan, now, agency=agency, milestone=milestone)
    asked = [view for view in views if view.standing.timeliness is not Timeliness.undated]
    rows = tuple(view for view in asked if _belongs(view, definition, by_issuer))
    if not rows:
        raise RefusedError("Không còn sản phẩm nào phải đôn đốc; không lập công văn.")
    calendar = load_calendar(session, plan.id, local_day(now).year, local_day(now).year + 1)
    names = _names(session, plan, now, definition)
    asked_days = [view.last_day for view in rows if view.last_day]
    grace = calendar.add_working_days(local_day(now), GRACE)
    return Letter(
        definition=definition,
        office=_office(definition, by_issuer),
        coordinator=names[0],
        issuer=names[1],
        rows=rows,
        handed_in=sum(view.state not in STILL_OWED for view in asked),
        total=len(asked),
        subject=_subject(definition, by_issuer),
        reply_by=max(grace, min(asked_days)),
        at=now,
        by_issuer=by_issuer,
        filename=_filename(definition, agency or milestone, by_issuer),
        reminded=_reminded(session, rows, now),
    )


def _reminded(session: Session, rows: Sequence[ObligationView], now: datetime) -> Reminded:
    """A query for each `CHUNK` of rows."""
    whose = {view.row_id: view.agency for view in rows}
    days: dict[str, set[date]] = {agency: set() for agency in whose.values()}
    keys = list(whose)
    for start in range(0, len(keys), CHUNK):
        statement = (
            select(col(MessageObligation.obligation_id), col(Message.sent_at))
            .join(Message, col(Message.id) == col(MessageObligation.message_id))
            .where(
                col(MessageObligation.obligation_id).in_(keys[start : start + CHUNK]),
                col(Message.event).in_(_REMINDERS),
                col(Message.state).in_(DONE),
                col(Message.sent_at) <= now,
            )
        )
        for key, sent_at in session.connection().execute(statement):
            days[whose[key]] |= {local_day(sent_at)} if sent_at else set()
    last = max((day for found in days.values() for day in found), default=None)
    return Reminded(tuple(len(found) for found in days.values()), last)


def _belongs(view: ObligationView, definition: PlanDefinition, by_issuer: bool) -> bool:
    if view.state not in STILL_OWED or view.standing.timeliness not in _OPEN:
        return False
    if by_issuer:
        return view.standing.timeliness is Timeliness.overdue
    return view.agency != definition.coordinator


def _names(
    session: Session, plan: Plan, now: datetime, definition: PlanDefinition
) -> tuple[str, str]:
    names = agency_names(session, plan.id, local_day(now))
    found = [
        names[find_agency(session, plan.id, code).id or 0].name
        for code in (definition.coordinator, definition.issuer)
    ]
    return spelt_out(found[0]), spelt_out(found[1])


def spelt_out(name: str) -> str:
    """A letter writes «Ủy ban nhân dân» in full."""
    return name.replace("UBND", "Ủy ban nhân dân")


def _office(definition: PlanDefinition, by_issuer: bool) -> Office:
    code = definition.issuer if by_issuer else definition.coordinator
    found = next((office for office in definition.offices if office.agency == code), None)
    if found is None:
        raise RefusedError(
            f"Kế hoạch chưa khai báo `offices` cho «{code}» nên chưa soạn được công văn."
        )
    return found


def _subject(definition: PlanDefinition, by_issuer: bool) -> str:
    verb = "chấn chỉnh" if by_issuer else "đôn đốc"
    return f"V/v {verb} việc thực hiện Kế hoạch số {definition.number}"


def _filename(definition: PlanDefinition, target: str, by_issuer: bool) -> str:
    signer = definition.issuer if by_issuer else definition.coordinator
    return f"cong-van-don-doc-{target}-{signer}.docx"


# --- writing -------------------------------------------------------------------------------------


def draft_letter(letter: Letter) -> bytes:
    """The letter as a .docx."""
    document = new_document(letter.subject, letter.office.name, letter.at)
    _head(document, letter)
    _addressees(document, letter)
    for text in _before_table(letter):
        body(document, text)
    document.add_paragraph().paragraph_format.line_spacing = Pt(6)
    _table(document, letter)
    for text in _after_table(letter):
        closing = body(document, text)
    # The signature never stands on a page of its own: anything could be put above it.
    closing.paragraph_format.keep_with_next = closing.paragraph_format.keep_together = True
    _foot(document, letter)
    return as_bytes(document)


_LEFT_WIDTH, _RIGHT_WIDTH = 60.0, 100.0
"""The right one holds the country's name on one line at 13 pt."""


def _head(document: Document, letter: Letter) -> None:
    """Ô 1–5b: country and motto, agency, number and «V/v», place and day."""
    office, year = letter.office, letter.at.astimezone(LOCAL).year
    above, below = columns(document, (_LEFT_WIDTH, _RIGHT_WIDTH), rows=2)
    left, right = above
    parent = [Line(office.parent, 13)] if office.parent else []
    fill(left, [*parent, *(Line(text, 13, bold=True) for text in _two_lines(office.name))])
    rule(left, _LEFT_WIDTH, 22)
    fill(right, [Line(NATION, 13, bold=True), Line(MOTTO, 14, bold=True)])
    rule(right, _RIGHT_WIDTH, 63)
    left, right = below
    number = Line(f"Số:          /{office.symbol}", 13, before=4)
    fill(left, [number, Line(letter.subject, 12, before=6)])
    place = office.place or letter.definition.province
    fill(right, [Line(f"{place}, ngày      tháng      năm {year}", 14, italic=True, before=4)])


def _two_lines(name: str) -> list[str]:
    """A long name breaks before «TỈNH», as letterheads do."""
    head, mark, tail = name.partition(" TỈNH ")
    return [head, f"TỈNH {tail}"] if mark and len(name) > 24 else [name]


def _addressees(document: Document, letter: Letter) -> None:
    """Ô 9a: one addressee on the line itself, several below one another."""
    names = letter.agencies
    if len(names) > MOST_NAMED:
        names = ["Các cơ quan, địa phương có tên trong bảng dưới đây"]
    if len(names) == 1:
        write_line(document.add_paragraph(), Line(f"Kính gửi: {names[0]}.", before=16, after=10))
        return
    write_line(document.add_paragraph(), Line("Kính gửi:", align=LEFT, before=16, indent=42))
    for name in names:
        # The dashes stand under the colon (Phụ lục I, II.9a).
        mark = "." if name == names[-1] else ";"
        write_line(document.add_paragraph(), Line(f"- {name}{mark}", align=LEFT, indent=61))


def _before_table(letter: Letter) -> list[str]:
    plan = letter.definition
    issued = f"{plan.issued_on:%d/%m/%Y}"
    about = f"Thực hiện Kế hoạch số {plan.number} ngày {issued} của {letter.issuer} ({plan.title}),"
    when = letter.at.astimezone(LOCAL)
    one = len(letter.agencies) == 1
    counted = (
        f"tính đến {when:%H} giờ {when:%M} ngày {when:%d/%m/%Y}, {letter.coordinator} đã nhận "
        f"{number_words(letter.handed_in)}/{number_words(letter.total)} sản phẩm"
        + (" của quý cơ quan" if one else "")
    )
    whose = "" if one else f" của {number_words(len(letter.agencies))} cơ quan"
    left = f"còn {number_words(len(letter.rows))} sản phẩm{whose}"
    said = letter.reminded.words
    if letter.by_issuer:
        urged = f", dù {letter.coordinator} đã nhắc {said}" if said else ""
        return [
            f"{about} {counted}, {left} đã quá hạn "
            f"mà chưa gửi{urged}, làm ảnh hưởng đến tiến độ tổng hợp chung của tỉnh. Cụ thể như sau:"
        ]
    urged = f" {letter.coordinator} đã nhắc {said}." if said else ""
    return [f"{about} {counted}; {left} chưa gửi.{urged} Cụ thể như sau:"]


def _table(document: Document, letter: Letter) -> None:
    """Who owes what, under which section, by when, how late. One agency needs no column of its own."""
    many = len(letter.agencies) > 1
    heads = ["TT", "Cơ quan", "Sản phẩm", "Mục", "Thời hạn", "Tình hình"]
    widths = [11.0, 31.0, 48.0, 14.0, 24.0, 32.0] if many else [10.0, 0, 74.0, 16.0, 26.0, 34.0]
    kept = [number for number in range(len(heads)) if many or number != 1]
    rows = [
        [
            str(position),
            view.agency_name,
            view.title,
            _section(letter.definition, view),
            date_words(view.last_day) if view.last_day else "",
            left_words(view.standing),
        ]
        for position, view in enumerate(letter.rows, start=1)
    ]
    grid(
        document,
        [heads[n] for n in kept],
        [[row[n] for n in kept] for row in rows],
        [widths[n] for n in kept],
        centred=[number for number, n in enumerate(kept) if n in (0, 3, 4)],
        merged=1 if many else None,
    )


def _section(definition: PlanDefinition, view: ObligationView) -> str:
    milestone = next(m for m in definition.milestones if m.id == view.milestone)
    part = next((d for d in definition.deliverables if d.id == view.deliverable), None)
    source = (part.sources.get(view.agency) or part.source) if part else None  # none: a data call
    return (source or milestone.source).section


def _after_table(letter: Letter) -> list[str]:
    by = f"trước 17 giờ 00 {long_date(letter.reply_by)}"
    contact = _contact(letter)
    if letter.by_issuer:
        heads = "Thủ trưởng các cơ quan, địa phương nêu trên"
        all_of_them = "các cơ quan, địa phương"
        if len(letter.agencies) == 1:
            heads, all_of_them = f"Thủ trưởng {letter.agencies[0]}", letter.agencies[0]
        return [
            f"{letter.issuer} yêu cầu {heads} nghiêm túc rút kinh "
            f"nghiệm, chỉ đạo hoàn thành và gửi {letter.coordinator} {by}; chịu trách nhiệm trước "
            f"{letter.issuer} và Chủ tịch {letter.issuer} nếu tiếp tục chậm trễ.",
            f"Giao {letter.coordinator} theo dõi, đôn đốc và giải đáp vướng mắc.{contact}",
            f"Yêu cầu {all_of_them} thực hiện và báo cáo kết quả về {letter.issuer} "
            f"(qua {letter.coordinator})./.",
        ]
    return [
        f"Để bảo đảm tiến độ tổng hợp, báo cáo {letter.issuer}, {letter.coordinator} đề nghị quý cơ "
        f"quan khẩn trương hoàn thành và gửi về {letter.coordinator} {by}.",
        f"Quý cơ quan đã gửi trước khi nhận được công văn này xin bỏ qua.{contact}",
        "Rất mong sự quan tâm, phối hợp của quý cơ quan./.",
    ]


def _contact(letter: Letter) -> str:
    """Whom to call at the coordinating office, whoever signs."""
    desk = _office(letter.definition, by_issuer=False)
    parts = [desk.desk or letter.coordinator]
    parts += [f"điện thoại {desk.phone}"] if desk.phone else []
    parts += [f"thư điện tử {desk.email}"] if desk.email else []
    return f" Đầu mối liên hệ: {', '.join(parts)}."


def _foot(document: Document, letter: Letter) -> None:
    """Ô 7 and 9b: who signs, who receives."""
    gap = document.add_paragraph().paragraph_format
    gap.line_spacing, gap.keep_with_next = Pt(10), True
    [[left, right]] = columns(document, (80, TEXT_WIDTH - 80))
    received = [Line(text, 11, align=LEFT) for text in _received(letter)]
    fill(left, [Line("Nơi nhận:", 12, bold=True, italic=True, align=LEFT), *received])
    title = letter.office.signer_title or ("CHỦ TỊCH" if letter.by_issuer else "GIÁM ĐỐC")
    on_behalf = [f"TM. {_first_line(letter.office.name)}"] if letter.by_issuer else []
    lines = [Line(text, BODY, bold=True) for text in (*on_behalf, title)]
    lines += [Line("", BODY)] * 4
    fill(right, [*lines, Line(letter.office.signer_name, BODY, bold=True)])


def _first_line(name: str) -> str:
    return _two_lines(name)[0]


def _received(letter: Letter) -> list[str]:
    above = [] if letter.by_issuer else [f"- {letter.issuer} (để báo cáo);"]
    below = [f"- {letter.coordinator};"] if letter.by_issuer else []
    chiefs = ["- CT, các PCT UBND tỉnh;"] if letter.by_issuer else []
    return ["- Như trên;", *above, *chiefs, *below, f"- Lưu: {letter.office.archive}."]
