"""The command line. Commands import what they need when they run, so that help is instant."""

from __future__ import annotations

import gc

import typer

from flows.commands import (
    calls,
    cluster,
    consolidate,
    conversation,
    dashboard,
    decisions,
    extensions,
    intake,
    messages,
    outbox,
    plans,
    rehearsal,
    service,
    standing,
    trail,
)

app = typer.Typer(
    name="dondoc",
    help="Đôn Đốc: ai còn nợ gì, hạn nào; nhắc, nhận, kiểm tra và tổng hợp theo kế hoạch.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # importing rich for help costs twice what typer itself does
)

for group in (
    plans,
    standing,
    intake,
    calls,
    conversation,
    decisions,
    extensions,
    consolidate,
    messages,
    outbox,
    trail,
    rehearsal,
    service,
    cluster,
    dashboard,
):
    group.register(app)


def main() -> None:
    """Entry point of `dondoc`."""
    # A command makes its classes once and ends: looking through them for cycles took a tenth of its time.
    gc.set_threshold(50_000)
    app()
