"""A plan's blank tables as appendices: rows, parents, periods, what is proposed and what is asked."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
from ruamel.yaml import YAML
from typer.testing import CliRunner

from drafting.document import Cell, Document, Paragraph, Table, TableRow
from drafting.forms.periods import Period, period_of
from drafting.forms.proposals import propose
from drafting.forms.reader import Forms, read_forms
from drafting.forms.tables import form_of
from drafting.readers.registry import read_document
from flows import cli
from plan.definition.appendices import Appendix, Indicator
from plan.definition.appendices import Table as PlanTable
from plan.definition.model import OutlineNode, PlanDefinition

FLAT = """PHỤ LỤC 1

THỐNG KÊ CÁC CHỈ TIÊU VỀ THỦ TỤC HÀNH CHÍNH
(Kèm theo Kế hoạch số 15/KH-UBND ngày 05 tháng 01 năm 2027 của UBND tỉnh)

STT

Chỉ tiêu

Năm 2026

Năm 2027 (Tính đến 30/6)

1

Tổng số thủ tục

_

_

_

- Cấp tỉnh

_

_

2

Tuyên truyền

_

_

-

Tổ chức cuộc thi (Có tổ chức = 1; Không tổ chức = 0)

_

_

-

Tỷ lệ hồ sơ đúng hạn

_

_

Chia theo cấp

Cấp tỉnh

_

_

_

Kế hoạch này gồm các phần sau.
""".replace("_", "\u00a0")


def forms_of(text: str) -> Forms:
    return read_forms(read_document(text.encode(), "ke-hoach.txt"), 2027)


def rows_of(forms: Forms) -> list[tuple[str, str, str | None, str]]:
    (table,) = forms.appendices[0].tables
    return [(row.code, row.label, row.parent, row.proposal.type) for row in table.rows]


def test_a_form_printed_one_cell_to_a_line() -> None:
    forms = forms_of(FLAT)
    (appendix,) = forms.appendices
    assert appendix.heading == "PHỤ LỤC 1"
    assert appendix.title == "THỐNG KÊ CÁC CHỈ TIÊU VỀ THỦ TỤC HÀNH CHÍNH"
    assert appendix.reference.startswith("(Kèm theo Kế hoạch số 15/KH-UBND")
    assert rows_of(forms) == [
        ("1", "Tổng số thủ tục", None, "count"),
        ("1.1", "- Cấp tỉnh", "1", "count"),
        ("2", "Tuyên truyền", None, "header"),
        ("2.1", "Tổ chức cuộc thi (Có tổ chức = 1; Không tổ chức = 0)", "2", "flag"),
        ("2.2", "Tỷ lệ hồ sơ đúng hạn", "2", "percent"),
        ("2.0", "Chia theo cấp", "2", "header"),
        ("2.3", "Cấp tỉnh", "2", "count"),
    ]
    assert [one.ends_on for one in appendix.tables[0].periods] == [
        date(2026, 12, 31),
        date(2027, 6, 30),
    ]
    asked = " ".join(appendix.doubts)
    assert "«Tổng số thủ tục»: có điền số không, và có bằng tổng các dòng con không?" in asked
    assert "«Tỷ lệ hồ sơ đúng hạn»: tử số và mẫu số là gì" in asked


def test_what_is_drafted_is_what_the_plan_format_takes() -> None:
    for data in forms_of(FLAT).as_data()["appendices"]:
        Appendix.model_validate(data)


@pytest.mark.parametrize(
    ("head", "period"),
    [
        ("Năm 2026", Period("2026", "", date(2026, 12, 31))),
        ("Năm 2020 (Tính đến 31/3)", Period("2020", "", date(2020, 3, 31), partial=True)),
        ("Quý II/2027", Period("2027-Q2", "", date(2027, 6, 30))),
        ("Quý IV", Period("2027-Q4", "", date(2027, 12, 31))),
        ("Tháng 02/2028", Period("2028-02", "", date(2028, 2, 29))),
        ("6 tháng đầu năm 2027", Period("2027-H1", "", date(2027, 6, 30))),
        ("Giai đoạn 2011-2020 (Tính đến 12/2019)", Period("2019", "", date(2019, 12, 31))),
        ("Ghi chú", None),
        ("Số lượng đến năm nay", None),
    ],
)
def test_periods(head: str, period: Period | None) -> None:
    found = period_of(head, 2027)
    assert (found and (found.key, found.ends_on, found.partial)) == (
        period and (period.key, period.ends_on, period.partial)
    )


def test_choices_stand_in_the_columns_head() -> None:
    made = propose("Sự hài lòng trên 80%", head="Đánh giá kết quả (Đạt/Không đạt)")
    assert (made.type, made.choices, made.aggregate) == ("choice", ("Đạt", "Không đạt"), "never")


def test_two_labels_in_one_cell_are_two_rows() -> None:
    table = _table(
        ["STT", "Chỉ tiêu", "Năm 2027"],
        ["1", "Bộ tiêu chí đánh giá sở, ngành Bộ tiêu chí đánh giá cấp xã", ""],
        ["2", "Số lớp tập huấn", ""],
    )
    form = form_of(table)
    assert form is not None
    assert [row.label for row in form.rows] == [
        "Bộ tiêu chí đánh giá sở, ngành", "Bộ tiêu chí đánh giá cấp xã", "Số lớp tập huấn",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "table",
    [
        [["TT", "Nhiệm vụ", "Cơ quan chủ trì", "Thời gian"], ["1", "Rà soát", "Sở Nội vụ", "Quý I"]],
        [["STT", "Chỉ tiêu", "Năm 2026", "Năm 2027"], ["1", "Sản lượng", "120", "130"],
         ["2", "Giá trị", "45", "50"]],
        [["Nơi nhận:", "TM. ỦY BAN NHÂN DÂN"], ["- Lưu: VT.", ""]],
    ],
)  # fmt: skip
def test_task_tables_filled_ones_and_signatures_are_no_forms(table: list[list[str]]) -> None:
    assert form_of(_table(*table), 2027) is None


# --- the plan that is kept here ---------------------------------------------------------------------


def test_the_plans_own_appendices_come_back_from_their_blank_tables(
    definition: PlanDefinition,
) -> None:
    """Laid out as the plan prints them, every row has its label and parent again (two labels that the plan
    prints in one cell stand apart here)."""
    for appendix in definition.appendices:
        for table in appendix.tables:
            form = form_of(_printed(table), 2020, table.code)
            assert form is not None, appendix.code
            labels = {row.code: row.label for row in form.rows}
            kept = {one.code: one.label for one in table.indicators}
            assert [(row.label, labels.get(row.parent or "")) for row in form.rows] == [
                (one.label, kept.get(one.parent or "")) for one in table.indicators
            ]
            if table.layout == "columns" or len(table.periods) > 1:
                assert [(one.key, one.ends_on, one.partial) for one in form.periods] == [
                    (one.key, one.ends_on, one.partial) for one in table.periods
                ]


def test_the_plans_own_outline_comes_back_from_its_lines(definition: PlanDefinition) -> None:
    lines = ["ĐỀ CƯƠNG BÁO CÁO", "TỔNG KẾT CHƯƠNG TRÌNH"]
    for root in definition.outline:
        lines += _lines(root)
    forms = read_forms(Document(tuple(Paragraph(line) for line in lines)))
    made = [(node.id, node.number, node.title) for root in forms.outline for node in root.walk()]
    kept = [
        (node.id, node.number, node.title) for root in definition.outline for node in _walk(root)
    ]
    assert made == kept


def _lines(node: OutlineNode) -> list[str]:
    first = (
        [node.number, node.title]
        if node.number.startswith("Phần")
        else [f"{node.number} {node.title}"]
    )
    return [*first, *(line for child in node.children for line in _lines(child))]


def _walk(node: OutlineNode) -> list[OutlineNode]:
    return [node, *(below for child in node.children for below in _walk(child))]


def _table(*rows: list[str]) -> Table:
    return Table(
        tuple(TableRow(tuple(Cell((text,) if text else ()) for text in row)) for row in rows)
    )


def _printed(table: PlanTable) -> Table:
    if table.layout == "columns":
        return _printed_by_columns(table)
    heads = [*table.heads, *(period.label for period in table.periods)]
    rows = [[one.stt, one.label, *("" for _ in table.periods)] for one in table.indicators]
    made = _table(heads, *rows)
    spread = tuple(
        TableRow((Cell(), Cell((one.label,), colspan=len(heads) - 1))) if _is_heading(one) else row
        for one, row in zip(table.indicators, made.rows[1:], strict=True)
    )
    return Table((made.rows[0], *spread))


def _is_heading(one: Indicator) -> bool:
    return one.type == "header" and not one.stt


def _printed_by_columns(table: PlanTable) -> Table:
    grouped = any(one.group for one in table.indicators)
    tall = 2 if grouped else 1
    lead = [Cell((head,), rowspan=tall) for head in table.heads]
    groups = list(dict.fromkeys(one.group for one in table.indicators))
    labels = tuple(Cell((one.label,)) for one in table.indicators)
    if grouped:
        span = len(table.indicators) // len(groups)
        over = tuple(Cell((group,), colspan=span) for group in groups)
        head_rows = [TableRow((*lead, *over)), TableRow(labels)]
    else:
        head_rows = [TableRow((*lead, *labels))]
    body = [
        TableRow((*([Cell((table.constant,), rowspan=len(table.periods))] if not at else []),
             Cell((period.label,)), *(Cell() for _ in labels)))
        for at, period in enumerate(table.periods)
    ]  # fmt: skip
    return Table((*head_rows, *body))


def test_a_workbook_of_blank_forms() -> None:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        sheet = book.add_worksheet("PL1")
        sheet.write_column(0, 0, ["PHỤ LỤC 1", "THỐNG KÊ CÁC CHỈ TIÊU VỀ THỦ TỤC HÀNH CHÍNH"])
        sheet.write_row(3, 0, ["STT", "Chỉ tiêu", "Quý I/2027", "Quý II/2027", "Ghi chú"])
        for at, row in enumerate([("1", "Tổng số thủ tục"), ("-", "Cấp tỉnh"), ("-", "Cấp xã")]):
            sheet.write_row(4 + at, 0, row)
    forms = read_forms(read_document(made.getvalue(), "bieu-mau.xlsx"), 2027)
    assert forms.appendices[0].title == "THỐNG KÊ CÁC CHỈ TIÊU VỀ THỦ TỤC HÀNH CHÍNH"
    assert rows_of(forms) == [
        ("1", "Tổng số thủ tục", None, "count"),
        ("1.1", "Cấp tỉnh", "1", "count"),
        ("1.2", "Cấp xã", "1", "count"),
    ]
    assert [one.key for one in forms.appendices[0].tables[0].periods] == ["2027-Q1", "2027-Q2"]


def test_forms_are_written_as_the_plan_format_has_them(tmp_path: Path) -> None:
    source, out = tmp_path / "ke-hoach.txt", tmp_path / "out"
    source.write_text(FLAT, encoding="utf-8")
    told = CliRunner().invoke(cli.app, ["plan", "forms", str(source), "--out", str(out)])
    assert told.exit_code == 0
    assert "1 phụ lục, 0 mục đề cương" in told.output
    kept = YAML(typ="safe").load((out / "appendices" / "PL1.yaml").read_text(encoding="utf-8"))
    assert Appendix.model_validate(kept).tables[0].indicators[1].parent == "1"
