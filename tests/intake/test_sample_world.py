"""The invented province is one that somebody who knows the field would believe."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from random import Random

import pytest

from intake.samples.figures import Figures, invent
from intake.samples.reports import Writer, sentences
from intake.samples.world import World, world_of
from plan.definition.model import PlanDefinition
from tests.support.consolidation_kit import leaves

YEARS = ("2015", "2016", "2017", "2018", "2019")
Of = Callable[[str, str], float]


@pytest.fixture(scope="module")
def figures(definition: PlanDefinition) -> Figures:
    return invent(definition, 1)


@pytest.fixture(scope="module")
def of(figures: Figures) -> Of:
    return lambda name, period: float(figures[name, period])


FACTS: dict[str, Callable[[Of], bool]] = {
    "11 huyện cả năm 2010 và 2019": lambda of: of("PL4.II.a", "2010") == of("PL4.II.a", "2019") == 11,
    "khoảng 20 cơ quan chuyên môn cấp tỉnh": lambda of: 17 <= of("PL4.I.a", "2019") <= 21,
    "11 đến 13 phòng mỗi huyện": lambda of: 11 <= of("PL4.II.b", "2019") / 11 <= 13,
    "biên chế công chức hàng nghìn": lambda of: 1800 < of("PL5.1.1", "2019") < 3500,
    "viên chức gấp nhiều lần công chức": lambda of: of("PL5.2.1", "2019") > 8 * of("PL5.1.1", "2019"),
    "biên chế giảm khoảng 10% sau 4 năm": lambda of: 0.85
    < of("PL5.1.1", "2019") / of("PL5.1.1", "2015")
    < 0.97,
    "có mặt không quá được giao": lambda of: all(of("PL5.1.2", y) <= of("PL5.1.1", y) for y in YEARS),
    "phần lớn đơn vị sự nghiệp huyện là trường": lambda of: of("PL4.III.gd.h", "2019")
    > 0.7 * of("PL4.II.d", "2019"),
    "đơn vị sự nghiệp giảm": lambda of: of("PL4.II.d", "2019") < of("PL4.II.d", "2010"),
    "chi cục giảm": lambda of: of("PL4.I.b", "2019") < of("PL4.I.b", "2010"),
    "gần 2.000 thủ tục": lambda of: 1500 < of("PL3.1", "2019") < 2500,
    "thủ tục cấp tỉnh nhiều nhất": lambda of: of("PL3.1.1", "2019") > of("PL3.1.2", "2019")
    > of("PL3.1.3", "2019"),
    "hồ sơ đúng hẹn trên 90%": lambda of: all(of("PL3.5.1", y) > 90 for y in YEARS),
    "văn bản quy phạm của xã giảm sau Luật 2015": lambda of: of("PL2.1.5", "2019")
    < 0.7 * of("PL2.1.5", "2015"),
    "Trục liên thông có từ 2019": lambda of: of("PL7.2", "2018") == 0 < of("PL7.2", "2019") <= 31,
    "chữ ký số tăng nhanh": lambda of: of("PL7.5", "2019") > 5 * of("PL7.5", "2015"),
    "dịch vụ trực tuyến tăng đều": lambda of: all(
        of("PL7.10", a) < of("PL7.10", b) for a, b in pairwise(YEARS)
    ),
    "một cửa điện tử phủ 20 sở, 11 huyện, 159 xã": lambda of: of("PL7.12", "2019") == 20 + 11 + 159,
    "hài lòng từ 80 đến 95%": lambda of: all(80 < of("PL1.6.3", y) < 95 for y in YEARS),
    "quý I chừng một phần tư năm": lambda of: 0.15
    < of("PL1.1.2", "2020") / of("PL1.1.2", "2019")
    < 0.4,
}  # fmt: skip


@pytest.mark.parametrize("fact", FACTS, ids=str)
def test_a_reader_who_knows_the_field_believes_the_figures(fact: str, of: Of) -> None:
    assert FACTS[fact](of)


@pytest.fixture(scope="module")
def world(definition: PlanDefinition) -> World:
    return world_of(definition.id)


@pytest.fixture(scope="module")
def written(
    definition: PlanDefinition, world: World, figures: Figures
) -> dict[str, dict[str, str]]:
    """Agency → heading → what it writes."""
    found = {}
    for agency in definition.agencies:
        if agency.group in ("district", "thematic"):
            writer, rng = Writer(agency.names[0].name, agency.id, world, figures), Random(agency.id)
            found[agency.id] = {
                node.id: sentences(f"{node.number} {node.title}", writer, rng)
                for node in leaves(definition.outline)
            }
    return found


def test_districts_are_of_different_size_and_159_communes_together(world: World) -> None:
    assert sum(world.sizes.values()) == 159
    assert len(world.sizes) == 11
    assert max(world.sizes.values()) >= 3 * min(world.sizes.values())


def test_hundreds_of_different_sentences(written: dict[str, dict[str, str]]) -> None:
    said = {
        line for texts in written.values() for text in texts.values() for line in text.split("\n")
    }
    assert len(said) > 500
    assert not any(mark in line for line in said for mark in "{}[]")


def test_a_departments_text_says_its_appendixs_figures(
    written: dict[str, dict[str, str]], of: Of
) -> None:
    text = written["snv"]["p1-ii-3-1-a-3"]
    assert f"{of('PL5.1.1', '2019'):,.0f}".replace(",", ".") in text


def test_a_bigger_district_reports_more(
    written: dict[str, dict[str, str]], definition: PlanDefinition, world: World, figures: Figures
) -> None:
    del written
    heading = "- Việc tiếp nhận, xử lý phản ánh, kiến nghị"

    def received(agency: str) -> int:
        for seed in range(20):
            text = sentences(heading, Writer("UBND", agency, world, figures), Random(seed))
            if "tiếp nhận" in text and " hồ sơ" in text:
                return int(text.partition("tiếp nhận ")[2].partition(" hồ sơ")[0].replace(".", ""))
        raise AssertionError("no sentence on files received")

    assert received("quy-nhon") == pytest.approx(3 * received("van-canh"), rel=0.01)


def test_a_plan_without_a_world_has_sentences_too() -> None:
    assert world_of("another-plan") == World()
    text = sentences("1. Kết quả", Writer("UBND xã A"), Random(1))
    assert "UBND xã A" in text
