"""A person as a file of contacts says them, and what can be wrong with one. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from plan.definition.model import Contact
from plan.directory.agencies import Difference, changed_field
from plan.directory.csv_file import Heads, LineFaultsError
from plan.directory.register import folded

FIELDS = ("agency", "name", "role", "is_head", "email", "phone", "zalo_user_id", "zalo_chat_id")
HEADS = Heads({name: name for name in FIELDS}, ("agency", "name"))
YES = frozenset({"1", "x", "có", "co", "true", "yes", "đúng"})
NO = frozenset({"", "0", "không", "khong", "false", "no"})
_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+")
_PHONE = re.compile(r"(?:\+84|\(?0)[0-9 .()\-]{7,16}")
"""A Vietnamese number: Excel's «905000111» has lost its nought, and no channel can dial it."""


def from_lines(
    lines: Iterable[tuple[int, dict[str, str]]],
    agencies: Collection[str],
    there: Iterable[Mapping[str, Any]] = (),
) -> list[Contact]:
    """The contacts of a file's lines; what the file has no column for is as `there` has it of who is of that
    name. Raises LineFaultsError with every bad line: an agency that there is not (`agencies`: codes), an
    address that cannot be one, one address of two people in two agencies."""
    known = _by_name(there)
    parts: list[tuple[int, Contact]] = []
    faults: list[tuple[int, str]] = []
    for line, row in lines:
        found = list(contact_faults(row, agencies))
        faults += [(line, fault) for fault in found]
        if not found:
            namesakes = known[row["agency"], folded(row["name"])]
            parts.append((line, _part(row, namesakes.pop(0) if namesakes else {})))
    faults += _shared_addresses(parts)
    if faults:
        raise LineFaultsError(faults)
    return [part for _, part in parts]


def _shared_addresses(parts: Iterable[tuple[int, Contact]]) -> Iterator[tuple[int, str]]:
    """One mailbox is one person to whoever sends: two people of two agencies would read each other's mail."""
    first: dict[str, tuple[int, Contact]] = {}
    for line, part in parts:
        if not part.email:
            continue
        at, other = first.setdefault(part.email.casefold(), (line, part))
        if other.agency != part.agency and folded(other.name) != folded(part.name):
            yield (
                line,
                f"{part.name} ({part.agency}) dùng chung địa chỉ {part.email} với {other.name} "
                f"({other.agency}, dòng {at}); hãy ghi địa chỉ riêng, hoặc ghi cùng một tên nếu là một người",
            )


def contact_faults(row: Mapping[str, str], agencies: Collection[str]) -> Iterator[str]:
    """What is wrong with one contact, each with what to do."""
    code = row.get("agency", "")
    if code not in agencies:
        near = get_close_matches(code, agencies, n=1, cutoff=0.4)
        hint = f" (có phải «{near[0]}»?)" if near else ""
        yield f"không có cơ quan «{code}»{hint}"
    if not row.get("name"):
        yield "thiếu tên người nhận"
    if row.get("is_head", "").casefold() not in YES | NO:
        yield f"is_head phải là 1 hoặc 0, không phải «{row['is_head']}»"
    if row.get("email") and not _EMAIL.fullmatch(row["email"]):
        yield f"địa chỉ thư «{row['email']}» không hợp lệ"
    elif not row.get("email", "").isascii():
        yield f"địa chỉ thư «{row['email']}» có chữ có dấu, máy chủ thư không nhận; hãy ghi không dấu"
    if row.get("phone") and not _PHONE.fullmatch(row["phone"]):
        yield f"số điện thoại «{row['phone']}» không hợp lệ; viết đủ số 0 ở đầu, ví dụ 0905 000 111"
    for name, value in row.items():
        if any(unicodedata.category(c) == "Cc" for c in value):
            yield f"cột {name or 'thừa'} có ký tự điều khiển, máy không lưu được; hãy gõ lại ô ấy"


def _part(row: dict[str, str], old: Mapping[str, Any]) -> Contact:
    said: dict[str, Any] = {name: row[name] for name in FIELDS if name in row}
    if "is_head" in row:
        said["is_head"] = row["is_head"].casefold() in YES
    return Contact(**{**old, **said})


def _by_name(people: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], list[Mapping[str, Any]]]:
    found = defaultdict(list)
    for one in people:
        found[one["agency"], folded(str(one["name"]))].append(one)
    return found


def differences(
    there: Iterable[Mapping[str, Any]], wanted: Iterable[Mapping[str, Any]]
) -> list[Difference]:
    """Who is new, changed and gone of the agencies that `wanted` names; both with the fields of `FIELDS`."""
    known = _by_name(there)
    found = []
    for new in wanted:
        namesakes = known[new["agency"], folded(str(new["name"]))]
        if not namesakes:
            found.append(Difference("new", new["agency"], str(new["name"])))
            continue
        old = namesakes.pop(0)
        changed = tuple(
            changed_field(name, old[name], new[name]) for name in FIELDS if old[name] != new[name]
        )
        if changed:
            found.append(Difference("changed", new["agency"], str(new["name"]), changed))
    left = (one for namesakes in known.values() for one in namesakes)
    return [*found, *(Difference("gone", one["agency"], str(one["name"])) for one in left)]
