"""`template`, `check`, `submit`, `diff`, `check-format`: what an agency downloads, tries and hands in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.commands.intake.submit import submit
from flows.commands.intake.support import (
    definition_in_use,
    definition_owed,
    finding_json,
    known_figures,
    last_days,
    limits,
    print_findings,
    read_files,
    require_agency,
    start_reading,
)
from flows.commands.options import JsonOption, PlanOption
from flows.commands.support import (
    clock_now,
    current_plan,
    print_json,
    print_table,
    reading,
    reports_errors,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from intake.compare import Change
    from intake.package import Package
    from plan.definition.model import PlanDefinition
    from plan.ledger.filing import FoundFault

AgencyName = Annotated[str, typer.Argument(help="Mã cơ quan.")]
OutOption = Annotated[Path, typer.Option("--out", help="Thư mục ghi tệp.")]
WHAT = {"cell": "ô", "section": "mục", "fact": "thông tin", "file": "tệp"}
LONGEST = 60
"""Characters of a changed text that a table shows; `--json` has all."""


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(template)
    app.command()(check)
    app.command()(submit)
    app.command()(diff)
    app.command("check-format")(check_format)


@reports_errors
def template(
    agency: AgencyName,
    report: Annotated[bool, typer.Option("--report", help="Đề cương báo cáo (.docx).")] = False,
    out: OutOption = Path("."),
    plan: PlanOption = "",
) -> None:
    """Biểu số liệu để trống (.xlsx), hoặc đề cương báo cáo (.docx), của một cơ quan."""
    from plan.calendar import local_day
    from plan.deadlines.standing import deadline_words
    from plan.errors import RefusedError

    definition = definition_owed(plan)
    require_agency(definition, agency)
    now = clock_now()
    deadlines = {name: deadline_words(day) for name, day in last_days(plan, agency, now).items()}
    made = {
        True: lambda: _reports(definition, agency, now, deadlines),
        False: lambda: _workbook(definition, agency, local_day(now), deadlines),
    }
    files = made[report]()
    if not files:
        raise RefusedError(
            _nothing_owed(definition, agency, report=report, other=bool(made[not report]()))
        )
    out.mkdir(parents=True, exist_ok=True)
    for name, data in files:
        (out / name).write_bytes(data)
        typer.echo(str(out / name))


def _nothing_owed(definition: PlanDefinition, agency: str, *, report: bool, other: bool) -> str:
    """Why there is nothing to fill in, and what the agency may have been looking for."""
    name = next(one.names[-1].name for one in definition.agencies if one.id == agency)
    said = [f"{name} không phải nộp {'báo cáo' if report else 'số liệu'} nào."]
    if other:
        what, option = ("Biểu số liệu", "") if report else ("Đề cương báo cáo", " --report")
        said.append(f"{what}: dondoc template {agency}{option}.")
    return " ".join(said)


def _reports(
    definition: PlanDefinition, agency: str, now: Any, deadlines: dict[str, str]
) -> list[tuple[str, bytes]]:
    from intake.forms.report import build_reports
    from plan.calendar import local_day

    made = build_reports(definition, agency, on=local_day(now), written_at=now, deadlines=deadlines)
    return [(one.filename, one.data) for one in made]


def _workbook(
    definition: PlanDefinition, agency: str, on: date, deadlines: dict[str, str]
) -> list[tuple[str, bytes]]:
    from intake.forms.workbook import build_workbook
    from intake.workbook.template import template_for

    if not template_for(definition, agency).sheets:
        return []
    data = build_workbook(definition, agency, on=on, deadlines=deadlines)
    return [(f"bieu-so-lieu-{agency}.xlsx", data)]


@reports_errors
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
    start_reading()
    from intake.package import read_package

    definition = definition_in_use(plan)
    if agency:
        require_agency(definition, agency)
    given, known = read_files(files), known_figures(plan, agency)
    package = read_package(
        given,
        definition,
        agency,
        known=known,
        limits=limits(),
    )
    if as_json:
        print_json(_as_json(package))
    else:
        print_findings(package.all_findings())
    if annotate is not None:
        _annotate(given[0], package, annotate)
    if package.blocked:
        raise typer.Exit(1)


def _as_json(package: Package) -> dict[str, Any]:
    """One file's answer; of several, the first names the package and each finding its file."""
    several = len(package.files) > 1
    answer: dict[str, Any] = {
        "file": package.files[0].filename,
        "kind": package.files[0].content.value,
        "agency": package.agency,
        "deliverables": list(package.deliverables),
        "values": sum(len(part.values) for part in package.parts),
        "findings": [
            finding_json(one) | ({"file": one.file} if several else {})
            for one in package.all_findings()
        ],
    }
    if several:
        answer["files"] = [{"file": f.filename, "kind": f.content.value} for f in package.files]
    return answer


def _annotate(source: tuple[str, bytes], package: Package, out: Path) -> None:
    from intake.sandbox import annotate_safely
    from plan.errors import RefusedError

    name, data = source
    filename = package.files[0].filename
    findings: Sequence[FoundFault] = [
        one for one in package.all_findings() if one.file in ("", filename)
    ]
    marked = annotate_safely(data, findings, limits())
    if marked is None:
        raise RefusedError(f"Không đánh dấu được {name}; xem danh sách ở trên.")
    out.write_bytes(marked)
    typer.echo(f"Bản có đánh dấu: {out}", err=True)


@reports_errors
def diff(
    obligation: Annotated[str, typer.Argument(help="cơ-quan/sản-phẩm.")],
    before: Annotated[int, typer.Argument(help="Lần nộp trước.")],
    after: Annotated[int, typer.Argument(help="Lần nộp sau.")],
    plan: PlanOption = "",
    as_json: JsonOption = False,
) -> None:
    """So hai lần nộp: ô nào, mục nào đã đổi."""
    changes = _changes(plan, obligation, before, after)
    if as_json:
        print_json([vars(change) for change in changes])
    elif changes:
        print_table(
            ["Gì", "Tên", "Kỳ", "Ở đâu", "Trước", "Sau"],
            [
                [WHAT[c.kind], c.name, c.period, c.place, _short(c.before), _short(c.after)]
                for c in changes
            ],
        )
    else:
        typer.echo("Hai lần nộp giống nhau.")


def _changes(plan: str, obligation: str, before: int, after: int) -> list[Change]:
    from intake.compare import diff_submissions, find_submission
    from plan.queries.definitions import definition_of
    from plan.queries.lookup import find_obligation

    with reading() as session:
        row = current_plan(session, plan)
        target = int(find_obligation(session, row.id, obligation).id or 0)
        old, new = (find_submission(session, target, number) for number in (before, after))
        return diff_submissions(session, definition_of(row), old, new)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


@reports_errors
def check_format(
    file: Annotated[Path, typer.Argument(help="Văn bản Word (.docx).")],
    as_json: JsonOption = False,
) -> None:
    """Soát thể thức một văn bản theo Nghị định 30/2020/NĐ-CP: ghi chú để sửa, không chặn gì."""
    from documents.decree.check import NoWordFileError
    from documents.decree.check import check_format as notes_on
    from plan.errors import UsageError

    try:
        notes = notes_on(file.read_bytes())
    except NoWordFileError as error:
        raise UsageError(
            f"{file.name} không phải tệp Word .docx; mở bằng Word rồi lưu lại dạng .docx."
        ) from error
    except OSError as error:
        raise UsageError(f"Không đọc được {file}: {error.strerror}.") from error
    rows = [(f"Phụ lục I, {n.clause.part}", n.clause.element, n.words) for n in notes]
    if as_json:
        print_json([dict(zip(("clause", "element", "note"), row, strict=True)) for row in rows])
    elif rows:
        print_table(["Quy định", "Thành phần", "Cần sửa"], rows)
    else:
        typer.echo("Không thấy chỗ nào trái thể thức.")
