"""Three plans at once over 2027: their data, who hands in when, and the check of every digest."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from flows.rehearsal.check_digests import text_faults
from flows.rehearsal.check_sums import wrong
from flows.rehearsal.monthly import FORM, STOCKS, figures
from flows.rehearsal.play_scenario import rehearse_many
from flows.rehearsal.scenario import SKETCHES, scenario_plans
from intake.workbook.grid import Grid
from plan.definition.directories import directory_names, read_directory
from plan.errors import NotFoundError

TWO = """1. Báo cáo công tác tháng, tháng 3/2027
   Kế hoạch: KH CCHC 2027.
   Chậm nhất: 24/03/2027; còn 3 ngày làm việc.
2. Báo cáo tổng kết của xã
   Kế hoạch: KH tổng kết.
   Chậm nhất: 29/04/2027; còn 27 ngày làm việc.
"""


def test_the_plans_are_sound_and_share_their_agencies() -> None:
    plans = scenario_plans(3)
    assert [plan.id for plan in plans] == [sketch.id for sketch in SKETCHES]
    assert len({tuple(agency.id for agency in plan.agencies) for plan in plans}) == 1
    assert sum(agency.group == "xa" for agency in plans[0].agencies) == 3
    assert {contact.email for contact in plans[0].contacts} == {
        contact.email for contact in plans[2].contacts
    }


def test_the_directory_has_every_commune_once() -> None:
    agencies = read_directory("gia-lai-2025")
    communes = [agency for agency in agencies if agency.group == "xa"]
    assert len(communes) == len({agency.names[0].name for agency in communes}) == 135
    assert {agency.names[0].kind for agency in communes} == {"xã", "phường"}
    assert sum(agency.names[0].valid_from is None for agency in communes) == 9
    assert len({agency.id for agency in agencies}) == len(agencies)


def test_a_directory_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(NotFoundError, match="gia-lai-2025"):
        read_directory("gia-lai")
    assert "gia-lai-2025" in directory_names()


@pytest.mark.parametrize(
    ("text", "plans", "fault"),
    [
        (TWO, ["KH CCHC 2027", "KH tổng kết"], ""),
        (TWO, ["KH CCHC 2027"], "tuy chỉ có một"),
        (TWO, ["KH CCHC 2027", "KH hội nghị"], "đáng lẽ"),
        (
            TWO.replace("   Kế hoạch: KH tổng kết.\n", ""),
            ["KH CCHC 2027", "KH tổng kết"],
            "2 dòng mà 1",
        ),
        (TWO.replace("29/04", "01/03"), ["KH CCHC 2027", "KH tổng kết"], "thứ tự"),
        ("1. Báo cáo\n   Chậm nhất: 24/03/2027; còn.\n", ["KH CCHC 2027"], ""),
    ],
)
def test_what_a_digest_says_wrong_is_found(text: str, plans: list[str], fault: str) -> None:
    said = list(text_faults(text, plans))
    assert (fault in said[0]) if fault else said == []


def sheet(agencies: list[str], months: list[str], **spoilt: int) -> Grid:
    """A quarter's table as it ought to be; `spoilt`: by line, so much too much in the total."""
    at = {month: [figures(agency, month) for agency in agencies] for month in months}
    rows: list[list[object]] = [
        ["", "cot:stt", *(f"cot:{month}" for month in months), "cot:2027-Q1"]
    ]
    for line in ("1", "2", "4", "5", "6"):
        sums = [sum(one[f"{FORM}.{line}"] for one in at[month]) for month in months]
        total = sums[-1] if line in STOCKS else sum(sums)
        rows.append([f"dong:{FORM}.{line}", line, *sums, total + spoilt.get(f"l{line}", 0)])
    above, below = (
        sum(one[f"{FORM}.3#{part}"] for some in at.values() for one in some) for part in "nd"
    )
    rows.append([f"dong:{FORM}.3", "3", *[None] * len(months), 100 * above / below])
    return Grid(FORM, rows)


@pytest.mark.parametrize(("spoilt", "found"), [({}, 0), ({"l1": 1}, 1), ({"l5": -2, "l6": 3}, 2)])
def test_a_table_that_adds_up_otherwise_is_found(spoilt: dict[str, int], found: int) -> None:
    agencies, months = ["xuan-an", "phu-cat"], ["2027-01", "2027-02", "2027-03"]
    grid = sheet(agencies, months, **spoilt)
    assert len(list(wrong(grid, "so-lieu-quy@2027-Q1", dict.fromkeys(months, agencies)))) == found


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 11))
def test_every_digest_is_right(tmp_path: Path, seed: int) -> None:
    """To the middle of June: all three run together, the monthly and quarterly reports among them."""
    verdict = rehearse_many(
        tmp_path / "demo", seed, date(2027, 6, 15), lambda _at, _words: None, communes=8
    )
    assert verdict.faults == ()
    assert verdict.sent == verdict.expected > 300
