"""Who of the directory a plan's words for a group may mean: «các sở, ban, ngành; UBND các xã, phường». Pure.

Proposed by the kind the directory gives each agency, never taken by itself: a person picks it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from drafting.words import fold

COMMUNES = ("xã", "phường", "đặc khu", "thị trấn")
DISTRICTS = ("huyện", "quận", "thị xã", "thành phố")
PROVINCES = ("tỉnh",)
OFFICES = "cơ quan"
"""Stands for every kind that is no place's: sở, ban, văn phòng, báo, đài, …"""
MEANT = (
    (re.compile(r"(?<!ủy )\bban\b|\b(?:ngành|cơ quan|đơn vị)\b"), (OFFICES,)),
    (re.compile(r"\bsở\b"), ("sở",)),
    (re.compile(r"\b(?:cấp xã|địa phương)\b"), COMMUNES),
    (re.compile(r"(?<!thị )\bxã\b"), ("xã",)),
    (re.compile(r"\bphường\b"), ("phường",)),
    (re.compile(r"\bđặc khu\b"), ("đặc khu",)),
    (re.compile(r"\bthị trấn\b"), ("thị trấn",)),
    (re.compile(r"\b(?:huyện|quận|thị xã|địa phương)\b"), DISTRICTS),
)
"""Words of a group → the directory's kinds they speak of."""
_OF_THEIR_OWN = re.compile(
    r"(?:(?:các|thủ trưởng|trưởng|giám đốc) )*"
    r"(?:công an|quân sự|ban chỉ huy|đảng ủy|trạm|trường|hội|đoàn|mặt trận|mttq)\b"
)
"""«Công an các xã» are not the communes' committees."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Agencies that stand, by the kinds that were meant."""

    kinds: tuple[str, ...]
    names: tuple[str, ...]


def proposed(group: str, known: Iterable[tuple[str, str]]) -> Proposal | None:
    """The agencies the words of a group may mean; None where the directory has none of the kind.

    `known`: kind and name of every agency that stands, in the order they are to be named in."""
    said = fold(group)
    if _OF_THEIR_OWN.match(said):
        return None
    kinds = tuple(
        dict.fromkeys(kind for words, meant in MEANT if words.search(said) for kind in meant)
    )
    return of_kinds(kinds, known)


def of_kinds(kinds: tuple[str, ...], known: Iterable[tuple[str, str]]) -> Proposal | None:
    """The agencies of these kinds."""
    names = tuple(name for kind, name in known if _is(kind or _kind_by_name(name), kinds))
    return Proposal(kinds, names) if names else None


_NAMED = re.compile(
    r"(?:(?:ủy ban nhân dân|ubnd) )?(sở|xã|phường|đặc khu|thị trấn|huyện|quận|thị xã|thành phố|tỉnh)\b"
)


def _kind_by_name(name: str) -> str:
    """For an agency whose kind nobody wrote down: what its name begins with; empty: it does not say."""
    found = _NAMED.match(fold(name))
    return found[1] if found else ""


def _is(kind: str, wanted: tuple[str, ...]) -> bool:
    if not kind:
        return False
    of_a_place = kind in (*COMMUNES, *DISTRICTS, *PROVINCES)
    return kind in wanted or (OFFICES in wanted and not of_a_place)


def group_named(question: Mapping[str, object]) -> str:
    """The group a question asks about («… là những cơ quan nào?»); empty: about none."""
    found = re.match(r"«(.+)» là những cơ quan nào", str(question["text"]))
    return found[1] if found and str(question["id"]).startswith("group-") else ""
