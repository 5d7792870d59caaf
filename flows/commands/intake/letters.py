"""`letters …`: a signed letter sent with its number and day, and how those sent went."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.commands.options import REVIEWER, By, JsonOption, PlanOption
from flows.commands.support import (
    actor,
    clock_now,
    current_plan,
    engine,
    local_date,
    print_json,
    print_table,
    reading,
    reports_errors,
)

letters_app = typer.Typer(help="Công văn đã ký: gửi đi, xem đã đến đâu.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(letters_app, name="letters")


@letters_app.command("send")
@reports_errors
def letters_send(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="Công văn đã ký (.pdf).")
    ],
    to: Annotated[list[str], typer.Option("--to", help="Cơ quan nhận; lặp lại được.")],
    number: Annotated[str, typer.Option("--number", help="Số và ký hiệu: 15/SNV-CCHC.")],
    subject: Annotated[str, typer.Option("--subject", help="Trích yếu.")],
    on: Annotated[str, typer.Option("--on", help="Ngày ban hành (YYYY-MM-DD).")],
    due: Annotated[str, typer.Option("--due", help="Trả lời trước ngày (YYYY-MM-DD).")] = "",
    signer: Annotated[str, typer.Option("--signer", help="Người ký.")] = "",
    by: By = REVIEWER,
    plan: PlanOption = "",
    as_json: JsonOption = False,
) -> None:
    """Gửi một công văn đã ký: qua trục liên thông cho cơ quan có mã, và qua thư điện tử kèm tệp."""
    from flows.commands.intake.support import start_reading, store
    from intake.files.gate import Limits
    from intake.mail.letters import LetterFacts
    from notifications.letters import LetterDesk, read_signed, send_letter
    from notifications.plan_context import messaging_from
    from plan.settings import get_settings

    settings = get_settings()
    with reading() as session:
        plan_id = current_plan(session, plan).id
    facts = LetterFacts(number, subject, local_date(on), local_date(due) if due else None, signer)
    start_reading()
    read = read_signed(file.name, file.read_bytes(), Limits.from_settings(settings))
    desk = LetterDesk(engine(), store(), messaging_from(settings), settings.edoc_organ_id)
    who = actor(by, "coordinator")
    done = send_letter(desk, plan_id, facts, read, to, actor=who, now=clock_now())
    if as_json:
        print_json(vars(done))
        return
    typer.echo(done.words)
    for one in read.signatures or ({"said": "Tệp không mang chữ ký số."},):
        typer.echo(one["said"])


@letters_app.command("list")
@reports_errors
def letters_list(
    limit: Annotated[int, typer.Option("--limit", min=1, help="Nhiều nhất bao nhiêu.")] = 100,
    plan: PlanOption = "",
    as_json: JsonOption = False,
) -> None:
    """Công văn đã gửi, mới nhất trước."""
    from dashboard.queries.letters import letters_page
    from plan.text import moment_words, number_words

    with reading() as session:
        rows = letters_page(session, current_plan(session, plan).id, limit, 0)
    if as_json:
        facts = ("id", "number", "issued_on", "subject", "due_on", "sent_at", "sent_by")
        print_json(
            [{n: getattr(row, n) for n in facts} | {"to": to, "answers": a} for row, to, a in rows]
        )
    elif rows:
        print_table(
            ["Số", "Ngày", "Trích yếu", "Gửi lúc", "Nơi nhận", "Trả lời"],
            [
                [
                    row.number,
                    f"{row.issued_on:%d/%m/%Y}",
                    row.subject,
                    moment_words(row.sent_at),
                    number_words(to),
                    number_words(answers),
                ]
                for row, to, answers in rows
            ],
        )
    else:
        typer.echo("Chưa gửi công văn nào.")
