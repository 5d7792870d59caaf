"""What several agencies' figures come to, rule by rule; the arithmetic needs no order."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolidation.figures.merge import (
    Contribution,
    Source,
    Totals,
    merge,
    micro,
    rule_words,
    said_by_each,
    totals,
)
from plan.definition.appendices import Aggregate, Indicator


def indicator(aggregate: str = "sum", **more: Any) -> Indicator:
    kind = {"ratio": "percent", "count_yes": "flag"}.get(aggregate, "count")
    facts = {"code": "1", "stt": "1", "label": "Chỉ tiêu", "type": kind, "aggregate": aggregate}
    if aggregate == "ratio" and "weight" not in more:
        more["ratio"] = {"numerator": "Đúng hạn", "denominator": "Đã nhận"}
    return Indicator.model_validate(facts | more)


def numbers(*figures: float | None) -> list[Contribution]:
    return [Contribution(f"huyen-{n}", number=figure) for n, figure in enumerate(figures)]


def ratios(*pairs: tuple[float, float]) -> list[Contribution]:
    return [
        Contribution(
            f"huyen-{n}", round(100 * above / below, 2), numerator=above, denominator=below
        )
        for n, (above, below) in enumerate(pairs)
    ]


TEN_OF_TEN = Contribution("a", 100.0, numerator=10, denominator=10)
NONE_OF_90 = Contribution("b", 0.0, numerator=0, denominator=90)


@pytest.mark.parametrize(
    ("rule", "given_", "value"),
    [
        (indicator(), numbers(3, 4, 5), 12),
        (indicator(), numbers(0.1, 0.2), 0.3),
        (indicator(), numbers(3, None, 0), 3),
        (indicator(), numbers(7), 7),
        (indicator(), numbers(), None),
        (indicator("max"), numbers(12, 12, 11), 12),
        (indicator("max"), numbers(-2, -1), -1),
        (indicator("count_yes"), numbers(1, 0, 1, 1), 3),
        (indicator("ratio"), [TEN_OF_TEN, NONE_OF_90], 10),
        (indicator("ratio"), ratios((1, 3), (1, 6)), pytest.approx(200 / 9)),
        (indicator("single"), numbers(5, 5), 5),
        (indicator("single"), numbers(5), 5),
        (indicator("never"), numbers(5), 5),
    ],
)
def test_value(rule: Indicator, given_: list[Contribution], value: object) -> None:
    assert merge(rule, given_).value == value


def test_a_percentage_is_never_an_average_of_percentages() -> None:
    """100 % of ten and 0 % of ninety are 10 %, not 50 %."""
    made = merge(indicator("ratio"), [TEN_OF_TEN, NONE_OF_90])
    assert (made.value, made.numerator, made.denominator) == (10, 10, 100)
    assert made.rule == "tổng tử số chia tổng mẫu số"


def test_a_percentage_without_parts_is_left_out_and_said_so() -> None:
    made = merge(indicator("ratio"), [TEN_OF_TEN, NONE_OF_90, Contribution("c", 55.0)])
    assert (made.value, made.count) == (10, 3)
    assert made.note.startswith("1 cơ quan không ghi đủ tử số, mẫu số")


def test_a_percentage_by_its_parts_alone() -> None:
    made = merge(indicator("ratio"), [Contribution("a", numerator=1, denominator=4)])
    assert (made.value, made.count) == (25, 1)


def test_a_percentage_weighted_by_another_figure() -> None:
    rule = indicator("ratio", weight="PLX.1")
    parts = [
        Contribution("a", 50.0, denominator=10),
        Contribution("b", 80.0, denominator=30),
        Contribution("c", 10.0),
    ]
    made = merge(rule, parts)
    assert made.value == 72.5
    assert rule_words(rule) == "bình quân gia quyền theo PLX.1"
    assert made.note == "1 cơ quan không ghi PLX.1 nên không tính vào."


@pytest.mark.parametrize(
    ("rule", "given_", "why"),
    [
        (indicator("never", aggregate_note="Chung một danh mục."), numbers(4, 5), "Chung một"),
        (indicator("never"), numbers(4, 5), "không gộp"),
        (indicator("single"), numbers(4, 5), "ghi khác nhau"),
        (indicator("ratio"), numbers(40, 50), "không lấy trung bình"),
        (
            indicator("ratio"),
            [Contribution(who, 0.0, numerator=0, denominator=0) for who in "ab"],
            "Tổng mẫu số bằng 0",
        ),
        (indicator(), [*numbers(4), Contribution("x", text="nhiều")], "ghi chữ thay cho số"),
    ],
)
def test_what_must_not_be_made_one_is_not_and_says_why(
    rule: Indicator, given_: list[Contribution], why: str
) -> None:
    made = merge(rule, given_)
    assert (made.value, made.count) == (None, 2)
    assert why in made.why_not


def test_of_one_source_that_several_give_differently_each_is_named_by_its_name() -> None:
    names = {"huyen-0": "An Lão"}
    assert said_by_each(merge(indicator("single"), numbers(4, 5)), names) == (
        "An Lão: 4; huyen-1: 5"
    )
    assert said_by_each(merge(indicator("never"), numbers(4, 5)), names) == ""
    assert said_by_each(merge(indicator("single"), numbers(4, 4)), names) == ""


def test_not_applicable_is_no_nought() -> None:
    reason = Contribution("x", text="Không có cấp xã", not_applicable=True)
    alone = merge(indicator(), [reason])
    assert (alone.value, alone.not_applicable, alone.why_not) == (None, "Không có cấp xã", "")
    beside = merge(indicator(), [reason, *numbers(4, 5)])
    assert (beside.value, beside.note) == (9, "1 cơ quan ghi «không áp dụng».")


def test_every_rule_of_the_format_has_an_answer() -> None:
    for rule in Aggregate:
        assert merge(indicator(rule.value), numbers(1)).value == 1
        assert rule_words(indicator(rule.value))


# --- laws --------------------------------------------------------------------------------------

figure = st.one_of(
    st.integers(-(10**12), 10**12).map(float),
    st.integers(-(10**9), 10**9).map(lambda n: n / 1000),
)
contribution = st.builds(
    Contribution,
    agency=st.sampled_from("abcdefgh"),
    number=st.none() | figure,
    text=st.none() | st.just("chữ"),
    not_applicable=st.booleans(),
    numerator=st.none() | figure,
    denominator=st.none() | figure,
    source=st.builds(Source, submission_id=st.integers(0, 9)),
)
rules = st.sampled_from([indicator(rule.value) for rule in Aggregate])


def differing(given_: Sequence[Contribution]) -> list[Contribution]:
    """One contribution an agency and submission, as they come from the database."""
    return list({(one.agency, one.source.submission_id): one for one in given_}.values())


@given(rules, st.lists(contribution, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(
    rule: Indicator, given_: list[Contribution], shuffler: Any
) -> None:
    given_ = differing(given_)
    other = list(given_)
    shuffler.shuffle(other)
    assert repr(merge(rule, given_)) == repr(merge(rule, other))


@given(rules, st.lists(contribution, max_size=8), st.integers(0, 8))
def test_sums_of_parts_are_the_sum_and_can_be_taken_apart_again(
    rule: Indicator, given_: list[Contribution], cut: int
) -> None:
    first, second = totals(rule, given_[:cut]), totals(rule, given_[cut:])
    whole = totals(rule, given_)
    assert first + second == whole == second + first
    back = whole - second
    assert (back == first) or back.top != back.top  # the top is unknown once its holder is gone
    assert (back.numbers, back.total, back.pairs) == (first.numbers, first.total, first.pairs)


@given(st.lists(st.integers(-(10**15), 10**15), min_size=2, max_size=20))
def test_whole_numbers_stay_exact_whatever_their_size(figures: list[int]) -> None:
    exact = [n for n in figures if float(n) == n]
    assert totals(indicator(), numbers(*map(float, exact))).total == sum(exact) * 10**6


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 10**6)), min_size=2, max_size=9))
def test_a_ratio_is_exactly_the_parts_sums(pairs: list[tuple[int, int]]) -> None:
    exact = Fraction(100 * sum(n for n, _ in pairs), sum(d for _, d in pairs))
    value = merge(indicator("ratio"), ratios(*[(float(n), float(d)) for n, d in pairs])).value
    assert value == (exact.numerator if exact.denominator == 1 else float(exact))


def test_nothing_added_is_nothing() -> None:
    assert Totals() + Totals() == Totals()
    assert micro(0.000001) == 1
