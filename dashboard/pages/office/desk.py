"""Bàn làm việc: the coordinator's first screen, one queue of everything that waits, decided in place.

Many submissions are accepted or returned at once, each in its own transaction: one that may not be accepted
(somebody else decided it, a newer one came, a warning is unexplained) is named and holds up no other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from starlette.responses import Response

from dashboard.auth.viewer import OFFICE
from dashboard.pages.common import names_of
from dashboard.pages.reminders import rounds_of
from dashboard.queries.desk import KINDS, Item, queue
from dashboard.review_lock import held_by_others
from dashboard.web.request import Visit, local_path, number_in
from dashboard.web.routing import Pages
from plan import ledger
from plan.errors import DondocError, RefusedError
from plan.ledger.decisions import decide
from plan.ledger.undo import undo, undoable
from plan.models import AuditEvent, Extension, ReviewLock
from plan.queries.lookup import find_obligation
from plan.text import number_words

pages = Pages()
NAMED = 4
"""So many refusals are told in words; the rest are counted and stay in the queue."""


@pages.get("/ban-lam-viec", may=OFFICE)
def show(visit: Visit) -> Response:
    """The queue; when it is empty, what comes next and when."""
    found = queue(
        visit.session, visit.plan.id, visit.definition.coordinator, visit.as_of, names_of(visit)
    )
    locks = held_by_others(visit.session, visit.plan.id, visit.who.account, visit.now)
    return visit.render(
        "desk.html",
        items=found,
        locks=locks,
        kinds=KINDS,
        counts=Counter(item.kind for item in found),
        clean=sum(_to_take(item, locks) for item in found),
        rounds=[] if found else rounds_of(visit, limit=1),
        undoable=may_undo(visit),
        names=names_of(visit),
    )


def may_undo(visit: Visit) -> Sequence[AuditEvent]:
    """What the viewer decided in the last minute and may take back."""
    if not visit.may_act:
        return ()
    return undoable(visit.session, visit.plan.id, visit.who.actor, visit.now)


@pages.post("/ban-lam-viec/hoan-tac", may=OFFICE)
def take_back(visit: Visit) -> Response:
    """Undo what is named, each on its own."""
    done, refused = 0, list[str]()
    for value in visit.form.getlist("viec"):
        try:
            with visit.writing() as session:
                undo(session, number_in(str(value)), actor=visit.who.actor, now=visit.now)
            done += 1
        except DondocError as error:
            refused.append(str(error))
    words = " ".join([f"Đã hoàn tác {done} việc.", *dict.fromkeys(refused)])
    back = local_path(visit.text("ve"), "/ban-lam-viec")
    return visit.redirect(back, words, "bad" if refused and not done else "good")


@pages.post("/ban-lam-viec/nhan", may=OFFICE)
def accept(visit: Visit) -> Response:
    """Accept what is ticked; or, asked for, all that has no fault left."""
    ticked = _all_clean(visit) if visit.text("het", 2) else _ticked(visit)
    return _each(visit, ticked, "accept", "", "Đã nhận")


@pages.post("/ban-lam-viec/tra-lai", may=OFFICE)
def give_back(visit: Visit) -> Response:
    """Return what is ticked, with one reason that each agency will read."""
    reason = visit.text("ly-do")
    if not reason:
        raise RefusedError("Cần nêu lý do trả lại.")
    mend_by = visit.day("sua-truoc") if visit.text("sua-truoc") else None
    return _each(visit, _ticked(visit), "return", reason, "Đã trả lại", mend_by)


def _ticked(visit: Visit) -> list[tuple[str, int]]:
    """(obligation, submission number) of each ticked line."""
    found = []
    for value in visit.form.getlist("chon"):
        name, _, number = str(value).rpartition("#")
        if name and number_in(number):
            found.append((name, number_in(number)))
    if not found:
        raise RefusedError("Chưa chọn bản nào.")
    return found


def _all_clean(visit: Visit) -> list[tuple[str, int]]:
    """What stood in the queue as this page showed it: a newer submission is another decision."""
    items = queue(
        visit.session, visit.plan.id, visit.definition.coordinator, visit.now, names_of(visit)
    )
    locks = held_by_others(visit.session, visit.plan.id, visit.who.account, visit.now)
    return [(item.key, item.number) for item in items if _to_take(item, locks)]


def _to_take(item: Item, locks: Mapping[int, ReviewLock]) -> bool:
    """Whether «Nhận cả» takes it: no fault left, and nobody else has it before them."""
    return item.kind == "submission" and item.clean and item.row_id not in locks


def _each(
    visit: Visit,
    ticked: Iterable[tuple[str, int]],
    decision: str,
    reason: str,
    said: str,
    mend_by: date | None = None,
) -> Response:
    done, refused = 0, list[str]()
    for name, number in ticked:
        try:
            with visit.writing() as session:
                row = find_obligation(session, visit.plan.id, name)
                decide(
                    session,
                    decision,
                    row.id or 0,
                    reason,
                    actor=visit.who.actor,
                    now=visit.now,
                    submission=number,
                    mend_by=mend_by,
                )
            done += 1
        except DondocError as error:
            refused.append(f"{name}: {error}")
    words = f"{said} {number_words(done)} bản."
    if refused:
        more = len(refused) - NAMED
        words += (
            " Chưa làm: "
            + " ".join(refused[:NAMED])
            + (f" và {more} bản khác." if more > 0 else "")
        )
    return visit.redirect("/ban-lam-viec", words, "good" if done or not refused else "bad")


@pages.post("/ban-lam-viec/gia-han/{extension}", may=OFFICE)
def decide_extension(visit: Visit) -> Response:
    """Answer a request for more time where it stands."""
    granted = visit.text("y-kien", 20) == "dong-y"
    with visit.writing() as session:
        request = session.get(Extension, number_in(visit.param("extension")))
        if request is None or request.id is None:
            raise RefusedError("Đề nghị này không còn.")
        ledger.decide_extension(
            session,
            request.id,
            granted=granted,
            actor=visit.who.actor,
            now=visit.now,
            note=visit.text("ghi-chu"),
            document_number=visit.text("van-ban", 100),
        )
    return visit.redirect(
        "/ban-lam-viec", "Đã đồng ý gia hạn." if granted else "Đã trả lời không đồng ý gia hạn."
    )
