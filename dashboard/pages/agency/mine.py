"""Trang của cơ quan: what to do now, and one product with its files, findings and answers."""

from __future__ import annotations

from starlette.responses import Response

from dashboard.auth.viewer import EVERYONE
from dashboard.pages.common import names_of, taken_away
from dashboard.pages.obligations import duty_of, read_sections, sheets_of, shown_filing
from dashboard.queries.agency.mine import Todo, deadlines, todo
from dashboard.queries.obligation import Duty, Filed, values_of
from dashboard.rendering.export import DOCX, XLSX, attachment
from dashboard.rendering.tables import as_table, sheet_table
from dashboard.web.request import MissingError, Visit
from dashboard.web.routing import Pages
from intake.forms.report import build_reports
from intake.forms.typed import few_cells
from intake.forms.workbook import build_workbook
from intake.workbook.cells import NOT_APPLICABLE
from plan.calendar import local_day
from plan.delegations import only_delegate
from plan.handdown.handing import inner_of
from plan.ledger.data_calls import in_use
from plan.queries.delegations import of_agency
from plan.queries.progress import obligations
from plan.queries.threads import files_with, thread
from plan.states import STILL_OWED, Role
from plan.text import number_words

pages = Pages()
BASE = "/don-vi/{agency}"


def todo_of(visit: Visit) -> Todo:
    """What the agency of the path owes, nearest first."""
    code, names = visit.param("agency"), names_of(visit)
    if code not in names.agencies:
        raise MissingError
    views = obligations(visit.session, visit.plan, visit.as_of, agency=code)
    return todo(visit.session, visit.definition, code, views, visit.as_of)


@pages.get(BASE, may=EVERYONE)
def show(visit: Visit) -> Response:
    """First what to do now, then everything owed, in date order."""
    found, names = todo_of(visit), names_of(visit)
    tables = {
        "": lambda: as_table([*found.now, *found.later], names, "Còn phải nộp"),
        "da-nop": lambda: as_table(found.done, names, "Đã nộp"),
    }
    if (file := taken_away(visit, tables)) is not None:
        return file
    return visit.render(
        "mine.html",
        todo=found,
        names=names,
        code=visit.param("agency"),
        office=office_of(visit),
        may_pass=_may_pass(visit),
        passed=of_agency(
            visit.session, visit.plan.id, visit.param("agency"), local_day(visit.as_of)
        ),
    )


def _may_pass(visit: Visit) -> bool:
    """Whether what the agency owes is the viewer's to pass to a colleague."""
    return visit.may_act and not only_delegate(visit.session, visit.who.actor)


def office_of(visit: Visit) -> dict[str, str]:
    """Whom to call."""
    definition = visit.definition
    office = next((one for one in definition.offices if one.agency == definition.coordinator), None)
    if office is None:
        return {
            "name": names_of(visit).agency_long(definition.coordinator),
            "phone": "",
            "email": "",
        }
    return {"name": office.desk or office.name, "phone": office.phone, "email": office.email}


@pages.get(f"{BASE}/bieu-mau.xlsx", may=EVERYONE)
def workbook(visit: Visit) -> Response:
    """The blank workbook with this agency's sheets, the present deadlines in it."""
    found = todo_of(visit)
    if not found.has_workbook:
        raise MissingError
    code, day = visit.param("agency"), local_day(visit.now)
    data = visit.cached(
        ("workbook", code),
        lambda: build_workbook(
            in_use(visit.session, visit.plan.id, visit.definition),
            code,
            on=day,
            deadlines=deadlines(found),
        ),
    )
    return attachment(data, f"bieu-so-lieu-{code}.xlsx", XLSX)


@pages.get(f"{BASE}/de-cuong/{{deliverable}}.docx", may=EVERYONE)
def outline(visit: Visit) -> Response:
    """The blank report of one product, with the outline's headings."""
    found, code = todo_of(visit), visit.param("agency")
    made = visit.cached(
        ("outlines", code),
        lambda: build_reports(
            visit.definition,
            code,
            on=local_day(visit.now),
            written_at=visit.now,
            deadlines=deadlines(found),
        ),
    )
    for template in made:
        if template.deliverable == visit.param("deliverable"):
            return attachment(template.data, template.filename, DOCX)
    raise MissingError


@pages.get(f"{BASE}/{{deliverable}}", may=EVERYONE)
def product(visit: Visit) -> Response:
    """One product: three steps while it is owed, then what became of it."""
    found = duty_of(visit)
    chosen = shown_filing(visit, found)
    sheets = sheets_of(visit, found, chosen)
    posts = thread(visit.session, found.view.row_id, visit.as_of)
    if (file := taken_away(visit, {"so-lieu": lambda: sheet_table(sheets)})) is not None:
        return file
    return visit.render(
        "product.html",
        duty=found,
        chosen=chosen,
        sheets=sheets,
        sections=read_sections(visit, chosen),
        names=names_of(visit),
        code=visit.param("agency"),
        todo=todo_of(visit),
        office=office_of(visit),
        posts=posts,
        sent=files_with(visit.session, posts),
        handed_down=_handed_down(visit, found),
        few=few_cells(
            in_use(visit.session, visit.plan.id, visit.definition),
            visit.param("agency"),
            found.view.deliverable,
        ),
        typed=_typed(visit, chosen),
        may_pass=_may_pass(visit),
        passed=[
            one
            for one in of_agency(
                visit.session, visit.plan.id, visit.param("agency"), local_day(visit.as_of)
            )
            if one[1] in ("", visit.param("deliverable").partition("@")[0])
        ],
    )


def _typed(visit: Visit, chosen: Filed | None) -> dict[tuple[str, str], str]:
    """What the submission shown says, as one would type it: to be mended, not typed again."""
    if chosen is None or chosen.row.id is None:
        return {}
    return {
        (value.indicator, value.period): NOT_APPLICABLE
        if value.not_applicable
        else value.text or (number_words(value.number) if value.number is not None else "")
        for value in values_of(visit.session, chosen.row.id)
    }


def _handed_down(visit: Visit, found: Duty) -> bool | None:
    """Whether the agency handed it down; None: it cannot, or nobody here may know."""
    if visit.who.role is not Role.agency or visit.plan.parent_obligation_id is not None:
        return None
    if inner_of(visit.session, found.view.row_id) is not None:
        return True
    asked = found.view.state in STILL_OWED and found.part is not None
    return False if asked and visit.may_act else None
