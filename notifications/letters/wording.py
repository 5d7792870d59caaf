"""Every word of a letter, whatever it is written to: a Word file, a page, a PDF. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from documents.blocks import dated_line
from notifications.letters.gather import Letter, office_of
from plan.calendar import LOCAL
from plan.deadlines.standing import left_words
from plan.definition.model import PlanDefinition
from plan.queries.progress import ObligationView
from plan.text import date_words, long_date, number_words, plan_cited

MOST_NAMED = 15
"""More addressees than this stand in the table alone."""


@dataclass(frozen=True)
class LetterText:
    """A letter in words, from its head to its foot (the numbers are the decree's)."""

    parent: str
    """Ô 2: cơ quan chủ quản; empty: none."""
    office: tuple[str, ...]
    """Its name, on one line or two."""
    number: str
    subject: str
    place: str
    addressees: tuple[str, ...]
    before: tuple[str, ...]
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    after: tuple[str, ...]
    received: tuple[str, ...]
    signs: tuple[str, ...]
    """On behalf of whom, and the title."""
    signer: str

    @property
    def many(self) -> bool:
        """Whether the table says whose each row is."""
        return len(self.heads) > 5


def text_of(letter: Letter) -> LetterText:
    """The letter in words."""
    office, year = letter.office, letter.at.astimezone(LOCAL).year
    title = office.signer_title or ("CHỦ TỊCH" if letter.by_issuer else "GIÁM ĐỐC")
    name = _two_lines(office.name)
    heads, rows = _table(letter)
    place = office.place or letter.definition.province
    return LetterText(
        parent=office.parent,
        office=tuple(name),
        number=f"Số:          /{office.symbol}",
        subject=letter.subject,
        place=dated_line(place, None, year),
        addressees=_addressees(letter),
        before=tuple(_before_table(letter)),
        heads=heads,
        rows=rows,
        after=tuple(_after_table(letter)),
        received=tuple(_received(letter)),
        signs=((f"TM. {name[0]}",) if letter.by_issuer else ()) + (title,),
        signer=office.signer_name,
    )


def _two_lines(name: str) -> list[str]:
    """A long name breaks before «TỈNH», as letterheads do."""
    head, mark, tail = name.partition(" TỈNH ")
    return [head, f"TỈNH {tail}"] if mark and len(name) > 24 else [name]


def _addressees(letter: Letter) -> tuple[str, ...]:
    names = letter.agencies
    if len(names) > MOST_NAMED:
        return ("Các cơ quan, địa phương có tên trong bảng dưới đây",)
    return tuple(names)


def _before_table(letter: Letter) -> list[str]:
    plan = letter.definition
    cited = plan_cited(plan.number, plan.issued_on, letter.issuer, plan.title)
    about = f"Thực hiện {cited},"
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


def _table(letter: Letter) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Who owes what, under which section, by when, how late. One agency needs no column of its own."""
    many = len(letter.agencies) > 1
    heads = ("TT", "Cơ quan", "Sản phẩm", "Mục", "Thời hạn", "Tình hình")
    rows = [
        (
            str(position),
            view.agency_name,
            view.title,
            _section(letter.definition, view),
            date_words(view.last_day) if view.last_day else "",
            left_words(view.standing),
        )
        for position, view in enumerate(letter.rows, start=1)
    ]
    kept = [number for number in range(len(heads)) if many or number != 1]
    return tuple(heads[n] for n in kept), tuple(tuple(row[n] for n in kept) for row in rows)


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
    desk = office_of(letter.definition, by_issuer=False)
    parts = [desk.desk or letter.coordinator]
    parts += [f"điện thoại {desk.phone}"] if desk.phone else []
    parts += [f"thư điện tử {desk.email}"] if desk.email else []
    return f" Đầu mối liên hệ: {', '.join(parts)}."


def _received(letter: Letter) -> list[str]:
    """Ô 9b, without the dashes and the marks between."""
    above = [] if letter.by_issuer else [f"{letter.issuer} (để báo cáo)"]
    below = [letter.coordinator] if letter.by_issuer else []
    chiefs = ["CT, các PCT UBND tỉnh"] if letter.by_issuer else []
    return ["Như trên", *above, *chiefs, *below, f"Lưu: {letter.office.archive}"]
