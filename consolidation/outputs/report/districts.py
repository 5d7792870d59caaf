"""One paragraph for what many agencies report under a heading, instead of a paragraph of each. Pure.

How many wrote, then what stands out by fixed means that can be explained: sentences that carry a figure,
then those that name a result, a model or a difficulty; of near-duplicates one is shown. Nothing is worded
anew: each sentence is an agency's own, and bears the names of those who wrote it. Whole texts stand in the
compilation.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from consolidation.outputs.grouping import (
    Group,
    Point,
    alike,
    bare_text,
    one_wording,
    plain,
)

SHORTEST, LONGEST = 40, 320
"""Letters: a shorter sentence says too little by itself, a longer one belongs in the compilation."""

_END = re.compile(r"(?:(?<=[^\s.]{2}[.!?…])|(?<=[a-zà-ỹ]\s\d\.))\s+(?=[«\"“(]?[A-ZĐÀ-Ỹ])")
_ABBREVIATED = re.compile(r"(?:^|\s)(?:TP|Tp|TS|ThS|PGS|GS|Q|P|TX|Tx|TT|BS|KS|CN)\.$")
_NUMBERS = re.compile(r"\d[\d.,/%]*")
_FIGURE = re.compile(r"\d")
_ONLY_YEARS = re.compile(r"\b(?:19|20)\d\d\b|\d{1,2}/\d{1,2}(?:/\d{4})?")
_RESULT = re.compile(
    r"\b(?:mô hình|sáng kiến|lần đầu|đạt|tỷ lệ|tăng|giảm|rút ngắn|cắt giảm|hoàn thành|vượt)\b", re.I
)
_DIFFICULTY = re.compile(
    r"\b(?:khó khăn|vướng mắc|hạn chế|tồn tại|chậm|thiếu|chưa|còn thấp|trễ hạn|lúng túng|bất cập)\b",
    re.I,
)


@dataclass(frozen=True)
class Picked:
    """A sentence that stands out, and who wrote it."""

    text: str
    agencies: tuple[str, ...]
    """The first of them worded it so; the others the same, each under its own name."""

    @property
    def difficulty(self) -> bool:
        """It tells of what did not go well."""
        return bool(_DIFFICULTY.search(self.text))


def sentences_of(text: str) -> list[str]:
    """The sentences of a text, each as it is written. A paragraph ends a sentence."""
    found: list[str] = []
    for line in text.split("\n"):
        waiting = ""
        for part in _END.split(line.strip()):
            waiting = f"{waiting} {part}".strip() if waiting else part
            if not _ABBREVIATED.search(waiting):
                found.append(waiting)
                waiting = ""
        if waiting:
            found.append(waiting)
    return [one for one in found if one]


def telling(text: str) -> int:
    """How much a sentence says by itself: a figure that is no date, a result, a difficulty."""
    figure = bool(_FIGURE.search(_ONLY_YEARS.sub("", text)))
    return 4 * figure + 2 * bool(_RESULT.search(text)) + bool(_DIFFICULTY.search(text))


def picked(
    texts: Sequence[tuple[str, str]],
    names: Mapping[str, re.Pattern[str]],
    most: int,
    told: Collection[str] = (),
) -> list[Picked]:
    """At most `most` sentences out of (agency, text) pairs, the most telling first; each from agencies
    that have none yet while there are any. `names`: agency → its own names (`grouping.own_names`);
    `told`: sentences that stand elsewhere already.

    Of near-duplicates, own names and figures apart, one is shown, under those who wrote just that: «đã» and
    «chưa» are near, and what is printed must be true of each name. Costs grow with the sentences, not with
    their pairs."""
    points = [
        Point(agency, sentence)
        for agency, text in texts
        for sentence in sentences_of(text)
        if SHORTEST <= len(sentence) <= LONGEST and sentence not in told
    ]
    groups = one_wording(points, names)
    groups.sort(key=lambda group: (-telling(group.lead.text), -len(group.agencies)))
    chosen: list[Group] = []
    heard: set[str] = set()
    for fresh_only in (True, False):
        for group in groups:
            if len(chosen) == most:
                break
            if group in chosen or (chosen and not telling(group.lead.text)):
                continue  # what says little stands alone, or not at all
            if fresh_only and heard & set(group.agencies):
                continue
            if not any(_same_but_figures(group, other, names) for other in chosen):
                chosen.append(group)
                heard |= set(group.agencies)
    return [Picked(group.points[0].text, group.agencies) for group in chosen]


def _same_but_figures(one: Group, other: Group, names: Mapping[str, re.Pattern[str]]) -> bool:
    """They say the same of two agencies, each with its own figures: one is shown as an example."""
    bare = [_NUMBERS.sub("", bare_text(group.lead, names)) for group in (one, other)]
    return alike(*map(plain, bare))
