"""How an agency's own documents are headed and signed, worked out from its name and the plan.

Nothing here is asked of the plan's author: «UBND huyện Vĩnh Thạnh» signs «TM. ỦY BAN NHÂN DÂN / CHỦ
TỊCH» at Vĩnh Thạnh; a sở stands under UBND tỉnh and signs «GIÁM ĐỐC». Numbers and days stay open: the
agency's own clerk gives them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from documents.blocks import Letterhead, Signature, dated_line, document_number
from intake.report.outline import words
from plan.definition.model import Agency, AgencyName, Deliverable, PlanDefinition

COMMITTEE = "Ủy ban nhân dân"
_POSTS = {"sở": ("GIÁM ĐỐC",), "văn phòng": ("CHÁNH VĂN PHÒNG",), "báo": ("TỔNG BIÊN TẬP",)}
_LINE = 22
"""Letters that fit on a bold line in capitals at 13 pt in the letterhead's left column."""


@dataclass(frozen=True)
class Issuer:
    """Who writes. `place` for the date line; `symbol` for the number (`UBND`, `STP`)."""

    name: str
    short: str
    place: str
    symbol: str
    lines: tuple[str, ...]
    parent: str
    post: tuple[str, ...]
    local: bool
    """A district (or thị xã, thành phố): «tỉnh/huyện» then says «huyện»."""


def agency_of(definition: PlanDefinition, agency_id: str) -> Agency:
    """The agency; KeyError for an unknown one."""
    for agency in definition.agencies:
        if agency.id == agency_id:
            return agency
    raise KeyError(agency_id)


def name_on(agency: Agency, on: date) -> AgencyName:
    """The name it bears on a local date."""
    valid = [one for one in agency.names if one.valid_from is None or one.valid_from <= on]
    return max(valid or agency.names[:1], key=lambda one: one.valid_from or date.min)


def issuer_of(definition: PlanDefinition, agency: Agency, on: date) -> Issuer:
    """How this agency heads and signs a document of that day."""
    named = name_on(agency, on)
    full = named.name.replace("UBND", COMMITTEE)
    if full.startswith(COMMITTEE):
        rest = full.removeprefix(COMMITTEE).strip()
        local = agency.id != definition.issuer
        lines = (
            COMMITTEE.upper(),
            rest.upper() if local else f"TỈNH {definition.province.upper()}",
        )
        place = named.short if local else definition.province
        post = (f"TM. {COMMITTEE.upper()}", "CHỦ TỊCH")
        return Issuer(full, named.short, place, "UBND", lines, "", post, local)
    own = full.removesuffix(f" {COMMITTEE} tỉnh")
    return Issuer(
        name=full,
        short=named.short,
        place=definition.province,
        symbol=_symbol(agency, own),
        lines=wrapped(own.upper()),
        parent=f"UBND TỈNH {definition.province.upper()}",
        post=_POSTS.get(named.kind, ("THỦ TRƯỞNG CƠ QUAN",)),
        local=False,
    )


def _symbol(agency: Agency, name: str) -> str:
    """What its number ends on: the plan's own short form («snv»), else the initials of «Sở Nội vụ»."""
    if "-" not in agency.id:
        return agency.id.upper()
    return "".join(word[0] for word in name.split() if word != "và").upper()


def wrapped(text: str) -> tuple[str, ...]:
    """The text in as few lines as the column holds, of about equal length."""
    count = -(-len(text) // _LINE)
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and len(longer) > max(len(text) / count, 1) + 2 and len(lines) < count:
            lines.append(word)
        else:
            lines[-1] = longer
    return tuple(lines)


def letterhead(issuer: Issuer, kind: str, year: int) -> Letterhead:
    """Ô 1–4 for a document of `kind` (`BC`, `KH`), number and day left open."""
    return Letterhead(
        issuer=issuer.lines,
        parent=issuer.parent,
        number=document_number(kind, issuer.symbol),
        place_and_date=dated_line(issuer.place, None, year),
    )


def signature(issuer: Issuer) -> Signature:
    return Signature(issuer.post)


def title_for(deliverable: Deliverable, agency: Agency) -> str:
    """The deliverable's title as worded for this agency."""
    return deliverable.titles.get(agency.id, deliverable.title)


# --- Whose a document is, and what type, told by its letterhead. Pure.

_TITLES = ("bao cao", "ke hoach", "bien ban", "to trinh", "de xuat", "de cuong")
_MINUTES = "bien ban"
_LINES = 14


def is_minutes(head: str) -> bool:
    """«BIÊN BẢN» as the document's type."""
    return any(words(line).startswith(_MINUTES) for line in head.split("\n")[:_LINES])


def agency_in_letterhead(definition: PlanDefinition, head: str) -> str:
    """Whose letterhead it is; empty for none, several or an unknown one.

    The province's own name stands above every department's and is passed over.
    """
    text = f" {words(' '.join(_letterhead(head)))} "
    found = {
        agency.id
        for agency in definition.agencies
        if agency.id != definition.issuer
        and any(f" {name} " in text for name in _spellings(agency))
    }
    return found.pop() if len(found) == 1 else ""


def _letterhead(head: str) -> Iterator[str]:
    """The lines above the document's type."""
    for line in head.split("\n")[:_LINES]:
        if words(line).startswith(_TITLES):
            return
        yield line


def _spellings(agency: Agency) -> Iterator[str]:
    for name in (*(one.name for one in agency.names), *agency.aliases):
        plain = words(name)
        if len(plain.split()) >= 3:
            yield plain
