"""Who plays which part, where names and parts are all that is said: «Sở A chủ trì; các sở phối hợp»."""

from __future__ import annotations

import re

from drafting.grammar.agencies import agencies_at
from drafting.words import fold

_LEADS = (
    r"chủ\s+trì|phụ\s+trách|(?:làm|là)\s+đầu\s+mối|chịu\s+trách\s+nhiệm(?:\s+chính)?|tham\s+mưu"
)
_HELPS = r"(?:cùng\s+)?phối\s+hợp|(?:cùng\s+)?tham\s+gia|hỗ\s+trợ"
_PLAYS = re.compile(
    rf"[\s,(:-]*(?P<part>{_LEADS}|{_HELPS})(?:\s+(?:thực\s+hiện|triển\s+khai|tổ\s+chức))*\)?"
    r"(?:\s*[,;.]\s*|\s+và\s+|\s*$)"
)


def parts_played(text: str) -> tuple[tuple[str, ...], tuple[str, ...], int] | None:
    """Owners, partners and where the text goes on after them; None where it begins with no part played, or
    where nobody leads."""
    low, at = fold(text), 0
    owners: list[str] = []
    partners: list[str] = []
    while (named := agencies_at(text, at)) is not None:
        plays = _PLAYS.match(low, named.end)
        if plays is None:
            break
        (partners if re.fullmatch(_HELPS, plays["part"]) else owners).extend(named.names)
        at = plays.end()
    return (tuple(owners), tuple(partners), at) if owners else None
