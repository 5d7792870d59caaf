"""What is no plan, said before anything is kept: a report, a novel, a text without a task. Pure."""

from __future__ import annotations

import re

from drafting.document import Document, UnreadableError
from drafting.draft import Draft
from drafting.frame import read_frame
from drafting.words import fold

_OTHERS = re.compile(r"^(?:báo cáo|tờ trình|công văn|giấy mời|biên bản|hợp đồng|thông báo|đơn\b)")
_LONG = 150_000
"""Characters; of a longer text it is seen first whether it speaks of agencies at all, before it is read."""
_LONGEST_WITHOUT_TITLE = 400_000
"""Characters; a longer text that nowhere calls itself a plan is not worked through."""
_WHO = re.compile(
    r"\b(?:sở|ubnd|ủy ban|bộ|ban|văn phòng|công an|phòng|cơ quan|đơn vị|ngành|cục|trung tâm|trường)\b",
    re.IGNORECASE,
)
_CHARACTERS_A_MENTION = 2_500
"""A plan names somebody every few hundred characters (29 real ones: 130 to 210); a novel, now and then."""


def refuse_what_is_no_plan(document: Document) -> None:
    """Raises UnreadableError, with what the document seems to be, for one that is no plan."""
    text = document.text
    if len(text) > _LONG and sum(1 for _ in _WHO.finditer(text)) * _CHARACTERS_A_MENTION < len(
        text
    ):
        raise UnreadableError(
            "Văn bản rất dài mà hầu như không nhắc cơ quan nào nên không giống kế hoạch: hãy chọn đúng tệp "
            "kế hoạch, hoặc dán riêng phần giao nhiệm vụ."
        )
    frame = read_frame(document)
    if not frame.titled and len(text) > _LONGEST_WITHOUT_TITLE:
        raise UnreadableError(
            "Văn bản rất dài và không thấy tiêu đề «KẾ HOẠCH» nào: hãy chọn đúng tệp kế hoạch."
        )
    for paragraph in list(document.paragraphs)[:25]:
        other = _OTHERS.match(fold(paragraph.text))
        if other is not None and not frame.titled and (paragraph.text.isupper() or paragraph.bold):
            raise UnreadableError(
                f"Văn bản này là một {other[0]}, không phải kế hoạch: hãy chọn đúng tệp kế hoạch "
                "(báo cáo nộp theo kế hoạch thì gửi ở trang nộp)."
            )


def refuse_empty(draft: Draft) -> None:
    """Raises UnreadableError for a draft in which nobody owes anything and that has no plan's title."""
    if (
        not draft.frame.titled
        and not any(one.owners for one in draft.obligations)
        and not draft.forms.appendices
    ):
        raise UnreadableError(
            "Không thấy tiêu đề «KẾ HOẠCH» hay nhiệm vụ nào giao cho một cơ quan: "
            "hãy kiểm tra lại tệp, hoặc dán phần văn bản có nhiệm vụ."
        )
