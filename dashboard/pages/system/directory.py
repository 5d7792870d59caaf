"""Danh bạ: the people of a plan's agencies, and the agencies of every plan; both taken in from a file after
a look at what it would change."""

from __future__ import annotations

import base64
import binascii
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlmodel import col, select
from starlette.responses import Response

from dashboard.auth.viewer import OFFICE, STAFF
from dashboard.pages.common import names_of, note_export, taken_away
from dashboard.queries.listing import page_of
from dashboard.rendering.export import export
from dashboard.table import Table
from dashboard.web.request import MissingError, Visit, number_in
from dashboard.web.routing import Pages
from intake.tables import read_table, table_name
from plan.calendar import local_day
from plan.contacts import change_contact as contact_changed
from plan.contacts import import_contacts, list_contacts, preview_contacts
from plan.definition.directories import directory_names
from plan.definition.directories import read_directory as read_shipped
from plan.directory.acting import directory_names as called_in_directory
from plan.directory.agencies import compare, read_directory, rows_of, write_agencies
from plan.directory.entries import HEADS, Entry, from_lines, from_plan
from plan.directory.looking_after import plans_by_person
from plan.directory.people import import_people, list_people, preview_people
from plan.directory.people_file import FIELDS
from plan.directory.questions import answer, namesakes, open_questions
from plan.errors import RefusedError
from plan.models import Agency, Contact, DirectoryContact, Plan
from plan.queries.delegations import own_people
from plan.queries.labels import plan_labels
from plan.text import normalise, number_words

pages = Pages()
MOST_BYTES = 700_000
"""Of a file between looking at it and taking it in: it waits in the form, in base64, at most a megabyte."""

PEOPLE = "/quan-tri/nguoi-nhan"
PEOPLE_SHOWN = 100
"""In one page of the directory's people."""

MOST_ASKED = 20
"""Questions of a kind on the page; it says how many more there are."""


@dataclass(frozen=True)
class Waiting:
    """A file that was looked at and not yet taken in."""

    name: str
    content: str


@contextmanager
def _file(visit: Visit) -> Iterator[tuple[Path, Waiting]]:
    """The file sent, or the one that waited in the form."""
    sent = visit.uploads("tep")
    if sent:
        data, name = sent[0].file.read(MOST_BYTES + 1), sent[0].filename
    else:
        data, name = _waited(visit), visit.text("ten-tep", 200)
    if len(data) > MOST_BYTES:
        raise RefusedError(
            "Tệp lớn quá 700 kB; hãy chia thành nhiều tệp, hoặc nhập bằng dòng lệnh."
        )
    if not data:
        raise RefusedError("Chưa chọn tệp .csv hoặc .xlsx.")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / table_name(name or "danh-ba.csv")
        path.write_bytes(data)
        yield path, Waiting(path.name, base64.b64encode(data).decode())


def _waited(visit: Visit) -> bytes:
    try:
        return base64.b64decode(visit.text("noi-dung", MOST_BYTES * 4 // 3 + 8), validate=True)
    except binascii.Error:
        raise RefusedError("Chưa nhập gì: tệp không còn nguyên; hãy chọn lại tệp.") from None


# --- people --------------------------------------------------------------------------------------


@pages.get("/quan-tri/danh-ba", may=STAFF)
def contacts(visit: Visit) -> Response:
    listed = list_contacts(visit.session, visit.plan)
    rows = [[one[name] for name in FIELDS] for one in listed]
    file = export(Table("Danh bạ", FIELDS, rows), visit.query("dang"))
    if file is not None:
        note_export(visit, f"Danh bạ.{visit.query('dang')}")
        return file
    people = visit.session.exec(
        select(Contact, Agency.code)
        .join(Agency, col(Agency.id) == Contact.agency_id)
        .where(Agency.plan_id == visit.plan.id, own_people())
        .order_by(col(Agency.sort), col(Contact.is_head), col(Contact.id))
    ).all()
    return visit.render(
        "admin_contacts.html", people=people, names=names_of(visit), also=_looked_after(visit)
    )


def _looked_after(visit: Visit) -> dict[int, list[str]]:
    """By id in the directory what the other plans of each person are called."""
    labels = plan_labels(visit.session)
    return {
        person: [labels[one].short for one in plans if one != visit.plan.id]
        for person, plans in plans_by_person(visit.session).items()
    }


@pages.post("/quan-tri/danh-ba", may=STAFF, takes_files=True)
def import_book(visit: Visit) -> Response:
    """A file as `dondoc contacts import` takes it: looked at first, then all of it or nothing."""
    with _file(visit) as (path, waiting):
        if not visit.text("nhap", 5):
            found = preview_contacts(visit.session, visit.plan, path, read_table)
            return visit.render(
                "admin_preview.html",
                found=found,
                waiting=waiting,
                title="Danh bạ",
                back="/quan-tri/danh-ba",
                action="/quan-tri/danh-ba",
            )
        with visit.writing() as session:
            plan = session.get_one(Plan, visit.plan.id)
            actor, now = visit.who.actor, visit.now
            count = import_contacts(session, plan, path, now=now, actor=actor, read=read_table)
    return visit.redirect(
        "/quan-tri/danh-ba", f"Đã nhập danh bạ; nay có {number_words(count)} người nhận."
    )


@pages.get("/quan-tri/danh-ba/{contact}", may=STAFF)
def contact(visit: Visit) -> Response:
    row, code = _contact(visit)
    person = visit.session.get(DirectoryContact, row.directory_id or 0)
    return visit.render(
        "admin_contact.html",
        row=row,
        code=code,
        version=person.version if person else 1,
        names=names_of(visit),
    )


def _contact(visit: Visit) -> tuple[Contact, str]:
    """One of the agency's own people; whom work was passed to is nobody to change here."""
    row = visit.session.get(Contact, number_in(visit.param("contact")))
    agency = visit.session.get(Agency, row.agency_id) if row is not None else None
    if row is None or agency is None or agency.plan_id != visit.plan.id or row.until is not None:
        raise MissingError
    return row, agency.code


@pages.post("/quan-tri/danh-ba/{contact}", may=STAFF)
def change_contact(visit: Visit) -> Response:
    row, code = _contact(visit)
    assert row.id is not None
    changes: dict[str, str | bool] = {
        field: visit.text(field, 200) for field in FIELDS if field not in _NOT_TYPED
    }
    changes["is_head"] = bool(visit.text("is_head", 5))
    actor, now = visit.who.actor, visit.now
    with visit.writing() as session:
        kept = contact_changed(
            session,
            visit.plan.id,
            row.id,
            changes,
            actor=actor,
            now=now,
            seen=number_in(visit.text("da-xem", 9)),
        )
    return visit.redirect(f"/co-quan/{code}", f"Đã sửa người nhận {kept.name}.")


_NOT_TYPED = frozenset({"agency", "is_head"})


# --- everybody, whatever plans they look after ---------------------------------------------------


@pages.get(PEOPLE, may=STAFF)
def everybody(visit: Visit) -> Response:
    """A page of the directory's people, and which plans each looks after."""
    people = list_people(visit.session)
    table = Table("Người trong danh bạ", FIELDS, [[one[name] for name in FIELDS] for one in people])
    if (file := taken_away(visit, {"": lambda: table})) is not None:
        return file
    called = called_in_directory(visit.session, local_day(visit.as_of))
    sought = normalise(visit.query("tim")[:100])
    found = [one for one in people if sought in normalise(f"{_agency(called, one)} {one['name']}")]
    page = page_of(len(found), visit.page_number(), PEOPLE_SHOWN)
    shown = found[page.offset : page.offset + PEOPLE_SHOWN]
    return visit.render(
        "admin_people.html",
        people=shown,
        called=called,
        page=page,
        sought=visit.query("tim"),
        plans=plans_by_person(visit.session, {one["agency"] for one in shown}),
        labels=plan_labels(visit.session),
    )


def _agency(called: Mapping[str, str], person: Mapping[str, Any]) -> str:
    return called.get(person["agency"], person["agency"])


@pages.post(PEOPLE, may=STAFF, takes_files=True)
def import_everybody(visit: Visit) -> Response:
    """A file as `dondoc contacts import --directory` takes it: looked at first, then all of it or nothing."""
    with _file(visit) as (path, waiting):
        if not visit.text("nhap", 5):
            found = preview_people(visit.session, path, read_table)
            return visit.render(
                "admin_preview.html",
                found=found,
                waiting=waiting,
                title="Người trong danh bạ",
                back=PEOPLE,
                action=PEOPLE,
            )
        with visit.writing() as session:
            actor, now = visit.who.actor, visit.now
            count = import_people(session, path, actor=actor, now=now, read=read_table)
    return visit.redirect(PEOPLE, f"Đã nhập {number_words(count)} người nhận.")


# --- agencies ------------------------------------------------------------------------------------


@pages.get("/quan-tri/co-quan", may=STAFF)
def agencies(visit: Visit) -> Response:
    """Every agency, whatever plans it takes part in, and which of them may be one."""
    directory = read_directory(visit.session)
    heads = list(HEADS.words.values())
    file = taken_away(visit, {"": lambda: Table("Cơ quan", heads, rows_of(directory.values()))})
    if file is not None:
        return file
    kind = visit.query("loai")
    return visit.render(
        "admin_directory.html",
        entries=[one for one in directory.values() if kind in ("", one.kind)],
        titles={code: one.names[-1].short for code, one in directory.items() if one.names},
        kinds=sorted({one.kind for one in directory.values()} - {""}),
        kind=kind,
        questions=open_questions(visit.session),
        namesakes=namesakes(visit.session),
        most=MOST_ASKED,
        shipped=directory_names(),
    )


@pages.post("/quan-tri/co-quan", may=OFFICE, takes_files=True)
def import_agencies(visit: Visit) -> Response:
    """A file as `dondoc directory import` takes it: looked at first, then all of it or nothing."""
    with _file(visit) as (path, waiting):
        entries = from_lines(read_table(path, HEADS), read_directory(visit.session))
    return _take_in(visit, entries, waiting, "/quan-tri/co-quan")


@pages.post("/quan-tri/co-quan/co-san", may=OFFICE)
def load_shipped(visit: Visit) -> Response:
    """A directory that ships with the program, as `dondoc directory load` takes it."""
    name = visit.text("ten-tep", 50)
    entries = from_plan(read_shipped(name), read_directory(visit.session))
    return _take_in(visit, entries, Waiting(name, ""), "/quan-tri/co-quan/co-san")


def _take_in(visit: Visit, entries: Sequence[Entry], waiting: Waiting, action: str) -> Response:
    if not visit.text("nhap", 5):
        return visit.render(
            "admin_preview.html",
            found=compare(read_directory(visit.session), entries),
            waiting=waiting,
            title="Danh bạ cơ quan",
            back="/quan-tri/co-quan",
            action=action,
        )
    with visit.writing() as session:
        actor, now = visit.who.actor, visit.now
        done = write_agencies(session, entries, source=waiting.name, actor=actor, now=now)
    return visit.redirect(
        "/quan-tri/co-quan", f"Đã ghi {number_words(len(done))} cơ quan mới hoặc đổi."
    )


@pages.post("/quan-tri/co-quan/tra-loi", may=OFFICE)
def answer_question(visit: Visit) -> Response:
    """Whether two that look like one are one, as a line of `dondoc upgrade --answers` says it."""
    line = f"{visit.text('mot', 100)} = {visit.text('kia', 100)}: {visit.text('la', 10)}"
    with visit.writing() as session:
        answer(session, [line], actor=visit.who.actor, now=visit.now)
    return visit.redirect("/quan-tri/co-quan", "Đã ghi câu trả lời.")
