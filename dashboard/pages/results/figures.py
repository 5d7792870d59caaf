"""Số liệu tổng hợp: a run's figures, where each comes from, and what another run said otherwise."""

from __future__ import annotations

import re
from functools import partial
from urllib.parse import quote

from starlette.responses import Response

from consolidation.compare import Change, diff_runs, reference_run
from consolidation.figures.gather import appendix_of
from consolidation.trace import Asked, Given, Trace, find_row, trace_run
from dashboard.auth.viewer import READERS
from dashboard.pages.common import names_of, taken_away
from dashboard.pages.results.runs import ONE, output_of, run_of
from dashboard.queries.listing import page_of
from dashboard.queries.naming import Naming
from dashboard.queries.runs import RunLine, find_run
from dashboard.rendering.run_sheets import chapters_of, figure_sheets, figure_words, report_figures
from dashboard.rendering.sheet import Key, anchor
from dashboard.rendering.tables import sheet_table
from dashboard.table import Cell, Table
from dashboard.web.request import MissingError, Visit, number_in
from dashboard.web.routing import Pages
from plan.definition.appendices import Appendix
from plan.definition.model import Output
from plan.errors import NotFoundError

pages = Pages()
CHANGES = 40
"""In one page; each may hold several paragraphs."""
_FIGURE = re.compile(r"(\S+) \((.+)\), ô \S+!\w+$")
"""A change's place that is a cell: «PL2.3 (2018), ô PL2!G17»."""


def _base(run: RunLine) -> str:
    return f"/tong-hop/{run.row.output}/{run.row.number}"


def figure_href(base: str, key: Key) -> str:
    """The page that takes a figure apart."""
    return f"{base}/so-lieu/{quote(key[0])}?ky={quote(key[1])}"


@pages.get(f"{ONE}/so-lieu", may=READERS)
def index(visit: Visit) -> Response:
    """The figures of a run as tables; a click on a figure takes it apart."""
    output, run = output_of(visit), run_of(visit)
    return _told(visit, output, run) if output.kind == "report" else _drawn(visit, output, run)


def _told(visit: Visit, output: Output, run: RunLine) -> Response:
    """Those a report tells, under its own headings."""
    base, wanted = _base(run), visit.query("muc")
    href = partial(figure_href, base)
    found = report_figures(visit.session, visit.definition, run.row, wanted, href)
    if found is None:
        raise MissingError
    if (file := taken_away(visit, {"": lambda: sheet_table(found.sheets)})) is not None:
        return file
    return visit.render("figures_told.html", output=output, run=run, base=base, found=found)


def _drawn(visit: Visit, output: Output, run: RunLine) -> Response:
    """The consolidated appendices, one at a time."""
    base = _base(run)
    found = figure_sheets(
        visit.session,
        visit.definition,
        run.row,
        visit.query("phu-luc"),
        partial(figure_href, base),
    )
    if found is None:
        raise MissingError
    if (file := taken_away(visit, {"": lambda: sheet_table([found.sheet])})) is not None:
        return file
    return visit.render("figures.html", output=output, run=run, base=base, found=found)


@pages.get(f"{ONE}/so-lieu/{{indicator}}", may=READERS)
def show(visit: Visit) -> Response:
    """One figure: the rule, every contribution down to its cell, and what was said about it."""
    output, run = output_of(visit), run_of(visit)
    found = trace_run(visit.session, run.row, visit.param("indicator"), visit.query("ky"))
    names = names_of(visit)
    tables = {"": lambda: _given_table(found, names)} | {
        f"don-vi-{number}": partial(_asked_table, asked)
        for number, asked in enumerate(found.asked, 1)
    }
    if (file := taken_away(visit, tables)) is not None:
        return file
    appendix = next(
        one for one in visit.definition.appendices if found.indicator.startswith(f"{one.code}.")
    )
    return visit.render(
        "figure.html",
        output=output,
        run=run,
        base=_base(run),
        found=found,
        back=_back(visit, output, _base(run), found, appendix),
        value=figure_words(found.value),
        words_of=figure_words,
        names=names,
        deliverables=appendix_of(visit.definition),
    )


def _back(
    visit: Visit, output: Output, base: str, found: Trace, appendix: Appendix
) -> tuple[str, str]:
    """(address, name) of the table a figure stands in: by the report's headings, or its appendix."""
    place = anchor(found.indicator, found.period)
    if output.kind == "report":
        for chapter in chapters_of(visit.definition.outline):
            if found.indicator in chapter.names:
                return f"{base}/so-lieu?muc={chapter.id}#{place}", f"Mục {chapter.number}"
        return f"{base}/so-lieu", "Số liệu trong báo cáo"
    return f"{base}/so-lieu?phu-luc={appendix.code}#{place}", appendix.heading.capitalize()


def _given_table(found: Trace, names: Naming) -> Table:
    heads = (
        "Cơ quan",
        "Bản nộp",
        "Tệp",
        "Trang",
        "Ô",
        "Giá trị",
        "Tử số",
        "Mẫu số",
        "Nhận bởi",
        "Lúc",
    )
    return Table(
        "Nguồn của số liệu", heads, [_given_row(one, names) for one in found.contributions]
    )


def _asked_table(asked: Asked) -> Table:
    """What others were asked for the same cell."""
    heads = ("Đơn vị", "Giá trị", "Tệp", "Trang", "Ô")
    rows = [
        (one.agency_name, one.not_applicable or one.value, one.file, one.sheet, one.cell)
        for one in asked.contributions
    ]
    return Table("Số liệu các đơn vị", heads, rows)


def _given_row(one: Given, names: Naming) -> tuple[Cell, ...]:
    obligation, _, number = one.submission.partition("#")
    said = one.not_applicable or one.value
    return (
        one.agency_name,
        f"{names.obligation(obligation)}, lần {number}",
        one.file,
        one.sheet,
        one.cell,
        said,
        one.numerator,
        one.denominator,
        one.accepted_by,
        one.accepted_at,
    )


@pages.get(f"{ONE}/khac", may=READERS)
def differences(visit: Visit) -> Response:
    """What this run says otherwise than another: the one asked for (`voi`), else the newest frozen
    one before it, else the one just before."""
    output, run = output_of(visit), run_of(visit)
    other = _other(visit, run)
    changes = _changes(visit, run, other) if other is not None else []
    if (file := taken_away(visit, {"": lambda: _change_table(changes)})) is not None:
        return file
    page = page_of(len(changes), visit.page_number(), CHANGES)
    return visit.render(
        "differences.html",
        output=output,
        run=run,
        other=other,
        base=_base(run),
        changes=[
            (one, _traced(visit, run, one)) for one in changes[page.offset : page.offset + CHANGES]
        ],
        page=page,
        names=names_of(visit),
    )


def _other(visit: Visit, run: RunLine) -> RunLine | None:
    wanted = visit.query("voi")
    if wanted:
        found = find_run(
            visit.session, visit.plan.id, run.row.output, number_in(wanted), visit.as_of
        )
        if found is None:
            raise MissingError
        return found
    row = reference_run(visit.session, run.row)
    if row is None:
        return None
    return find_run(visit.session, visit.plan.id, row.output, row.number, visit.as_of)


def _changes(visit: Visit, run: RunLine, other: RunLine) -> list[Change]:
    """Compared once: two finished runs never change."""
    key = ("run-changes", other.row.id, run.row.id)
    return visit.site.cache.get(
        key, lambda: diff_runs(visit.session, visit.site.store, other.row, run.row)
    )


def _traced(visit: Visit, run: RunLine, change: Change) -> str:
    """Where a changed figure is taken apart; empty for a text, or a figure the plan no longer has."""
    found = _FIGURE.match(change.where)
    if found is None:
        return ""
    try:
        find_row(visit.definition, found[1], found[2])
    except NotFoundError:
        return ""
    return figure_href(_base(run), (found[1], found[2]))


def _change_table(changes: list[Change]) -> Table:
    rows = [(one.where, one.before, one.after) for one in changes]
    return Table("Khác nhau giữa hai lần", ("Chỗ", "Trước", "Sau"), rows)
