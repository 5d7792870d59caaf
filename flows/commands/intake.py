"""`template`, `check`, `submit`, `diff`: what an agency downloads, tries and hands in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli_support import (
    actor,
    clock_now,
    current_plan,
    engine,
    print_json,
    print_table,
    reading,
    told,
)
from flows.commands.plans import PACKAGED, JsonOption, PlanOption

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from consolidation.intake.filing_service import Filed, How
    from consolidation.intake.package import Package
    from consolidation.intake.store import Store
    from plan.definition import PlanDefinition
    from plan.filing import FoundFault
    from plan.states import Actor

AgencyName = Annotated[str, typer.Argument(help="Mã cơ quan.")]
OutOption = Annotated[Path, typer.Option("--out", help="Thư mục ghi tệp.")]
SIGNS = {"error": "▲ lỗi", "warning": "◑ cảnh báo", "note": "○ ghi chú"}
COORDINATOR_VIAS = ("paper", "other-system")


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(template)
    app.command()(check)
    app.command()(submit)
    app.command()(diff)


@told
def template(
    agency: AgencyName,
    report: Annotated[bool, typer.Option("--report", help="Đề cương báo cáo (.docx).")] = False,
    out: OutOption = Path("."),
    plan: PlanOption = "",
) -> None:
    """Biểu số liệu để trống (.xlsx), hoặc đề cương báo cáo (.docx), của một cơ quan."""
    from consolidation.intake.report_blank import build_reports
    from plan.calendar import local_day
    from plan.wording import deadline_words

    definition = _definition(plan)
    _known(definition, agency)
    now = clock_now()
    deadlines = {name: deadline_words(day) for name, day in _deadlines(plan, agency).items()}
    out.mkdir(parents=True, exist_ok=True)
    if report:
        made = build_reports(
            definition, agency, on=local_day(now), written_at=now, deadlines=deadlines
        )
        files = [(one.filename, one.data) for one in made]
    else:
        files = _workbook(definition, agency, local_day(now), deadlines)
    if not files:
        from plan.errors import RefusedError

        raise RefusedError(f"«{agency}» không phải nộp {'báo cáo' if report else 'số liệu'} nào.")
    for name, data in files:
        (out / name).write_bytes(data)
        typer.echo(str(out / name))


def _workbook(
    definition: PlanDefinition, agency: str, on: Any, deadlines: dict[str, str]
) -> list[tuple[str, bytes]]:
    from consolidation.intake.blank import build_workbook
    from consolidation.intake.keys import template_for

    if not template_for(definition, agency).sheets:
        return []
    data = build_workbook(definition, agency, on=on, deadlines=deadlines)
    return [(f"bieu-so-lieu-{agency}.xlsx", data)]


def _definition(plan: str) -> PlanDefinition:
    """The database's plan; without a database, the packaged one."""
    from plan.errors import DondocError
    from plan.loading import load_definition
    from plan.lookup import definition_of
    from plan.settings import PACKAGED_PLANS

    try:
        with reading() as session:
            return definition_of(current_plan(session, plan))
    except DondocError:
        if plan and plan != PACKAGED:
            raise
        return load_definition(PACKAGED_PLANS / PACKAGED)[0]


def _known(definition: PlanDefinition, agency: str) -> None:
    from plan.errors import NotFoundError

    names = [one.id for one in definition.agencies]
    if agency and agency not in names:
        raise NotFoundError("cơ quan", agency, names)


def _deadlines(plan: str, agency: str) -> dict[str, Any]:
    """Deliverable → last good day of this agency's obligations; empty without a database."""
    from plan.errors import DondocError
    from plan.progress import obligations

    try:
        with reading() as session:
            row = current_plan(session, plan)
            views = obligations(session, row, clock_now(), agency=agency)
    except DondocError:
        return {}
    return {view.deliverable: view.last_day for view in views if view.last_day}


@told
def check(
    files: Annotated[list[Path], typer.Argument(help="Tệp cần kiểm tra thử.")],
    agency: Annotated[str, typer.Option("--agency", help="Mã cơ quan; bỏ trống: đọc từ tệp.")] = "",
    annotate: Annotated[
        Path | None, typer.Option("--annotate", help="Ghi bản sao có đánh dấu từng ô.")
    ] = None,
    plan: PlanOption = "",
    as_json: JsonOption = False,
) -> None:
    """Kiểm tra thử, không nộp gì; còn lỗi thì mã thoát là 1."""
    from consolidation.intake.package import read_package

    definition = _definition(plan)
    _known(definition, agency)
    package = read_package(_read(files), definition, agency)
    if as_json:
        print_json(_package_json(package))
    else:
        _print_findings(package.all_findings())
    if annotate is not None:
        _annotate(files[0], package.all_findings(), annotate)
    if package.blocked:
        raise typer.Exit(1)


def _read(files: Sequence[Path]) -> list[tuple[str, bytes]]:
    from plan.errors import UsageError

    for path in files:
        if not path.is_file():
            raise UsageError(f"Không tìm thấy tệp {path}.")
    return [(path.name, path.read_bytes()) for path in files]


def _package_json(package: Package) -> dict[str, Any]:
    kinds = [one.content.value for one in package.files]
    return {
        "file": package.files[0].filename if package.files else "",
        "kind": kinds[0] if kinds else "",
        "files": [{"file": one.filename, "kind": one.content.value} for one in package.files],
        "agency": package.agency,
        "deliverables": list(package.deliverables),
        "values": sum(len(part.values) for part in package.parts),
        "findings": [_finding_json(one) for one in package.all_findings()],
    }


def _finding_json(one: FoundFault) -> dict[str, str]:
    names = ("severity", "code", "file", "sheet", "cell", "indicator", "period", "read", "message")
    return {name: getattr(one, name) for name in names}


def _print_findings(findings: Iterable[FoundFault]) -> None:
    rows = [
        [SIGNS[one.severity], _place(one), one.read, one.message]
        for one in sorted(findings, key=lambda one: list(SIGNS).index(one.severity))
    ]
    if rows:
        print_table(["Mức", "Ở đâu", "Đọc được", "Cần làm gì"], rows)
    else:
        typer.echo("● Không có gì phải sửa.")


def _place(one: FoundFault) -> str:
    spot = f"{one.sheet}!{one.cell}" if one.cell else one.sheet
    named = f"{one.indicator} ({one.period})" if one.period else one.indicator
    return " ".join(part for part in (one.file, spot, named) if part)


def _annotate(source: Path, findings: Sequence[FoundFault], out: Path) -> None:
    from consolidation.intake.sandbox import annotate_safely
    from plan.errors import RefusedError

    data = annotate_safely(source.read_bytes(), findings)
    if data is None:
        raise RefusedError(f"Không đánh dấu được {source.name}; xem danh sách ở trên.")
    out.write_bytes(data)
    typer.echo(f"Bản có đánh dấu: {out}", err=True)


@told
def submit(
    agency: AgencyName,
    files: Annotated[list[Path] | None, typer.Argument(help="Các tệp, nộp một lần.")] = None,
    obligation: Annotated[str, typer.Option("--obligation", help="cơ-quan/sản-phẩm.")] = "",
    by: Annotated[str, typer.Option("--by", help="Người nộp.")] = "",
    nil: Annotated[str, typer.Option("--nil", help="Lý do không phát sinh.")] = "",
    held_on: Annotated[str, typer.Option("--held-on", help="Ngày hội nghị (YYYY-MM-DD).")] = "",
    place: Annotated[str, typer.Option("--place", help="Nơi tổ chức hội nghị.")] = "",
    attending: Annotated[int, typer.Option("--attending", help="Số người dự.")] = 0,
    evidence: Annotated[str, typer.Option("--evidence", help="Minh chứng nhiệm vụ đã làm.")] = "",
    via: Annotated[str, typer.Option("--via", help="cli, paper, other-system.")] = "cli",
    reference: Annotated[str, typer.Option("--reference", help="Số văn bản đến.")] = "",
    received_at: Annotated[str, typer.Option("--received-at", help="Thời điểm nhận thật.")] = "",
    signed_at: Annotated[str, typer.Option("--signed-at", help="Thời điểm ký.")] = "",
    issued_at: Annotated[str, typer.Option("--issued-at", help="Thời điểm phát hành.")] = "",
    plan: PlanOption = "",
    as_json: JsonOption = False,
) -> None:
    """Nộp sản phẩm; đọc ngay từng lỗi theo ô. Bản giấy: --via paper --reference … --received-at …"""
    from consolidation.intake.filing_service import How
    from flows.clock import parse_instant
    from flows.commands.decisions import local_date
    from plan.errors import UsageError
    from plan.lookup import find_agency

    with reading() as session:
        plan_id = current_plan(session, plan).id
        find_agency(session, plan_id, agency)
    if (nil or held_on or evidence) and not obligation:
        raise UsageError("Hãy nêu nghĩa vụ bằng --obligation.")
    if not (files or nil or held_on or evidence):
        raise UsageError("Hãy nêu tệp cần nộp, hoặc --nil, --held-on, --evidence.")
    received, signed, issued = (
        parse_instant(one) if one else None for one in (received_at, signed_at, issued_at)
    )
    handing = _Handing(
        plan_id,
        agency,
        obligation,
        _read(files or []),
        _who(agency, by, via),
        How(via, reference, "", received, signed, issued),  # type: ignore[arg-type]
    )
    if nil:
        filed = handing.nil(nil)
    elif held_on:
        filed = handing.conference(local_date(held_on), place, attending)
    elif evidence:
        filed = handing.duty(evidence)
    else:
        filed = handing.files()
    _tell(filed, as_json)


def _who(agency: str, by: str, via: str) -> Actor:
    """An agency's clerk; Sở Nội vụ's, for what came on paper or through another system."""
    if via in COORDINATOR_VIAS:
        return actor(by or "Văn thư Sở Nội vụ", "coordinator")
    return actor(by or f"Văn thư {agency}", "agency", agency)


@dataclass(frozen=True)
class _Handing:
    """One handing-in from the command line, whatever its kind."""

    plan_id: str
    agency: str
    obligation: str
    given: list[tuple[str, bytes]]
    who: Actor
    how: How

    def nil(self, reason: str) -> list[Filed]:
        from consolidation.intake.filing_service import file_nil

        return [file_nil(engine(), self.plan_id, self.obligation, reason, **self._common())]

    def conference(self, held_on: date, place: str, attending: int) -> list[Filed]:
        from consolidation.intake.filing_service import file_conference

        filed = file_conference(
            engine(),
            _store(),
            self.plan_id,
            self.obligation,
            held_on=held_on,
            place=place,
            attending=attending,
            minutes=self.given[0] if self.given else None,
            **self._common(),
        )
        return [filed]

    def duty(self, evidence: str) -> list[Filed]:
        from consolidation.intake.filing_service import file_duty

        filed = file_duty(
            engine(),
            _store(),
            self.plan_id,
            self.obligation,
            evidence=evidence,
            files=self.given,
            **self._common(),
        )
        return [filed]

    def files(self) -> list[Filed]:
        from consolidation.intake.filing_service import submit_files

        return submit_files(
            engine(),
            _store(),
            self.plan_id,
            self.agency,
            self.given,
            actor=self.who,
            now=clock_now(),
            only=self.obligation,
            **vars(self.how),
        )

    def _common(self) -> dict[str, Any]:
        return {"actor": self.who, "now": clock_now(), "how": self.how}


def _store() -> Store:
    from consolidation.intake.store import Store
    from plan.settings import get_settings

    return Store(get_settings().resolved_store_url)


def _tell(filed: Sequence[Filed], as_json: bool) -> None:
    if as_json:
        print_json(
            [
                {
                    "obligation": one.obligation,
                    "number": one.number,
                    "complete": one.complete,
                    "repeated": one.repeated,
                    "findings": [_finding_json(fault) for fault in one.findings],
                }
                for one in filed
            ]
        )
    else:
        for one in filed:
            _tell_one(one)
    if not filed or any(not one.complete for one in filed):
        raise typer.Exit(1)


def _tell_one(one: Filed) -> None:
    if one.number:
        state = "đã nộp trước đó" if one.repeated else "đã vào sổ"
        typer.echo(f"{one.obligation}: lần {one.number}, {state}.")
    elif one.obligation:
        typer.echo(f"{one.obligation}: chưa vào sổ.")
    if one.findings:
        _print_findings(one.findings)


@told
def diff(
    obligation: Annotated[str, typer.Argument(help="cơ-quan/sản-phẩm.")],
    before: Annotated[int, typer.Argument(help="Lần nộp trước.")],
    after: Annotated[int, typer.Argument(help="Lần nộp sau.")],
    plan: PlanOption = "",
    as_json: JsonOption = False,
) -> None:
    """So hai lần nộp: ô nào, mục nào đã đổi."""
    from consolidation.intake.submission_diff import diff_submissions, find_submission
    from plan.errors import NotFoundError
    from plan.lookup import definition_of, find_obligation

    with reading() as session:
        row = current_plan(session, plan)
        target = find_obligation(session, row.id, obligation)
        pair = [find_submission(session, target.id or 0, number) for number in (before, after)]
        for number, one in zip((before, after), pair, strict=True):
            if one is None:
                raise NotFoundError("lần nộp", str(number), ())
        changes = diff_submissions(session, definition_of(row), *pair)  # type: ignore[arg-type]
    if as_json:
        print_json([vars(change) for change in changes])
    elif changes:
        print_table(
            ["Gì", "Tên", "Kỳ", "Trước", "Sau"],
            [[c.kind, c.name, c.period, c.before[:60], c.after[:60]] for c in changes],
        )
    else:
        typer.echo("Hai lần nộp giống nhau.")
