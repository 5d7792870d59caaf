"""`plan draft`: from a plan's document to the rows of a plan, and what has to be asked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from flows.commands.options import JsonOption, plan_app
from flows.commands.support import print_json, print_table, reports_errors


def register(app: typer.Typer) -> None:  # noqa: ARG001 - the commands join the group `plan`
    """Add this group's commands."""
    plan_app.command()(draft)


@reports_errors
def draft(
    file: Annotated[
        Path,
        typer.Argument(
            help="Văn bản kế hoạch hoặc bảng nhiệm vụ (.docx, .pdf, .txt, .md, .xlsx …)."
        ),
    ],
    as_json: JsonOption = False,
    answers: Annotated[
        Path | None,
        typer.Option("--answers", help="Tệp .json hoặc .yaml: mã câu hỏi → câu trả lời."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Ghi thư mục kế hoạch khi không còn câu hỏi nào."),
    ] = None,
) -> None:
    """Soạn kế hoạch từ văn bản: ai nợ gì, hạn nào; câu nào phải hỏi; câu nào chưa hiểu."""
    from drafting.document import UnreadableError
    from plan.errors import DondocError

    try:
        made = _drafted(file, answers)
        if out is not None:
            _write(made, out)
    except UnreadableError as refused:
        raise DondocError(str(refused)) from None
    if as_json:
        print_json(made)
    elif out is None:
        _show(made)


def _drafted(file: Path, answers: Path | None) -> dict[str, Any]:
    from drafting.answers import answered
    from drafting.service import draft_safely

    made = draft_safely(file.read_bytes(), file.name)
    return made if answers is None else answered(made, _read_answers(answers))


def _read_answers(path: Path) -> dict[str, Any]:
    """The answers of a file: a mapping, or a list of {id or text, answer}."""
    from drafting.document import UnreadableError
    from plan.definition.yaml_lines import read_yaml

    read = read_yaml(path)
    for trouble in read.troubles:
        raise UnreadableError(f"Tệp {path.name}, dòng {trouble.line}: {trouble.message}.")
    found = read.value
    if isinstance(found, list):
        pairs = [
            (one.get("id") or one.get("text"), one.get("answer"))
            for one in found
            if isinstance(one, dict)
        ]
        found = {key: value for key, value in pairs if key}
    if not isinstance(found, dict):
        raise UnreadableError(
            f"Tệp {path.name} phải ghi «mã câu hỏi: câu trả lời», mỗi câu một dòng."
        )
    return {str(key): value for key, value in found.items()}


def _write(made: dict[str, Any], out: Path) -> None:
    """The plan's folder; refused while questions are open, with the questions."""
    from drafting.plan_folder import definition_of
    from plan.definition.export import write_plan
    from plan.text import number_words

    for question in made["questions"]:
        choices = f" [{' | '.join(question['choices'])}]" if question["choices"] else ""
        typer.echo(f"{question['id']}: {question['text']}{choices}", err=True)
    written = write_plan(definition_of(made), out)
    typer.echo(
        f"Đã ghi {number_words(len(written))} tệp vào {out}; kiểm tra: dondoc plan check {out}"
    )


def _show(made: dict[str, Any]) -> None:
    """The draft as tables."""
    from plan.text import number_words

    plan = made["plan"]
    number, day = plan["number"] or "chưa rõ số", plan["issued_on"] or "chưa rõ ngày"
    typer.echo(f"{number} ({day}), {plan['issuer'] or 'chưa rõ cơ quan ban hành'}")
    typer.echo(f"{plan['title']}; đầu mối: {plan['coordinator'] or 'chưa rõ'}")
    print_table(
        ["Nguồn", "Cơ quan", "Việc, sản phẩm", "Hạn (nguyên văn)", "Loại"],
        [
            [
                one["source"],
                "; ".join(one["owners"]) or "?",
                one["deliverable"],
                one["due_words"] or "",
                KINDS.get(one["kind"], one["kind"]),
            ]
            for one in made["obligations"]
        ],
    )
    if made["questions"]:
        print_table(
            ["Mã câu hỏi", "Câu hỏi", "Chọn"],
            [[one["id"], one["text"], " | ".join(one["choices"])] for one in made["questions"]],
        )
    if made["unread"]:
        print_table(
            ["Chưa hiểu", "Đoạn"], [[one["place"], one["span"][:200]] for one in made["unread"]]
        )
    for note in made["notes"]:
        typer.echo(note)
    typer.echo(
        f"{number_words(len(made['obligations']))} việc, {number_words(len(made['questions']))} câu hỏi, "
        f"{number_words(len(made['unread']))} đoạn chưa hiểu."
    )


KINDS = {
    "report": "báo cáo",
    "proposals": "đề xuất",
    "plan": "kế hoạch",
    "document": "văn bản",
    "appendix": "biểu số liệu",
    "conference": "hội nghị",
    "duty": "nhiệm vụ",
}
