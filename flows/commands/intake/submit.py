"""`submit`: files, a nil return, a conference, a duty done; on paper or at the counter too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.commands.intake.support import (
    finding_json,
    limits,
    print_findings,
    read_files,
    start_reading,
    store,
)
from flows.commands.options import JsonOption, PlanOption
from flows.commands.support import (
    actor,
    clerk,
    clock_now,
    current_plan,
    engine,
    print_json,
    reading,
    reports_errors,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlmodel import Session

    from intake.submit import Filed, SubmissionContext
    from plan.states import Actor

COORDINATOR_VIAS = ("paper", "other-system")
VIAS = ("cli", *COORDINATOR_VIAS)


@dataclass(frozen=True)
class Handing:
    """One handing-in as asked for on the command line."""

    context: SubmissionContext
    agency: str
    obligation: str
    files: list[tuple[str, bytes]]
    nil: str
    held_on: str
    place: str
    attending: int
    evidence: str


@reports_errors
def submit(
    agency: Annotated[str, typer.Argument(help="Mã cơ quan.")],
    files: Annotated[list[Path] | None, typer.Argument(help="Các tệp, nộp một lần.")] = None,
    obligation: Annotated[str, typer.Option("--obligation", help="cơ-quan/sản-phẩm.")] = "",
    by: Annotated[str, typer.Option("--by", help="Người nộp.")] = "",
    nil: Annotated[str, typer.Option("--nil", help="Lý do không phát sinh.")] = "",
    held_on: Annotated[
        str,
        typer.Option("--conference", "--held-on", help="Ngày đã tổ chức hội nghị (YYYY-MM-DD)."),
    ] = "",
    place: Annotated[str, typer.Option("--place", help="Nơi tổ chức hội nghị.")] = "",
    attending: Annotated[int, typer.Option("--attending", help="Số người dự.")] = 0,
    evidence: Annotated[str, typer.Option("--evidence", help="Minh chứng nhiệm vụ đã làm.")] = "",
    via: Annotated[str, typer.Option("--via", help="cli, paper, other-system.")] = "cli",
    reference: Annotated[str, typer.Option("--reference", help="Số văn bản đến.")] = "",
    received_at: Annotated[str, typer.Option("--received-at", help="Thời điểm nhận thật.")] = "",
    signed_at: Annotated[str, typer.Option("--signed-at", help="Thời điểm ký.")] = "",
    issued_at: Annotated[str, typer.Option("--issued-at", help="Thời điểm phát hành.")] = "",
    note: Annotated[str, typer.Option("--note", help="Ghi chú của người nộp.")] = "",
    plan: PlanOption = "",
    as_json: JsonOption = False,
) -> None:
    """Nộp sản phẩm; đọc ngay từng lỗi theo ô. Bản giấy: --via paper --reference … --received-at …"""
    if files:
        start_reading()
    from intake.submit import ReceiptDetails, SubmissionContext
    from plan.errors import UsageError
    from plan.plausible import instant_from

    with reading() as session:
        plan_id = current_plan(session, plan).id
        who = _who(session, plan_id, agency, by, via)
    if via not in VIAS:
        raise UsageError(f"--via «{via}» không hợp lệ; chọn một trong: {', '.join(VIAS)}.")
    received, signed, issued = (
        instant_from(one) if one else None for one in (received_at, signed_at, issued_at)
    )
    how = ReceiptDetails(via, reference, note, received, signed, issued)  # type: ignore[arg-type] # checked above
    handing = Handing(
        context=SubmissionContext(engine(), store(), plan_id, who, clock_now(), how),
        agency=agency,
        obligation=obligation,
        files=read_files(files or []),
        nil=nil,
        held_on=held_on,
        place=place,
        attending=attending,
        evidence=evidence,
    )
    _tell(_way(handing)(handing), as_json)


def _who(session: Session, plan_id: str, agency: str, by: str, via: str) -> Actor:
    """An agency's clerk; Sở Nội vụ's, for what came on paper or through another system."""
    own = clerk(session, plan_id, agency, by)
    return actor(by or "Văn thư Sở Nội vụ", "coordinator") if via in COORDINATOR_VIAS else own


def _way(handing: Handing) -> Callable[[Handing], list[Filed]]:
    """Which of the four it is; refuses none and more than one."""
    from plan.errors import UsageError

    asked = [way for name, way in _WAYS.items() if getattr(handing, name)]
    if len(asked) > 1:
        raise UsageError("Chỉ nêu một trong --nil, --conference, --evidence cho mỗi lần nộp.")
    if asked and not handing.obligation:
        raise UsageError("Hãy nêu nghĩa vụ bằng --obligation.")
    if not asked and not handing.files:
        raise UsageError("Hãy nêu tệp cần nộp, hoặc --nil, --conference, --evidence.")
    return asked[0] if asked else _files


def _files(handing: Handing) -> list[Filed]:
    from intake.submit import submit_files

    return submit_files(
        handing.context,
        handing.agency,
        handing.files,
        only=handing.obligation,
        limits=limits(),
    )


def _nil(handing: Handing) -> list[Filed]:
    from intake.submit import file_nil

    return [file_nil(handing.context, handing.obligation, handing.nil)]


def _conference(handing: Handing) -> list[Filed]:
    from flows.commands.support import local_date
    from intake.conference import HeldConference
    from intake.submit import file_conference

    event = HeldConference(local_date(handing.held_on), handing.place, handing.attending)
    minutes = handing.files[0] if handing.files else None
    return [file_conference(handing.context, handing.obligation, event, minutes)]


def _duty(handing: Handing) -> list[Filed]:
    from intake.submit import file_duty

    filed = file_duty(
        handing.context,
        handing.obligation,
        evidence=handing.evidence,
        files=handing.files,
    )
    return [filed]


_WAYS: dict[str, Callable[[Handing], list[Filed]]] = {
    "nil": _nil,
    "held_on": _conference,
    "evidence": _duty,
}


def _tell(filed: Sequence[Filed], as_json: bool) -> None:
    if as_json:
        print_json([_as_json(one) for one in filed])
    else:
        for one in filed:
            _tell_one(one)
    if not filed or any(not one.complete for one in filed):
        raise typer.Exit(1)


def _as_json(one: Filed) -> dict[str, Any]:
    return {
        "obligation": one.obligation,
        "number": one.number,
        "complete": one.complete,
        "repeated": one.repeated,
        "findings": [finding_json(found) | {"file": found.file} for found in one.findings],
    }


def _tell_one(one: Filed) -> None:
    from plan.text import number_words

    if one.number:
        state = "đã nộp trước đó" if one.repeated else "đã vào sổ"
        typer.echo(f"{one.obligation}: lần {one.number}, {state}.")
    elif one.obligation:
        typer.echo(f"{one.obligation}: chưa vào sổ.")
    if one.findings or not one.number:
        print_findings(one.findings)
    asked = sum(found.severity == "warning" for found in one.findings)
    if one.complete and asked:
        agency = one.obligation.partition("/")[0]
        typer.echo(
            f"{number_words(asked)} cảnh báo cần giải trình: xem số bằng "
            f"«dondoc submissions {one.obligation}», ghi bằng «dondoc explain {agency} SỐ --text …»."
        )
