"""A draft report in people's hands: edited in Word and handed back, compared with newer drafts, signed.

    take_in(session, store, plan_id, "provincial-report", filename, data, actor=actor, now=now)
    for one in beside(session, store, plan_id, "provincial-report"):
        print(one.where, one.come, one.hers)
    sign(session, store, plan_id, "provincial-report", filename, data, number="120/BC-UBND", on=day, …)

What somebody wrote is never overwritten: a newer consolidation makes a newer draft, and what it says
otherwise stands beside her text, heading by heading.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, get_args

from sqlmodel import Session, col, select

from consolidation.compare import differing, sections_in
from consolidation.runs import finalise, find_run, newest_run, outputs_of, subject_of
from intake.files.store import Store
from intake.report.outline import outline_of
from plan.definition.periodic import outputs_by_period
from plan.errors import RefusedError, UsageError
from plan.ledger import audit
from plan.models import ConsolidationRun, HeadingChoice, Plan, ReportVersion
from plan.queries.definitions import definition_of
from plan.states import Actor, Role

Detail = Literal["brief", "full", "none"]
DETAILS: tuple[str, ...] = get_args(Detail)
_MAY = (Role.coordinator, Role.admin)


@dataclass(frozen=True)
class Beside:
    """A heading under which the newest draft says otherwise than the one she worked from. Paragraphs."""

    where: str
    gone: str
    come: str
    hers: str
    """Her text there, whole; empty where she took the heading out."""


def take_in(
    session: Session,
    store: Store,
    plan_id: str,
    output: str,
    filename: str,
    data: bytes,
    *,
    run_number: int | None = None,
    actor: Actor,
    now: datetime,
) -> ReportVersion:
    """Keep an edited draft as the report being worked on. `run_number`: the draft it was made from; none: the
    one the version before it was made from, else the newest. RefusedError for a file that is no .docx."""
    _require(actor)
    _read(filename, data)
    before = working(session, plan_id, output)
    if run_number is not None:
        run = find_run(session, plan_id, output, run_number)
    else:
        run = _run_of(session, before) if before else _newest(session, plan_id, output)
    return _kept(session, store, run, "working", filename, data, actor, now)


def sign(
    session: Session,
    store: Store,
    plan_id: str,
    output: str,
    filename: str,
    data: bytes,
    *,
    number: str,
    on: date,
    actor: Actor,
    now: datetime,
) -> ReportVersion:
    """Record the signed report: its number, its local day, its file (.docx or .pdf); the run it was made
    from is frozen. RefusedError where a signed one stands already."""
    _require(actor)
    if signed(session, plan_id, output) is not None:
        raise RefusedError("Báo cáo đã được ghi nhận là đã ký; bản đã ký không thay được.")
    if not number.strip():
        raise UsageError("Hãy ghi số của văn bản, ví dụ 120/BC-UBND.")
    if not filename.lower().endswith((".docx", ".pdf")) or not data:
        raise RefusedError("Tệp đã ký phải là .docx hoặc .pdf.")
    before = working(session, plan_id, output)
    run = _run_of(session, before) if before else _newest(session, plan_id, output)
    row = _kept(
        session, store, run, "signed", filename, data, actor, now, number=number.strip(), on=on
    )
    assert run.id is not None
    finalise(session, run.id, actor=actor, now=now)
    return row


def working(session: Session, plan_id: str, output: str) -> ReportVersion | None:
    """The newest edited draft."""
    return _last(session, plan_id, output, "working")


def signed(session: Session, plan_id: str, output: str) -> ReportVersion | None:
    """The signed report, if it is signed."""
    return _last(session, plan_id, output, "signed")


def beside(session: Session, store: Store, plan_id: str, output: str) -> list[Beside]:
    """What the newest draft says otherwise than the one she worked from, beside her text; empty when she
    works from the newest. RefusedError where nothing is being worked on."""
    hers = working(session, plan_id, output)
    if hers is None:
        raise RefusedError("Chưa có bản nào đang sửa; hãy nộp lại bản đã sửa trong Word trước.")
    newest, base = _newest(session, plan_id, output), _run_of(session, hers)
    if newest.id == base.id:
        return []
    old, new = _draft(session, store, base), _draft(session, store, newest)
    mine = sections_in(store.get(hers.sha256))
    return [
        Beside(where, *parts, hers=mine.get(where, ""))
        for where in dict.fromkeys([*old, *new])
        if (parts := differing(old.get(where, ""), new.get(where, ""))) is not None
    ]


# --- how much stands under a heading -------------------------------------------------------------


def choose(
    session: Session,
    plan: Plan,
    output: str,
    node: str,
    detail: str,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """How much of what others report stands under the heading `node` of the next drafts."""
    _require(actor)
    definition = definition_of(plan)
    if not any(one.id == output and one.kind == "report" for one in outputs_by_period(definition)):
        raise RefusedError(f"Kế hoạch không có dự thảo báo cáo «{output}».")
    if node not in outline_of(definition).targets:
        raise RefusedError(f"Đề cương không có mục «{node}».")
    if detail not in DETAILS:
        raise UsageError(f"Mức chi tiết là một trong: {', '.join(DETAILS)}.")
    row = session.get(HeadingChoice, (plan.id, output, node))
    before = row.detail if row else "brief"
    row = row or HeadingChoice(plan_id=plan.id, output=output, node=node, detail=detail)
    row.detail = detail
    session.add(row)
    audit.record(
        session,
        plan_id=plan.id,
        actor=actor,
        event="report.heading-chosen",
        subject=f"{output}/{node}",
        now=now,
        before={"detail": before},
        after={"detail": detail},
    )


# --- keeping -------------------------------------------------------------------------------------


def _require(actor: Actor) -> None:
    if actor.role not in _MAY:
        raise RefusedError("Vai trò của bạn không được phép sửa hoặc ký báo cáo tổng hợp.")


def _read(filename: str, data: bytes) -> None:
    try:
        sections_in(data)
    except Exception as error:  # whatever the library stumbles over, the file is no Word file
        raise RefusedError(
            f"{filename} không đọc được như tệp Word .docx; hãy mở bằng Word và lưu lại dạng .docx."
        ) from error


def _kept(
    session: Session,
    store: Store,
    run: ConsolidationRun,
    kind: str,
    filename: str,
    data: bytes,
    actor: Actor,
    now: datetime,
    *,
    number: str = "",
    on: date | None = None,
) -> ReportVersion:
    assert run.id is not None
    row = ReportVersion(
        plan_id=run.plan_id,
        output=run.output,
        run_id=run.id,
        kind=kind,
        filename=filename,
        sha256=store.put(data),
        size=len(data),
        document_number=number,
        signed_on=on,
        handed_by=actor.name,
        handed_at=now,
    )
    session.add(row)
    session.flush()
    told = {"file": filename, "sha256": row.sha256, "number": number}
    audit.record(
        session,
        plan_id=run.plan_id,
        actor=actor,
        event=f"report.{kind}",
        subject=subject_of(run),
        now=now,
        after=told | ({"signed_on": on.isoformat()} if on else {}),
    )
    return row


def _last(session: Session, plan_id: str, output: str, kind: str) -> ReportVersion | None:
    return session.exec(
        select(ReportVersion)
        .where(
            ReportVersion.plan_id == plan_id,
            ReportVersion.output == output,
            ReportVersion.kind == kind,
        )
        .order_by(col(ReportVersion.id).desc())
    ).first()


def _newest(session: Session, plan_id: str, output: str) -> ConsolidationRun:
    run = newest_run(session, plan_id, output)
    if run is None:
        raise RefusedError(f"«{output}» chưa có lần tổng hợp nào; hãy tổng hợp trước.")
    return run


def _run_of(session: Session, version: ReportVersion) -> ConsolidationRun:
    return session.get_one(ConsolidationRun, version.run_id)


def _draft(session: Session, store: Store, run: ConsolidationRun) -> dict[str, str]:
    """What the run's own draft says, by heading: its first Word file."""
    file = next(one for one in outputs_of(session, run) if one.filename.endswith(".docx"))
    return sections_in(store.get(file.sha256))
