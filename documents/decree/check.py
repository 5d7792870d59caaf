"""Reads a Word file against Nghị định 30/2020/NĐ-CP, Phụ lục I, and notes what it breaks.

    for note in check_format(data):
        print(note.clause.part, note.words)

Notes help; they refuse nothing. What only a reader can judge (whether a ground is the right one) is not
looked at, nor how a printer lays out the pages.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from zipfile import BadZipFile

import docx
from docx.document import Document
from docx.oxml.ns import qn
from lxml.etree import LxmlError

from documents.blocks import COUNTRY, MOTTO, roman
from documents.decree.clauses import CLAUSES, TYPES, Clause
from documents.decree.looks import BOTH, CENTRE, ParagraphLook, looks_of
from documents.styles import FONT

MOST_SHOWN = 3
"""Places named behind a note; the rest is counted."""
TOLERANCE = 1.0
"""Millimetres."""


class NoWordFileError(ValueError):
    """The bytes are no .docx."""


@dataclass(frozen=True)
class Note:
    """One clause broken, in a sentence that says what to do."""

    clause: Clause
    words: str


@dataclass(frozen=True)
class _Paper:
    """The document as the checks want it."""

    document: Document
    looks: Sequence[ParagraphLook]

    def first(self, pattern: str) -> ParagraphLook | None:
        return next((one for one in self.looks if re.search(pattern, one.text)), None)


def check_format(data: bytes) -> list[Note]:
    """Every clause that the document breaks, in the decree's order. NoWordFileError for no .docx."""
    try:
        document = docx.Document(io.BytesIO(data))
        paper = _Paper(document, looks_of(document))
    except (BadZipFile, KeyError, ValueError, LxmlError) as error:
        raise NoWordFileError(str(error)) from error
    return [Note(CLAUSES[name], words) for name, check in CHECKS.items() for words in check(paper)]


# --- I. the page -------------------------------------------------------------------------------


def _paper(paper: _Paper) -> Iterator[str]:
    for section in paper.document.sections:
        sides: list[Any] = [section.page_width, section.page_height]
        if None in sides or sorted(round(side.mm) for side in sides) != [210, 297]:
            yield "Đặt khổ giấy A4 (210 mm x 297 mm)."
            return


_MARGINS = {
    "top_margin": ("trên", 20, 25),
    "bottom_margin": ("dưới", 20, 25),
    "left_margin": ("trái", 30, 35),
    "right_margin": ("phải", 15, 20),
}


def _margins(paper: _Paper) -> Iterator[str]:
    for name, (side, low, high) in _MARGINS.items():
        found = {getattr(section, name) for section in paper.document.sections}
        if any(one is None or not low - TOLERANCE <= one.mm <= high + TOLERANCE for one in found):
            yield f"Đặt lề {side} từ {low} đến {high} mm."


def _font(paper: _Paper) -> Iterator[str]:
    other = sorted({font for one in paper.looks for font in one.fonts} - {FONT})
    if other:
        yield f"Đổi phông {', '.join(other[:MOST_SHOWN])} thành {FONT}."


def _black(paper: _Paper) -> Iterator[str]:
    coloured = [one for one in paper.looks if one.colours - {"000000"}]
    if coloured:
        yield f"Đổi chữ sang màu đen: {_places(coloured)}."


def _language(paper: _Paper) -> Iterator[str]:
    styles = paper.document.styles.element
    marks = [one.get(qn("w:val")) for one in styles.iter(qn("w:lang"))]
    if "vi-VN" not in marks:
        yield "Đặt ngôn ngữ của văn bản là tiếng Việt (Review, Language)."


def _page_number(paper: _Paper) -> Iterator[str]:
    for section in paper.document.sections:
        header = next((one for one in section.header.paragraphs if "PAGE" in one._p.xml), None)
        if header is None or header.alignment != CENTRE:
            yield "Đánh số trang bằng chữ số Ả Rập, ở giữa lề trên."
        elif not section.different_first_page_header_footer:
            yield "Không hiện số ở trang thứ nhất (Different First Page)."
        else:
            continue
        return


# --- II. the parts of the form -------------------------------------------------------------------


def _country(paper: _Paper) -> Iterator[str]:
    found = paper.first(f"^{COUNTRY}$")
    if found is None:
        yield f"Thiếu Quốc hiệu: «{COUNTRY}», một dòng, in hoa, đậm, cỡ 12 đến 13."
    elif not (found.bold and _sized(found, 12, 13)):
        yield "Trình bày Quốc hiệu chữ đậm, cỡ 12 đến 13."


def _motto(paper: _Paper) -> Iterator[str]:
    found = paper.first(f"^{MOTTO}$")
    if found is None:
        yield f"Thiếu Tiêu ngữ: «{MOTTO}», gạch nối có khoảng cách hai bên."
    elif not (found.bold and _sized(found, 13, 14)):
        yield "Trình bày Tiêu ngữ chữ đậm, cỡ 13 đến 14."


def _issuer(paper: _Paper) -> Iterator[str]:
    head = [one for one in paper.looks[:12] if one.in_table]
    if not any(one.bold and one.text.isupper() and one.text != COUNTRY for one in head):
        yield "Ghi tên cơ quan ban hành ở góc trên bên trái, in hoa, đậm, cỡ 12 đến 13."


_NUMBER = re.compile(r"^Số:\s*(?P<number>\d*)\s*/(?P<sign>\S+)$")


def _number(paper: _Paper) -> Iterator[str]:
    found = paper.first("^Số:")
    if found is None or not (parts := _NUMBER.match(found.text)):
        yield "Ghi «Số: …/…»: số thứ tự, rồi chữ viết tắt tên loại và tên cơ quan, nối bằng gạch nối."
        return
    kind, sign = _kind(paper), parts["sign"].partition("-")[0]
    if parts["number"] and len(parts["number"]) == 1:
        yield f"Thêm số 0 trước số nhỏ hơn 10: «Số: 0{parts['number']}/…»."
    if kind and TYPES[kind] != sign:
        yield f"Ký hiệu của {kind.lower()} là «{TYPES[kind]}», không phải «{sign}» (Phụ lục III)."


def _kind(paper: _Paper) -> str:
    """The type's name as the title says it; empty for a công văn."""
    names = {name.upper(): name for name in TYPES}
    title = next((one for one in paper.looks if one.text in names and one.bold), None)
    return names[title.text] if title else ""


_DATE = re.compile(r"ngày\s+(\d*)\s*tháng\s+(\d*)\s*năm\s+\d{4}$")


def _place_date(paper: _Paper) -> Iterator[str]:
    found = next((one for one in paper.looks[:20] if _DATE.search(one.text)), None)
    if found is None:
        yield "Ghi «địa danh, ngày … tháng … năm …» dưới Tiêu ngữ."
        return
    parts = _DATE.search(found.text)
    assert parts is not None
    day, month = parts[1], parts[2]
    if (day and len(day) == 1) or month in ("1", "2"):
        yield "Thêm số 0 trước ngày nhỏ hơn 10 và tháng 1, 2."
    if not (found.italic and _sized(found, 13, 14)):
        yield "Trình bày địa danh, ngày tháng chữ nghiêng, cỡ 13 đến 14."


def _title(paper: _Paper) -> Iterator[str]:
    kind = _kind(paper)
    subject = paper.first(r"^V/v ")
    if not kind and subject is None:
        yield "Ghi tên loại in hoa, đậm, ở giữa (các loại ở Điều 7), hoặc «V/v …» dưới số của công văn."
    elif kind:
        found = next(one for one in paper.looks if one.text == kind.upper())
        if found.align != CENTRE or not _sized(found, 13, 14):
            yield "Đặt tên loại ở giữa, cỡ 13 đến 14."


def _grounds(paper: _Paper) -> Iterator[str]:
    grounds = [one for one in paper.looks if one.text.startswith("Căn cứ ") and one.is_body]
    for one in grounds:
        if not one.italic or not one.text.endswith((";", ".", ",")):
            yield "Căn cứ trình bày chữ nghiêng, mỗi căn cứ một dòng, cuối dòng có «;», dòng cuối «.»."
            return


def _body(paper: _Paper) -> Iterator[str]:
    text = [one for one in paper.looks if one.is_body]
    faults = {
        "Đặt cỡ chữ nội dung 13 hoặc 14": [one for one in text if not _sized(one, 13, 14)],
        "Dàn đều cả hai lề": [one for one in text if one.align not in (BOTH, CENTRE)],
        "Lùi đầu dòng 1 cm hoặc 1,27 cm": [
            one for one in text if one.align == BOTH and not 9.5 <= (one.indent or 0) <= 13.2
        ],
        "Đặt khoảng cách giữa các đoạn ít nhất 6pt": [
            one for one in text if one.align == BOTH and (one.after or 0) + (one.before or 0) < 6
        ],
        "Đặt khoảng cách dòng từ dòng đơn đến 1,5 dòng": [
            one for one in text if one.line is not None and not 1.0 <= one.line <= 1.5
        ],
    }
    for advice, broken in faults.items():
        if broken:
            yield f"{advice}: {_places(broken)}."


_TABLE = re.compile(r"^(Bảng|Biểu đồ) (\d+)\. ")
_SECTION = re.compile(r"^([IVX]+|\d+(?:\.\d+)*)\.\s")


def _numbering(paper: _Paper) -> Iterator[str]:
    for word in ("Bảng", "Biểu đồ"):
        numbers = [
            int(found[2])
            for one in paper.looks
            if (found := _TABLE.match(one.text)) and found[1] == word and not one.in_table
        ]
        if numbers != list(range(1, len(numbers) + 1)):
            yield f"Đánh số {word.lower()} liên tục từ 1."
    jumps = _jumps([one.text for one in paper.looks if one.style.startswith("Heading")])
    if jumps:
        yield f"Đánh số đề mục liên tục, không nhảy số: {'; '.join(jumps[:MOST_SHOWN])}."


def _jumps(headings: Sequence[str]) -> list[str]:
    """Headings whose number does not follow the one before it under the same parent. The first number of a
    document that begins inside an outline (a field's own report) may be any."""
    last: dict[str, int] = {}
    found = []
    for text in headings:
        numbered = _SECTION.match(text)
        if text.startswith("Phần"):
            last.clear()
        if not numbered:
            continue
        parent, _, own = numbered[1].rpartition(".")
        level = "roman" if own.isalpha() else parent or "arabic"
        number = _roman_value(own) if own.isalpha() else int(own)
        if level in last and number != last[level] + 1:
            found.append(text[:40])
        last[level] = number
        if level == "roman":
            last = {"roman": number}
        elif level == "arabic":
            last.pop(own, None)
    return found


def _roman_value(text: str) -> int:
    return next((n for n in range(1, 40) if roman(n) == text), 0)


_AUTHORITY = re.compile(r"^(TM\.|Q\.|KT\.|TL\.|TUQ\.)\s")
_POST = re.compile(
    r"^(CHỦ TỊCH|PHÓ CHỦ TỊCH|GIÁM ĐỐC|PHÓ GIÁM ĐỐC|CHÁNH VĂN PHÒNG|THỦ TRƯỞNG CƠ QUAN|TỔNG BIÊN TẬP"
    r"|CHỦ TRÌ|THƯ KÝ|[A-ZĐÀ-Ỹ ]{4,40})$"
)


def _signer(paper: _Paper) -> Iterator[str]:
    below = [one for one in _foot(paper) if one.in_table]
    if not any(one.bold and _POST.match(one.text) for one in below):
        yield "Ghi chức vụ người ký in hoa, đậm, cỡ 13 đến 14, dưới nội dung bên phải."
    for one in below:
        if _AUTHORITY.match(one.text) and not (one.bold and one.text.isupper()):
            yield f"Trình bày «{one.text[:30]}» in hoa, đậm."


def _foot(paper: _Paper) -> list[ParagraphLook]:
    """What stands in the table of «Nơi nhận» and after."""
    start = next((n for n, one in enumerate(paper.looks) if one.text.startswith("Nơi nhận")), None)
    return list(paper.looks[start:]) if start is not None else []


def _signature_alone(paper: _Paper) -> Iterator[str]:
    start = next((n for n, one in enumerate(paper.looks) if one.text.startswith("Nơi nhận")), None)
    if start and not paper.looks[start - 1].kept_with_next:
        yield "Đặt «Keep with next» cho đoạn cuối để chữ ký không đứng riêng một trang."


def _recipients(paper: _Paper) -> Iterator[str]:
    below = _foot(paper)
    if not below:
        yield "Thiếu «Nơi nhận:» ở cuối văn bản, bên trái."
        return
    archive = next((one for one in below if one.text.startswith("- Lưu:")), None)
    if archive is None or "VT" not in archive.text or not archive.text.endswith("."):
        yield "Dòng cuối của Nơi nhận là «- Lưu: VT, (đơn vị soạn thảo).»."
    elif "," not in archive.text:
        yield "Ghi đơn vị soạn thảo sau «Lưu: VT,»."


_APPENDIX = re.compile(r"^(?:Phụ lục|PHỤ LỤC)(?:\s+(\S+))?$")


def _appendix(paper: _Paper) -> Iterator[str]:
    marks = [
        found[1]
        for one in paper.looks
        if not one.in_table and one.align == CENTRE and (found := _APPENDIX.match(one.text))
    ]
    if len(marks) > 1 and marks != [roman(n) for n in range(1, len(marks) + 1)]:
        yield "Từ hai phụ lục trở lên đánh số bằng chữ số La Mã: Phụ lục I, Phụ lục II."


def _sized(look: ParagraphLook, low: float, high: float) -> bool:
    return all(low <= size <= high for size in look.sizes)


def _places(looks: Sequence[ParagraphLook]) -> str:
    shown = "; ".join(f"«{one.text[:40]}»" for one in looks[:MOST_SHOWN])
    hidden = len(looks) - MOST_SHOWN
    return f"{shown} và {hidden} chỗ khác" if hidden > 0 else shown


CHECKS: dict[str, Callable[[_Paper], Iterator[str]]] = {
    "paper": _paper,
    "margins": _margins,
    "font": _font,
    "black": _black,
    "language": _language,
    "page-number": _page_number,
    "country": _country,
    "motto": _motto,
    "issuer": _issuer,
    "number": _number,
    "place-date": _place_date,
    "title": _title,
    "grounds": _grounds,
    "body": _body,
    "numbering": _numbering,
    "signer": _signer,
    "signature-alone": _signature_alone,
    "recipients": _recipients,
    "appendix": _appendix,
}
"""Clause → what tells that it is broken."""

assert CHECKS.keys() == CLAUSES.keys()
