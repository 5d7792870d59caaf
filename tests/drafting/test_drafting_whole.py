"""Nothing disappears and nothing is invented, whatever a plan is put together from."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from drafting.document import Document, Paragraph
from drafting.draft import Draft, make_draft
from drafting.readers.registry import read_document
from drafting.times.expressions import find_times, read_slot

SECTIONS = ["I. MỤC TIÊU", "II. NỘI DUNG THỰC HIỆN", "III. KINH PHÍ", "IV. TỔ CHỨC THỰC HIỆN"]
HEADS = [
    "1. Sở Nội vụ",
    "2. Các sở, ban, ngành:",
    "3. UBND các xã, phường: Lập danh sách.",
    "4. Xây dựng thư viện",
    "a) Chủ trì, phối hợp với Sở Y tế:",
    "b) Nội dung",
    "5. Tháng 5/2026:",
    "Điều 2. Tổ chức thực hiện",
]
BULLETS = [
    "- Báo cáo UBND tỉnh trước ngày 15/12/2026.",
    "- Định kỳ hằng quý, trước ngày 20 tháng cuối quý báo cáo; hằng năm tổng kết.",
    "- Sở Y tế chủ trì mở lớp (Sở Tài chính cấp kinh phí).",
    "- Cơ quan chủ trì: Sở Tư pháp; thời gian hoàn thành: Quý II/2026.",
    "- Thời gian thực hiện: Năm 2026 và các năm tiếp theo.",
    "+ Cơ quan phối hợp: các đơn vị liên quan.",
    "+ Trường hợp có vướng mắc, phản ánh về Sở Nội vụ.",
    "- 100% số xã có thư viện.",
    "Nếu có khó khăn, các cơ quan phản ánh về Sở Nội vụ./.",
    "- Hệ thống thu phí tự động",
    "(Chi tiết tại Phụ lục kèm theo)",
    "Thời gian thực hiện:",
    "| TT | Nhiệm vụ | Cơ quan chủ trì | Thời hạn |\n|---|---|---|---|\n| 1 | Mua sách | Sở Y tế | 6/2026 |",
    "|\nTT\n|\nNhiệm vụ\n|\nChủ trì\n|\n|\n1\n|\nMua sách\n|\nSở Y tế\n|",
    "Nơi nhận:\n\n- Như trên.",
    "PHỤ LỤC",
]
LINES = st.lists(st.sampled_from(SECTIONS + HEADS + BULLETS), max_size=14)


def plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())


def places(document: Document) -> Iterator[str]:
    for block in document.blocks:
        if isinstance(block, Paragraph):
            yield block.text
        else:
            yield from (row.text for row in block.rows)


def told(draft: Draft) -> str:
    """Everything a person sees of a draft."""
    shown = [one.span for one in draft.obligations]
    shown += [span for one in draft.obligations for _, span in one.also]
    shown += [text for _, text in draft.unread + draft.context]
    around = Document(tuple(block for _, block in draft.frame.around))
    return "\0".join(plain(text) for text in [*shown, *places(around)])


@settings(deadline=None, max_examples=60)
@given(LINES)
def test_every_paragraph_ends_as_obligation_context_or_unread(lines: list[str]) -> None:
    text = "Số: 1/KH-UBND\n\nKẾ HOẠCH\n\nĐỌC SÁCH\n\n" + "\n\n".join(lines)
    document = read_document(text.encode(), "a.md")
    draft = make_draft(document)
    seen = told(draft)
    assert [text for text in places(document) if plain(text) and plain(text) not in seen] == []


ROLES = {
    "- Nội dung giám sát của chủ chương trình": "chủ chương trình",
    "- Nhiệm vụ của chủ dự án thành phần:": "chủ dự án thành phần",
    "- Giám sát chung:": "",
}
ALIKE = [
    "+ Theo dõi, kiểm tra kết quả thực hiện mục tiêu, nhiệm vụ của thư viện.",
    "+ Theo dõi, kiểm tra việc thực hiện nhiệm vụ, mục tiêu của thư viện xã.",
    "+ Báo cáo tình hình thực hiện, kết quả xử lý vướng mắc của thư viện.",
    "+ Báo cáo kết quả xử lý vướng mắc, tình hình thực hiện của thư viện trường.",
]
UNDER_ROLES = st.lists(
    st.tuples(st.sampled_from(list(ROLES)), st.lists(st.sampled_from(ALIKE), min_size=1)),
    min_size=1,
    max_size=5,
)


@settings(deadline=None, max_examples=60)
@given(UNDER_ROLES)
def test_each_is_told_what_stands_under_its_heading_however_alike(
    sections: list[tuple[str, list[str]]],
) -> None:
    lines = [line for head, bullets in sections for line in (head, *bullets)]
    text = "Số: 1/KH-UBND\n\nKẾ HOẠCH\n\nII. NỘI DUNG\n\n1. Giám sát\n\n" + "\n\n".join(lines)
    draft = make_draft(read_document(text.encode(), "a.md"))
    told = [
        ("".join(one.owners), span)
        for one in draft.obligations
        for span in (one.span, *(span for _, span in one.also))
    ]
    asked = [(ROLES[head], bullet) for head, bullets in sections for bullet in bullets]
    assert sorted(told) == sorted(asked)


@settings(deadline=None, max_examples=60)
@given(LINES)
def test_no_owner_and_no_time_that_is_not_in_the_words(lines: list[str]) -> None:
    text = "Số: 1/KH-UBND\n\nKẾ HOẠCH\n\nĐỌC SÁCH\n\n" + "\n\n".join(lines)
    document = read_document(text.encode(), "a.md")
    whole = plain(document.text)
    for one in make_draft(document).obligations:
        assert all(plain(name) in whole for name in (*one.owners, *one.cooperating))
        assert plain(one.due_words) in whole
        assert (one.due.type == "none") == (not one.due_words) or one.doubts
        assert one.owners or [doubt for doubt in one.doubts if doubt.about == "owner"]


@given(
    st.text(alphabet="0123456789/-. ngàythángnămquýtrướchằngđếnIV(),", max_size=40),
    st.sampled_from([None, 2026]),
)
def test_any_words_are_read_or_refused_and_dates_are_real(words: str, year: int | None) -> None:
    for time in [*find_times(words, year), read_slot(words, finish=True, year=year)]:
        if time.due.day is not None:
            assert str(time.due.day.year) in words or time.due.day.year == year


def test_a_long_line_is_not_worked_through() -> None:
    text = "KẾ HOẠCH\n\nI. NỘI DUNG\n\n- " + "Sở Nội vụ báo cáo, " * 2_000 + "\n"
    draft = make_draft(read_document(text.encode(), "a.txt"))
    assert draft.obligations == []
    assert len(draft.unread) == 1
