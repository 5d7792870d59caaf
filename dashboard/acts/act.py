"""What an act is: who may, on what, what is asked, and what is done. Pages and the API are made of these."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict

from sqlmodel import Session

from dashboard.acts.bodies import In
from dashboard.auth.viewer import OFFICE
from plan.ledger.filing import FiledFile
from plan.models import Plan
from plan.states import Actor, Role, State


class Deed(TypedDict):
    """Who does it, and when (UTC), as the ledger asks."""

    actor: Actor
    now: datetime


@dataclass(frozen=True)
class Doing:
    """An act being done. `key`: the row it is done to; `code`: what its path names it by."""

    session: Session
    plan: Plan
    key: int
    code: str
    who: Deed
    files: tuple[FiledFile, ...] = ()
    """Sent along and kept, where the act takes files."""


@dataclass(frozen=True)
class Field:
    """One thing that a form asks. `name` in the form, `key` in the body."""

    name: str
    key: str
    label: str
    kind: str = "lines"
    """line | lines | day | agencies | people | many | choice | check | units | hidden"""
    required: bool = False
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Target:
    """What acts are done to: where its pages and calls stand, and how its row is found."""

    page: str
    api: str
    find: Callable[[Session, Plan, Mapping[str, str]], tuple[int, str]]
    """Raises NotFoundError."""
    back: str = ""
    """Where a page leads when it was done; empty: the target's own page."""

    def home(self, params: Mapping[str, str]) -> str:
        return (self.back or self.page).format(**params)


@dataclass(frozen=True)
class Act:
    """One thing that can be done: `command` on the command line, `slug` on a page, `name` in the API.

    `do` is given the body as `fields` and the caller filled it, and says in a sentence what was done.
    """

    on: str
    name: str
    slug: str
    title: str
    button: str
    body: type[In]
    do: Callable[[Doing, Any], str]
    fields: tuple[Field, ...] = ()
    may: frozenset[Role] = OFFICE
    command: str = ""
    """What does the same on the command line; empty: nothing does."""
    states: frozenset[State] | None = None
    """Of an obligation: where a page offers it; None: beside something else."""
    follows: str = ""
    """What comes of it, told before it is done."""
    takes_files: bool = False
    """It takes files along; of a call its body is a form with `files`."""
    final: bool = False
    """It can't be undone: a page of its own says what is missing and what follows."""


REASON = Field("ly-do", "reason", "Lý do", required=True)
DOCUMENT = Field("van-ban", "document_number", "Số văn bản", "line")
