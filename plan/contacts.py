"""The address book: importing it whole or not at all, and listing it."""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from difflib import get_close_matches
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from plan import legacy_text
from plan.definition.model import Contact as ContactPart
from plan.errors import RefusedError
from plan.ledger import audit
from plan.models import Agency, Contact, LinkRevocation, Plan
from plan.queries.lookup import find_agency
from plan.queries.reach import look_again
from plan.states import LOADER, Actor
from plan.text import nfc, number_words

FIELDS = ("agency", "name", "role", "is_head", "email", "phone", "zalo_user_id", "zalo_chat_id")
_SEPARATOR = re.compile(r"sep=.\r?\n")
MOST_LINES = 10
"""Named of those typed in an old font."""
YES = frozenset({"1", "x", "có", "co", "true", "yes", "đúng"})
NO = frozenset({"", "0", "không", "khong", "false", "no"})
_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+")
_PHONE = re.compile(r"(?:\+84|\(?0)[0-9 .()\-]{7,16}")
"""A Vietnamese number: Excel's «905000111» has lost its nought, and no channel can dial it."""


def import_contacts(
    session: Session, plan: Plan, path: Path, *, now: datetime, actor: Actor = LOADER
) -> int:
    """Replace the contacts of every agency the file names. Any bad line: all are told by number,
    nothing is imported. Returns how many there are now."""
    agencies = {
        row.code: row.id or 0
        for row in session.exec(select(Agency).where(Agency.plan_id == plan.id))
    }
    parts: list[ContactPart] = []
    faults: list[str] = []
    for number, row in _lines(path):
        found = list(_faults(row, agencies))
        faults += [f"dòng {number}: {fault}" for fault in found]
        if not found:
            parts.append(_part(row))
    if faults:
        raise RefusedError(
            f"Chưa nhập gì, tệp có {number_words(len(faults))} lỗi:\n  " + "\n  ".join(faults)
        )
    count = replace_contacts(session, agencies, parts, now)
    audit.record(
        session,
        plan_id=plan.id,
        actor=actor,
        event="contacts.imported",
        subject=path.name,
        now=now,
        after={"count": count},
    )
    return count


def _lines(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Each record with the number of the line it ends on. Streams the file."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise RefusedError(f"Không tìm thấy tệp {path}.") from None
    except UnicodeDecodeError:
        raise RefusedError(f"{path.name} không phải UTF-8; hãy lưu lại dạng «CSV UTF-8».") from None
    text = _in_unicode(nfc(text), path.name)
    lines, skipped = StringIO(text, newline=""), 0
    if _SEPARATOR.match(text):  # Excel's own «sep=;» before the heading
        lines.readline()
        skipped = 1
    delimiter = max(",;\t", key=text.split("\n", skipped + 1)[skipped].count)
    # Not splitlines(): a line break inside quotes belongs to its cell, as Word's own breaks do.
    reader = csv.DictReader(lines, delimiter=delimiter, strict=True)
    try:
        reader.fieldnames = [_cleaned(name).casefold() for name in reader.fieldnames or ()]
        for number, cells in _records(reader, path):
            yield number + skipped, cells
    except csv.Error as fault:
        raise RefusedError(
            f"{path.name}, dòng {reader.line_num + skipped + 1}: {_csv_words(fault)}."
        ) from None


def _csv_words(fault: csv.Error) -> str:
    """What the reader of CSV stumbled over, as an office can mend it."""
    words = str(fault)
    if "field limit" in words:
        return "một ô dài quá 131.072 ký tự; có thể thiếu dấu ngoặc kép đóng ở dòng trước"
    if "unexpected end" in words:
        return "dấu ngoặc kép mở ra mà không đóng; hãy thêm dấu đóng hoặc bỏ dấu mở"
    if "line contains NUL" in words:
        return "có ký tự rỗng (NUL); hãy lưu lại tệp từ Excel dạng «CSV UTF-8»"
    return "dấu ngoặc kép đặt sai chỗ; trong ô có dấu ngoặc kép thì viết hai dấu liền nhau"


def _records(reader: csv.DictReader[str], path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    missing = {"agency", "name"} - set(reader.fieldnames or ())
    if missing:
        raise RefusedError(
            f"{path.name} thiếu cột {', '.join(sorted(missing))}; các cột: {', '.join(FIELDS)}."
        )
    for row in reader:
        cells = {
            key or "": _cleaned(value or "")
            for key, value in row.items()
            if isinstance(value, str | None)
        }
        if any(cells.values()):  # rows emptied in Excel stay behind as commas
            yield reader.line_num, cells


def _cleaned(value: str) -> str:
    """A cell's text in NFC, on one line, without the invisible characters that paste brings along."""
    visible = "".join(c for c in value if unicodedata.category(c) != "Cf")
    return " ".join(nfc(visible).split())


def _in_unicode(text: str, name: str) -> str:
    """Names typed in a font from before Unicode are refused: who «NguyÔn V¨n §oµn» is, its owner must say."""
    lines = text.split("\n")
    verdict = legacy_text.judge(lines)
    if verdict.coding:
        old = [str(n) for n, line in enumerate(lines, 1) if legacy_text.judge([line]).coding]
        where = f", dòng {', '.join(old[:MOST_LINES])}" if old else ""
        more = (
            f" và {number_words(len(old) - MOST_LINES)} dòng khác" if len(old) > MOST_LINES else ""
        )
        raise RefusedError(
            f"{name}{where}{more}: gõ bằng phông không phải Unicode (kiểu {verdict.coding}). "
            "Hãy chuyển sang Unicode, lưu lại dạng «CSV UTF-8» rồi nhập lại."
        )
    return text


def _faults(row: dict[str, str], agencies: Collection[str]) -> Iterator[str]:
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


def _part(row: dict[str, str]) -> ContactPart:
    fields: dict[str, Any] = {name: row.get(name, "") for name in FIELDS}
    return ContactPart(**fields | {"is_head": fields["is_head"].casefold() in YES})


def has_contacts(session: Session, plan_id: str) -> bool:
    """Whether any agency of the plan has a contact yet."""
    found = session.exec(
        select(Contact.id)
        .join(Agency, col(Agency.id) == Contact.agency_id)
        .where(Agency.plan_id == plan_id)
        .limit(1)
    )
    return found.first() is not None


def replace_contacts(
    session: Session, agencies: Mapping[str, int], contacts: Iterable[ContactPart], now: datetime
) -> int:
    """Make the contacts of every agency named those given (`agencies`: row ids by code); they hear what
    nobody could be told of before. Who is in both, by name, keeps their row, and with it the links they
    were sent; who is not loses both."""
    rows = []
    for contact in contacts:
        fields = dict(vars(contact))
        rows.append(Contact(agency_id=agencies[fields.pop("agency")], **fields))
    named = {row.agency_id for row in rows}
    there = defaultdict(list)
    for old in session.exec(select(Contact).order_by(col(Contact.id))):
        if (
            old.agency_id in named and old.until is None
        ):  # whom work was passed to stays till the day
            there[_person(old)].append(old)
    for row in rows:
        kept = there[_person(row)].pop(0) if there[_person(row)] else None
        if kept is None:
            session.add(row)
        else:
            kept.sqlmodel_update(row.model_dump(exclude={"id", "until"}))
            session.add(kept)
    for gone in (old for left in there.values() for old in left):
        session.delete(gone)
    session.flush()
    look_again(session, named, now)
    return len(rows)


def _person(row: Contact) -> tuple[int, str]:
    """Who it is: a mailbox may be an office's, and passed on."""
    return row.agency_id, " ".join(row.name.split()).casefold()


def list_contacts(session: Session, plan: Plan) -> list[dict[str, Any]]:
    """Every contact of the plan, in the plan's order of agencies; not whom work was passed to for a while."""
    rows = session.exec(
        select(Contact, Agency.code)
        .join(Agency, col(Agency.id) == Contact.agency_id)
        .where(Agency.plan_id == plan.id, col(Contact.until).is_(None))
        .order_by(col(Agency.sort), col(Contact.id))
    )
    return [
        {"agency": code} | {name: getattr(contact, name) for name in FIELDS[1:]}
        for contact, code in rows
    ]


def without_address(session: Session, plan: Plan) -> list[str]:
    """«an-lao: Nguyễn Thị Mẫu»: contacts nothing can be sent to."""
    return [
        f"{row['agency']}: {row['name']}"
        for row in list_contacts(session, plan)
        if not any(row[name] for name in ("email", "phone", "zalo_user_id", "zalo_chat_id"))
    ]


def contact_mark(row: Contact) -> str:
    """Stands for a contact as it is, so that whoever sends a form back can say what the form showed."""
    shown = json.dumps([getattr(row, name) for name in FIELDS[1:]], ensure_ascii=False)
    return sha256(shown.encode()).hexdigest()[:16]


def change_contact(
    session: Session,
    plan_id: str,
    contact_id: int,
    changes: Mapping[str, str | bool],
    *,
    actor: Actor,
    now: datetime,
    seen: str = "",
) -> Contact:
    """Change a contact's fields (of `FIELDS`, but not its agency). Raises RefusedError for a name or an
    address that cannot be one, or when it is no more as `seen` (its `contact_mark`): somebody else
    changed it meanwhile. Nothing is changed then."""
    row = session.get_one(Contact, contact_id, populate_existing=True)
    if seen and seen != contact_mark(row):
        raise RefusedError(
            "Chưa sửa gì: người nhận này vừa được người khác sửa. Hãy mở lại trang để xem rồi sửa tiếp."
        )
    agency = session.get_one(Agency, row.agency_id)
    fields = {"agency": agency.code} | {
        name: str(value) if isinstance(value, str) else "" for name, value in changes.items()
    }
    if faults := list(_faults(fields, [agency.code])):
        raise RefusedError(f"Chưa sửa gì: {'; '.join(faults)}.")
    changed = [name for name, value in changes.items() if getattr(row, name) != value]
    was = _person(row)
    for name in changed:
        setattr(row, name, changes[name])
    session.add(row)
    if _person(row) != was:  # another person in the place: the links that the first was sent end
        session.add(
            LinkRevocation(plan_id=plan_id, contact_id=contact_id, at=now, revoked_by=actor.name)
        )
    audit.record(
        session,
        plan_id=plan_id,
        actor=actor,
        event="contact.changed",
        subject=agency.code,
        now=now,
        # Which fields, not what: the trail is kept for ever, a phone number should not be.
        after={"fields": changed},
    )
    look_again(session, [row.agency_id], now)
    return row


def add_contact(
    session: Session,
    plan_id: str,
    agency: str,
    fields: Mapping[str, str | bool],
    *,
    actor: Actor,
    now: datetime,
) -> Contact:
    """Somebody more who hears for an agency (`fields`: of `FIELDS`, but its agency). Raises NotFoundError,
    or RefusedError for a name or an address that cannot be one; nothing is added then."""
    there = find_agency(session, plan_id, agency)
    typed = {name: value for name, value in fields.items() if isinstance(value, str)}
    if faults := list(_faults(typed | {"agency": agency}, [agency])):
        raise RefusedError(f"Chưa thêm gì: {'; '.join(faults)}.")
    row = Contact(agency_id=there.id or 0, name="")
    row.sqlmodel_update(dict(fields))
    session.add(row)
    session.flush()
    _note(session, plan_id, agency, "contact.added", actor, now)
    look_again(session, [row.agency_id], now)
    return row


def remove_contact(
    session: Session, plan_id: str, contact_id: int, *, actor: Actor, now: datetime
) -> Contact:
    """Somebody who no longer hears for the agency; the links they were sent end. Raises RefusedError where
    nobody of the agency would be left to be told."""
    row = session.get_one(Contact, contact_id, populate_existing=True)
    agency = session.get_one(Agency, row.agency_id)
    others = select(Contact.id).where(
        Contact.agency_id == row.agency_id, Contact.id != row.id, col(Contact.until).is_(None)
    )
    if row.until is None and session.exec(others.limit(1)).first() is None:
        raise RefusedError(
            "Chưa bỏ ai: đây là người nhận cuối cùng của cơ quan. Hãy thêm người thay trước."
        )
    session.add(
        LinkRevocation(plan_id=plan_id, contact_id=contact_id, at=now, revoked_by=actor.name)
    )
    session.delete(row)
    _note(session, plan_id, agency.code, "contact.removed", actor, now)
    look_again(session, [row.agency_id], now)
    return row


def _note(
    session: Session, plan_id: str, agency: str, event: str, actor: Actor, now: datetime
) -> None:
    """Into the trail, without the person: the trail is kept for ever."""
    audit.record(session, plan_id=plan_id, actor=actor, event=event, subject=agency, now=now)
