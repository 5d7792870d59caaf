"""What stands above several names is true of each of them; proposals keep every wording."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolidation.outputs.grouping import OWN, Point, grouped, one_wording, own_names, points_of
from plan.definition.model import Agency

AGENCIES = [
    Agency.model_validate(
        {
            "id": code,
            "group": "district",
            "names": [{"name": f"UBND huyện {name}", "short": name}],
            "aliases": [f"Ủy ban nhân dân huyện {name}", f"huyện {name}"],
        }
    )
    for code, name in (("phu-cat", "Phù Cát"), ("phu-my", "Phù Mỹ"), ("an-lao", "An Lão"))
]
NAMES = {one.id: own_names(one) for one in AGENCIES}


def shown(*points: tuple[str, str]) -> list[tuple[tuple[str, ...], str]]:
    found = one_wording([Point(*one) for one in points], NAMES)
    return [(group.agencies, group.lead.text) for group in found]


def test_texts_that_differ_by_own_name_alone_stand_under_one_wording_of_nobody() -> None:
    assert shown(
        ("phu-cat", "UBND huyện Phù Cát đã ban hành kế hoạch."),
        ("an-lao", "Ủy ban nhân dân huyện  An Lão đã ban hành kế hoạch."),
    ) == [(("phu-cat", "an-lao"), f"{OWN} đã ban hành kế hoạch.")]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ban hành 120 văn bản.", "Ban hành 85 văn bản."),
        ("UBND huyện Phù Cát không còn nợ.", "UBND huyện Phù Mỹ còn nợ."),
        ("Phù Cát học tập An Lão.", "Phù Mỹ học tập Phù Cát."),
        ("Đã hoàn thành.", "Đã hoàn thành!"),
    ],
)
def test_anything_else_that_differs_keeps_its_own_words(one: str, other: str) -> None:
    assert shown(("phu-cat", one), ("phu-my", other)) == [
        (("phu-cat",), one),
        (("phu-my",), other),
    ]


def test_one_alone_and_those_without_a_name_in_it_stay_as_written() -> None:
    assert shown(("phu-cat", "UBND huyện Phù Cát đã họp."), ("an-lao", "Không có.")) == [
        (("phu-cat",), "UBND huyện Phù Cát đã họp."),
        (("an-lao",), "Không có."),
    ]
    assert shown(("phu-cat", "Không có."), ("an-lao", "Không có.")) == [
        (("phu-cat", "an-lao"), "Không có.")
    ]


def test_a_name_inside_a_longer_word_is_no_name() -> None:
    assert NAMES["an-lao"].sub(OWN, "An Lãoo, huyện An Lão, An Lão") == f"An Lãoo, {OWN}, {OWN}"


words = st.sampled_from(["Phù Cát", "An Lão", "đã", "chưa", "làm", "1", "2"])
sayings = st.lists(
    st.tuples(st.sampled_from(sorted(NAMES)), st.lists(words, min_size=1).map(" ".join)), max_size=8
)


@given(sayings)
def test_nobody_is_given_words_not_their_own(said: list[tuple[str, str]]) -> None:
    """Put each agency's name back for the brackets: what stands is what it wrote."""
    points = [Point(*one) for one in said]
    groups = one_wording(points, NAMES)
    assert sorted((p for g in groups for p in g.points), key=str) == sorted(points, key=str)
    for group in groups:
        for point in group.points:
            assert NAMES[point.agency].sub(OWN, point.text) == NAMES[point.agency].sub(
                OWN, group.lead.text
            )


# --- proposals: near-duplicates ----------------------------------------------------------------


def test_proposals_that_say_nearly_the_same_are_one_with_every_wording_kept() -> None:
    points = [
        *points_of("phu-cat", "- Tăng kinh phí đào tạo công chức cấp xã giai đoạn 2021 - 2030"),
        *points_of("phu-my", "1. Tăng kinh phí đào tạo công chức ở cấp xã giai đoạn 2021-2030."),
        *points_of("an-lao", "Hoàn thành Trung tâm hành chính công"),
    ]
    groups = grouped(points)
    assert [group.agencies for group in groups] == [("phu-cat", "phu-my"), ("an-lao",)]
    kept = {groups[0].lead.text, *(one.text for one in groups[0].variants)}
    assert kept == {point.text for point in points[:2]}


def test_a_short_proposal_does_not_swallow_a_long_one() -> None:
    long = "Đào tạo công chức cấp xã về chuyển đổi số, an toàn thông tin và kỹ năng giao tiếp"
    assert len(grouped([Point("phu-cat", "Đào tạo công chức"), Point("phu-my", long)])) == 2
