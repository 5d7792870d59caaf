"""Whole plans of offices of many kinds, made up, against keys made by hand."""

from __future__ import annotations

import pytest

from drafting.document import Paragraph
from drafting.draft import Draft
from drafting.grammar.sentences import clauses
from tests.drafting.plan_keys import PLANS, draft_of, key_of, not_right, plain, plan_text, shown
from tests.drafting.variations import VARIATIONS, agreement

LAYOUTS = ("lines of 80", "no blank lines", "bullets •", "numbers 1/", "letters a.", "sections A.")


@pytest.mark.parametrize("name", PLANS)
def test_each_obligation_has_its_owner_and_time(name: str) -> None:
    assert list(not_right(name)) == []


@pytest.mark.parametrize("name", PLANS)
def test_what_is_not_read_yet_is_seen(name: str) -> None:
    seen = shown(draft_of(plan_text(name)))
    assert [line.quote for line in key_of(name) if plain(line.quote) not in seen] == []


def vanished(draft: Draft) -> list[str]:
    """The sentences of a plan's body that a person who looks at the draft sees nowhere."""
    seen = shown(draft)
    said = (
        block.text[start:end]
        for _, block in draft.frame.body
        if isinstance(block, Paragraph)
        for start, end in clauses(block.text)
    )
    return [sentence for sentence in said if plain(sentence) not in seen]


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.parametrize("layout", ["as it is", *LAYOUTS])
def test_no_sentence_disappears(name: str, layout: str) -> None:
    text = plan_text(name)
    assert vanished(draft_of(VARIATIONS[layout](text) if layout in LAYOUTS else text)) == []


SAME = (
    "bullets →",
    "bullets ->",
    "bullets *",
    "decomposed letters",
    "numbers 1)",
    "days with dashes",
)


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.parametrize("layout", SAME)
def test_laid_out_otherwise_it_is_read_the_same(name: str, layout: str) -> None:
    same, every, lost = agreement(plan_text(name), layout)
    assert (same, lost) == (every, [])
