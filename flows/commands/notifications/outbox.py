"""`outbox`, `outbox show`, `outbox retry`: what was said to whom, by which way, and whether it arrived."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.commands.options import JsonOption, PlanOption
from flows.commands.support import (
    clock_now,
    current_plan,
    print_json,
    print_table,
    reading,
    reports_errors,
    writing,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

outbox_app = typer.Typer(help="Tin đã soạn, đã gửi.", invoke_without_command=True)


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(outbox_app, name="outbox")


@outbox_app.callback()
@reports_errors
def outbox(
    context: typer.Context,
    failed: Annotated[bool, typer.Option("--failed", help="Chỉ tin chưa gửi được.")] = False,
    limit: Annotated[int, typer.Option("--limit", help="Số tin mới nhất.")] = 50,
    plan: PlanOption = "",
    as_json: JsonOption = False,
) -> None:
    """Các tin mới nhất: gửi ai, kênh nào, đã tới chưa."""
    if context.invoked_subcommand is not None:
        return
    from notifications.outbox.queries import channels_down, count_by_state, list_messages

    with reading() as session:
        plan_id = current_plan(session, plan).id
        messages = list_messages(session, plan_id, failed=failed, limit=limit)
        counts = count_by_state(session, plan_id)
        down = [row.model_dump(exclude={"alarmed_at"}) for row in channels_down(session)]
    if as_json:
        print_json({"plan": plan_id, "counts": counts, "down": down, "messages": messages})
        return
    _print_outbox(messages, counts)
    _print_down(down)


def _print_outbox(messages: Sequence[dict[str, Any]], counts: dict[str, int]) -> None:
    from notifications.words import MESSAGE_WORDS
    from plan.text import moment_words

    rows = [
        [
            str(m["id"]),
            m["recipient_name"],
            m["channel"],
            m["subject"],
            MESSAGE_WORDS[m["state"]] + (" (có thể trùng)" if m["maybe_twice"] else ""),
            moment_words(m["sent_at"] or m["next_attempt_at"]),
            " ".join(filter(None, (m["code"], m["words"] if m["state"] != "sent" else ""))),
        ]
        for m in messages
    ]
    heads = ["Số", "Người nhận", "Kênh", "Tin", "Tình trạng", "Lúc", "Ghi chú"]
    if rows:
        print_table(heads, rows)
    typer.echo(
        "; ".join(f"{MESSAGE_WORDS[s]}: {n}" for s, n in counts.items() if n) or "Chưa có tin."
    )


def _print_down(down: Sequence[dict[str, Any]]) -> None:
    from plan.text import moment_words

    for channel in down:
        since, again = moment_words(channel["down_since"]), moment_words(channel["next_try_at"])
        name, words = channel["channel"], channel["words"].rstrip(".")
        typer.echo(f"Kênh {name} không gửi được từ {since}: {words}. Thử lại lúc {again}.")


@outbox_app.command("show")
@reports_errors
def outbox_show(
    message_id: Annotated[int, typer.Argument(help="Số của tin.")],
    html: Annotated[bool, typer.Option("--html", help="In phần HTML của thư.")] = False,
    plan: PlanOption = "",
    as_json: JsonOption = False,
) -> None:
    """Một tin, đúng như đã soạn, và các lần gửi."""
    from notifications.outbox.queries import show_message

    with reading() as session:
        message = show_message(session, current_plan(session, plan).id, message_id)
    if as_json:
        print_json(message)
    elif html:
        typer.echo(message["content"].get("html", ""))
    else:
        _print_message(message)


def _print_message(message: dict[str, Any]) -> None:
    from notifications.outbox.queries import OUTCOME_WORDS
    from notifications.words import MESSAGE_WORDS
    from plan.text import moment_words

    content = message["content"]
    typer.echo(
        f"Tin {message['id']}: {MESSAGE_WORDS[message['state']]} {message['words']}".rstrip()
    )
    typer.echo(f"Gửi: {message['recipient_name']}, {message['address']} ({message['channel']})")
    for attempt in message["attempt_list"]:
        outcome = OUTCOME_WORDS[attempt["outcome"]]
        said = " ".join(filter(None, (outcome, attempt["code"], attempt["words"])))
        typer.echo(f"  {moment_words(attempt['at'])}: {said}")
    typer.echo(f"\n{content['subject']}\n")
    typer.echo(content.get("text") or content["short_text"])


@outbox_app.command("retry")
@reports_errors
def outbox_retry(
    message_ids: Annotated[
        list[int] | None, typer.Argument(help="Số của tin; bỏ trống: mọi tin đang chờ gửi lại.")
    ] = None,
    plan: PlanOption = "",
) -> None:
    """Cho gửi lại ngay ở lần gửi tới, kể cả tin bị từ chối nếu nêu số."""
    from notifications.resending import retry
    from plan.text import number_words

    with writing() as session:
        ids = retry(session, current_plan(session, plan).id, clock_now(), message_ids or ())
    typer.echo(f"{number_words(len(ids))} tin sẽ được gửi lại. Gửi ngay: dondoc remind")
