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

    from plan.models import Plan
    from plan.queries.progress import ObligationView

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plan.errors import UsageError


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
    everything: Annotated[bool, typer.Option("--all", help="Cả việc không có hạn.")] = False,
    plan: PlanOption = "",
    as_json: JsonOption = False,
) -> None:
    """Ai nợ gì, hạn nào, ai trễ, tại một thời điểm: của mọi kế hoạch đang theo dõi, hoặc một (--plan)."""
    moment = clock_now(as_of)
    with reading() as session:
        plans = _plans(session, plan)
        _require(session, plans, agency, milestone)
        found = [_status_of(session, row, moment, agency, milestone) for row in plans]
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
    views: Sequence[ObligationView]
    counts: Mapping[str, int]
    unreachable: Sequence[str]

    def shown(self, *, everything: bool) -> list[ObligationView]:
        return [v for v in self.views if everything or v.due_at or v.timeliness != "undated"]

    def facts(self, moment: datetime, *, everything: bool) -> dict[str, object]:
        return {
            "plan": self.plan,
            "as_of": moment,
            "summary": self.counts,
            "unreachable_agencies": self.unreachable,
            "obligations": [_as_json(view) for view in self.shown(everything=everything)],
        }


def _status_of(
    session: Session, row: Plan, moment: datetime, agency: str, milestone: str
) -> PlanStatus:
    from plan.queries.labels import plan_labels
    from plan.queries.progress import obligations, summary
    from plan.queries.reach import unreachable_agencies

    views = obligations(session, row, moment, agency=agency, milestone=milestone)
    label = plan_labels(session)[row.id]
    heading = f"{label.number} — {row.short or row.title}"
    unreachable = unreachable_agencies(session, row.id)
    return PlanStatus(row.id, heading, views, summary(views), unreachable)


def _as_json(view: ObligationView) -> dict[str, object]:
    fields: dict[str, object] = {name: getattr(view, name) for name in STATUS_FIELDS}
    fields["days_late"] = view.standing.days_late
    fields["working_days_late"] = view.standing.working_days_late
    return fields


def _print_status(one: PlanStatus, *, everything: bool) -> None:
    views = one.shown(everything=everything)
    typer.echo(one.heading)
    typer.echo(_sentence(views, one.counts))
    for code in one.unreachable:
        typer.echo(f"▲ Cơ quan {code} chưa có người nhận nào liên hệ được.")
    print_table(
        ["Nghĩa vụ", "Cơ quan", "Chậm nhất", "Trạng thái", "Tiến độ", "Sản phẩm"],
        [[view.id, view.agency_short, *_standing(view)] for view in views],
        one_line=True,
    )


def _sentence(views: Sequence[ObligationView], counts: Mapping[str, int]) -> str:
    """The whole plan in a sentence, who is late by name."""
    from plan.text import join_names
    from plan.text import number_words as n

    late = dict.fromkeys(view.agency_short for view in views if view.timeliness == "overdue")
    names = f": {join_names(list(late), noun='cơ quan')}" if late else ""
    return (
        f"{n(counts['dated'])} nghĩa vụ có hạn: {n(counts['state_accepted'])} đã nhận, "
        f"{n(counts['state_submitted'])} chờ duyệt, {n(counts.get('due_soon', 0))} sắp đến hạn, "
        f"{n(counts.get('overdue', 0))} quá hạn{names}."
    )


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
    plan: PlanOption = "",
    as_json: JsonOption = False,
) -> None:
    """Một cơ quan nợ gì, theo thứ tự ngày: trong mọi kế hoạch đang theo dõi, hoặc một (--plan)."""
    from datetime import date

    from plan.queries.labels import plan_labels
    from plan.queries.progress import obligations

    moment = clock_now(as_of)
    with reading() as session:
        plans = _plans(session, plan)
        _require(session, plans, agency, "")
        owed = [
            (row.id, v) for row in plans for v in obligations(session, row, moment, agency=agency)
        ]
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
