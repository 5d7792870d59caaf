"""An agency as a file of the directory says it, and what can be wrong with it. Pure.

A file has a row for each name an agency bore; what is not a name is taken from its first row. A plan's
`agencies.yaml` is read as the same entries. What a file does not speak of (a column it has not, an end in a
plan) stays as the directory has it; an empty cell is said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from difflib import get_close_matches
from typing import Any

from plan.definition.model import Agency
from plan.directory.csv_file import Heads, LineFaultsError
from plan.directory.register import folded, numbered
from plan.errors import DondocError, RefusedError
from plan.plausible import day_from
from plan.text import date_words

HEADS = Heads(
    {
        "code": "Mã",
        "organ_id": "Mã định danh",
        "name": "Tên",
        "short": "Tên ngắn",
        "named_from": "Tên từ ngày",
        "kind": "Loại",
        "parent": "Cấp trên",
        "valid_from": "Từ ngày",
        "valid_to": "Đến ngày",
        "became": "Trở thành",
        "successors": "Cơ quan kế tục",
        "aliases": "Tên gọi khác",
    },
    ("code", "name"),
)
BECAME = {"merged": "sáp nhập", "split": "chia tách", "ended": "kết thúc"}
CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
ORGAN_ID = re.compile(r"[A-Z]\d{2}(\.\d{1,3}){0,4}|\d{3}(\.\d{2,3}){0,2}\.[A-Z]\d{2}")
"""«H08.12» (QĐ 20/2020/QĐ-TTg), or as it was written before, «000.00.12.H08»."""

Cells = Mapping[str, str]
DAY = timedelta(days=1)
PROVINCE = "tỉnh"


@dataclass(frozen=True)
class Name:
    valid_from: date | None
    name: str
    short: str


@dataclass
class Entry:
    """An agency; `line`: where the file says it (0: not from a file)."""

    code: str
    organ_id: str = ""
    kind: str = ""
    parent: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    became: str = ""
    successors: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    names: list[Name] = field(default_factory=list)
    line: int = 0

    def folded(self) -> set[str]:
        """Its names, for comparing."""
        return {folded(one.name) for one in self.names}

    def said(self) -> dict[str, object]:
        """What is said of it, by field, for comparing."""
        return {
            name: value for name, value in vars(self).items() if name not in ("line", "names")
        } | {
            "names": sorted((one.valid_from or date.min, one.name, one.short) for one in self.names)
        }


def from_plan(agencies: Iterable[Agency], known: Mapping[str, Entry]) -> list[Entry]:
    """The entries of a plan's agencies, or of a directory that ships with the program: whatever is not the
    province stands under it. Where another agency of the directory (`known`) has a code, the next free."""
    parts = list(agencies)
    provinces = [one.id for one in parts if one.names[-1].kind == PROVINCE]
    once = {alias: one.code for one in known.values() for alias in one.aliases}
    codes = {one.id: _free(one, known, once) for one in parts}
    above = codes[provinces[0]] if len(provinces) == 1 else ""
    return [
        _of_plan(
            one,
            known.get(codes[one.id], Entry(codes[one.id])),
            above if one.id not in provinces else "",
        )
        for one in parts
    ]


def _of_plan(agency: Agency, old: Entry, parent: str) -> Entry:
    names = [Name(name.valid_from, name.name, name.short) for name in agency.names]
    return replace(
        old,
        organ_id=next(iter(agency.organ_ids), "") or old.organ_id,
        kind=agency.names[-1].kind or old.kind,
        parent=parent or old.parent,
        valid_from=agency.names[0].valid_from or old.valid_from,
        aliases=tuple(dict.fromkeys((*old.aliases, *agency.aliases))),
        names=_with_known(names, old),
    )


def _free(agency: Agency, known: Mapping[str, Entry], once: Mapping[str, str]) -> str:
    """The code under which the directory has this agency, or may have it. `once`: codes, and names, that were
    made one with another's → that one."""
    names = {folded(name.name) for name in agency.names}
    number = 1
    while (code := numbered(agency.id, number)) in known or code in once:
        entry = known[code if code in known else once[code]]
        if not names.isdisjoint(entry.folded() | set(map(folded, entry.aliases))):
            return entry.code
        number += 1
    return code


def _with_known(names: Sequence[Name], old: Entry) -> list[Name]:
    """These names, and those known already that no word is said of; what is another spelling of a known one
    stays that."""
    spellings = set(map(folded, old.aliases)) - old.folded()
    taken = {one.valid_from for one in old.names}
    said = [
        one for one in names if folded(one.name) not in spellings or one.valid_from not in taken
    ]
    words, days = {folded(one.name) for one in said}, {one.valid_from for one in said}
    kept = [
        one for one in old.names if folded(one.name) not in words and one.valid_from not in days
    ]
    return sorted((*said, *kept), key=lambda one: one.valid_from or date.min)


def from_lines(lines: Iterable[tuple[int, Cells]], known: Mapping[str, Entry]) -> list[Entry]:
    """The entries of a file's lines. `known`: those the directory has, which a line may name as its parent or
    successor. Raises LineFaultsError with every bad line."""
    found: dict[str, Entry] = {}
    faults: list[tuple[int, str]] = []
    days_said = True
    for line, cells in lines:
        try:
            _take(found, line, cells, known)
        except DondocError as fault:
            faults.append((line, str(fault)))
        days_said = "named_from" in cells
    faults += _other_agencies(found, known)
    for code in found.keys() & known.keys() if not days_said else ():
        found[code].names = _with_known(found[code].names, known[code])
    faults += check([*found.values(), *(one for one in known.values() if one.code not in found)])
    if faults:
        raise LineFaultsError(faults)
    return list(found.values())


def _take(found: dict[str, Entry], line: int, cells: Cells, known: Mapping[str, Entry]) -> None:
    code, name = cells.get("code", ""), cells.get("name", "")
    if not CODE.fullmatch(code):
        raise RefusedError(
            f"mã cơ quan «{code}» phải là chữ thường không dấu, số, nối bằng gạch (an-lao); hãy sửa mã"
        )
    if not name:
        raise RefusedError("thiếu tên cơ quan; hãy ghi cột «Tên»")
    old = known.get(code, Entry(code))
    entry = found.setdefault(code, replace(old, names=[], line=line, **_said(cells)))
    entry.names.append(_name(name, cells, old, entry))


def _said(cells: Cells) -> dict[str, Any]:
    """Of an agency, by field: of the columns that the file has."""
    return {name: read(cells[name]) for name, read in _READERS.items() if name in cells}


def _name(name: str, cells: Cells, old: Entry, entry: Entry) -> Name:
    """A name that is known keeps its day, and its short form, where the file has no column for it."""
    same = next((one for one in old.names if folded(one.name) == folded(name)), None)
    since = _day(cells.get("named_from", "")) or entry.valid_from
    if same and ("named_from" not in cells or not (cells["named_from"] or same.valid_from)):
        since = same.valid_from
    short = same.short if same and "short" not in cells else cells.get("short", "")
    return Name(since, name, short or name)


def _list(words: str) -> tuple[str, ...]:
    return tuple(one for part in words.split(";") if (one := part.strip()))


def _day(words: str) -> date | None:
    return day_from(words) if words else None


def _became(words: str) -> str:
    known = {word: name for name, word in BECAME.items()} | {name: name for name in BECAME}
    if words and words.casefold() not in known:
        raise RefusedError(
            f"«{words}» không phải là một kết cục; hãy ghi: {', '.join(BECAME.values())}, hoặc để trống"
        )
    return known.get(words.casefold(), "")


_READERS: Mapping[str, Callable[[str], Any]] = {
    "organ_id": str.upper,
    "kind": str,
    "parent": str,
    "valid_from": _day,
    "valid_to": _day,
    "became": _became,
    "successors": _list,
    "aliases": _list,
}


# --- what can be wrong between them --------------------------------------------------------------


def check(entries: Sequence[Entry]) -> list[tuple[int, str]]:
    """Every fault of those that stand on a line, with it."""
    by_code = {one.code: one for one in entries}
    new = [one for one in entries if one.line]
    found = [
        (one.line, words)
        for one in new
        for words in (*_own_faults(one, by_code.keys()), *_end_faults(one, by_code))
    ]
    return [*found, *_same_organ_id(entries), *_cycles(new, by_code)]


def _own_faults(one: Entry, known: Collection[str]) -> Iterator[str]:
    if one.organ_id and not ORGAN_ID.fullmatch(one.organ_id):
        yield (
            f"mã định danh «{one.organ_id}» không đúng dạng H08.12 hoặc 000.00.12.H08; hãy đối chiếu "
            "danh mục mã định danh của tỉnh"
        )
    for code in (one.parent, *one.successors):
        if code and code not in known:
            near = get_close_matches(code, known, n=1, cutoff=0.4)
            hint = f" (có phải «{near[0]}»?)" if near else ""
            yield f"không có cơ quan «{code}»{hint}; hãy sửa mã, hoặc thêm cơ quan ấy vào tệp"
    if one.valid_from and one.valid_to and one.valid_to < one.valid_from:
        yield f"ngày kết thúc {date_words(one.valid_to)} trước ngày bắt đầu; hãy sửa một trong hai ngày"
    days = [name.valid_from for name in one.names]
    if len(set(days)) < len(days):
        yield f"cơ quan «{one.code}» có hai tên từ cùng một ngày; hãy ghi cột «Tên từ ngày» cho tên sau"


def _end_faults(one: Entry, by_code: Mapping[str, Entry]) -> Iterator[str]:
    if bool(one.became) != bool(one.valid_to):
        yield "«Trở thành» và «Đến ngày» phải ghi cả hai; hãy ghi ngày cuối cùng cơ quan còn hoạt động"
    if (one.became in ("merged", "split")) != bool(one.successors):
        yield "sáp nhập, chia tách thì ghi «Cơ quan kế tục»; kết thúc thì để trống cột ấy"
    if one.code in one.successors:
        yield "cơ quan không thể kế tục chính mình; hãy ghi mã khác, hoặc ghi một tên mới thay vì sáp nhập"
    for code in one.successors:
        after = by_code.get(code)
        if after and after.valid_to and one.valid_to and after.valid_to <= one.valid_to:
            yield (
                f"sáp nhập vào «{code}» sau khi «{code}» đã thôi hoạt động "
                f"({date_words(after.valid_to)}); hãy sửa ngày"
            )
        if after and after.valid_from and one.valid_to and after.valid_from > one.valid_to + DAY:
            yield (
                f"sáp nhập vào «{code}» trước khi có «{code}» ({date_words(after.valid_from)}); hãy sửa ngày"
            )


def _other_agencies(
    found: Mapping[str, Entry], known: Mapping[str, Entry]
) -> Iterator[tuple[int, str]]:
    """A code is one agency for ever: another name alone is another agency, or a renaming half told."""
    for code, one in found.items():
        if code in known and one.folded().isdisjoint(known[code].folded()):
            before = known[code].names[-1].name
            yield (
                one.line,
                f"mã «{code}» đang là «{before}»; đổi tên thì giữ dòng tên cũ và thêm một dòng tên mới có "
                "«Tên từ ngày», cơ quan khác thì dùng mã khác",
            )


def _same_organ_id(entries: Sequence[Entry]) -> Iterator[tuple[int, str]]:
    first: dict[str, str] = {}
    for one in sorted(entries, key=lambda one: one.line):
        other = first.setdefault(one.organ_id, one.code) if one.organ_id else one.code
        if other != one.code:
            yield (
                one.line,
                f"mã định danh «{one.organ_id}» đã là của «{other}»; mỗi cơ quan một mã, hãy sửa một nơi",
            )


def _cycles(entries: Sequence[Entry], by_code: Mapping[str, Entry]) -> Iterator[tuple[int, str]]:
    """A parent that stands, further up, below its own child."""
    for one in entries:
        above, way = one.parent, [one.code]
        while above in by_code and above not in way:
            way.append(above)
            above = by_code[above].parent
        if above == one.code:
            way.append(above)
            yield (
                one.line,
                f"cấp trên đi vòng: {' › '.join(way)}; hãy sửa cột «Cấp trên» của một dòng",
            )
