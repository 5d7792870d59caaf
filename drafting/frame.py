"""The frame of a plan: its number, day, issuer and title, and which of its blocks are what.

Zones of a plan: the letterhead; where a decision issues it, the decision's own articles and signature; the
title and what it is founded on; the body; «Nơi nhận» and the signature; appendices; footnotes. Number and
day are the decision's, where there is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from drafting.document import Block, Document, Paragraph, Table
from drafting.grammar.agencies import agencies_at
from drafting.grammar.casing import agency_case, sentence_case
from drafting.times.due import NamedYear
from drafting.words import fold

_TITLES = re.compile(
    r"^(?:kế hoạch(?: hành động| tổng thể| công tác| chi tiết)?|chương trình(?: hành động| công tác)?"
    r"|phương án|đề án)\s*$"
)
_TITLE_LINE = re.compile(r"^(?:kế hoạch|chương trình hành động)\s+\S")
_DECISION = re.compile(r"^(?:quyết định|nghị quyết|chỉ thị|công văn|thông báo)\s*$")
_RESOLVES = re.compile(r"^(?:quyết định|quyết nghị)\s*:\s*$")
_NUMBER = re.compile(
    r"số\s*:?\s*(\d{0,6}\s*/\s*(?:\d{4}\s*/\s*)?[\wđ][\w\-đ&.]*|\d{1,6}\s*-\s*[a-zđ]{2,6}/[\wđ][\w\-đ&.]*)",
    re.IGNORECASE,
)
"""«45/KH-UBND», «12/2025/QĐ-UBND», and as the Party writes it «37-KH/HU»."""
_DAY = re.compile(r"ngày\s+(\d{1,2})\s+tháng\s+(\d{1,2})\s+năm\s+(\d{4})")
_SHORT_DAY = re.compile(r"ngày\s+(\d{1,2})/(\d{1,2})/(\d{4})")
_MOTTO = re.compile(
    r"cộng\s+hòa\s+xã|chủ\s+nghĩa\s+việt\s+nam|^hội chủ nghĩa|độc\s+lập\s*-?\s*tự\s+do|^-+$"
    r"|^đảng\s+cộng\s+sản\s+việt\s+nam|^\*$"
)
_RECIPIENTS = re.compile(r"^[-\s]*nơi nhận\s*:?")
_SIGNATURE = re.compile(
    r"^(?:(?:tm|kt|tl|tuq|q)\.\s|đã ký"
    r"|(?:(?:phó\s+)?(?:chủ tịch|(?:tổng )?giám đốc|tổng thư ký|viện trưởng|cục trưởng|thủ tướng)"
    r"|(?:bộ|thứ|vụ) trưởng|chánh văn phòng|hiệu trưởng|bí thư)(?:\s+(?:bộ|ủy ban|ban|tỉnh ủy)\b.*)?$)"
)
_APPENDIX = re.compile(
    r"^(?:phụ lục|phụ biểu|biểu (?:số|mẫu)|mẫu (?:số|biểu)|đề cương|danh mục kèm theo)(?:\s|$|\.|:)"
)
_FOUNDED = re.compile(
    r"^(?:căn cứ|thực hiện|theo đề nghị|xét đề nghị|triển khai|để triển khai|trên cơ sở kết quả)\b"
)
_SIGNATURE_COLUMNS = 3
_LONGEST_TITLE_LINE = 200
_MOST_WRITTEN = 100_000
"""Characters in which it is looked how the document writes a name."""
_FOOTNOTE = re.compile(r"^\[\d{1,3}\]")
_ATTACHED = re.compile(r"^\(\s*(?:ban hành )?kèm theo")


@dataclass(frozen=True)
class Frame:
    """What a plan says of itself, and its blocks by zone."""

    number: str | None
    title: str
    issued_on: date | None
    issuer: str
    plan_year: int | None
    body: tuple[tuple[int, Block], ...]
    appendices: tuple[tuple[int, Block], ...]
    titled: bool
    """Whether the document calls itself a plan."""
    around: tuple[tuple[int, Block], ...]
    """Letterhead, foundations, recipients, footnotes: nothing is owed there."""
    addressed: tuple[str, ...] = ()
    """Whom the sentence before the first task tells to do what follows: «… đề nghị các Bộ thực hiện:»."""
    articles: tuple[tuple[int, Block], ...] = ()
    """The articles of a decision that issues the plan: they may give tasks to agencies by name."""

    def as_data(self, coordinator: str) -> dict[str, Any]:
        """What the plan says of itself, in JSON's types."""
        return {
            "number": self.number,
            "title": self.title,
            "issued_on": self.issued_on.isoformat() if self.issued_on else None,
            "issuer": self.issuer,
            "coordinator": coordinator,
        }


def read_frame(document: Document) -> Frame:
    """The frame of a document; of one that is no plan, everything is body."""
    blocks = list(enumerate(document.blocks))
    title_at = _title_at(blocks)
    start = _body_start(blocks, title_at)
    end = _body_end(blocks, start)
    body, appendices, around = _zones(blocks, start, end)
    head = [text for _, block in blocks[: max(start, title_at + 1)] for text in _texts(block)]
    number, issued_on = _number(head), _issued_on(head)
    issuer = _issuer(head)
    title = sentence_case(_title(blocks, title_at, start), f"{issuer}\n{_written(blocks)}")
    return Frame(
        number=number,
        title=title,
        issued_on=issued_on,
        issuer=issuer,
        plan_year=_plan_year(title, issued_on),
        body=tuple(body),
        appendices=tuple(appendices),
        titled=title_at >= 0,
        around=tuple(around),
        addressed=_addressed([block for _, block in blocks[:start]]),
        articles=tuple(_articles(blocks[:title_at] if title_at > 0 else ())),
    )


_TELLS = re.compile(r"\s(?:đề nghị|yêu cầu|giao)\s+")


def _addressed(before: Sequence[Block]) -> tuple[str, ...]:
    """The agencies that a document's last sentence before its first number tells to do what follows."""
    lead = next((block.text for block in reversed(before) if isinstance(block, Paragraph)), "")
    if not lead.rstrip().endswith(":"):
        return ()
    for tells in _TELLS.finditer(fold(lead)):
        named = agencies_at(lead, tells.end())
        if named is not None:
            return named.names
    return ()


def _articles(before: Sequence[tuple[int, Block]]) -> list[tuple[int, Block]]:
    """What stands between «QUYẾT ĐỊNH:» and the decision's own recipients or signature."""
    at = next((index for index, block in before if _is(block, _RESOLVES)), None)
    if at is None:
        return []
    end = _body_end(before, at + 1)
    end = next((index for index, block in before[at + 2 : end] if _signs(block)), end)
    return [(index, block) for index, block in before[at + 1 : end] if isinstance(block, Paragraph)]


def _written(blocks: Sequence[tuple[int, Block]]) -> str:
    """What the document says in letters that are not all capitals."""
    texts = (text for _, block in blocks for text in _texts(block))
    return "\n".join(text for text in texts if not text.isupper())[:_MOST_WRITTEN]


def _signs(block: Block) -> bool:
    """Who signs, in capitals: with it a decision ends, whether or not recipients are named."""
    capitals = isinstance(block, Paragraph) and (block.text.isupper() or block.bold)
    return capitals and _is(block, _SIGNATURE)


def _texts(block: Block) -> Iterator[str]:
    if isinstance(block, Paragraph):
        yield block.text
    else:
        for row in block.rows:
            for cell in row.cells:
                yield " ".join(cell.lines)


def _is(block: Block, pattern: re.Pattern[str]) -> bool:
    return isinstance(block, Paragraph) and bool(pattern.search(fold(block.text)))


def _title_at(blocks: Sequence[tuple[int, Block]]) -> int:
    """The block that says «KẾ HOẠCH»: the last before the first section, as a decision says it too; or -1."""
    found = -1
    for index, block in blocks:
        if not isinstance(block, Paragraph):
            continue
        low = fold(block.text)
        if _TITLES.match(low) and (block.text.isupper() or block.bold):
            found = index
            if not _decides(blocks, index):
                return found
        elif found < 0 and block.text.isupper() and _TITLE_LINE.match(low) and index < 40:
            found = index
        if found >= 0 and re.match(r"^i\.\s", low) and not _decides(blocks, found):
            return found
    if found < 0:
        found = next((index for index, block in blocks if _is(block, _DECISION) and index < 40), -1)
    return found


def _decides(blocks: Sequence[tuple[int, Block]], index: int) -> bool:
    """Whether a decision's «QUYẾT ĐỊNH:» still comes after this block."""
    return any(_is(block, _RESOLVES) for _, block in blocks[index + 1 :])


def _body_start(blocks: Sequence[tuple[int, Block]], title_at: int) -> int:
    """The first block after the title that opens a section, or follows «như sau:»."""
    for index, block in blocks[title_at + 1 :]:
        if not isinstance(block, Paragraph):
            continue
        low = fold(block.text)
        if re.match(
            r"^(?:i{1,3}|iv|1|phần (?:thứ )?(?:nhất|i)|a)\s*[.)/:-]\s*\S|^phần (?:thứ )?(?:nhất|i)\b"
            r"|^điều 1\b",
            low,
        ):
            return index
        if re.search(r"như sau\s*[:;.]\s*$", low):
            return index + 1
    return title_at + 1


def _body_end(blocks: Sequence[tuple[int, Block]], start: int) -> int:
    """Where the recipients, the signature or the first appendix begin."""
    for index, block in blocks[start:]:
        if isinstance(block, Table):
            if _is_signature(block):
                return index
        elif (
            _RECIPIENTS.match(fold(block.text))
            or _opens_appendix(block)
            or (block.text.isupper() and _signs(block))
        ):
            return index
    return len(blocks)


def _is_signature(table: Table) -> bool:
    """The table at a letter's end: recipients on the left, signature on the right. One of more columns is a
    task table that says who receives what."""
    texts = [fold(text) for text in _texts(table)]
    narrow = sum(bool(cell.lines) for cell in table.rows[0].cells) <= _SIGNATURE_COLUMNS
    return (
        narrow
        and len(table.rows) <= 6
        and any(_RECIPIENTS.match(text) or _SIGNATURE.match(text) for text in texts)
    )


def _opens_appendix(block: Block) -> bool:
    if not isinstance(block, Paragraph):
        return False
    low = fold(block.text)
    found = _APPENDIX.match(re.sub(r"^\d{1,2}\.\s+", "", low))
    return (
        found is not None
        and len(low) < 120
        and not low.endswith((";", ".", ","))
        and (block.text.isupper() or block.bold or len(low) < 20)
    )


def _zones(
    blocks: Sequence[tuple[int, Block]], start: int, end: int
) -> tuple[list[tuple[int, Block]], list[tuple[int, Block]], list[tuple[int, Block]]]:
    body: list[tuple[int, Block]] = []
    appendices: list[tuple[int, Block]] = []
    around = list(blocks[:start])
    for index, block in blocks[start:end]:
        (around if _is(block, _FOOTNOTE) else body).append((index, block))
    signing = True
    for index, block in blocks[end:]:
        if _opens_appendix(block) or (isinstance(block, Table) and not _is_signature(block)):
            signing = False
        footnote = _is(block, _FOOTNOTE)
        (around if signing or footnote or _is(block, _ATTACHED) else appendices).append(
            (index, block)
        )
    return body, appendices, around


# --- what it says of itself ------------------------------------------------------------------------


def _number(head: Sequence[str]) -> str | None:
    for text in head:
        found = _NUMBER.search(text)
        if found is not None and not _FOUNDED.match(fold(text)) and len(text) < 160:
            number = re.sub(r"\s+", "", found[1]).rstrip(".")
            if number[0].isdigit():
                return number
        if _FOUNDED.match(fold(text)):
            break
    return None


def _issued_on(head: Sequence[str]) -> date | None:
    for pattern in (_DAY, _SHORT_DAY):
        for text in head:
            low = fold(text)
            if _FOUNDED.match(low):
                break
            found = pattern.search(low)
            if found is not None and len(text) < 160 and not text.isupper():
                try:
                    return date(int(found[3]), int(found[2]), int(found[1]))
                except ValueError:
                    continue
    return None


def _title(blocks: Sequence[tuple[int, Block]], title_at: int, start: int) -> str:
    """The lines after «KẾ HOẠCH», up to what the plan is founded on."""
    if title_at < 0:
        return ""
    parts = []
    first = blocks[title_at][1]
    if (
        isinstance(first, Paragraph)
        and not _TITLES.match(fold(first.text))
        and not _DECISION.match(fold(first.text))
    ):
        parts.append(first.text)
    for _, block in blocks[title_at + 1 : start]:
        if not isinstance(block, Paragraph):
            break
        low = fold(block.text)
        shown = block.text.isupper() or block.bold or bool(block.level)
        goes_on = (
            not block.text.rstrip().endswith((".", ";", ":")) and len(low) < _LONGEST_TITLE_LINE
        )
        if _ATTACHED.match(low) or (_FOUNDED.match(low) and not shown and (parts or not goes_on)):
            break
        if not shown and parts and not (block.text[0].islower() and goes_on):
            break
        if (
            parts
            and re.match(
                r"(?:ủy ban|hội đồng nhân dân|chủ tịch|thủ tướng|chính phủ|bộ trưởng|tổng giám đốc|giám đốc"
                r"|hiệu trưởng|ban thường vụ)\b",
                low,
            )
            and block.text.isupper()
        ):
            break
        parts.append(block.text)
    return " ".join(parts)


def _issuer(head: Sequence[str]) -> str:
    """The name over or beside the number, without the motto."""
    names: list[str] = []
    for text in head[:10]:
        low = fold(text)
        if any(one.match(low) for one in (_TITLES, _TITLE_LINE, _DECISION, _FOUNDED)):
            break
        kept = re.split(r"cộng\s+hòa\s+xã", low)[0].strip(" -\n")
        said = not kept or _MOTTO.search(kept) or _NUMBER.search(text) or _DAY.search(low)
        if not said and (text.isupper() or not names):
            names.append(text[: len(kept)].strip(" -"))
    return agency_case(_own_name([name for name in names if name.isupper()] or names))


_OWN_NAME = re.compile(
    r"^(?:sở|ban|chi cục|cục|tổng cục|văn phòng|ubnd|ủy ban nhân dân|công an|trường|bệnh viện|trung tâm"
    r"|viện|phòng|đài|bộ chỉ huy|thanh tra|hội|đảng ủy)\s"
)
"""How the second line of a letterhead begins that is an agency's own name, below its parent's."""


def _own_name(names: list[str]) -> str:
    """The lines of a letterhead without the parent's: «UBND TỈNH A / SỞ Y TẾ» is Sở Y tế's."""
    start = next((at for at in range(len(names) - 1, 0, -1) if _OWN_NAME.match(fold(names[at]))), 0)
    whole = start > 0 and len(" ".join(names[:start]).split()) > 2
    return " ".join(names[start:] if whole else names)


def _plan_year(title: str, issued_on: date | None) -> int | None:
    """The year a plan is for: the one its title names alone, else that of its day."""
    years = re.findall(r"(?<![\d/-])năm (20\d\d)(?!\s*-\s*20)", fold(title))
    spans = re.search(r"20\d\d\s*-\s*20\d\d", title)
    if (
        len(set(years)) == 1
        and not spans
        and not re.search(r"ngày .{0,20}năm " + years[0], fold(title))
        and "đến năm" not in fold(title)
    ):
        return NamedYear(years[0])
    return issued_on.year if issued_on else None
