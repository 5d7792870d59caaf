"""What those that answer the headings wrote, each sentence of an agency once in the whole report. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

from consolidation.outputs.narratives import Voice
from consolidation.outputs.report.districts import SHORTEST, sentences_of

Written = Sequence[tuple[Voice, str]]


class Once:
    """Remembers what stood under the headings before."""

    def __init__(self) -> None:
        self.told: dict[str, set[str]] = defaultdict(set)
        """By agency: what two say of their own fields in the same words is not the same."""

    def of(self, written: Written, *, alone: bool) -> Written:
        """The texts of the next heading without the sentences that its agency has under an earlier one.
        `alone`: nothing else stands under it; it is then not left empty for having been said before."""
        fresh = [(voice, without(text, self.told[voice.agency])) for voice, text in written]
        left = [(voice, text) for voice, text in fresh if text]
        for voice, text in written:
            self.told[voice.agency] |= set(sentences_of(text))
        return written if alone and not left else left


def without(text: str, told: Collection[str]) -> str:
    """The text but for these sentences; a line of which none stood before stays as it is written. Short ones
    («Không phát sinh.») say something else under each heading and stay."""
    kept = []
    for line in text.split("\n"):
        sentences = sentences_of(line)
        left = [one for one in sentences if len(one) < SHORTEST or one not in told]
        if len(left) == len(sentences):
            kept.append(line)
        elif left:
            kept.append(" ".join(left))
    return "\n".join(kept)
