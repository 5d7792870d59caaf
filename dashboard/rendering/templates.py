"""Jinja2 for pages: strict, escaping, with the words and signs pages speak in."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dashboard import words
from dashboard.auth.viewer import ROLE_WORDS
from dashboard.rendering import helpers
from dashboard.rendering.drawings import sign_svg
from dashboard.web import navigation
from plan.calendar import LOCAL
from plan.deadlines.standing import left_words
from plan.states import STATE_WORDS
from plan.text import date_words, join_names, moment_words, number_words


def make_templates(folder: Path) -> Environment:
    """Compiled once, used for every page; safe to share between threads."""
    environment = Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    environment.filters |= {
        "day": lambda value: date_words(_local_day(value)) if value else "–",
        "moment": lambda value: moment_words(value) if value else "–",
        "clock": lambda value: f"{value.astimezone(LOCAL):%H:%M}" if value else "–",
        "iso": lambda value: value.astimezone(LOCAL).isoformat(timespec="minutes"),
        "number": number_words,
        "names": join_names,
        "left": left_words,
        "size": words.size_words,
        "event": words.event_words,
        "sign": sign_svg,
        "obligation": lambda name, names: names.obligation(name),
        "short_place": helpers.short_place,
        "product": lambda code, names: names.deliverable(code),
    }
    environment.globals |= {
        "state_words": STATE_WORDS,
        "role_words": ROLE_WORDS,
        "words": helpers,
        "site_map": navigation,
    }
    return environment


def _local_day(value: date | datetime) -> date:
    return value.astimezone(LOCAL).date() if isinstance(value, datetime) else value
