"""What somebody wrote where no section is: before the first heading, behind the closing sentence, and lines
that nearly say their heading once more. Left out of the report, and named, so that nobody believes it was
taken. Pure.

Passed over in silence is what every document bears there: letterhead and title, «Kính gửi», the legal
grounds, the opening sentence, recipients and signature.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from intake.report.blocks import Block
from intake.report.outline import words
from plan.ledger.filing import FoundFault, Severity
from plan.text import number_words

_SENTENCE_END = re.compile(r"[.;!?](?=\s|$)")
_NEW_SENTENCE = re.compile(r"(?<!\s\w)(?<!\s\w\w)[.!?]\s")
"""Not the stop of «TP. Quy Nhơn»."""
_FEWEST_WORDS = 8
"""A shorter line says nothing that a section could miss."""
_A_PARAGRAPH = 100
"""From so many words on it is content in the wrong place, and not a sentence too many."""
_GROUNDS = ("can cu ", "kinh gui", "noi nhan", "luu ")
_MOST_QUOTED = 3


@dataclass
class LeftOut:
    """Texts by where they stand, in reading order."""

    before: list[str] = field(default_factory=list)
    behind: list[str] = field(default_factory=list)
    echoes: list[str] = field(default_factory=list)

    def findings(self) -> Iterator[FoundFault]:
        """At most one for each place."""
        yield from _found(self.before, "report.left-out-before", "đứng trước đề mục đầu tiên")
        yield from _found(
            self.behind,
            "report.left-out-behind",
            "đứng sau câu kết «Trên đây là …» hoặc «Nơi nhận»",
        )
        yield from _found(self.echoes, "report.left-out-heading", "gần như chép lại tên đề mục")


def prose(block: Block) -> str:
    """The block's text where somebody wrote sentences; empty for names, titles, grounds and tables."""
    plain = words(block.text[:80])
    formed = block.rows or block.guidance or block.contents or block.bold or block.level
    if formed or plain.startswith(_GROUNDS) or not _SENTENCE_END.search(block.text):
        return ""
    return block.text if len(block.text.split()) >= _FEWEST_WORDS else ""


def behind_closing(block: Block) -> str:
    """What the paragraph of the closing sentence says behind that sentence."""
    end = _NEW_SENTENCE.search(block.text)
    rest = block.text[end.end() :].strip() if end and not block.rows else ""
    return rest if rest[:1].isupper() and len(rest.split()) >= _FEWEST_WORDS else ""


def _found(texts: Sequence[str], code: str, where: str) -> Iterator[FoundFault]:
    if not texts:
        return
    count = sum(len(text.split()) for text in texts)
    severity: Severity = "warning" if count >= _A_PARAGRAPH else "note"
    shown = "; ".join(f"«{text[:80]}»" for text in texts[:_MOST_QUOTED])
    more = (
        f" và {number_words(len(texts) - _MOST_QUOTED)} đoạn khác"
        if len(texts) > _MOST_QUOTED
        else ""
    )
    yield FoundFault(
        severity,
        code,
        f"{number_words(len(texts))} đoạn ({number_words(count)} chữ) {where} không được lấy vào nội dung: "
        f"{shown}{more}. Nếu là nội dung báo cáo, hãy chuyển xuống dưới đề mục của nó rồi nộp lại.",
        read=texts[0][:80],
    )
