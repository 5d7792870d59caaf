"""`status` and `agenda`: who owes what, by when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands.options import AsOf, JsonOption, PlanOption
from flows.commands.support import (
    clock_now,
    current_plan,
    print_json,
    print_table,
    reading,
    reports_errors,
)

if TYPE_CHECKING:
    from datetime import datetime

    from sqlmodel import Session

    from dashboard.queries.plan_view import PlanView
    from plan.models import Plan
    from plan.queries.progress import ObligationView

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from plan.errors import UsageError

EverythingOption = Annotated[
    bool, typer.Option("--all", help="Mọi kỳ của việc định kỳ, và cả việc không có hạn.")
]


class PeriodChoice(Enum):
    """Of what recurs: the period at hand and what is still owed of earlier ones, or every period."""

    at_hand = "at hand"
    all = "all"


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(status)
    app.command()(agenda)
    register_audit(app)


STATUS_FIELDS = (
    "id",
    "agency",
    "agency_name",
    "milestone",
    "deliverable",
    "title",
    "origin",
    "opens_at",
    "due_at",
    "last_working_day",
    "state",
    "timeliness",
)


@reports_errors
def status(
    as_of: AsOf = "",
    agency: Annotated[str, typer.Option("--agency", help="Chỉ một cơ quan.")] = "",
    milestone: Annotated[str, typer.Option("--milestone", help="Chỉ một mốc.")] = "",
    everything: EverythingOption = False,
    plan: PlanOption = "",
    as_json: JsonOption = False,
) -> None:
    """Ai nợ gì, hạn nào, ai trễ, tại một thời điểm: của mọi kế hoạch đang theo dõi, hoặc một (--plan).

    Việc định kỳ: kỳ đang làm và những gì còn nợ của kỳ trước; --json ghi mọi kỳ.
    """
    moment = clock_now(as_of)
    with reading() as session:
        plans = _plans(session, plan)
        _require(session, plans, agency, milestone)
        of_each = PeriodChoice.all if everything or as_json else PeriodChoice.at_hand
        found = [_status_of(session, row, moment, agency, milestone, of_each) for row in plans]
    if as_json:
        facts = [one.facts(moment, everything=everything) for one in found]
        print_json(facts[0] if len(facts) == 1 else {"as_of": moment, "plans": facts})
        return
    for one in found:
        _print_status(one, everything=everything)


def _plans(session: Session, plan: str) -> Sequence[Plan]:
    """The plan named, by the option or the settings; else those being followed."""
    from plan.queries.lookup import followed_plans
    from plan.settings import get_settings

    named = plan or get_settings().plan
    return [current_plan(session, named)] if named else followed_plans(session)


def _require(session: Session, plans: Sequence[Plan], agency: str, milestone: str) -> None:
    """What is asked for must stand in one of the plans at least."""
    from plan.errors import NotFoundError
    from plan.queries.lookup import find_agency, find_milestone

    for code, find in ((agency, find_agency), (milestone, find_milestone)):
        faults = []
        for row in plans if code else ():
            try:
                find(session, row.id, code)
            except NotFoundError as fault:
                faults.append(fault)
        if code and len(faults) == len(plans):
            raise faults[0]


@dataclass(frozen=True)
class PlanStatus:
    """How one plan stands at a moment."""

    plan: str
    heading: str
    sentence: str
    """As the pages' headline: a period at a time."""
    views: Sequence[ObligationView]
    counts: Mapping[str, int]
    left: int
    """Obligations of other periods, not among `views`."""
    unreachable: Sequence[str]

    def shown(self, *, everything: bool) -> list[ObligationView]:
        return [v for v in self.views if everything or v.due_at or v.timeliness != "undated"]

    def facts(self, moment: datetime, *, everything: bool) -> dict[str, object]:
        return {
            "plan": self.plan,
            "as_of": moment,
            "headline": self.sentence,
            "summary": self.counts,
            "unreachable_agencies": self.unreachable,
            "obligations": [_as_json(view) for view in self.shown(everything=everything)],
        }


def _status_of(
    session: Session,
    row: Plan,
    moment: datetime,
    agency: str,
    milestone: str,
    of_each: PeriodChoice,
) -> PlanStatus:
    from dashboard.queries.board import headline
    from dashboard.queries.overview import milestones_now
    from plan.queries.labels import plan_labels
    from plan.queries.progress import summary
    from plan.queries.reach import unreachable_agencies

    plan_view = _plan_view(session, row, moment, agency)
    views = _views(plan_view, of_each, agency, milestone)
    rows = [one for one in milestones_now(plan_view) if milestone in ("", one.code)]
    said = headline(rows, moment, row.soon_working_days)
    label = plan_labels(session)[row.id]
    return PlanStatus(
        plan=row.id,
        heading=f"{label.number} — {row.short or row.title}",
        sentence=" ".join(f"{said.lead} {said.rest}".split()),
        views=views,
        counts=summary(views),
        left=_count(plan_view, milestone) - len(views),
        unreachable=unreachable_agencies(session, row.id),
    )


def _count(plan_view: PlanView, milestone: str = "") -> int:
    """How many obligations there are, of this milestone alone where one is named."""
    row = plan_view.names.milestones.get(milestone)
    wanted = (row.id if row else None,) if milestone else None
    return sum(
        count
        for bucket, count in plan_view.buckets.items()
        if wanted is None or bucket.milestone in wanted
    )


def _plan_view(session: Session, row: Plan, moment: datetime, agency: str) -> PlanView:
    """What the pages count of, as of the moment; of one agency where one is named."""
    from dashboard.queries.naming import naming
    from dashboard.queries.plan_view import PlanView
    from plan.calendar import local_day

    names = naming(session, row.id, local_day(moment))
    return PlanView(session, row, moment, names, None, [agency] if agency else None)


def _views(
    plan_view: PlanView, of_each: PeriodChoice, agency: str, milestone: str = ""
) -> list[ObligationView]:
    from sqlalchemy import select

    from dashboard.queries.listing import to_hand_in
    from plan.queries.progress import obligations

    of = plan_view.session, plan_view.plan, plan_view.at
    facts = plan_view.facts.c
    shown = select(facts.id).where(to_hand_in(plan_view))
    ids = shown if of_each is PeriodChoice.at_hand else ()
    return obligations(*of, agency=agency, milestone=milestone, ids=ids)


def _as_json(view: ObligationView) -> dict[str, object]:
    fields: dict[str, object] = {name: getattr(view, name) for name in STATUS_FIELDS}
    fields["days_late"] = view.standing.days_late
    fields["working_days_late"] = view.standing.working_days_late
    return fields


def _print_status(one: PlanStatus, *, everything: bool) -> None:
    views = one.shown(everything=everything)
    typer.echo(one.heading)
    typer.echo(one.sentence)
    for code in one.unreachable:
        typer.echo(f"▲ Cơ quan {code} chưa có người nhận nào liên hệ được.")
    print_table(
        ["Nghĩa vụ", "Cơ quan", "Chậm nhất", "Trạng thái", "Tiến độ", "Sản phẩm"],
        [[view.id, view.agency_short, *_standing(view)] for view in views],
        one_line=True,
    )
    _tell_left(one.left)


def _tell_left(count: int) -> None:
    from plan.text import number_words

    if count > 0:
        typer.echo(f"Và {number_words(count)} nghĩa vụ của các kỳ khác; xem hết: thêm --all.")


def _standing(view: ObligationView) -> list[str]:
    """When, in what state, how it stands, and what it is."""
    from plan.deadlines.standing import left_words
    from plan.states import sign_of
    from plan.text import date_words

    return [
        date_words(view.last_day) if view.last_day else "không có hạn",
        f"{sign_of(view.state, view.timeliness).glyph} {view.state_words}",
        left_words(view.standing),
        view.title,
    ]


@reports_errors
def agenda(
    agency: Annotated[str, typer.Option("--agency", help="Mã cơ quan.")],
    as_of: AsOf = "",
    everything: EverythingOption = False,
    plan: PlanOption = "",
    as_json: JsonOption = False,
) -> None:
    """Một cơ quan nợ gì, theo thứ tự ngày: trong mọi kế hoạch đang theo dõi, hoặc một (--plan).

    Việc định kỳ: kỳ đang làm và những gì còn nợ của kỳ trước; --json ghi mọi kỳ.
    """
    from datetime import date

    from plan.queries.labels import plan_labels

    moment, left = clock_now(as_of), 0
    of_each = PeriodChoice.all if everything or as_json else PeriodChoice.at_hand
    owed: list[tuple[str, ObligationView]] = []
    with reading() as session:
        plans = _plans(session, plan)
        _require(session, plans, agency, "")
        for row in plans:
            plan_view = _plan_view(session, row, moment, agency)
            views = _views(plan_view, of_each, agency)
            owed += [(row.id, view) for view in views]
            left += _count(plan_view) - len(views)
        labels = {key: label.short for key, label in plan_labels(session).items()}
    owed.sort(key=lambda pair: (pair[1].nothing_owed, pair[1].last_day or date.max, pair[1].id))
    if as_json:
        print_json([{"plan": key} | _as_json(view) for key, view in owed])
        return
    several = len(plans) > 1
    print_table(
        [
            *(["Kế hoạch"] if several else []),
            "Nghĩa vụ",
            "Chậm nhất",
            "Trạng thái",
            "Tiến độ",
            "Sản phẩm",
        ],
        [[*([labels[key]] if several else []), view.id, *_standing(view)] for key, view in owed],
        one_line=True,
    )
    _tell_left(left)


# --- `audit …`: the trail of what was done.

audit_app = typer.Typer(help="Nhật ký.", no_args_is_help=True)


def register_audit(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(audit_app, name="audit")


@audit_app.command("verify")
@reports_errors
def audit_verify(
    against: Annotated[
        Path | None,
        typer.Option(
            "--against", help="Tệp các mốc đã gửi ra ngoài (anchors.txt, hay thư chép lại)."
        ),
    ] = None,
) -> None:
    """Kiểm tra sổ nhật ký: chuỗi, chữ ký, mốc đã gửi ra ngoài; các bảng có đúng như sổ ghi không. Có chỗ
    không khớp thì mã thoát là 1."""
    from plan.ledger.audit import verify
    from plan.ledger.trail_check import anchors_in, differences
    from plan.text import number_words

    anchors = anchors_in(against.read_text("utf-8")) if against else {}
    if against and not anchors:
        raise UsageError(f"Trong {against} không có mốc nào (dòng dạng: ngày, số dòng, mã 64 chữ).")
    with reading() as session:
        broken = list(verify(session, anchors))
        differing = list(differences(session))
    for link in broken:
        typer.echo(f"Dòng {link.id}: {link.why}" if link.id else f"Sổ: {link.why}")
    for one in differing:
        typer.echo(f"Bảng {one.table}, dòng {one.row} ({one.subject}): {one.words}")
    count = len(broken) + len(differing)
    held = f" Khớp {number_words(len(anchors))} mốc đã gửi ra ngoài." if anchors else ""
    typer.echo(
        f"Nhật ký toàn vẹn.{held}" if not count else f"{number_words(count)} chỗ không khớp."
    )
    if count:
        raise typer.Exit(1)


@audit_app.command("anchor")
@reports_errors
def audit_anchor() -> None:
    """Mốc của hôm nay: ngày, số dòng, mã. Giữ ở nơi khác; về sau: dondoc audit verify --against TỆP."""
    from plan.calendar import local_day
    from plan.ledger.trail_check import anchor

    with reading() as session:
        typer.echo(anchor(session, local_day(clock_now())))


@audit_app.command("list")
@reports_errors
def audit_list(
    target: Annotated[str, typer.Argument(help="Nghĩa vụ hoặc bỏ trống.")] = "",
    limit: Annotated[int, typer.Option("--limit")] = 50,
    as_json: JsonOption = False,
) -> None:
    """Những việc đã ghi, mới nhất trước."""
    from plan.ledger.audit import recent

    with reading() as session:
        rows = recent(session, subject=target, limit=limit)
    if as_json:
        print_json(rows)
    else:
        _print(rows)


def _print(rows: Sequence[Mapping[str, Any]]) -> None:
    from dashboard.words import detail_words, event_words
    from plan.text import moment_words

    print_table(
        ["Lúc", "Ai", "Việc", "Về", "Chi tiết"],
        [
            [
                moment_words(row["at"]),
                row["actor"],
                event_words(row["event"]),
                row["subject"],
                detail_words(row["event"], row["after"] or {}),
            ]
            for row in rows
        ],
        one_line=True,
    )
