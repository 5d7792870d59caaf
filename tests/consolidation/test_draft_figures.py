"""Figures in the draft report's tables: parts below their whole, decimals alike, no unit for a yes."""

from __future__ import annotations

import pytest

from consolidation.figures.gather import Figures
from consolidation.figures.merge import Merged
from consolidation.figures.rows import book_of
from consolidation.outputs.report_figures import FigureTable, rows_of, tables
from documents.blocks import add_table, new_document
from documents.tables import SHORT
from plan.definition.model import PlanDefinition


def table(
    definition: PlanDefinition, values: dict[tuple[str, str], float], *names: str
) -> FigureTable:
    output = next(one for one in definition.outputs if one.kind == "appendices")
    cells = {cell: Merged(value, "") for cell, value in values.items()}
    figures = Figures(book_of(definition, output), cells, len(cells))
    (made,) = tables(figures, rows_of(figures, names))
    return made


def test_a_part_names_its_whole_only_where_the_whole_does_not_stand_above(
    definition: PlanDefinition,
) -> None:
    together = table(definition, {}, "PL6.2", "PL6.2.1")
    assert together.rows[1][0].startswith("- Số lượng đơn vị sự nghiệp công")
    alone = table(definition, {}, "PL6.2.1")
    assert alone.rows[0][0].startswith("Số đơn vị sự nghiệp công lập thuộc UBND cấp tỉnh")


def test_percentages_of_a_row_have_as_many_decimals_and_a_yes_no_unit(
    definition: PlanDefinition,
) -> None:
    values = {("PL1.6.3", "2015"): 89.7, ("PL1.6.3", "2016"): 94.0, ("PL1.3.1", "2015"): 1.0}
    yes, rate = table(definition, values, "PL1.3.1", "PL1.6.3").rows
    assert yes[1:3] == ("", "có")
    assert rate[1:5] == ("%", "89,7", "94,0", "")


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
    assert long.widths[2] > short.widths[2]


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
