"""How steady a draft stays when the same plan is written another way.

    python -m tests.drafting.variations FOLDER      a table for every .txt and .md plan in a folder

Offices write the same thing differently: other label words, other bullets and numbers, days spelt out,
tables as pipes or tabs, lines broken at a margin. Each variation rewrites a plan's text so that nothing it
says changes; the draft must then hold the same obligations, with the same owners and days.
"""

from __future__ import annotations

import re
import sys
import textwrap
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from drafting.draft import make_draft
from drafting.grammar.names import agency_key
from drafting.readers.registry import read_document
from drafting.words import fold

Variation = Callable[[str], str]


def _sub(pattern: str, new: str | Callable[[re.Match[str]], str], flags: int = re.M) -> Variation:
    found = re.compile(pattern, flags)
    return lambda text: found.sub(new, text)


# --- layout ----------------------------------------------------------------------------------------


def _each_paragraph(change: Callable[[str], str]) -> Variation:
    """Applied to lines that are prose, not to a table's."""

    def varied(text: str) -> str:
        out, in_bars = [], False
        lines = text.split("\n")
        for at, line in enumerate(lines):
            bare = line.strip()
            if bare == "|":
                following = lines[at + 1].strip() if at + 1 < len(lines) else ""
                in_bars = bool(following)
            prose = bare and not in_bars and not bare.startswith("|") and "\t" not in bare
            out.append(change(line) if prose else line)
        return "\n".join(out)

    return varied


def _wrapped(line: str) -> str:
    return "\n".join(textwrap.wrap(line, 80, break_long_words=False, break_on_hyphens=False))


# --- tables ----------------------------------------------------------------------------------------


def _bar_rows(text: str) -> Iterator[tuple[int, int, list[list[str]]]]:
    """The tables that stand one cell to a line between bars: first line, line after, rows."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        if lines[at].strip() != "|":
            at += 1
            continue
        start, rows, cells = at, [], []
        at += 1
        while at < len(lines):
            end = at
            while end < len(lines) and lines[end].strip() != "|":
                end += 1
            content = lines[at:end]
            if end == len(lines) or (content and not content[0].strip()):
                break
            if content:
                cells.append("<br>".join(part.strip() for part in content if part.strip()))
            elif cells:
                rows.append(cells)
                cells = []
            at = end + 1
        if cells:
            rows.append(cells)
        yield start, at, rows


def _tables(change: Callable[[list[list[str]]], list[str]]) -> Variation:
    """Applied to tables whose rows are all as long as their heads: others cannot be laid out anew."""

    def varied(text: str) -> str:
        lines = text.split("\n")
        for start, end, rows in reversed(list(_bar_rows(text))):
            if len(rows) > 2 and all(len(row) in (1, len(rows[0])) for row in rows):
                lines[start:end] = ["", *change(rows), ""]
        return "\n".join(lines)

    return varied


def _as_pipes(rows: list[list[str]]) -> list[str]:
    width = len(rows[0])
    full = [row + [""] * (width - len(row)) for row in rows]
    lines = ["| " + " | ".join(row) + " |" for row in full]
    return [lines[0], "|" + "---|" * width, *lines[1:]]


def _torn(rows: list[list[str]]) -> list[str]:
    """Pipes whose lines break inside a row, as converters leave them."""
    lines = _as_pipes(rows)
    return [
        lines[0],
        lines[1],
        *(re.sub(r" \| (?=[^|]*\|[^|]*\|$)", "\n| ", line) for line in lines[2:]),
    ]


def _as_tabs(rows: list[list[str]]) -> list[str]:
    return ["\t".join(cell.replace("<br>", " ") for cell in row) for row in rows]


def _turned(rows: list[list[str]]) -> list[str]:
    """Columns in another order: the number first, the rest backwards."""
    return _as_pipes([row[:1] + row[:0:-1] if len(row) > 1 else row for row in rows])


# --- words -----------------------------------------------------------------------------------------

_LEAD = r"^(\s*[-+*•]?\s*)"
_LABEL_WORDS = (
    (r"(?:cơ quan|đơn vị) (?:chủ trì(?: thực hiện)?|thực hiện)", "owner"),
    (r"(?:cơ quan|đơn vị) phối hợp(?: thực hiện)?", "partner"),
    (r"thời (?:gian|hạn)(?: (?:thực hiện|hoàn thành))?", "time"),
)


def _labels(owner: str, partner: str, time: str, colon: str) -> Variation:
    new = {"owner": owner, "partner": partner, "time": time}

    def varied(text: str) -> str:
        for pattern, kind in _LABEL_WORDS:
            words = new[kind]
            text = re.sub(
                rf"{_LEAD}{pattern}\s*:\s*",
                lambda found, words=words: f"{found[1]}{words}{colon} ",  # type: ignore[misc]
                text,
                flags=re.M | re.I,
            )
        return text

    return varied


_DAY = r"(\d{1,2})/(\d{1,2})/(20\d\d)"
_HEADED = re.compile(
    r"^(\s*\**\s*\d{1,2}(?:\.\d{1,2})?\.\s+)((?:Sở|Công an|UBND)\s[^:.;\n*]{3,60}?):?(\**\s*)$(?=\n\s*\n)",
    re.M,
)


def _heads(before: str, after: str) -> Variation:
    return lambda text: _HEADED.sub(
        lambda found: f"{found[1]}{before}{found[2]}{after}{found[3]}", text
    )


def _renamed(names: dict[str, str]) -> Variation:
    longest_first = sorted(names, key=len, reverse=True)
    found = re.compile("|".join(re.escape(name).replace(r"\ ", r"\s+") for name in longest_first))
    return lambda text: found.sub(lambda match: names[" ".join(match[0].split())], text)


DISTRICT = {
    "Sở Tài chính": "Phòng Tài chính - Kế hoạch",
    "Sở Nội vụ": "Phòng Nội vụ",
    "Sở Tư pháp": "Phòng Tư pháp",
    "Sở Y tế": "Trung tâm Y tế",
    "Sở Công Thương": "Phòng Kinh tế",
    "Sở Xây dựng": "Phòng Kinh tế, Hạ tầng và Đô thị",
    "Công an tỉnh": "Công an phường",
    "các sở, ban, ngành": "các phòng, ban, đơn vị",
    "Các sở, ban, ngành": "Các phòng, ban, đơn vị",
}
COMPANY = {
    "Sở Tài chính": "Ban Tài chính Kế toán",
    "Sở Nội vụ": "Ban Tổ chức và Nhân sự",
    "Sở Tư pháp": "Ban Pháp chế",
    "Sở Y tế": "Khối Dịch vụ khách hàng",
    "Sở Công Thương": "Phòng Kinh doanh",
    "Sở Xây dựng": "Ban Quản lý đầu tư",
    "Công an tỉnh": "Ban Kiểm soát nội bộ",
    "các sở, ban, ngành": "các ban, đơn vị thành viên",
    "Các sở, ban, ngành": "Các ban, đơn vị thành viên",
}
PARTY = {
    "Sở Tài chính": "Văn phòng Tỉnh ủy",
    "Sở Nội vụ": "Ban Tổ chức Tỉnh ủy",
    "Sở Tư pháp": "Ban Nội chính Tỉnh ủy",
    "Sở Y tế": "Ban Tuyên giáo và Dân vận Tỉnh ủy",
    "Sở Công Thương": "Ủy ban Kiểm tra Tỉnh ủy",
    "Sở Xây dựng": "Trường Chính trị tỉnh",
    "Công an tỉnh": "Đảng ủy Công an tỉnh",
    "các sở, ban, ngành": "các chi bộ, đảng bộ trực thuộc",
    "Các sở, ban, ngành": "Các chi bộ, đảng bộ trực thuộc",
}
SCHOOL = {
    "Sở Tài chính": "Phòng Kế hoạch - Tài chính",
    "Sở Nội vụ": "Phòng Tổ chức cán bộ",
    "Sở Tư pháp": "Phòng Thanh tra - Pháp chế",
    "Sở Y tế": "Khoa Công nghệ thông tin",
    "Sở Công Thương": "Viện Đào tạo quốc tế",
    "Sở Xây dựng": "Phòng Quản trị thiết bị",
    "Công an tỉnh": "Tổ bảo vệ",
    "các sở, ban, ngành": "các khoa, phòng, trung tâm",
    "Các sở, ban, ngành": "Các khoa, phòng, trung tâm",
}
NAMES = {"huyện": DISTRICT, "công ty": COMPANY, "Đảng": PARTY, "trường": SCHOOL}

_LETTER = dict(zip(("I", "II", "III", "IV", "V", "VI", "VII", "VIII"), "ABCDEFGH", strict=True))
_QUARTER = {"I": "1", "II": "2", "III": "3", "IV": "4"}

VARIATIONS: dict[str, Variation] = {
    "lines of 80": _each_paragraph(_wrapped),
    "no blank lines": _sub(r"(?<=[^|\n])\n{2,}(?=[^|\n])", "\n"),
    "no bold": _sub(r"\*\*", ""),
    "no bullets": _each_paragraph(_sub(r"^\s*[-+•]\s+(?=[A-ZĐÀ-Ỹ])", "")),
    "bullets •": _each_paragraph(_sub(r"^\s*-\s+(?=\S)", "• ")),
    "bullets *": _each_paragraph(_sub(r"^\s*-\s+(?=\S)", "* ")),
    "bullets →": _each_paragraph(_sub(r"^\s*-\s+(?=\S)", "→ ")),
    "bullets ->": _each_paragraph(_sub(r"^\s*-\s+(?=\S)", "-> ")),
    "decomposed letters": lambda text: unicodedata.normalize("NFD", text),
    "bullets –": _each_paragraph(_sub(r"^\s*-\s+(?=\S)", "– ")),
    "numbers 1)": _each_paragraph(_sub(r"^(\s*\**\d{1,2})\.\s+(?=\D)", r"\1) ")),
    "numbers 1/": _each_paragraph(_sub(r"^(\s*\**\d{1,2})\.\s+(?=\D)", r"\1/ ")),
    "letters a.": _each_paragraph(_sub(r"^(\s*\**[a-zđ])\)\s+", r"\1. ")),
    "sections A.": _each_paragraph(
        _sub(r"^(\s*\**)([IVX]{1,4})\.\s", lambda m: f"{m[1]}{_LETTER.get(m[2], m[2])}. ")
    ),
    "labels Đơn vị … -": _labels("Đơn vị chủ trì", "Đơn vị phối hợp", "Thời gian hoàn thành", " -"),
    "labels Chủ trì thực hiện:": _labels(
        "Chủ trì thực hiện", "Phối hợp thực hiện", "Hạn hoàn thành", ":"
    ),
    "labels Phân công:": _labels("Phân công", "Phối hợp", "Tiến độ", ":"),
    "labels Đơn vị thực hiện là": _labels(
        "Đơn vị thực hiện", "Đơn vị phối hợp", "Thời hạn hoàn thành", " là"
    ),
    "labels CQ, TG": _labels("CQ chủ trì", "CQ phối hợp", "TG hoàn thành", ":"),
    "labels Người thực hiện": _labels(
        "Người chịu trách nhiệm", "Đơn vị cùng thực hiện", "Hạn cuối", ":"
    ),
    "labels bare": _labels("Cơ quan chủ trì", "Cơ quan phối hợp", "Thời gian hoàn thành", ""),
    "heads Giao …:": _heads("Giao ", ":"),
    "heads Trách nhiệm của": _heads("Trách nhiệm của ", ""),
    "heads Đối với": _heads("Đối với ", ":"),
    "heads in capitals": lambda text: _HEADED.sub(lambda m: m[1] + m[2].upper() + m[3], text),
    "days spelt out": _sub(_DAY, r"\1 tháng \2 năm \3"),
    "days with dashes": _sub(_DAY, r"\1-\2-\3"),
    "days with dots": _sub(_DAY, r"\1.\2.\3"),
    "months spelt out": _sub(r"\b([Tt]háng \d{1,2})/(20\d\d)", r"\1 năm \2"),
    "quarters in figures": _sub(
        r"\b([Qq]u[ýí]) (IV|III|II|I)(?!\w)", lambda m: f"{m[1]} {_QUARTER[m[2]]}"
    ),
    "hàng for hằng": _sub(r"\b([Hh])ằng (?=tháng|quý|năm|tuần)", r"\1àng "),
    "tables as pipes": _tables(_as_pipes),
    "tables torn": _tables(_torn),
    "tables as tabs": _tables(_as_tabs),
    "tables turned": _tables(_turned),
    **{f"names {name}": _renamed(names) for name, names in NAMES.items()},
}


# --- measuring -------------------------------------------------------------------------------------


def owed(text: str, name: str = "a.txt") -> list[dict[str, Any]]:
    """The obligations of a plan's text that have an owner or a time."""
    drafted = make_draft(read_document(text.encode(), name)).as_data()["obligations"]
    return [one for one in drafted if one["owners"] or one["due"]["type"] != "none"]


def _said(one: dict[str, Any], renamed: Variation) -> tuple[Any, ...]:
    due = one["due"]
    return (
        re.sub(r"[\W_\d]+", " ", fold(renamed(one["text"])).replace("hàng ", "hằng ")).strip()[:45],
        " ".join(sorted(agency_key(renamed(owner)) for owner in one["owners"])),
        (due["type"], due["date"], due["every"], str(due.get("at"))),
    )


def agreement(text: str, variation: str) -> tuple[int, int, list[tuple[Any, ...]]]:
    """Obligations said alike, all of them, and those that are no longer found as they were."""
    varied = VARIATIONS[variation](text)
    rename = VARIATIONS[variation] if variation.startswith("names") else lambda name: name
    before = Counter(_said(one, rename) for one in owed(text))
    after = Counter(_said(one, lambda name: name) for one in owed(varied))
    lost = before - after
    return before.total() - lost.total(), before.total(), list(lost.elements())


def main(folder: str, *wanted: str) -> None:
    """Prints for each variation how much of all drafts stays, and with names of variations what is lost."""
    texts = [
        path.read_text()
        for path in sorted(Path(folder).iterdir())
        if path.suffix in (".txt", ".md")
    ]
    for variation in wanted or VARIATIONS:
        same, every = 0, 0
        for text in texts:
            if VARIATIONS[variation](text) == text:
                continue
            kept, total, lost = agreement(text, variation)
            same, every = same + kept, every + total
            for one in lost if wanted else ():
                print("  ", one)
        print(
            f"{variation:28} {same:5} of {every:5}  {100 * same / max(1, every):5.1f} %", flush=True
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
