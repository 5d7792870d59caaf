"""What those that answer a heading wrote stands once in the report."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from consolidation.outputs.narratives import Voice
from consolidation.outputs.report.once import Once, without

LAWS = "Năm 2019 HĐND tỉnh ban hành 26 nghị quyết, bảo đảm cụ thể hóa kịp thời."
OTHER = "Chất lượng soạn thảo, thẩm định văn bản được nâng lên rõ rệt qua từng năm."
WHO, WHO_ELSE = (cast(Voice, SimpleNamespace(agency=one)) for one in ("stp", "snv"))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (LAWS, ""),
        (f"{LAWS} {OTHER}", OTHER),
        (f"{OTHER}\n{LAWS}", OTHER),
        (f"{OTHER}  Không phát sinh.", f"{OTHER}  Không phát sinh."),
        ("Không phát sinh.", "Không phát sinh."),
    ],
)
def test_sentences_that_stood_before_are_left_out(text: str, left: str) -> None:
    assert without(text, {LAWS, "Không phát sinh."}) == left


def test_a_heading_is_not_left_empty() -> None:
    once = Once()
    assert once.of([(WHO, LAWS)], alone=True) == [(WHO, LAWS)]
    assert once.of([(WHO, LAWS)], alone=True) == [(WHO, LAWS)]
    assert once.of([(WHO, LAWS)], alone=False) == []
    assert once.of([(WHO, LAWS), (WHO, OTHER)], alone=True) == [(WHO, OTHER)]


def test_the_same_words_of_another_agency_stay() -> None:
    once = Once()
    once.of([(WHO, LAWS)], alone=True)
    assert once.of([(WHO, LAWS), (WHO_ELSE, LAWS)], alone=True) == [(WHO_ELSE, LAWS)]
