"""Figures that break one rule each."""

from __future__ import annotations

from functools import lru_cache

from intake.workbook.reader import WorkbookReading, read_workbook
from intake.workbook.template import template_for
from tests.support.workbook_samples import Figures, figures, full, plan

Changes = dict[tuple[str, str], float | str | None]


@lru_cache(maxsize=8)
def whole(agency: str) -> tuple[Figures, WorkbookReading]:
    return figures(template_for(plan(), agency)), read_workbook(
        full(agency), "a.xlsx", plan(), agency
    )


def every(line: str, value: float | None) -> Changes:
    return {(line, str(year)): value for year in range(2015, 2021)}


P = "2017"

BREAKERS: dict[str, tuple[str, Changes]] = {
    "PL1-R01": ("snv", {("PL1.1", P): 13}),
    "PL1-R02": ("snv", {("PL1.1", P): 20}),
    "PL1-R03": ("snv", {("PL1.6.2", P): 0, ("PL1.6.3", P): None, ("PL1.6.1", P): 1}),
    "PL1-R04": ("snv", {("PL1.6.1", P): 1300}),
    "PL1-R05": ("snv", {("PL1.6.3", P): None}),
    "PL1-R06": ("snv", {("PL1.6.2", P): 0, ("PL1.6.1", P): 0}),
    "PL1-R07": ("snv", {("PL1.1", P): 50, ("PL1.1.1", P): 43}),
    "PL1-R08": ("snv", {("PL1.6.3", P): 60}),
    "PL2-R01": ("stp", {("PL2.1", P): 41}),
    "PL2-R02": ("stp", {("PL2.3", P): 31}),
    "PL2-R03": ("stp", {("PL2.3", "2015"): 31}),
    "PL2-R04": ("stp", {("PL2.5", P): 61}),
    "PL2-R05": ("stp", {("PL2.6", P): 5}),
    "PL2-R06": ("stp", {("PL2.6", "2015"): 5}),
    "PL2-R07": ("stp", {("PL2.1", P): 142, ("PL2.1.1", P): 107}),
    "PL3-R01": ("vpub", {("PL3.1", P): 1400}),
    "PL3-R02": ("vpub", {("PL3.1", P): 1999}),
    "PL3-R03": ("vpub", {("PL3.1.4", P): 2001}),
    "PL3-R04": ("vpub", {("PL3.2", P): 2001}),
    "PL3-R05": ("vpub", {("PL3.3", P): 2001}),
    "PL3-R06": ("vpub", {("PL3.4.4", P): 2001}),
    "PL3-R07": ("vpub", {("PL3.4.5", P): 2001}),
    "PL3-R09": ("vpub", {("PL3.4.1", P): 1501}),
    "PL3-R10": ("vpub", {("PL3.4.2", P): 301}),
    "PL3-R11": ("vpub", {("PL3.4.3", P): 201}),
    "PL3-R12": ("vpub", {("PL3.4.6", P): 1900}),
    "PL3-R16": ("vpub", {("PL3.5.1", P): 97}),
    "PL3-R17": ("vpub", {("PL3.5.2", P): 97}),
    "PL3-R18": ("vpub", {("PL3.5.3", P): 97}),
    "PL3-R19": ("vpub", {("PL3.6.2", P): 21}),
    "PL3-R21": ("vpub", {("PL3.6.3", P): 19}),
    "PL4-R01": ("snv", {("PL4.II.a", "2019"): 10}),
    "PL4-R02": ("snv", {("PL4.I.d", "2019"): 27}),
    "PL4-R03": ("snv", {("PL4.II.d", "2010"): 27}),
    "PL5-R01": ("snv", {("PL5.1.2", P): 2501}),
    "PL5-R02": ("snv", {("PL5.2.2", P): 21001}),
    "PL5-R03": ("snv", {("PL5.3", P): 2401}),
    "PL5-R04": ("snv", {("PL5.4", P): 2401}),
    "PL5-R05": ("snv", {("PL5.5", P): 2401}),
    "PL5-R06": ("snv", {("PL5.6", P): 2401}),
    "PL5-R07": ("snv", {("PL5.7", P): 20501}),
    "PL5-R08": ("snv", {("PL5.8", P): 0}),
    "PL6-R01": ("stc", {("PL6.2", P): 27}),
    "PL6-R02": ("stc", {("PL6.3", P): 20}),
    "PL6-R03": ("stc", {("PL6.3", P): 22}),
    "PL6-R04": ("stc", {("PL6.4", P): 20}),
    "PL6-R05": ("stc", {("PL6.4", P): 22}),
    "PL7-R01": ("stttt", {("PL7.7", "2019"): 32}),
    "PL7-R02": ("stttt", {("PL7.8", "2019"): 32}),
    "PL7-R03": ("stttt", {("PL7.9", "2019"): 32}),
    "PL7-R04": ("skhcn", {("PL7.14", "2020"): 32}),
    "PL7-R05": ("stttt", {("PL7.2", "2020"): 29}),
    "PL7-R06": ("stttt", {("PL7.5", "2020"): 6}),
    "PL7-R07": ("stttt", every("PL7.2", 0)),
    "PL7-R08": (
        "vpub",
        {("PL7.10", "2019"): 2001, ("PL7.11#d", "2019"): 2001, ("PL7.11", "2019"): None},
    ),
    "PL7-R09": ("vpub", {("PL7.11", P): None}),
    "PL7-R10": ("vpub", {("PL7.10", P): 0, ("PL7.11#d", P): 0, ("PL7.11#n", P): 0}),
    "PL7-R11": ("vpub", {("PL7.11#d", P): 401, ("PL7.11", P): 100 * 300 / 401}),
    "PL7-R12": ("stttt", {("PL7.1#n", P): 1001}),
    "PL7-R13": ("stttt", {("PL7.1", P): 97}),
    "PL7-R15": ("stttt", {("PL7.6", P): 96}),
    "PL7-R17": ("vpub", {("PL7.11", P): 70}),
    "PL7-R19": ("vpub", {("PL7.13", P): 97}),
    "PL3-R08": ("vpub", {("PL3.4.6", P): 2001}),
    "PL3-R13": ("vpub", {("PL3.5.1#n", P): 1001}),
    "PL3-R14": ("vpub", {("PL3.5.2#n", P): 1001}),
    "PL3-R15": ("vpub", {("PL3.5.3#n", P): 1001}),
    "PL3-R20": ("vpub", {("PL3.6.2", "2015"): 21}),
    "PL3-R22": ("vpub", {("PL3.1", "2020"): 5000}),
    "PL5-R09": ("snv", {("PL5.1.2", "2020"): 2000}),
    "PL5-R10": ("snv", {("PL5.2.2", "2020"): 17000}),
    "PL6-R06": ("stc", {("PL6.2", "2019"): 29, ("PL6.2.1", "2019"): 8}),
    "PL6-R07": ("stc", {("PL6.3", "2019"): 29, ("PL6.3.1", "2019"): 15}),
    "PL6-R08": ("stc", {("PL6.4", "2019"): 29, ("PL6.4.1", "2019"): 15}),
    "PL6-R09": ("stc", {("PL6.4", "2020"): 28, ("PL6.4.1", "2020"): 14}),
    "PL7-R14": ("stttt", {("PL7.6#n", P): 1001}),
    "PL7-R16": ("vpub", {("PL7.11#n", P): 401}),
    "PL7-R18": ("vpub", {("PL7.13#n", P): 1001}),
    "PL7-R20": ("stttt", {("PL7.1", "2015"): 50, ("PL7.1#n", "2015"): 500}),
    "PL8-R01": ("vpub", {("PL3.2", P): 0}),
    "PL8-R02": ("snv", {("PL1.6.3", "2020"): 75}),
    "PL8-R06": ("stttt", {("PL7.1", "2020"): 85, ("PL7.1#n", "2020"): 850}),
    "PL8-R10": ("vpub", {("PL7.13", "2020"): 95, ("PL7.13#n", "2020"): 950}),
    "PL8-R12": ("snv", {("PL8.2", "2020"): "Không đạt"}),
    "PL8-R13": ("snv", {("PL8.5", "2020"): "Không đạt"}),
}
