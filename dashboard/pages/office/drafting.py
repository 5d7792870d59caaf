"""Bàn soạn: from a plan's document to a plan, without a file in YAML.

The document on one side, its rows on the other; questions asked once, with how many rows each settles.
Complete without JavaScript: a row and its sentence are links to each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from starlette.responses import Response

from dashboard.auth.viewer import OFFICE, STAFF
from dashboard.pages.office.draft_columns import ROLE_WORDS, columns_of
from dashboard.pages.office.draft_view import asked, page_of
from dashboard.rendering.export import XLSX, attachment
from dashboard.web.request import Visit, number_in
from dashboard.web.routing import Pages
from drafting import workshop
from drafting.compare import compare
from drafting.directory_groups import of_kinds
from drafting.document import UnreadableError
from drafting.edits import (
    FIELDS,
    KINDS,
    added_row,
    changed_row,
    dropped_row,
    joined_rows,
    row_as_read,
)
from drafting.fill_in import write_table
from drafting.questions import DROP, FOLLOW, KEEP, NO_REMINDER, ONE
from drafting.service import draft_safely
from plan.calendar import local_day
from plan.errors import RefusedError
from plan.models import PlanDraft
from plan.text import number_words

pages = Pages()
CHOICE_WORDS = {
    DROP: "không theo dõi",
    FOLLOW: "theo dõi",
    ONE: "gửi chung một đầu mối",
    NO_REMINDER: "không nhắc theo ngày",
    KEEP: "giữ hạn này",
}
CHANGE_WORDS = {"new": "Mới", "changed": "Đổi", "gone": "Không còn"}
LONGEST_TEXT = 400_000
LONGEST_FIELD = 20_000
"""Characters: the names of several hundred agencies."""
FROM_DIRECTORY = "danh-ba:"
"""A choice of a question: the directory's agencies of these kinds."""


@pages.get("/soan", may=STAFF)
def index(visit: Visit) -> Response:
    """Drafts so far, and a document to begin with."""
    drafts = workshop.drafts(visit.session)
    return visit.render("drafts.html", drafts=drafts, earlier=_earlier(drafts))


def _earlier(drafts: Sequence[PlanDraft]) -> dict[int, int]:
    """The last reading of a file of the same name before each draft, newest first."""
    before: dict[int, int] = {}
    later: dict[str, int] = {}
    for draft in drafts:
        if draft.id is None:
            continue
        if draft.filename in later:
            before[later[draft.filename]] = draft.id
        later[draft.filename] = draft.id
    return before


@pages.get("/soan/bang-giao-viec.xlsx", may=STAFF)
def blank_table(visit: Visit) -> Response:
    """A table to fill in, for who has neither document nor export."""
    names = workshop.directory_names(visit.session, local_day(visit.now))
    return attachment(write_table(names), "bang-giao-viec.xlsx", XLSX)


@pages.post("/soan", may=OFFICE, takes_files=True)
def take_in(visit: Visit) -> Response:
    """A document, or its text pasted: read in the guarded process, then kept."""
    data, name = _document(visit)
    if not visit.may_act:
        raise RefusedError("Đang ở chế độ chỉ xem; không nhận tệp.")
    visit.let_go()
    try:
        made = draft_safely(data, name)
    except UnreadableError as refused:
        raise RefusedError(str(refused)) from None
    sha256 = visit.site.store.put(data)
    with visit.writing() as session:
        draft = workshop.take_in(
            session, made, filename=name, sha256=sha256, actor=visit.who.actor, now=visit.now
        )
    found = len(made["obligations"])
    return visit.redirect(f"/soan/{draft.id}", f"Đã đọc {name}: {found} việc.")


def _document(visit: Visit) -> tuple[bytes, str]:
    sent, pasted = visit.uploads("tep"), visit.text("van-ban", LONGEST_TEXT)
    if sent:
        return sent[0].file.read(), sent[0].filename or "ke-hoach"
    if not pasted:
        raise RefusedError("Hãy chọn tệp kế hoạch, hoặc dán văn bản vào ô.")
    return pasted.encode(), "van-ban-dan.txt"


# --- one draft ---------------------------------------------------------------------------------------


@pages.get("/soan/{draft}", may=STAFF)
def show(visit: Visit) -> Response:
    draft = _draft(visit)
    return _shown(visit, draft)


def _shown(visit: Visit, draft: PlanDraft) -> Response:
    stands = workshop.as_it_stands(draft)
    known = workshop.known_agencies(visit.session)
    return visit.render(
        "draft.html",
        draft=draft,
        made=stands,
        page=page_of(
            draft.made,
            stands,
            draft.edits,
            visit.page_number(),
            holding=visit.query("sua") or visit.query("viec"),
        ),
        questions=asked(stands["questions"], known),
        waiting=sum(len(question["rows"]) for question in stands["questions"]),
        answers=workshop.answers_given(draft),
        agencies=sorted({name for _, name in known}),
        milestones=sorted(
            {row["milestone"] for row in stands["obligations"] if row.get("milestone")}
        ),
        kinds=KINDS,
        columns=columns_of(draft.made),
        role_words=ROLE_WORDS,
        choice=lambda text: CHOICE_WORDS.get(text, text),
        issued_on=_issued_on(stands),
        edit=visit.query("sua"),
        amends=workshop.amends(draft),
        may_edit=visit.may_act and visit.who.role in OFFICE and not draft.plan_id,
    )


def _issued_on(made: dict[str, Any]) -> date | None:
    issued = made["plan"].get("issued_on")
    return date.fromisoformat(issued) if issued else None


def _draft(visit: Visit) -> PlanDraft:
    return workshop.find_draft(visit.session, number_in(visit.param("draft")))


# --- working on it -----------------------------------------------------------------------------------


def _changed(visit: Visit, said: str, to: str = "", **what: Any) -> Response:
    """One change on the version that was looked at; what cannot be read is said, and nothing is lost."""
    key = number_in(visit.param("draft"))
    with visit.writing() as session:
        actor, step = visit.who.actor, workshop.DraftStep(said, **what)
        workshop.change(session, key, _version(visit), actor=actor, now=visit.now, step=step)
    return visit.redirect(f"/soan/{key}{_page(visit)}{to}", said)


def _page(visit: Visit) -> str:
    """The page of the desk the form stood on."""
    number = number_in(visit.text("trang", 10))
    return f"?trang={number}" if number > 1 else ""


@pages.post("/soan/{draft}/hoan-tac", may=OFFICE)
def step_back(visit: Visit) -> Response:
    """The last change is taken back, whatever it was."""
    key = number_in(visit.param("draft"))
    with visit.writing() as session:
        actor, now = visit.who.actor, visit.now
        done = workshop.step_back(session, key, _version(visit), actor=actor, now=now)
    return visit.redirect(f"/soan/{key}{_page(visit)}", f"Đã hoàn tác: {done}")


def _row(visit: Visit, row: str, name: str = "viec") -> str:
    """To a row, on whatever page it stands now; `name`: «sua» opens its form."""
    return f"{'&' if _page(visit) else '?'}{name}={row}#r-{row}"


def _version(visit: Visit) -> int:
    return number_in(visit.text("ban", 10))


@pages.get("/soan/{draft}/so/{earlier}", may=STAFF)
def changes(visit: Visit) -> Response:
    """What a table taken in again says otherwise than the last time. Nothing is done here."""
    draft = _draft(visit)
    earlier = workshop.find_draft(visit.session, number_in(visit.param("earlier")))
    found = compare(earlier.made["obligations"], draft.made["obligations"])
    return visit.render(
        "draft_changes.html",
        draft=draft,
        earlier=earlier,
        changes=[one for one in found if one.kind != "same"],
        same=sum(one.kind == "same" for one in found),
        kinds=CHANGE_WORDS,
    )


@pages.post("/soan/{draft}/tra-loi", may=OFFICE)
def answer(visit: Visit) -> Response:
    """Every question that was filled in, at once."""
    given: dict[str, Any] = {}
    for key in visit.form:
        if not key.startswith("hoi-"):
            continue
        question = key.removeprefix("hoi-")
        typed = visit.text(f"khac-{question}", LONGEST_FIELD)
        picked = next((one for one in map(str, visit.form.getlist(key)) if one), "")[:200]
        if typed:
            given[question] = _answer(question, typed)
        elif picked:
            given[question] = _picked(visit, picked)
    if not given:
        raise RefusedError("Chưa trả lời câu nào.")
    said = f"Đã ghi {number_words(len(given))} câu trả lời."
    return _changed(visit, said, "#cau-hoi", answers=given)


def _answer(question: str, typed: str) -> Any:
    """Members of a group are a list, one a line or parted by «;»."""
    if question.startswith(("group-", "owner-")):
        parts = [part.strip() for line in typed.splitlines() for part in line.split(";")]
        return [part for part in parts if part]
    return typed


def _picked(visit: Visit, choice: str) -> Any:
    """A choice; agencies of the directory are taken by name, as they stand now."""
    if not choice.startswith(FROM_DIRECTORY):
        return choice
    kinds = tuple(choice.removeprefix(FROM_DIRECTORY).split(","))
    found = of_kinds(kinds, workshop.known_agencies(visit.session))
    if found is None:
        raise RefusedError("Danh bạ không còn cơ quan nào loại này; hãy ghi tên các cơ quan.")
    return list(found.names)


@pages.post("/soan/{draft}/rut", may=OFFICE)
def take_back(visit: Visit) -> Response:
    """An answer is asked again."""
    question = visit.text("cau", 100)
    return _changed(visit, "Câu hỏi được hỏi lại.", "#cau-hoi", answers={question: None})


@pages.post("/soan/{draft}/sua", may=OFFICE)
def edit(visit: Visit) -> Response:
    draft, row = _draft(visit), visit.text("dong", 20)
    values = {name: visit.text(name, LONGEST_FIELD) for name in FIELDS if name in visit.form}
    edits = changed_row(draft.edits, row, values)
    return _changed(visit, f"Đã sửa {row}.", f"#r-{row}", edits=edits)


@pages.post("/soan/{draft}/nhu-da-doc", may=OFFICE)
def as_read(visit: Visit) -> Response:
    """A row is again what was read."""
    draft, row = _draft(visit), visit.text("dong", 20)
    edits = row_as_read(draft.edits, row)
    return _changed(visit, f"{row} trở lại như đã đọc.", f"#r-{row}", edits=edits)


@pages.post("/soan/{draft}/bo", may=OFFICE)
def drop(visit: Visit) -> Response:
    draft, row = _draft(visit), visit.text("dong", 20)
    gone = visit.text("lay-lai", 2) == ""
    edits = dropped_row(draft.edits, row, dropped=gone)
    return _changed(visit, f"Đã {'bỏ' if gone else 'lấy lại'} {row}.", "#viec", edits=edits)


@pages.post("/soan/{draft}/gop", may=OFFICE)
def join(visit: Visit) -> Response:
    """Two rows that are one thing become one."""
    draft, into = _draft(visit), visit.text("vao", 20).strip()
    stands = workshop.as_it_stands(draft)["obligations"]
    try:
        edits = joined_rows(draft.edits, stands, visit.text("dong", 20), into)
    except UnreadableError as refused:
        raise RefusedError(str(refused)) from None
    said = f"Đã gộp {visit.text('dong', 20)} vào {into}."
    return _changed(visit, said, _row(visit, into), edits=edits)


@pages.post("/soan/{draft}/them", may=OFFICE)
def add(visit: Visit) -> Response:
    """A row more: out of a sentence that was not understood, split off another, or one's own."""
    draft = _draft(visit)
    try:
        like, begins = visit.text("tu", 100), visit.text("cau", 300)
        edits = added_row(draft.edits, draft.made, like, visit.text("viec", 500), begins)
    except UnreadableError as refused:
        raise RefusedError(str(refused)) from None
    row = edits["added"][-1]["id"]
    said = f"Đã thêm {row}; hãy ghi cơ quan và hạn."
    return _changed(visit, said, _row(visit, row, "sua"), edits=edits)


@pages.post("/soan/{draft}/thanh-ke-hoach", may=OFFICE)
def publish(visit: Visit) -> Response:
    """The plan is loaded as «nháp»; the next page says what starting it would do."""
    key = number_in(visit.param("draft"))
    with visit.writing() as session:
        plan = workshop.publish(session, key, _version(visit), actor=visit.who.actor, now=visit.now)
    return visit.redirect(
        f"/ke-hoach?ma={plan}&ve=/ke-hoach/bat-dau",
        "Đã thành kế hoạch (nháp). Nhập danh bạ rồi bắt đầu.",
    )


@pages.post("/soan/{draft}/xoa", may=OFFICE)
def discard(visit: Visit) -> Response:
    key = number_in(visit.param("draft"))
    with visit.writing() as session:
        workshop.discard(session, key, _version(visit), actor=visit.who.actor, now=visit.now)
    return visit.redirect("/soan", "Đã xóa bản soạn.")
