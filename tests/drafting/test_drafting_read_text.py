"""Plain text and Markdown become paragraphs and tables."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drafting.document import (
    Document,
    Paragraph,
    Table,
    UnreadableError,
    document_as_data,
    document_from_data,
)
from drafting.readers.registry import read_document

WRAPPED = """**KẾ
HOẠCH**

- Xây dựng báo cáo tổng hợp về kết quả
thực hiện giai đoạn 2021
- 2025 của các sở, ngành.
- Lập dự toán gửi Sở Tài chính
trước ngày 05/10/2026.

**2. Sở Nội
vụ**
"""

BARS = """|
**TT**
|
**Nhiệm vụ**
|
**Cơ quan chủ trì**
|
**Thời gian**
|
|
1
|
Lập danh sách cán bộ đi
học năm tới
|
Sở A
Sở B
|
Quý I/2026
|
|
Mở lớp
|
Sở C
|


Hết bảng.
"""

PIPES = """| TT | Nhiệm vụ | Hạn |
|----|:--------:|-----|
| 1  | **Lập kế hoạch**<br>Gửi Sở A | 6/2026 |
| 2  | Viết báo cáo về
việc triển khai | Thường xuyên |
"""


def read(text: str, name: str = "a.txt") -> Document:
    return read_document(text.encode(), name)


def texts(document: Document) -> list[str]:
    return [paragraph.text for paragraph in document.paragraphs]


def only_table(document: Document) -> Table:
    [table] = [block for block in document.blocks if isinstance(block, Table)]
    return table


def test_broken_lines_are_one_paragraph_and_a_range_broken_in_two_is_no_bullet() -> None:
    assert texts(read(WRAPPED)) == [
        "KẾ HOẠCH",
        "- Xây dựng báo cáo tổng hợp về kết quả thực hiện giai đoạn 2021 - 2025 của các sở, ngành.",
        "- Lập dự toán gửi Sở Tài chính trước ngày 05/10/2026.",
        "2. Sở Nội vụ",
    ]
    assert [paragraph.bold for paragraph in read(WRAPPED).paragraphs] == [True, False, False, True]


def test_text_with_a_paragraph_a_line_keeps_them_apart() -> None:
    assert texts(read("Sở Nội vụ\nChủ trì tổng hợp\nBáo cáo Ủy ban nhân dân tỉnh")) == [
        "Sở Nội vụ",
        "Chủ trì tổng hợp",
        "Báo cáo Ủy ban nhân dân tỉnh",
    ]


def test_cells_between_lone_bars_are_a_ragged_table() -> None:
    document = read(BARS)
    table = only_table(document)
    assert table.ragged
    assert [[cell.lines for cell in row.cells] for row in table.rows] == [
        [("TT",), ("Nhiệm vụ",), ("Cơ quan chủ trì",), ("Thời gian",)],
        [("1",), ("Lập danh sách cán bộ đi học năm tới",), ("Sở A", "Sở B"), ("Quý I/2026",)],
        [("Mở lớp",), ("Sở C",)],
    ]
    assert texts(document) == ["Hết bảng."]


def test_markdown_pipes_are_a_table_and_a_broken_row_is_one() -> None:
    table = only_table(read(PIPES, "a.md"))
    assert not table.ragged
    assert [[cell.lines for cell in row.cells] for row in table.rows] == [
        [("TT",), ("Nhiệm vụ",), ("Hạn",)],
        [("1",), ("Lập kế hoạch", "Gửi Sở A"), ("6/2026",)],
        [("2",), ("Viết báo cáo về việc triển khai",), ("Thường xuyên",)],
    ]


def test_markdown_headings_have_levels() -> None:
    heading = next(read("# KẾ HOẠCH\n## I. MỤC ĐÍCH\n", "a.md").paragraphs)
    assert (heading.text, heading.level) == ("KẾ HOẠCH", 1)


def test_text_is_composed_and_without_invisible_characters() -> None:
    decomposed = unicodedata.normalize("NFD", "Sở Nội vụ\u200b\u00a0 chủ trì")
    assert texts(read(decomposed)) == ["Sở Nội vụ chủ trì"]


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"", "a.txt", "Tệp rỗng"),
        (b" \n ", "a.txt", "Tệp rỗng"),
        (bytes(range(256)) * 40, "a.txt", "không phải văn bản"),
        (b"MZ", "a.exe", "Chưa đọc được loại tệp này"),
        (b"a" * 3_000_001, "a.txt", "không giống một kế hoạch"),
    ],
)
def test_what_is_no_text_is_refused_in_a_sentence(data: bytes, name: str, words: str) -> None:
    with pytest.raises(UnreadableError, match=words):
        read_document(data, name)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_of_windows_are_read(encoding: str) -> None:
    document = read_document("Sở Nội vụ chủ trì tổng hợp".encode(encoding), "a.txt")
    assert texts(document) == ["Sở Nội vụ chủ trì tổng hợp"]


def test_a_document_survives_the_way_through_plain_data() -> None:
    for text in (WRAPPED, BARS, PIPES):
        assert document_from_data(document_as_data(read(text))) == read(text)


@given(
    st.lists(
        st.sampled_from(["|", "", "Sở A", "- lập kế hoạch,", "| a | b |", "**I. X**", "1. Y"]),
        max_size=30,
    )
)
def test_every_word_stands_in_the_document(lines: list[str]) -> None:
    text = "\n".join(["Văn bản", *lines])
    document = read(text)
    words = text.replace("|", " ").replace("*", " ").split()
    read_words = document.text.replace("|", " ").split()
    assert sorted("".join(read_words)) == sorted("".join(words))


def test_paragraphs_say_where_they_stood() -> None:
    assert [block.place for block in read(WRAPPED).blocks if isinstance(block, Paragraph)] == [
        "dòng 1",
        "dòng 4",
        "dòng 7",
        "dòng 10",
    ]


def test_a_label_begins_a_line_though_the_one_before_was_full() -> None:
    lines = (
        "- Đơn vị đầu mối, chịu trách nhiệm: Trung tâm Xúc tiến đầu tư và Hỗ trợ",
        "- Đơn vị phối hợp: các phòng chuyên môn thuộc sở và Ủy ban nhân dân các",
        "xã, phường có liên quan trên địa bàn tỉnh.",
    )
    read = read_document("\n".join(lines).encode(), "a.txt")
    assert len(read.blocks) == 2
