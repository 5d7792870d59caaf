"""The command line. Commands import what they need when they run, so that help is instant."""

from __future__ import annotations

import gc
import sys
import unicodedata
from collections.abc import Sequence
from copy import copy

import typer
from typer.main import get_command_name
from typer.models import CommandInfo

from flows.commands.consolidation import consolidate, data_calls, reports
from flows.commands.intake import answers, files, inbox, letters, recheck, scans
from flows.commands.notifications import messages, outbox
from flows.commands.plan import (
    amending,
    directory,
    drafting,
    extensions,
    handdown,
    life,
    plans,
    reviews,
    scorecard,
    status,
    tables,
)
from flows.commands.service import people, rehearsal, service, users

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
    directory,
    drafting,
    life,
    amending,
    tables,
    status,
    scorecard,
    files,
    data_calls,
    answers,
    inbox,
    letters,
    scans,
    recheck,
    reviews,
    extensions,
    handdown,
    consolidate,
    reports,
    messages,
    outbox,
    rehearsal,
    service,
    users,
    people,
):
    group.register(app)


@app.callback()
def dondoc() -> None:
    """Holds the commands together, also when only one is left of them."""


def main() -> None:
    """Entry point of `dondoc`."""
    # A command makes its classes once and ends: looking through them for cycles took a tenth of its time.
    gc.set_threshold(50_000)
    # What is typed on macOS comes with its accents apart.
    sys.argv[1:] = [unicodedata.normalize("NFC", word) for word in sys.argv[1:]]
    asked(sys.argv[1:])()


def name_of(command: CommandInfo) -> str:
    """Its own, or its function's as Typer writes it."""
    function = command.callback.__name__ if command.callback else ""
    return command.name or get_command_name(function)


def asked(words: Sequence[str]) -> typer.Typer:
    """The program with the one command the words begin with: working out the options of sixty others takes
    as long as many a command's work. Whole when they name none, for help and for what was misspelt."""
    wanted = words[0] if words else ""
    commands = [one for one in app.registered_commands if name_of(one) == wanted]
    groups = [one for one in app.registered_groups if one.name == wanted]
    if not commands and not groups:
        return app
    narrow = copy(app)
    narrow.registered_commands, narrow.registered_groups = commands, groups
    return narrow
