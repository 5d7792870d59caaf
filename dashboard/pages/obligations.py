"""Nghĩa vụ: the list, and one obligation with its history, findings and decisions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from starlette.responses import Response

from dashboard.acts.act import Act
from dashboard.acts.table import act, acts_on
from dashboard.auth.viewer import READERS
from dashboard.pages.common import names_of, plan_view_of, taken_away
from dashboard.queries.alarms import extensions_waiting
from dashboard.queries.desk import beside
from dashboard.queries.listing import STATES, PageOf, Wanted, find_all, find_page
from dashboard.queries.obligation import (
    Duty,
    Filed,
    appendix_codes,
    duty,
    find_filed,
    find_view,
    outline_titles,
    sections_of,
    values_of,
)
from dashboard.rendering.compared import change_table, lines, marks
from dashboard.rendering.sheet import DrawnSheet, Key, content, drawn_sheets
from dashboard.rendering.tables import (
    as_table,
    finding_table,
    message_table,
    sheet_table,
    submission_table,
    trail_table,
)
from dashboard.review_lock import held_by_others, of_account, take
from dashboard.table import Table
from dashboard.web.request import MissingError, Visit
from dashboard.web.routing import Pages
from intake.compare import diff_submissions
from plan.handdown.handing import inner_of
from plan.ledger.undo import undoable
from plan.models import AuditEvent, Extension, ReviewLock
from plan.queries.progress import ObligationView, obligations
from plan.queries.threads import files_with, thread
from plan.states import HANDED_IN, Role, State

pages = Pages()


@pages.get("/nghia-vu", may=READERS, remembered=True)
def index(visit: Visit) -> Response:
    """Every obligation that matches the address bar's filters."""
    wanted, names = wanted_of(visit), names_of(visit)
    found = listing(visit, wanted, "Danh sách nghĩa vụ")
    if isinstance(found, Response):
        return found
    return visit.render(
        "obligations.html",
        views=found.views,
        page=found.page,
        wanted=wanted,
        names=names,
        states=STATES,
    )


@dataclass(frozen=True)
class Listing:
    """One page of a list of obligations."""

    views: list[ObligationView]
    page: PageOf


def listing(visit: Visit, wanted: Wanted, title: str) -> Listing | Response:
    """The page asked for; or the whole list as a file, if that is what was asked for."""
    plan_view = plan_view_of(visit)

    def whole() -> Table:
        return as_table(find_all(plan_view, wanted), plan_view.names, title)

    file = taken_away(visit, {"": whole})
    return file or Listing(*find_page(plan_view, wanted, visit.page_number()))


@pages.get("/gia-han", may=READERS)
def extensions(visit: Visit) -> Response:
    """Requests for more time that wait for a decision."""
    waiting = extensions_waiting(visit.session, visit.plan.id, visit.as_of)
    views = {view.row_id: view for view in obligations(visit.session, visit.plan, visit.as_of)}
    found = [(row, views[row.obligation_id]) for row in waiting if row.obligation_id in views]
    if (file := taken_away(visit, {"": lambda: _extension_table(found)})) is not None:
        return file
    return visit.render("extensions.html", found=found, names=names_of(visit))


def _extension_table(found: Sequence[tuple[Extension, ObligationView]]) -> Table:
    heads = (
        "Cơ quan",
        "Sản phẩm",
        "Hạn hiện tại",
        "Xin đến",
        "Lý do",
        "Văn bản",
        "Người xin",
        "Lúc",
    )
    rows = [
        (
            view.agency_name,
            view.title,
            view.last_day,
            row.until,
            row.reason,
            row.document_number,
            row.asked_by,
            row.asked_at,
        )
        for row, view in found
    ]
    return Table("Đề nghị gia hạn", heads, rows)


def wanted_of(visit: Visit) -> Wanted:
    return Wanted(
        milestone=visit.query("moc"),
        deliverable=visit.query("san-pham"),
        agency=visit.query("co-quan"),
        group=visit.query("nhom"),
        state=visit.query("trang-thai"),
        words=visit.query("tim")[:100],
        period=visit.query("ky")[:10],
    )


def duty_of(visit: Visit) -> Duty:
    """The obligation that the path names."""
    view = find_view(
        visit.session, visit.plan, visit.as_of, visit.param("agency"), visit.param("deliverable")
    )
    if view is None:
        raise MissingError
    return duty(visit.session, visit.plan, visit.definition, view, visit.as_of, names_of(visit))


@pages.get("/nghia-vu/{agency}/{deliverable}", may=READERS)
def show(visit: Visit) -> Response:
    """Everything about one obligation; for Sở Nội vụ, its decisions."""
    found = duty_of(visit)
    chosen = shown_filing(visit, found)
    tables: dict[str, Callable[[], Table]] = {
        "lan-nop": lambda: submission_table(found.submissions),
        "tin": lambda: message_table(found.messages),
        "lich-su": lambda: trail_table(found.events),
    }
    if chosen is not None:
        tables["phat-hien"] = lambda: finding_table(chosen)
        tables["so-lieu"] = lambda: sheet_table(sheets_of(visit, found, chosen))
    if (file := taken_away(visit, tables)) is not None:
        return file
    before, after = (
        beside(visit.session, visit.plan.id, visit.now, names_of(visit), found.view.id)
        if visit.may_act
        else (None, None)
    )
    posts = thread(visit.session, found.view.row_id, visit.as_of)
    return visit.render(
        "obligation.html",
        lock=_taken_up(visit, found),
        before=before,
        after=after,
        units=found.view.state in HANDED_IN
        and inner_of(visit.session, found.view.row_id) is not None,
        undoable=_may_undo(visit, found.view),
        duty=found,
        chosen=chosen,
        sheets=sheets_of(visit, found, chosen),
        sections=read_sections(visit, chosen),
        elsewhere=elsewhere(visit, found, chosen),
        acts=acts_now(found.view),
        posts=posts,
        sent=files_with(visit.session, posts),
        answer=act("obligation", "answer"),
        names=names_of(visit),
    )


def _taken_up(visit: Visit, found: Duty) -> ReviewLock | None:
    """Takes what waits for a decision before the viewer, and gives who else has it there."""
    waits = found.under_review is not None or found.asked is not None
    if visit.who.role is not Role.coordinator or not visit.may_act or not waits:
        return None
    key, actor, now = found.view.row_id, visit.who.actor, visit.now
    take(visit.site.engine, key, of_account(visit.session, actor.account), actor, now)
    return held_by_others(visit.session, visit.plan.id, actor.account, now).get(key)


def acts_now(view: ObligationView) -> list[Act]:
    """What else may be done with it as it stands; a date of the office's own only where the plan has none."""
    undated = view.due_at is None or view.origin == "internal"
    unfit = "extend" if view.due_at is None else "" if undated else "internal-date"
    return [
        one
        for one in acts_on("obligation")
        if one.states is not None and view.state in one.states and one.name != unfit
    ]


def _may_undo(visit: Visit, view: ObligationView) -> list[AuditEvent]:
    """What the viewer decided about it in the last minute and may take back."""
    if not visit.may_act:
        return []
    rows = undoable(visit.session, visit.plan.id, visit.who.actor, visit.now)
    return [row for row in rows if row.obligation_id == view.row_id]


def elsewhere(visit: Visit, found: Duty, chosen: Filed | None) -> list[ObligationView]:
    """Where the submission shown may be moved to, if it came to the wrong place: what the agency still
    owes besides."""
    ended = (State.accepted, State.waived)
    if not visit.may_act or chosen is None or chosen.state == "moved" or found.view.state in ended:
        return []
    owed = obligations(visit.session, visit.plan, visit.as_of, agency=found.view.agency)
    return [one for one in owed if one.id != found.view.id and one.state not in ended]


@pages.get("/nghia-vu/{agency}/{deliverable}/so-sanh", may=READERS)
def compare(visit: Visit) -> Response:
    """Two submissions, cell by cell and section by section."""
    found = duty_of(visit)
    old, new = (find_filed(found.submissions, _digits(visit.query(name))) for name in ("cu", "moi"))
    if old is None or new is None:
        raise MissingError
    changes = diff_submissions(visit.session, visit.definition, old.row, new.row)
    if (
        file := taken_away(visit, {"": lambda: change_table(visit.definition, changes)})
    ) is not None:
        return file
    marked, others = marks(changes), lines(changes)
    cells = sum(one.kind == "cell" for one in changes)
    return visit.render(
        "compare.html",
        duty=found,
        old=old,
        new=new,
        count=cells + len(others),
        cells=cells,
        sheets=sheets_of(visit, found, new, marked) if marked else [],
        lines=others,
    )


def _digits(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def shown_filing(visit: Visit, found: Duty) -> Filed | None:
    """The submission asked for (`lan`), else the one under review, else the newest."""
    number = visit.query("lan")
    if number.isascii() and number.isdigit():
        asked = find_filed(found.submissions, int(number))
        if asked is None:
            raise MissingError
        return asked
    return found.under_review or found.latest


def sheets_of(
    visit: Visit, found: Duty, chosen: Filed | None, marked: Mapping[Key, str] | None = None
) -> list[DrawnSheet]:
    """The appendices the submission is about, drawn with its values and findings; or, of two that are
    compared, with what stood in the cells before."""
    if chosen is None or chosen.row.id is None:
        return []
    values = values_of(visit.session, chosen.row.id)
    findings = () if marked else chosen.findings
    codes = appendix_codes(
        [value.indicator for value in values]
        + [one.indicator for one in findings]
        + [indicator for indicator, _ in marked or ()]
    )
    if not values and found.part is not None and found.part.appendix is None:
        return []
    has = content(values, findings, marked)
    return drawn_sheets(visit.definition, codes, found.view.agency, has)


def read_sections(visit: Visit, chosen: Filed | None) -> list[tuple[str, str]]:
    """(heading, text) of a report's sections, in the outline's order."""
    if chosen is None or chosen.row.id is None:
        return []
    texts = {row.node: row.text for row in sections_of(visit.session, chosen.row.id)}
    titles = outline_titles(visit.definition)
    return [(titles[node], texts[node]) for node in titles if node in texts]
