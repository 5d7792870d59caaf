"""PDF files with text: what the reader makes of pages that were laid out as an office's are."""

from __future__ import annotations

import io

import pdfplumber
import pypdf
import pytest

from intake.pdf.model import (
    Box,
    PdfCell,
    PdfLimits,
    PdfParagraph,
    PdfRow,
    PdfTable,
    UnreadablePdfError,
)
from intake.pdf.reader import read_pdf
from intake.pdf.spanning import join_tables
from tests.pdf_pen import PdfPen


def paragraphs(pen: PdfPen) -> list[str]:
    return [block.text for block in read_pdf(pen.save()).blocks if isinstance(block, PdfParagraph)]


def tables(pen: PdfPen) -> list[PdfTable]:
    return [block for block in read_pdf(pen.save()).blocks if isinstance(block, PdfTable)]


def cells(table: PdfTable) -> list[list[str]]:
    return [[" / ".join(cell.lines) for cell in row.cells] for row in table.rows]


def body(pen: PdfPen, y: float = 200) -> float:
    """A paragraph of three lines that fill the page from 85 to 540, and one of one."""
    return pen.lines(
        85, y,
        ["     Các sở, ban, ngành và Ủy ban nhân dân các xã, phường chủ trì",
         "tổng hợp kết quả thực hiện trong phạm vi quản lý, gửi Sở Nội vụ t",
         "rước ngày 15 tháng 12 hằng năm.",
         "     Sở Nội vụ theo dõi."],
    )  # fmt: skip


def test_lines_become_paragraphs() -> None:
    pen = PdfPen().page()
    pen.lines(
        85, 100,
        ["- Chủ trì, phối hợp với các cơ quan, đơn vị có liên quan thực hiện",
         "kế hoạch này; tổng hợp, báo cáo Ủy ban nhân dân tỉnh theo quy định",
         "của pháp luật.",
         "- Kiểm tra việc thực hiện."],
    )  # fmt: skip
    assert paragraphs(pen) == [
        "- Chủ trì, phối hợp với các cơ quan, đơn vị có liên quan thực hiện kế hoạch này; tổng hợp, "
        "báo cáo Ủy ban nhân dân tỉnh theo quy định của pháp luật.",
        "- Kiểm tra việc thực hiện.",
    ]


def test_a_word_broken_at_its_hyphen_is_one_word() -> None:
    pen = PdfPen().page()
    pen.lines(
        85, 100,
        ["Hướng dẫn, thúc đẩy người dân cài đặt và sử dụng ứng dụng đo tên i-",
         "Speed để tăng mẫu đo tại địa phương."],
    )  # fmt: skip
    assert "ứng dụng đo tên i-Speed để" in paragraphs(pen)[0]


def test_heads_feet_and_page_numbers_are_dropped_and_the_first_head_stays() -> None:
    pen = PdfPen()
    for number in (1, 2, 3):
        pen.page().text(200, 40, "KẾ HOẠCH CẢI CÁCH HÀNH CHÍNH", 12)
        pen.text(85, 300, f"Mục {['một', 'hai', 'ba'][number - 1]} của kế hoạch.")
        pen.text(290, 800, str(number), 12)
    assert paragraphs(pen) == [
        "KẾ HOẠCH CẢI CÁCH HÀNH CHÍNH",
        "Mục một của kế hoạch.",
        "Mục hai của kế hoạch.",
        "Mục ba của kế hoạch.",
    ]


def test_a_paragraph_goes_over_the_page() -> None:
    pen = PdfPen().page()
    pen.lines(
        85, 740,
        ["- Các sở, ban, ngành, Ủy ban nhân dân các xã, phường căn cứ chức",
         "năng, nhiệm vụ được giao, xây dựng kế hoạch của cơ quan, đơn vị và"],
    )  # fmt: skip
    pen.text(290, 810, "1", 12).page()
    pen.lines(85, 80, ["gửi về Sở Nội vụ trước ngày 30 tháng 01 năm 2027.", "- Mục khác."])
    whole = "của cơ quan, đơn vị và gửi về Sở Nội vụ trước ngày 30 tháng 01 năm 2027."
    assert paragraphs(pen)[0].endswith(whole)


def test_letterhead_and_signature_are_two_columns() -> None:
    pen = PdfPen().page()
    pen.text(90, 60, "ỦY BAN NHÂN DÂN", 13, "Times-Bold")
    pen.text(300, 60, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 13)
    pen.text(105, 76, "TỈNH BÌNH ĐỊNH", 13).text(330, 76, "Độc lập - Tự do - Hạnh phúc", 13)
    pen.text(110, 104, "Số: 15/KH-UBND", 13)
    pen.text(320, 104, "Bình Định, ngày 05 tháng 01 năm 2027", 13)
    pen.text(250, 150, "KẾ HOẠCH", 14, "Times-Bold")
    body(pen, 200)
    blocks = read_pdf(pen.save()).blocks
    head = blocks[0]
    assert isinstance(head, PdfTable)
    assert cells(head) == [
        ["ỦY BAN NHÂN DÂN / TỈNH BÌNH ĐỊNH",
         "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM / Độc lập - Tự do - Hạnh phúc"],
        ["Số: 15/KH-UBND", "Bình Định, ngày 05 tháng 01 năm 2027"],
    ]  # fmt: skip
    assert isinstance(blocks[1], PdfParagraph)
    assert (blocks[1].text, blocks[1].bold) == ("KẾ HOẠCH", True)


BOX = Box(0, 0, 300, 100)
XS = (60.0, 95.0, 300.0, 420.0, 540.0)


def test_a_ruled_table_with_merged_cells_and_lines_in_a_cell() -> None:
    pen = PdfPen().page()
    pen.table(
        XS, (100, 120, 140, 185),
        [["TT", "Nhiệm vụ", "Chủ trì", "Thời gian"],
         ["I", "NÂNG CAO CHẤT LƯỢNG", None, None],
         ["1", "Rà soát thủ tục hành\nchính nội bộ", "Sở Nội vụ", "Quý I/2027"]],
    )  # fmt: skip
    (table,) = tables(pen)
    assert cells(table) == [
        ["TT", "Nhiệm vụ", "Chủ trì", "Thời gian"],
        ["I", "NÂNG CAO CHẤT LƯỢNG"],
        ["1", "Rà soát thủ tục hành chính nội bộ", "Sở Nội vụ", "Quý I/2027"],
    ]
    assert table.rows[1].cells[1].colspan == 3
    # The measure: the library for it sees the same words in the same cells.
    with pdfplumber.open(io.BytesIO(pen.save())) as file:
        (theirs,) = file.pages[0].extract_tables()
    assert [[cell.replace("\n", " ") for cell in row if cell] for row in theirs] == cells(table)


def test_a_table_broken_over_pages_is_one_its_head_said_once_its_row_mended() -> None:
    pen = PdfPen().page()
    head = ["TT", "Nhiệm vụ", "Chủ trì", "Thời gian"]
    pen.table(
        XS, (700, 720, 740, 775),
        [head, ["1", "Công khai số liệu", "Sở Tư pháp", "Hằng quý"],
         ["2", "Khảo sát mức độ hài lòng của", "Các sở, ban,", "Quý II"]],
    )  # fmt: skip
    pen.text(290, 810, "1", 12).page()
    pen.table(
        XS, (80, 100, 130, 150),
        [head, ["", "người dân, tổ chức", "ngành", ""], ["3", "Sơ kết", "Sở Nội vụ", "6/2027"]],
    )  # fmt: skip
    (table,) = tables(pen)
    assert cells(table) == [
        head,
        ["1", "Công khai số liệu", "Sở Tư pháp", "Hằng quý"],
        ["2", "Khảo sát mức độ hài lòng của người dân, tổ chức", "Các sở, ban, ngành", "Quý II"],
        ["3", "Sơ kết", "Sở Nội vụ", "6/2027"],
    ]
    assert [row.page for row in table.rows] == [1, 1, 1, 2]


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_a_turned_page_is_read_as_it_is_shown(rotate: int) -> None:
    pen = PdfPen().page(rotate).text(85, 100, "Kế hoạch của tỉnh")
    (block,) = read_pdf(pen.save()).blocks
    assert isinstance(block, PdfParagraph)
    assert block.text == "Kế hoạch của tỉnh"
    assert block.box.x0 == pytest.approx(85, abs=1)
    assert block.box.y0 < 100 < block.box.y1


def test_every_value_has_its_page_and_box() -> None:
    pen = PdfPen().page()
    pen.text(85, 100, "Mục thứ nhất.").page().text(85, 300, "Mục thứ hai.")
    first, second = read_pdf(pen.save()).blocks
    assert (first.page, second.page) == (1, 2)
    assert first.box.x0 == pytest.approx(85, abs=1)
    assert first.box.y0 < 100 < first.box.y1 + 4
    assert second.box.y0 < 300 < second.box.y1 + 4


def test_fonts_from_before_unicode() -> None:
    pen = PdfPen().page()
    pen.text(85, 100, "Céng hoµ x· héi chñ nghÜa ViÖt Nam", 14, ".VnTime")
    assert paragraphs(pen) == ["Cộng hoà xã hội chủ nghĩa Việt Nam"]
    pen = PdfPen().page()
    pen.text(85, 100, "Coäng hoøa xaõ hoäi chuû nghóa", 14, "VNI-Times")
    with pytest.raises(UnreadablePdfError, match="phông VNI"):
        read_pdf(pen.save())


# --- what cannot be read ---------------------------------------------------------------------------


def test_a_scan_is_refused_and_single_scanned_pages_are_named() -> None:
    pen = PdfPen().page()
    pen.page().text(500, 800, "2", 12)
    with pytest.raises(UnreadablePdfError, match="bản quét"):
        read_pdf(pen.save())
    pen = PdfPen().page().text(85, 100, "Kế hoạch có một trang là ảnh.")
    pen.page()
    assert read_pdf(pen.save()).pictures == (2,)


def test_a_password_is_told() -> None:
    pen = PdfPen().page().text(85, 100, "Kế hoạch mật")
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pen.save()))
    writer.encrypt("mat-khau", algorithm="RC4-128")
    locked = io.BytesIO()
    writer.write(locked)
    with pytest.raises(UnreadablePdfError, match="mật khẩu"):
        read_pdf(locked.getvalue())


@pytest.mark.parametrize("data", [b"%PDF-1.7\n", b"%PDF-1.7\ngarbage" * 50, b"%PDF"])
def test_a_broken_file_is_told(data: bytes) -> None:
    with pytest.raises(UnreadablePdfError, match="hỏng"):
        read_pdf(data)


def test_more_pages_than_the_limit_are_refused_before_they_are_read() -> None:
    pen = PdfPen()
    for _ in range(4):
        pen.page().text(85, 100, "Tiểu thuyết dài kỳ")
    with pytest.raises(UnreadablePdfError, match="4 trang, quá mức 3 trang"):
        read_pdf(pen.save(), PdfLimits(pages=3))


def test_a_drawing_with_thousands_of_lines_is_no_table() -> None:
    pen = PdfPen().page().text(85, 400, "Bản vẽ kỹ thuật của công trình")
    for step in range(700):
        pen.rule(20, 10 + step, 580, 10 + step).rule(20 + step * 0.8, 10, 20 + step * 0.8, 710)
    assert paragraphs(pen) == ["Bản vẽ kỹ thuật của công trình"]


def test_a_merged_cell_goes_over_the_page_with_its_row() -> None:
    """The rest of a cut row says where its merged cells end."""

    def table(page: int, *rows: tuple[tuple[int, str, int], ...]) -> PdfTable:
        made = tuple(
            PdfRow(
                tuple(
                    PdfCell((text,) if text else (), column, page, BOX, rowspan=tall)
                    for column, text, tall in row
                ),
                page,
            )
            for row in rows
        )
        return PdfTable(made, (0, 30, 200, 300), page, BOX)

    above = table(1, ((0, "1", 1), (1, "Đào tạo nghiệp vụ về", 1), (2, "Quý I", 1)))
    below = table(
        2,
        ((0, "", 2), (1, "quy hoạch", 1), (2, "", 2)),
        ((1, "Quản lý, vận hành", 1),),
        ((0, "2", 1), (1, "Sơ kết", 1), (2, "Quý II", 1)),
    )
    (whole,) = join_tables([above, below])
    assert isinstance(whole, PdfTable)
    assert cells(whole) == [
        ["1", "Đào tạo nghiệp vụ về quy hoạch", "Quý I"],
        ["Quản lý, vận hành"],
        ["2", "Sơ kết", "Quý II"],
    ]
    assert [cell.rowspan for cell in whole.rows[0].cells] == [2, 1, 2]
