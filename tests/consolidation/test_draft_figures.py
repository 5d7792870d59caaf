"""Figures in the draft report's tables: parts below their whole, decimals alike, no unit for a yes."""

from __future__ import annotations

import pytest

from consolidation.figures.gather import Figures
from consolidation.figures.merge import Merged
from consolidation.figures.rows import output_rows
from consolidation.outputs.report.figures import (
    FigureTable,
    flag_sentences,
    goals_linked,
    rows_of,
    sentence,
    tables,
)
from documents.blocks import add_table, new_document
from documents.tables import SHORT
from plan.definition.model import PlanDefinition


def table(
    definition: PlanDefinition, values: dict[tuple[str, str], float], *names: str
) -> FigureTable:
    output = next(one for one in definition.outputs if one.kind == "appendices")
    cells = {cell: Merged(value, "") for cell, value in values.items()}
    figures = Figures(output_rows(definition, output), cells, len(cells))
    (made,) = tables(figures, rows_of(figures, names))
    return made


def told(definition: PlanDefinition, values: dict[str, float], name: str) -> str:
    output = next(one for one in definition.outputs if one.kind == "appendices")
    cells = {(name, period): Merged(value, "") for period, value in values.items()}
    figures = Figures(output_rows(definition, output), cells, len(cells))
    (row,) = rows_of(figures, [name])
    return sentence(figures, row, goals_linked(figures))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (
            {"2015": 60, "2018": 80, "2019": 84, "2020": 21},
            "năm 2019 là 84 văn bản, tăng 5% so với năm 2018 (80), tăng 40% so với năm 2015 (60); "
            "đến 31/3/2020 là 21.",
        ),
        ({"2019": 84}, "năm 2019 là 84 văn bản."),
        ({"2015": 0, "2019": 84}, "năm 2019 là 84 văn bản, năm 2015 là 0."),
        ({"2018": 84, "2019": 84}, "năm 2019 là 84 văn bản, không đổi so với năm 2018 (84)."),
        ({"2020": 21}, "đến 31/3/2020 là 21 văn bản."),
    ],
)
def test_a_figure_is_held_against_the_year_before_and_the_first(
    definition: PlanDefinition, values: dict[str, float], words: str
) -> None:
    assert told(definition, values, "PL1.1") == f"Số lượng văn bản chỉ đạo, điều hành {words}"


def test_a_figure_is_held_against_the_plans_goal(definition: PlanDefinition) -> None:
    assert "(mục tiêu: " in told(definition, {"2019": 88.7}, "PL1.6.3")
    assert "80%" in told(definition, {"2019": 88.7}, "PL1.6.3")


def test_years_of_a_yes_are_told_together(definition: PlanDefinition) -> None:
    output = next(one for one in definition.outputs if one.kind == "appendices")
    every = ("2015", "2016", "2017", "2018", "2019", "2020")
    given = {("PL1.5.1", year): 1.0 for year in every} | {("PL1.5.2", year): 1.0 for year in every}
    given |= {("PL1.3.1", year): float(year in ("2016", "2018")) for year in every}
    cells = {cell: Merged(value, "") for cell, value in given.items()}
    figures = Figures(output_rows(definition, output), cells, len(cells))
    rows = rows_of(figures, ["PL1.3.1", "PL1.5.1", "PL1.5.2"])
    assert flag_sentences(figures, rows) == [
        "Tổ chức cuộc thi tìm hiểu CCHC: có trong các năm 2016 và 2018.",
        "Bộ tiêu chí đánh giá sở, ngành; Bộ tiêu chí đánh giá UBND cấp huyện: "
        "có trong các năm 2015 - 2020.",
    ]


def test_a_part_names_its_whole_only_where_the_whole_does_not_stand_above(
    definition: PlanDefinition,
) -> None:
    together = table(definition, {}, "PL6.2", "PL6.2.1")
    assert together.rows[1][0].startswith("- Số lượng đơn vị sự nghiệp công")
    alone = table(definition, {}, "PL6.2.1")
    assert alone.rows[0][0].startswith("Số đơn vị sự nghiệp công lập thuộc UBND cấp tỉnh")


def test_percentages_of_a_row_have_as_many_decimals(definition: PlanDefinition) -> None:
    values = {("PL1.6.3", "2015"): 89.7, ("PL1.6.3", "2016"): 94.0, ("PL1.6.2", "2015"): 4.0}
    _, rate = table(definition, values, "PL1.6.2", "PL1.6.3").rows
    assert rate[1:5] == ("%", "89,7", "94,0", "")


def test_one_unit_stands_in_the_title(definition: PlanDefinition) -> None:
    made = table(definition, {}, "PL1.1", "PL1.1.1")
    assert made.title.endswith("(đơn vị tính: văn bản)")
    assert "Đơn vị tính" not in made.heads


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [(140, 146, ("+6", "+4,3")), (25, 25, ("0", "0,0")), (90, 11, ("-79", "-87,8"))],
)
def test_two_moments_are_compared(
    definition: PlanDefinition, before: int, after: int, told: tuple[str, str]
) -> None:
    values = {("PL4.I.a", "2010"): float(before), ("PL4.I.a", "2019"): float(after)}
    made = table(definition, values, "PL4.I.a")
    assert made.rows[0][-2:] == told
    assert "12/2010" in made.heads


def test_columns_of_long_figures_are_wider(definition: PlanDefinition) -> None:
    short = table(definition, {("PL2.1", "2015"): 12.0}, "PL2.1")
    long = table(definition, {("PL2.1", "2015"): 1234567.0}, "PL2.1")
    assert long.widths[-1] > short.widths[-1]


@pytest.mark.parametrize(("rows", "together"), [(SHORT, True), (SHORT + 1, False)])
def test_a_short_table_is_not_torn_apart(rows: int, together: bool) -> None:
    made = add_table(new_document(), ["a", "b"], [["x", "1"]] * rows)
    kept = {
        bool(paragraph.paragraph_format.keep_with_next)
        for row in made.rows
        for cell in row.cells
        for paragraph in cell.paragraphs
    }
    assert kept == {together}
