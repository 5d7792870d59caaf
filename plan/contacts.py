"""The address book: importing it whole or not at all, and listing it."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from difflib import get_close_matches
from io import StringIO
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from plan import legacy_text
from plan.definition.model import Contact as ContactPart
from plan.directory.placing import place_contacts
from plan.directory.seats import (
    new_person,
    other_seats,
    person_of,
    places_alike,
    replace_people,
    say,
    seat,
    take_seats,
)
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
        found = list(contact_faults(row, agencies))
        faults += [f"dòng {number}: {fault}" for fault in found]
        if not found:
            parts.append(_part(row))
    if faults:
        raise RefusedError(
            f"Chưa nhập gì, tệp có {number_words(len(faults))} lỗi:\n  " + "\n  ".join(faults)
        )
    count = replace_contacts(session, agencies, parts, now, actor.name)
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


def contact_faults(row: dict[str, str], agencies: Collection[str]) -> Iterator[str]:
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


def seat_contacts(
    session: Session, agencies: Mapping[str, int], contacts: Iterable[ContactPart], now: datetime
) -> None:
    """Give a plan's own people their seats in it (`agencies`: row ids by code): whom the directory knows
    already is the same person there."""
    rows = [Contact(agency_id=agencies[one.agency], **_said(one)) for one in contacts]
    session.add_all(rows)
    session.flush()
    place_contacts(session)
    look_again(session, {row.agency_id for row in rows}, now)


def replace_contacts(
    session: Session,
    agencies: Mapping[str, int],
    contacts: Iterable[ContactPart],
    now: datetime,
    by: str = "",
) -> int:
    """Make the contacts of every agency named those given (`agencies`: row ids by code; `by`: who does it),
    as `replace_people` does; how many there are. They hear what nobody could be told of before."""
    named = defaultdict(list)
    for one in contacts:
        named[agencies[one.agency]].append(_said(one))
    for agency_id, wanted in named.items():
        replace_people(session, session.get_one(Agency, agency_id), wanted, by=by, now=now)
    return sum(map(len, named.values()))


def _said(contact: ContactPart) -> dict[str, Any]:
    return contact.model_dump(exclude={"agency"})


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


def change_contact(
    session: Session,
    plan_id: str,
    contact_id: int,
    changes: Mapping[str, str | bool],
    *,
    actor: Actor,
    now: datetime,
    seen: int | None = None,
) -> Contact:
    """Change what is said of a contact (of `FIELDS`, but its agency), in every plan they look after. Raises
    RefusedError for a name or an address that cannot be one, or when they are no more of the version `seen`:
    somebody else changed them meanwhile. Nothing is changed then."""
    row = session.get_one(Contact, contact_id, populate_existing=True)
    if row.until is not None:
        raise RefusedError(
            "Chưa sửa gì: người này chỉ nhận việc được chuyển cho; hãy lấy việc lại rồi chuyển lại."
        )
    person = person_of(session, row)
    if seen is not None and seen != person.version:
        raise RefusedError(
            "Chưa sửa gì: người nhận này vừa được người khác sửa. Hãy mở lại trang để xem rồi sửa tiếp."
        )
    agency = session.get_one(Agency, row.agency_id)
    fields = {"agency": agency.code} | {
        name: str(value) if isinstance(value, str) else "" for name, value in changes.items()
    }
    if faults := list(contact_faults(fields, [agency.code])):
        raise RefusedError(f"Chưa sửa gì: {'; '.join(faults)}.")
    changed = say(session, person, changes, by=actor.name, now=now)
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
    return row


def add_contact(
    session: Session,
    plan_id: str,
    agency: str,
    fields: Mapping[str, str | bool],
    *,
    actor: Actor,
    now: datetime,
    until: date | None = None,
) -> Contact:
    """Somebody more who hears for an agency (`fields`: of `FIELDS`, but its agency), in every plan that the
    same people look after; `until`: in this one, for work passed to them. Raises NotFoundError, or
    RefusedError for a name or an address that cannot be one; nothing is added then."""
    there = find_agency(session, plan_id, agency)
    typed = {name: value for name, value in fields.items() if isinstance(value, str)}
    if faults := list(contact_faults(typed | {"agency": agency}, [agency])):
        raise RefusedError(f"Chưa thêm gì: {'; '.join(faults)}.")
    places = [there] if until else places_alike(session, there)
    if until:
        row = Contact(agency_id=there.id or 0, until=until, name="")
        row.sqlmodel_update(dict(fields))
        session.add(row)
    else:
        person = new_person(session, there.directory_code or "", fields)
        row, *_ = [seat(session, person, place) for place in places]
    session.flush()
    _note(session, plan_id, agency, "contact.added", actor, now)
    look_again(session, [place.id or 0 for place in places], now)
    return row


def remove_contact(
    session: Session, plan_id: str, contact_id: int, *, actor: Actor, now: datetime
) -> Contact:
    """Somebody who no longer hears for the agency, in this plan and in those that the same people look after;
    the links they were sent end. Raises RefusedError where nobody of the agency would be left to be told."""
    row = session.get_one(Contact, contact_id, populate_existing=True)
    agency = session.get_one(Agency, row.agency_id)
    others = select(Contact.id).where(
        Contact.agency_id == row.agency_id, Contact.id != row.id, col(Contact.until).is_(None)
    )
    if row.until is None and session.exec(others.limit(1)).first() is None:
        raise RefusedError(
            "Chưa bỏ ai: đây là người nhận cuối cùng của cơ quan. Hãy thêm người thay trước."
        )
    places = {place.id: place.plan_id for place in places_alike(session, agency)}
    seats = [row, *other_seats(session, row, places)]
    session.add_all(
        LinkRevocation(
            plan_id=places[one.agency_id], contact_id=one.id, at=now, revoked_by=actor.name
        )
        for one in seats
    )
    take_seats(session, seats, now)
    _note(session, plan_id, agency.code, "contact.removed", actor, now)
    return row


def _note(
    session: Session, plan_id: str, agency: str, event: str, actor: Actor, now: datetime
) -> None:
    """Into the trail, without the person: the trail is kept for ever."""
    audit.record(session, plan_id=plan_id, actor=actor, event=event, subject=agency, now=now)
