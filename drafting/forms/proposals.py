"""What a row of a form holds, told from its label: type, unit, how to add up; what is unsure is asked.

Tables of words: to teach a wording, add it to its line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from plan.text import normalise

_FLAG = re.compile(r"=\s*1\b.*=\s*0\b|\(co/khong\)|\bco/khong\b")
_PERCENT = re.compile(r"^(?:ty le|ti le|mức độ|muc do hai long|chi so|%)|\(%\)|phan tram")
_TEXT = re.compile(
    r"^(?:ghi chu|hinh thuc|ten |noi dung|ly do|dien giai|mo ta|neu (?:ro|cu the)|cac van ban)|\(neu co\)\.?$"
)
_COUNT = re.compile(r"^(?:tong so|so luong|so |tong |luong |so luot|kinh phi|von )|^\d+\b")
_CHOICES = re.compile(r"\(([^()/]{2,25}(?:/[^()/]{2,25})+)\)")
_STOCK = re.compile(
    r"(?:bien che|co mat|duoc giao|hien co|co quan|don vi|to chuc|phan mem|chu ky so|ket noi|hop thu"
    r"|xay dung chuyen muc|cong thong tin|iso|mang noi bo|tinh den|tong so thu tuc|tong so tthc)"
)
_NEVER_SUMMED = re.compile(r"dich vu cong|tthc|thu tuc hanh chinh|danh muc")
_UNITS = (
    "văn bản", "cơ quan, đơn vị", "cơ quan", "đơn vị", "tổ chức", "dịch vụ", "mẫu", "lớp", "bản tin", "hồ sơ",
    "thủ tục", "TTHC", "PAKN", "mô hình", "người", "cán bộ", "công chức", "viên chức", "lượt", "chi cục",
    "phòng", "chữ ký số", "cuộc", "hội nghị", "triệu đồng", "tỷ đồng", "đồng", "ha", "tấn",
    "xã", "huyện", "hộ",
)  # fmt: skip
"""Words for what is counted; the one that stands first in the label is the unit."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Fields as the plan format names them. `doubts` are Vietnamese questions."""

    type: str
    unit: str = ""
    period_kind: str = "flow"
    aggregate: str = "single"
    choices: tuple[str, ...] = ()
    optional: bool = False
    doubts: tuple[str, ...] = ()


def propose(label: str, *, heading: bool = False, head: str = "") -> Proposal:
    """What the row holds. `heading`: other rows stand under it; `head`: of the column to be filled in, which
    may name the choices («Đạt/Không đạt»)."""
    words = normalise(label.lstrip("-+• "))
    if choices := _choices(head):
        return Proposal("choice", period_kind="stock", aggregate="never", choices=choices)
    for fits, make in _SHAPES:
        if fits.search(words):
            made = make(label, words)
            return _total(label, made) if heading and made.type == "count" else made
    if heading:
        return Proposal("header", aggregate="never")
    return _unknown(label, words)


def _total(label: str, made: Proposal) -> Proposal:
    """A figure with others under it: a total, or only their heading."""
    ask = f"«{label}»: có điền số không, và có bằng tổng các dòng con không?"
    return replace(made, doubts=(*made.doubts, ask))


def _choices(head: str) -> tuple[str, ...]:
    found = _CHOICES.search(head)
    return tuple(part.strip() for part in found[1].split("/")) if found else ()


def _flag(_label: str, words: str) -> Proposal:
    kind = "stock" if _STOCK.search(words) else "flow"
    return Proposal("flag", unit="1/0", period_kind=kind, aggregate="never")


def _percent(label: str, words: str) -> Proposal:
    ask = f"«{label}»: tử số và mẫu số là gì, để tính lại tỷ lệ chung khi tổng hợp?"
    return Proposal(
        "percent", "%", "stock" if _STOCK.search(words) else "flow", "ratio", doubts=(ask,)
    )


def _text(_label: str, words: str) -> Proposal:
    return Proposal("text", aggregate="never", optional="neu co" in words)


def _count(label: str, words: str) -> Proposal:
    kind = "stock" if _STOCK.search(words) else "flow"
    unit = _unit(label)
    doubts = []
    if not unit:
        doubts.append(f"«{label}»: đơn vị tính là gì?")
    if _NEVER_SUMMED.search(words):
        doubts.append(f"«{label}»: cộng số của các cơ quan lại có trùng nhau không?")
    return Proposal("count", unit, kind, "sum", doubts=tuple(doubts))


def _unknown(label: str, words: str) -> Proposal:
    made = _count(label, words)
    ask = f"«{label}»: là số lượng, tỷ lệ, có/không hay chữ?"
    return Proposal(
        "count", made.unit, made.period_kind, made.aggregate, doubts=(ask, *made.doubts)
    )


def _unit(label: str) -> str:
    low = label.casefold()
    places = [
        (low.find(unit.casefold()), -len(unit), unit) for unit in _UNITS if unit.casefold() in low
    ]
    return min(places)[2] if places else ""


_SHAPES = (
    (_FLAG, _flag),
    (_PERCENT, _percent),
    (_TEXT, _text),
    (_COUNT, _count),
)
