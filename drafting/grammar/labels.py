"""Labels: «Cơ quan chủ trì: …», «Thời gian hoàn thành: …», as lines of their own or at a task's end.

A wording that is in no table is still known by its value: a short label with a colon whose value is nothing
but agencies names the owner (or, with «phối hợp», partners); one whose value is nothing but a time names
the time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from drafting.grammar.agencies import agencies_at
from drafting.grammar.names import agencies_in
from drafting.times.expressions import read_slot
from drafting.words import ORGANISING_HEADINGS, fold

_WHO = (
    r"(?:(?:các\s+)?(?:cơ\s+quan|đơn\s+vị|cq|đv|bộ\s+phận|(?:người|cán\s+bộ|lãnh\s+đạo|công\s+chức|viên\s+chức|đồng\s+chí)|tổ\s+chức|sở,?\s*(?:ban,?\s*)?ngành"
    r"|bộ,?\s*ngành|cá\s+nhân|địa\s+phương|cấp)(?:\s*[,/]\s*(?:cơ\s+quan|đơn\s+vị|tổ\s+chức|cá\s+nhân"
    r"|địa\s+phương))*\s+)"
)
_LEADS = (
    r"(?:được\s+giao\s+)?(?:chủ\s+trì|thực\s+hiện|chịu\s+trách\s+nhiệm|đầu\s+mối|tham\s+mưu"
    r"|trình|soạn\s+thảo|phụ\s+trách|triển\s+khai|tổ\s+chức|báo\s+cáo|xây\s+dựng|lập)"
    r"(?:\s*(?:,|và|/)?\s*(?:chủ\s+trì|thực\s+hiện|tổ\s+chức|triển\s+khai|tham\s+mưu|chính"
    r"|xây\s+dựng|thực\s+hiện\s+chính|soạn\s+thảo|nhiệm\s+vụ|chịu\s+trách\s+nhiệm|đầu\s+mối|theo\s+dõi))*"
)
_LABELS = (
    ("partner", 
        rf"{_WHO}?(?:được\s+giao\s+|cùng\s+)?phối\s+hợp(?:\s+(?:thực\s+hiện|triển\s+khai|chính"
        rf"|tổ\s+chức))?|{_WHO}?(?:cùng\s+)?tham\s+gia(?:\s+phối\s+hợp|\s+thực\s+hiện)?"
        rf"|{_WHO}?cùng\s+(?:thực\s+hiện|làm|triển\s+khai)|{_WHO}?hỗ\s+trợ(?:\s+thực\s+hiện)?|{_WHO}thẩm\s+(?:định|tra)"),
    ("owner", 
        rf"{_WHO}{_LEADS}|{_WHO}chính|(?:chịu\s+)?trách\s+nhiệm\s+chính|chịu\s+trách\s+nhiệm|chủ\s+trì(?:\s+(?:thực\s+hiện|tham\s+mưu))?|(?:phân\s+công"
        rf"|trách\s+nhiệm)(?:\s+(?:thực\s+hiện|chủ\s+trì|tổ\s+chức))?|giao\s+(?:nhiệm\s+vụ"
        rf"|thực\s+hiện)|đầu\s+mối(?:\s+thực\s+hiện)?"
        rf"|phụ\s+trách(?:\s+chính)?|thực\s+hiện"),
    (
        "time",
        
        r"(?:(?:mốc\s+)?thời\s+(?:gian|hạn|điểm)|tg|tiến\s+độ|hạn|lộ\s+trình|ngày)(?:\s+(?:dự\s+kiến"
        r"|và\s+tiến\s+độ|cần))?(?:\s+(?:thực\s+hiện|hoàn\s+thành|ban\s+hành"
        r"|triển\s+khai|tổ\s+chức|báo\s+cáo|trình|gửi|nộp|xong|kết\s+thúc|cuối|chót|xây\s+dựng"
        r"|phê\s+duyệt|chậm\s+nhất|xử\s+lý))*"
        r"(?:\s+(?:báo\s+cáo|văn\s+bản|nhiệm\s+vụ|dự\s+kiến|kế\s+hoạch|thực\s+hiện))?|hoàn\s+thành|định\s+kỳ",
    ),
    ("start", r"(?:thời\s+(?:gian|điểm)|ngày)\s+bắt\s+đầu(?:\s+(?:thực\s+hiện|triển\s+khai))?"),
    ("content", 
        r"(?:nội\s+dung|nhiệm\s+vụ|hoạt\s+động|công\s+việc)(?:\s+(?:thực\s+hiện|công\s+việc"
        r"|nhiệm\s+vụ|triển\s+khai|chính|cụ\s+thể|chủ\s+yếu))?"),
    ("product", 
        r"(?:sản\s+phẩm|kết\s+quả)(?:\s+(?:dự\s+kiến|đầu\s+ra|cần\s+đạt|đạt\s+được|thực\s+hiện"
        r"|hoàn\s+thành))?|hồ\s+sơ"),
    ("other", 
        r"(?:địa\s+điểm|thành\s+phần|đối\s+tượng|hình\s+thức|số\s+lượng|quy\s+mô|kinh\s+phí"
        r"|nguồn\s+kinh\s+phí|phương\s+thức|phạm\s+vi|mục\s+tiêu|yêu\s+cầu|ghi\s+chú|nguồn\s+vốn"
        r"|cách\s+thức|nơi\s+nhận|địa\s+bàn|mục\s+đích"
        r"|kinh\s+phí\s+thực\s+hiện)(?:\s+(?:thực\s+hiện|tham\s+gia|tổ\s+chức|triển\s+khai"
        r"|dự\s+kiến|tham\s+dự))?"),
)  # fmt: skip
"""Kinds of labels and how they are worded. To add one, put a wording into its line."""

_PATTERNS = tuple((kind, re.compile(rf"(?:{pattern})\s*$")) for kind, pattern in _LABELS)
_SERVING = ("owner", "partner", "time")
_WITHIN = (*_SERVING, "start", "product")
"""Labels that may stand in the middle of a line."""
_ANY = "|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _LABELS if kind in _WITHIN)
_INSIDE = re.compile(rf"(?:(?<=[.;,(])\s*|(?<=\)\s)|^)(?:-\s*)?(?:{_ANY})\s*:\s*")
_LINE = re.compile(
    r"^[\s\-+•*–]*(?P<label>[^:]{2,70}?)\s*(?:\([^()]*\)\s*)?:\s*(?P<value>.*)$", re.DOTALL
)
_WITHOUT_COLON = re.compile(
    rf"^(?:{_ANY})(?!\w)\s*(?P<dash>[-=]|là\s|gồm\s|bao\s+gồm\s)?\s*(?P<value>\S.*)$", re.DOTALL
)
_ONE_WORD = ("thực hiện", "hoàn thành", "định kỳ", "ngày", "hạn", "phối hợp", "triển khai")
"""Labels that without a colon begin a sentence as well."""
_TIME_BEGINS = re.compile(
    r"(?:từ|trước|trong|sau|đến|chậm|qu[ýí]|tháng|năm|hằng|hàng|thường|theo|định kỳ|xong|ngày|\d)\b"
)
_FINISH = re.compile(r"hoàn\s+thành|ban\s+hành|thời\s+hạn|hạn|trình|gửi|nộp|kết\s+thúc|xong")
_NO_OWNER = re.compile(
    r"nơi\s+nhận|gửi|đối\s+tượng|thành\s+phần|khách|tham\s+dự|thụ\s+hưởng|địa\s+điểm"
    r"|báo\s+cáo\s+về|phạm\s+vi|bao\s+gồm|như|gồm|sau|trong đó|cụ thể|địa bàn"
)


@dataclass(frozen=True, slots=True)
class Label:
    """A label and what it says."""

    kind: str
    """owner, partner, time, start, content, product or other."""
    value: str
    finish: bool = False
    """Of a time: the label names the end, not the period."""


def labels_of(text: str) -> list[Label]:
    """The labels of a line without its bullet: one, or «Chủ trì: …. Phối hợp: …. Thời gian: …»."""
    first = label_of(text)
    if first is None:
        return []
    value, more = labels_inside(first.value, opened=True)
    return [replace(first, value=value), *more] if more else [first]


def bare_label(text: str) -> Label | None:
    """A heading that is a label's words and no more: «b) Cơ quan thực hiện» above its bullets."""
    words = fold(text).strip(" .:")
    if ORGANISING_HEADINGS.match(words) and not words.startswith(("phân công", "trách nhiệm")):
        return None
    for kind, pattern in _PATTERNS:
        if pattern.match(words):
            return Label(kind, "", kind == "time" and bool(_FINISH.search(words)))
    return None


@lru_cache(maxsize=4_096)  # a line is asked by those before and after it
def label_of(text: str) -> Label | None:
    """The label a line begins with, its number or bullet taken off."""
    low = fold(text)
    line = _LINE.match(text)
    if line is None:
        return _without_colon(text, low)
    words, value = fold(line["label"]).strip(), line["value"].strip()
    for kind, pattern in _PATTERNS:
        if pattern.match(words):
            return Label(kind, value, kind == "time" and bool(_FINISH.search(words)))
    return _by_value(words, value)


def content_of(text: str) -> str:
    """A task without the label before it: «Nội dung: Sửa chữa trường học», «Hạn báo cáo: báo cáo quý …»."""
    label = label_of(text)
    if label is None or not label.value:
        return text
    reports = label.kind == "time" and fold(label.value).startswith("báo cáo")
    return label.value if reports or label.kind == "content" else text


def _without_colon(text: str, low: str) -> Label | None:
    """«Đơn vị chủ trì - Sở A», «Thời gian hoàn thành là quý II», «Cơ quan phối hợp Sở B»."""
    found = _WITHOUT_COLON.match(low)
    kind = _label_kind(found) if found is not None else None
    if found is None or kind not in _SERVING:
        return None
    value, words = text[found.start("value") :].strip(), " ".join(found[kind].split())
    if words in _ONE_WORD and not found["dash"]:
        return None
    if kind == "time":
        told = _TIME_BEGINS.match(fold(value))
        return Label("time", value, bool(_FINISH.search(words))) if told else None
    named = agencies_at(value)
    if named is None or not (found["dash"] or agencies_in(value)):
        return None
    return Label(kind, value)


def _by_value(words: str, value: str) -> Label | None:
    """A label of unknown wording, known by what follows it."""
    if (
        not value
        or len(words.split()) > 6
        or agencies_in(words.capitalize())
        or _NO_OWNER.search(words)
    ):
        return None
    whole = agencies_in(value) or ("phối hợp" in words and agencies_at(value))
    if re.search(r"chủ trì|thực hiện|phối hợp|trách nhiệm|đơn vị|cơ quan", words) and whole:
        return Label("partner" if "phối hợp" in words else "owner", value)
    if (
        re.match(r"(?:dự kiến )?(?:thời|hạn|ngày|mốc|tiến độ|hoàn thành)\b", words)
        and len(value) < 80
        and _TIME_BEGINS.match(fold(value))
        and read_slot(value, finish=True, year=2000).due.type != "none"
    ):
        return Label("time", value, bool(_FINISH.search(words)))
    return None


def labels_inside(text: str, *, opened: bool = False) -> tuple[str, list[Label]]:
    """A task's text without the labels at its end, and those labels.

    «Lập dự toán. Cơ quan chủ trì: Sở A; thời gian hoàn thành: trước ngày 15/10.» `opened`: the text is what
    a first label says.
    """
    low = fold(text)
    if ":" not in low:
        return text, []
    hits = [hit for hit in _INSIDE.finditer(low) if _label_kind(hit) is not None]
    while hits and not opened and _label_kind(hits[0]) not in _SERVING:
        hits.pop(0)  # «…; kết quả: …» may be the task's own words
    if not hits or hits[0].start() == 0:
        return text, []
    labels = []
    for hit, following in zip(hits, [*hits[1:], None], strict=True):
        end = following.start() if following is not None else len(text)
        value = text[hit.end() : end].strip(" -;,.")
        if value.endswith(")") and value.count("(") < value.count(")"):
            value = value[:-1]
        kind = _label_kind(hit) or ""
        labels.append(
            Label(kind, value.rstrip(" ;,."), kind == "time" and bool(_FINISH.search(hit[0])))
        )
    task = text[: hits[0].start()].rstrip(" -(;,")
    if task.count("(") > task.count(")"):  # the bracket said who before it said when
        task += ")"
    return task or text, labels


_IN_BRACKETS = re.compile(r"(?:\(([^()]{6,300})\)|\[([^\[\]]{6,300})\])\s*[.;,]*\s*$")


def brackets_at_end(text: str) -> tuple[str, str]:
    """A task without the brackets at its end, and what they hold: «(Sở A chủ trì; xong trước 30/6)»."""
    found = _IN_BRACKETS.search(text)
    return (text[: found.start()].rstrip(), found[1] or found[2]) if found else (text, "")


def _label_kind(hit: re.Match[str]) -> str | None:
    return next((kind for kind in _WITHIN if hit[kind]), None)
