"""Công văn đôn đốc: what it lists, to whom, and the form of Nghị định 30/2020/NĐ-CP."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import Any

import docx
import pytest
from docx.document import Document
from docx.shared import Mm, Pt
from sqlalchemy import Engine

from documents.styles import FONT
from notifications.letters import Letter, draft_letter, letter_of, spelt_out
from notifications.reminded import Reminded
from plan import ledger
from plan.database import reading, writing
from plan.errors import NotFoundError, RefusedError, UsageError
from plan.models import Message, MessageObligation
from plan.queries.lookup import find_obligation, find_plan
from plan.states import Actor, Role
from tests.conftest import PLAN_ID, at

LATE = "2020-05-06 08:00"


def letter(engine: Engine, when: str = LATE, **asked: Any) -> Letter:
    with reading(engine) as session:
        return letter_of(session, find_plan(session, PLAN_ID), at(when), **asked)


def opened(found: Letter) -> Document:
    return docx.Document(BytesIO(draft_letter(found)))


def words(document: Document) -> str:
    """Everything the letter says, tables in their place."""
    parts = [p.text for p in document.paragraphs]
    parts += [cell.text for t in document.tables for row in t.rows for cell in row.cells]
    return "\n".join(parts)


def waive(engine: Engine, *names: str) -> None:
    office = Actor("Bình", Role.coordinator)
    with writing(engine) as session:
        for name in names:
            key = find_obligation(session, PLAN_ID, name).id
            assert key is not None
            ledger.waive(session, key, reason="thử", actor=office, now=at("2020-04-20 08:00"))


def test_a_letter_to_one_agency_lists_what_it_owes(engine: Engine) -> None:
    found = letter(engine, agency="an-lao")
    assert [row.id for row in found.rows] == [
        "an-lao/district-report",
        "an-lao/district-plan",
        "an-lao/district-conference",
    ]
    text = words(opened(found))
    assert "Kính gửi: Ủy ban nhân dân huyện An Lão\n" in text
    assert "đã nhận 0/3 sản phẩm của quý cơ quan; còn 3 sản phẩm chưa gửi" in text
    assert "quá hạn 3 ngày làm việc" in text
    assert "trước 17 giờ 00 ngày 11 tháng 5 năm 2020" in text
    assert "Rất mong sự quan tâm, phối hợp của quý cơ quan./." in text


def test_what_is_settled_is_counted_not_listed(engine: Engine) -> None:
    waive(engine, "an-lao/district-plan")
    found = letter(engine, agency="an-lao")
    assert [row.deliverable for row in found.rows] == ["district-report", "district-conference"]
    assert (found.handed_in, found.total) == (0, 2)


def test_a_letter_about_a_milestone_names_each_agency_once(engine: Engine) -> None:
    found = letter(engine, milestone="district-reports")
    assert len(found.rows) == 22
    assert len(found.agencies) == 11
    text = words(opened(found))
    assert "- Ủy ban nhân dân thành phố Quy Nhơn;" in text
    assert "- Ủy ban nhân dân huyện An Lão." in text
    assert "Kính gửi:\n" in text


def test_names_are_those_of_the_day(engine: Engine) -> None:
    april = letter(engine, "2020-05-06 08:00", agency="hoai-nhon")
    june = letter(engine, "2020-06-02 08:00", agency="hoai-nhon")
    assert april.agencies == ["Ủy ban nhân dân huyện Hoài Nhơn"]
    assert june.agencies == ["Ủy ban nhân dân thị xã Hoài Nhơn"]


def test_before_the_deadline_it_asks_by_the_deadline(engine: Engine) -> None:
    found = letter(engine, "2020-04-14 08:00", agency="an-lao")
    assert f"{found.reply_by}" == "2020-04-29"
    assert "còn 11 ngày làm việc" in words(opened(found))


def test_the_office_writes_no_letter_to_itself(engine: Engine) -> None:
    with pytest.raises(RefusedError, match="chính mình"):
        letter(engine, agency="snv")
    found = letter(engine, milestone="thematic-reports")
    assert "snv" not in {row.agency for row in found.rows}


def test_the_issuer_writes_to_all_who_are_late(engine: Engine) -> None:
    found = letter(engine, milestone="thematic-reports", by_issuer=True)
    assert "snv" in {row.agency for row in found.rows}
    text = words(opened(found))
    assert "TM. ỦY BAN NHÂN DÂN" in text
    assert "CHỦ TỊCH" in text
    assert "/UBND-KSTT" in text
    assert "V/v chấn chỉnh việc thực hiện Kế hoạch số 04/KH-UBND" in text
    with pytest.raises(RefusedError, match="Không còn"):
        letter(engine, "2020-04-14 08:00", milestone="thematic-reports", by_issuer=True)


def test_nothing_owed_no_letter(engine: Engine) -> None:
    waive(engine, *(f"an-lao/district-{kind}" for kind in ("report", "plan", "conference")))
    with pytest.raises(RefusedError, match="Không còn"):
        letter(engine, agency="an-lao")


def test_what_is_asked_must_exist(engine: Engine) -> None:
    with pytest.raises(UsageError):
        letter(engine)
    with pytest.raises(NotFoundError, match="an-lao"):
        letter(engine, agency="an-loa")
    with pytest.raises(NotFoundError, match="mốc"):
        letter(engine, milestone="khong-co")


# --- the form ------------------------------------------------------------------------------------


def test_the_page_is_the_decrees(engine: Engine) -> None:
    document = opened(letter(engine, agency="an-lao"))
    [section] = document.sections
    sides = (
        "page_width",
        "page_height",
        "top_margin",
        "bottom_margin",
        "left_margin",
        "right_margin",
    )
    millimetres = [round(getattr(section, side).mm) for side in sides]
    assert millimetres[:2] == [210, 297]
    assert all(20 <= margin <= 25 for margin in millimetres[2:4])
    assert 30 <= millimetres[4] <= 35
    assert 15 <= millimetres[5] <= 20
    assert document.styles["Normal"].font.name == FONT == "Times New Roman"
    assert section.different_first_page_header_footer
    assert "PAGE" in section.header.paragraphs[0]._p.xml
    assert section.first_page_header.paragraphs[0].text == ""


def test_each_part_has_the_decrees_size_and_weight(engine: Engine) -> None:
    document = opened(letter(engine, agency="an-lao"))
    runs = {
        run.text: (run.font.size, bool(run.bold), bool(run.italic))
        for table in (document.tables[0], document.tables[-1])
        for row in table.rows
        for cell in row.cells
        for paragraph in cell.paragraphs
        for run in paragraph.runs
    }
    assert runs["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"] == (Pt(13), True, False)
    assert runs["Độc lập - Tự do - Hạnh phúc"] == (Pt(14), True, False)
    assert runs["UBND TỈNH BÌNH ĐỊNH"] == (Pt(13), False, False)
    assert runs["SỞ NỘI VỤ"] == (Pt(13), True, False)
    assert runs["Số:          /SNV-CCHC"] == (Pt(13), False, False)
    assert runs["V/v đôn đốc việc thực hiện Kế hoạch số 04/KH-UBND"] == (Pt(12), False, False)
    assert runs["Bình Định, ngày      tháng      năm 2020"] == (Pt(13), False, True)
    assert runs["Nơi nhận:"] == (Pt(12), True, True)
    assert runs["- Lưu: VT, CCHC."] == (Pt(11), False, False)
    assert runs["GIÁM ĐỐC"] == (Pt(14), True, False)


def test_paragraphs_are_justified_and_indented(engine: Engine) -> None:
    document = opened(letter(engine, agency="an-lao"))
    found = next(p for p in document.paragraphs if p.text.startswith("Thực hiện"))
    form = found.paragraph_format
    assert str(found.alignment) == "JUSTIFY (3)"
    assert form.first_line_indent == pytest.approx(Mm(12.7), abs=400)
    assert found.style is not None
    assert found.style.paragraph_format.space_after == Pt(6)
    assert 1.0 <= (found.style.paragraph_format.line_spacing or 0) <= 1.5


def test_the_table_repeats_its_head_and_keeps_rows_whole(engine: Engine) -> None:
    table = opened(letter(engine, milestone="district-reports")).tables[1]
    assert [cell.text for cell in table.rows[0].cells] == [
        "TT",
        "Cơ quan",
        "Sản phẩm",
        "Mục",
        "Thời hạn",
        "Tình hình",
    ]
    assert "w:tblHeader" in table.rows[0]._tr.xml
    assert all("w:cantSplit" in row._tr.xml for row in table.rows[1:])
    assert len(table.rows) == 23


def test_the_signature_stands_with_the_last_words(engine: Engine) -> None:
    document = opened(letter(engine, milestone="district-reports", by_issuer=True))
    last = document.paragraphs[-1]
    assert last.text.endswith("./.")
    assert last.paragraph_format.keep_with_next
    assert last.paragraph_format.keep_together
    assert last._p.getnext() is document.tables[-1]._tbl  # nothing stands between them


def test_the_same_letter_gives_the_same_bytes(engine: Engine) -> None:
    found = letter(engine, agency="an-lao")
    assert draft_letter(found) == draft_letter(found)


def test_the_document_is_dated_by_the_clock_given(engine: Engine) -> None:
    found = letter(engine, agency="an-lao")
    assert opened(found).core_properties.created == at(LATE)


def test_names_are_spelt_out() -> None:
    assert spelt_out("UBND huyện An Lão") == "Ủy ban nhân dân huyện An Lão"


# --- what the record says of reminders -----------------------------------------------------------


def remembered(engine: Engine, name: str, *days: str, state: str = "sent") -> None:
    """Reminders of an obligation that left on these days."""
    with writing(engine) as session:
        key = find_obligation(session, PLAN_ID, name).id
        for day in days:
            reference = f"{name}-{day}-{state}"
            message = Message(
                plan_id=PLAN_ID,
                event="reminder",
                dedupe_key=reference,
                reference=reference,
                recipient="contact:1",
                channel="email",
                address="a@example",
                content={},
                state=state,
                created_at=at(day),
                next_attempt_at=at(day),
                sent_at=at(day),
            )
            session.add(message)
            session.flush()
            session.add(MessageObligation(message_id=message.id or 0, obligation_id=key or 0))


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (("2020-05-04 08:00",), "đã nhắc 1 lần, vào ngày 04/05/2020"),
        (("2020-04-24 08:00", "2020-05-04 08:00"), "đã nhắc 2 lần, lần gần nhất ngày 04/05/2020"),
        (("2020-05-04 08:00", "2020-05-04 14:00"), "đã nhắc 1 lần, vào ngày 04/05/2020"),
        (("2020-05-07 08:00",), ""),
    ],
)
@pytest.mark.parametrize("by_issuer", [False, True])
def test_a_letter_says_how_often_and_when_last(
    engine: Engine, days: tuple[str, ...], said: str, by_issuer: bool
) -> None:
    remembered(engine, "an-lao/district-report", *days)
    remembered(engine, "an-lao/district-report", "2020-05-05 08:00", state="refused")
    text = words(opened(letter(engine, agency="an-lao", by_issuer=by_issuer)))
    assert (f"Sở Nội vụ {said}" in text) if said else ("đã nhắc" not in text)
    assert "nhiều lần" not in text


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ((0, 0), ""),
        ((2, 2), "mỗi cơ quan 2 lần, lần gần nhất ngày 05/05/2020"),
        ((1, 3), "mỗi cơ quan từ 1 đến 3 lần, lần gần nhất ngày 05/05/2020"),
        ((0, 3), "1/2 cơ quan, nhiều nhất 3 lần, lần gần nhất ngày 05/05/2020"),
        ((0, 1), "1/2 cơ quan, mỗi cơ quan 1 lần, gần nhất ngày 05/05/2020"),
        ((1204,), "1.204 lần, lần gần nhất ngày 05/05/2020"),
    ],
)
def test_one_and_many(times: tuple[int, ...], said: str) -> None:
    assert Reminded(times, date(2020, 5, 5) if any(times) else None).words == said
