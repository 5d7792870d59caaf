"""What an operator sees of a run on Prefect's pages: tables and texts, from plain facts. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from prefect.runtime import flow_run

from consolidation.runs import RunResult
from flows.clock import service_clock
from flows.jobs.rounds import MilestoneLook
from plan.calendar import LOCAL, local_day
from plan.deadlines.standing import deadline_words, left_words
from plan.queries.progress import ObligationView
from plan.settings import get_settings
from plan.text import date_words, moment_words, number_words

MOST_ROWS = 200


def key_of(*parts: str) -> str:
    """An artifact's key: small letters, digits and dashes."""
    kept = (char if char.isalnum() and char.isascii() else "-" for char in "-".join(parts).lower())
    return "".join(kept).strip("-")


def headline(look: MilestoneLook) -> str:
    """«14/17 đã nhận, 2 còn nợ.»"""
    owing = len(look.owing)
    rest = f"{owing} còn nợ." if owing else "không ai còn nợ."
    return f"{look.plan} · {look.title}: {look.accepted}/{number_words(len(look.views))} đã nhận, {rest}"


def percent(look: MilestoneLook) -> float:
    """How much of the milestone is accepted or waived, 0–100."""
    return round(100 * look.accepted / len(look.views), 1) if look.views else 100.0


def owed_table(look: MilestoneLook) -> list[dict[str, Any]]:
    """Who owes what, the first ones in the plan's order; one row says so when nobody does."""
    rows = [_owed_row(view) for view in look.owing[:MOST_ROWS]]
    return rows or [{"Cơ quan": "—", "Sản phẩm": "Không ai còn nợ", "Hạn": "", "Tình trạng": ""}]


def _owed_row(view: ObligationView) -> dict[str, Any]:
    return {
        "Cơ quan": view.agency_name,
        "Sản phẩm": view.title,
        "Hạn": deadline_words(view.last_day, view.due_at),
        "Tình trạng": f"{view.state_words}; {left_words(view.standing)}",
    }


def coverage_text(run: RunResult, title: str = "") -> str:
    """A consolidation run as Markdown: what it has, what is missing, its files."""
    coverage = run.coverage
    lines = [
        f"# {title or run.output}, lần {run.number}",
        f"Đầu vào: **{coverage.get('have', '?')}/{coverage.get('owed', '?')}**"
        + (" (chưa đủ)" if run.partial else " (đủ)"),
    ]
    if missing := coverage.get("missing"):
        lines += ["", "Còn thiếu:", *(f"- {name}" for name in missing)]
    if run.findings:
        lines += ["", f"{number_words(len(run.findings))} điểm cần xem trong kết quả."]
    lines += [
        "",
        "Tệp:",
        *(f"- {one.filename} ({number_words(one.size)} byte)" for one in run.files),
    ]
    return "\n".join(lines)


def report_text(title: str, lines: Sequence[str]) -> str:
    """A short report as Markdown."""
    return "\n".join([f"# {title}", "", *(f"- {line}" for line in lines)])


def at_words(look: MilestoneLook) -> str:
    """The moment of the look, by the installation's clock."""
    return moment_words(look.at)


def is_of_today(description: str, now: datetime) -> bool:
    """Whether an artifact with this description was made on the local day of `now`."""
    return f"ngày {date_words(local_day(now))}" in description


# --- Names of runs.
#
# Tasks bear plain English names, as their flows do: the graph of a run in Prefect's pages leaves
# out the letters its font lacks, and Vietnamese would be unreadable there. What a run found is said
# in Vietnamese.


def moment_tag() -> str:
    """Now by the installation's clock, local: `20/04/2020 07:00`."""
    return f"{service_clock(get_settings())().astimezone(LOCAL):%d/%m/%Y %H:%M}"


def run_name() -> str:
    """Of a run that is of no plan: `deliver · 20/04/2020 07:00`."""
    return f"{flow_run.flow_name} · {moment_tag()}"
