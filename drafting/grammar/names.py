"""Names as phrases: a label's value, a table's cell, two spellings of one agency.

`drafting.grammar.agencies` finds where an agency is named in a text; here a phrase is known to name agencies.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from drafting import words
from drafting.grammar.agencies import UNIT, Named, agencies_at
from drafting.words import alternatives, fold

_NAME_VERB = re.compile(rf"{alternatives(words.NAME_VERBS)}(?!\w)")
_GLOSS = re.compile(
    r"\s*(?:\([^()]*\)|\s-\s+(?:cơ quan|đơn vị|thường trực|là)\b.*)\s*$", re.IGNORECASE
)


@lru_cache(maxsize=4_096)
def agencies_in(phrase: str) -> tuple[str, ...]:
    """The agencies of a phrase that names nothing else (a label's value); empty: not read to the end."""
    text = phrase.strip().rstrip(".;,:/ ")
    names: list[str] = []
    at = 0
    while at < len(text):
        named = agencies_at(text, at)
        if named is None:
            return ()
        if (whole := _ends_with_verbs(text, named)) is not None:
            return (*names, *named.names[:-1], whole)
        names += named.names
        after = re.compile(
            r"(?:\s*\([^()]*\))*\s*(?:[,;.]|\s(?=[A-ZĐ])|và\s|$)?\s*(?:và\s+|cùng\s+)?"
        ).match(text, named.end)
        if after is None or (after.end() == named.end and named.end < len(text)):
            return ()
        at = after.end()
    return tuple(names)


def _ends_with_verbs(text: str, named: Named) -> str | None:
    """«Ban Quản lý đầu tư»: the last name of a phrase, with the verbs that can but belong to it."""
    low, at = fold(text), named.end
    if at >= len(text) or not UNIT.match(low, text.rfind(named.names[-1], 0, at)):
        return None
    while (verb := re.compile(rf"(?:\s+|\s+và\s+){_NAME_VERB.pattern}").match(low, at)) is not None:
        at = verb.end()
    return f"{named.names[-1]}{text[named.end :]}" if at == len(text) else None


def without_gloss(phrase: str) -> str:
    """Without what only explains: «(cơ quan chủ trì)», «- Cơ quan thường trực Ban Chỉ đạo»."""
    text = phrase.strip().rstrip(":.; ")
    while (shorter := _GLOSS.sub("", text)) != text:
        text = shorter.rstrip(":.; ")
    return text


def split_names(phrase: str) -> tuple[str, ...]:
    """A phrase known to be agencies, split where another surely begins; never empty for words."""
    text = without_gloss(phrase)
    names = agencies_in(text)
    if names:
        return names
    parts = [part.strip(" .;,") for part in re.split(r";|\n", text)]
    return tuple(part for part in parts if part)


def same_agency(one: str, other: str) -> bool:
    """Whether two spellings are surely the same («Các sở» and «các sở»)."""
    return _key(one) == _key(other)


def same_agencies(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two lists name the same, one by one."""
    return len(one) == len(other) and all(map(same_agency, one, other))


@lru_cache(maxsize=4096)
def _key(name: str) -> str:
    low = re.sub(r"^(?:các|những|toàn thể)\s+", "", fold(name).strip(" .;,"))
    low = _SHORT_FORM.sub(lambda found: _LONG[found[0]], low)
    return re.sub(r"[\W_]+", " ", low).strip()


_SHORT = (
    ("ubnd", "ủy ban nhân dân"),
    ("ubtvqh", "ủy ban thường vụ quốc hội"),
    ("hđnd", "hội đồng nhân dân"),
    ("mttq", "mặt trận tổ quốc"),
    ("kh&cn", "khoa học và công nghệ"),
    ("khcn", "khoa học và công nghệ"),
    ("tt&tt", "thông tin và truyền thông"),
    ("tttt", "thông tin và truyền thông"),
    ("nn&mt", "nông nghiệp và môi trường"),
    ("gd&đt", "giáo dục và đào tạo"),
    ("gdđt", "giáo dục và đào tạo"),
    ("vhttdl", "văn hóa thể thao và du lịch"),
    ("kh&đt", "kế hoạch và đầu tư"),
    ("dnvt", "doanh nghiệp viễn thông"),
    ("tp", "thành phố"),
)
"""Short forms by which one text names the same agency."""
_LONG = dict(_SHORT)
_SHORT_FORM = re.compile(rf"(?<!\w)(?:{'|'.join(re.escape(short) for short, _ in _SHORT)})(?!\w)")


def agency_key(name: str) -> str:
    """One spelling for the spellings of a name, for looking up."""
    return _key(name)


def without_names(names: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
    """The names that are not among the others, whatever their spelling."""
    return tuple(name for name in names if not any(same_agency(name, other) for other in others))
