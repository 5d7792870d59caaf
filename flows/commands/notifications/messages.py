"""`remind`, `channels …`, `letter`, `zalo login`: what is said to whom, and by which way."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.commands.options import JsonOption, PlanOption
from flows.commands.support import (
    believe_the_clock,
    clock_now,
    current_plan,
    engine,
    print_json,
    print_table,
    reading,
    reports_errors,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from notifications.channels.base import Channel
    from notifications.plan_context import Messaging
    from notifications.reminders.look import TickLook
    from notifications.round import Round
    from plan.settings import Settings

AsOf = Annotated[str, typer.Option("--as-of", help="Thời điểm, ví dụ 2020-04-27T08:00+07:00.")]

channels_app = typer.Typer(help="Kênh gửi tin.", no_args_is_help=True)
zalo_app = typer.Typer(help="Zalo.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(remind)
    app.add_typer(channels_app, name="channels")
    app.command()(letter)
    app.add_typer(zalo_app, name="zalo")


# --- shared --------------------------------------------------------------------------------------


def _settings() -> Settings:
    from plan.settings import get_settings

    return get_settings()


def _desk(as_of: str = "") -> Messaging:
    """What messages are written with; those of a moment given by hand say that it is a rehearsal."""
    from dataclasses import replace

    from notifications.plan_context import messaging_from

    desk = messaging_from(_settings())
    return replace(desk, virtual=desk.virtual or bool(as_of))


def _opener(now: Callable[[], datetime]) -> Callable[[str], Channel]:
    """Opens a channel by name, Zalo's tokens kept in the database."""
    from notifications.channels.registry import make_channel
    from notifications.channels.zalo.tokens import DatabaseTokenStore
    from plan.keys.secret import secret_key

    settings = _settings()
    tokens = DatabaseTokenStore(engine(), secret_key(settings), now)
    return lambda name: make_channel(name, settings, now, tokens)


def _plan_id(plan: str) -> str:
    with reading() as session:
        return current_plan(session, plan).id


def _plan_or_all(plan: str) -> str:
    """The plan named, or the only one; empty: all that run."""
    from plan.queries.lookup import find_plan, plan_count

    with reading() as session:
        return find_plan(session, plan).id if plan or plan_count(session) < 2 else ""


# --- remind --------------------------------------------------------------------------------------


@reports_errors
def remind(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Chỉ cho xem ai sẽ nhận gì và vì sao; không ghi gì.")
    ] = False,
    as_of: AsOf = "",
    plan: PlanOption = "",
    as_json: JsonOption = False,
) -> None:
    """Nhắc những việc đến nấc nhắc, báo những việc vừa xảy ra, gửi những tin đang chờ: của mọi kế hoạch
    đang chạy, mỗi người một tin; có --plan thì của một kế hoạch."""
    plan_id = _plan_or_all(plan)
    if dry_run:
        _preview(plan_id, clock_now(as_of), as_json)
        return
    from notifications.outbox.reports import fetch_bounces
    from notifications.round import run_round

    settings, desk = _settings(), _desk(as_of)

    def now() -> datetime:
        return clock_now(as_of)

    if not as_of:
        believe_the_clock()
    bounced = fetch_bounces(engine(), settings, desk, now())
    done = run_round(engine(), plan_id, desk, _opener(now), now, pace=settings.pace)
    if as_json:
        print_json(_round_facts(plan_id, done, bounced))
    else:
        _print_round(done)


def _round_facts(plan_id: str, done: Round, bounced: int) -> dict[str, Any]:
    return {
        "plan": plan_id,
        "as_of": done.tick.at,
        "checked": done.tick.checked,
        "claimed": done.tick.claimed,
        "queued": done.tick.queued + done.events.queued + done.unreachable,
        "merged": done.tick.merged,
        "unheard": done.tick.unheard,
        "closed_until": done.tick.closed_until,
        "events_told": done.events.told,
        "events_failed": done.events.failed,
        "bounced": bounced,
        "delivery": vars(done.delivery),
    }


def _print_round(done: Round) -> None:
    from plan.text import moment_words
    from plan.text import number_words as n

    sent = done.delivery
    if done.tick.closed_until is not None:
        typer.echo(f"Ngoài giờ làm việc; sẽ nhắc từ {moment_words(done.tick.closed_until)}.")
    typer.echo(
        f"Soạn {n(done.queued)} tin ({n(done.tick.claimed)} lượt nhắc, {n(done.events.told)} sự kiện). "
        f"Đã gửi {n(len(sent.sent))}, sẽ gửi lại {n(len(sent.failed))}, bị từ chối {n(len(sent.refused))}."
    )
    lines = {
        "Không còn phải nhắc, đã bỏ": sent.cancelled,
        "Chuyển sang kênh khác": sent.fallbacks,
        "Gửi lại vì lần trước dừng giữa chừng": sent.unknown,
    }
    for words, ids in lines.items():
        if ids:
            typer.echo(f"{words}: {len(ids)} tin.")
    for channel, words in sent.held.items():
        typer.echo(f"Kênh {channel} tạm ngừng. {words}".rstrip())
    if done.tick.unheard:
        listed = ", ".join(done.tick.unheard[:5])
        typer.echo(f"Không liên lạc được với ai cho {n(len(done.tick.unheard))} việc: {listed}.")


def _preview(plan_id: str, now: datetime, as_json: bool) -> None:
    from notifications.reminders.tick import preview
    from plan.text import moment_words, number_words

    look, at = preview(engine(), plan_id, now, _desk())
    messages = [_preview_facts(look, number, at) for number in range(len(look.digests))]
    if as_json:
        facts = {"plan": plan_id, "dry_run": True, "as_of": now, "at": at, "unheard": look.unheard}
        print_json(facts | {"messages": messages})
        return
    if at != now:
        typer.echo(f"Ngoài giờ làm việc; sẽ nhắc từ {moment_words(at)}.")
    rows = [[m["recipient_name"], m["channel"], m["subject"], m["why"]] for m in messages]
    print_table(["Người nhận", "Kênh", "Tin", "Vì sao (nấc nhắc, nghĩa vụ)"], rows)
    typer.echo(f"{number_words(len(rows))} tin sẽ được gửi; chưa ghi, chưa gửi gì.")


def _preview_facts(look: TickLook, number: int, at: datetime) -> dict[str, Any]:
    from notifications.reminders.tick import draft_of, lead_of

    digest = look.digests[number]
    draft = draft_of(look.books, digest, at)
    rendered = lead_of(look.books, draft).desk.templates.render(draft.context)
    return {
        "recipient": digest.person.key,
        "recipient_name": draft.person.seat_in(draft.agency_id).name,
        "channel": digest.channel,
        "event": draft.context.event,
        "subject": rendered.subject,
        "why": digest.why,
        "rungs": [
            {
                "plan": h.row.plan_id,
                "obligation": h.row.name,
                "rung": h.rung.key,
                "fired_at": h.rung.fire_at,
            }
            for h in digest.reminders
        ],
    }


# --- channels ------------------------------------------------------------------------------------


@channels_app.command("test")
@reports_errors
def channels_test(
    to: Annotated[
        str, typer.Option("--to", help="Gửi thử tới: thư, số điện thoại, mã Zalo, URL Apprise.")
    ] = "",
    channel: Annotated[str, typer.Option("--channel", help="Chỉ một kênh.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Thử từng kênh đã thiết lập, cả các cửa nhận bài, và nói chỗ sai."""
    from flows.jobs import inbox_watch
    from notifications.channels.trial import try_channels

    settings = _settings()
    found = try_channels(settings, _opener(clock_now), only=channel, to=to)
    if not channel:
        found |= inbox_watch.faults(settings)
    if as_json:
        print_json(found)
    else:
        for name, faults in found.items():
            typer.echo(f"{name}: {'; '.join(faults) if faults else 'tốt'}")
    raise typer.Exit(1 if any(found.values()) else 0)


# --- letter --------------------------------------------------------------------------------------


@reports_errors
def letter(
    agency: Annotated[str, typer.Option("--agency", help="Công văn gửi một cơ quan.")] = "",
    milestone: Annotated[str, typer.Option("--milestone", help="Công văn về một mốc.")] = "",
    issuer: Annotated[
        bool, typer.Option("--issuer", help="Bản để UBND ký, khi đã nhắc mà cơ quan im lặng.")
    ] = False,
    pdf: Annotated[
        bool, typer.Option("--pdf", help="Bản PDF thay cho .docx, khi máy có LibreOffice.")
    ] = False,
    out: Annotated[Path | None, typer.Option("--out", help="Tệp hoặc thư mục ghi ra.")] = None,
    as_of: AsOf = "",
    plan: PlanOption = "",
) -> None:
    """Dự thảo công văn đôn đốc (.docx hoặc PDF) theo thể thức Nghị định 30/2020/NĐ-CP."""
    from notifications.letters import draft_letter, letter_of, pdf_letter

    now = clock_now(as_of)
    with reading() as session:
        found = letter_of(
            session,
            current_plan(session, plan),
            now,
            agency=agency,
            milestone=milestone,
            by_issuer=issuer,
        )
    name, data = pdf_letter(found) if pdf else (found.filename, draft_letter(found))
    path = out or Path(name)
    path = path / name if path.is_dir() else path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    typer.echo(f"Đã lập dự thảo {path}: {found.summary}")


# --- zalo ----------------------------------------------------------------------------------------


@zalo_app.command("login")
@reports_errors
def zalo_login(
    redirect: Annotated[
        str, typer.Option("--redirect", help="Địa chỉ nhận mã đã khai báo với ứng dụng Zalo.")
    ] = "",
) -> None:
    """Cho phép gửi tin qua Zalo OA: mở đường dẫn, đồng ý, dán lại địa chỉ nhận được."""
    from notifications.channels.trial import ZaloConsent

    consent = ZaloConsent(_settings(), engine(), clock_now, redirect)
    typer.echo("1. Người quản trị OA mở đường dẫn sau và bấm đồng ý:\n")
    typer.echo(f"   {consent.url}\n")
    typer.echo("2. Zalo mở một địa chỉ có «code=…». Dán cả địa chỉ đó vào đây (trong 10 phút).")
    ends = consent.finish(typer.prompt("Địa chỉ"))
    typer.echo(f"Đã lưu quyền gửi Zalo. Phải cho phép lại trước ngày {ends}.")
