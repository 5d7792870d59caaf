"""The files themselves: read back by other libraries, every figure traced, what is missing said in them."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import docx
import openpyxl
import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from consolidation.claim import OutputOptions, RunRequest
from consolidation.outputs import workbook_style
from consolidation.outputs.report.template import FILENAME, PACKAGED
from consolidation.runs import RunResult, consolidate
from consolidation.trace import trace
from documents.contents import heading_level
from intake.files.store import Store
from intake.workbook.template import COLUMN_MARK, NOTE, ROW_MARK, TABLE_MARK
from plan.database import reading, writing
from plan.definition.model import OutlineNode, PlanDefinition
from plan.ledger.filing import ReadSection
from plan.queries.lookup import find_plan
from tests.conftest import PLAN_ID, at
from tests.support.consolidation_kit import fill_province, hand_in, take_back
from tests.support.office import SOFFICE, converted

NOW = at("2020-05-01 08:00")


def make(
    engine: Engine, folder: Path, output: str, templates: Path | None = None
) -> tuple[RunResult, bytes]:
    store = Store(str(folder / "store"))
    run = consolidate(
        engine,
        store,
        PLAN_ID,
        output,
        RunRequest("by-hand", "x", as_of=NOW, now=NOW),
        OutputOptions(templates=templates),
    )
    first = next(one for one in run.files if not one.filename.endswith(".html"))
    return run, store.get(first.sha256)


def test_what_was_written_before_in_a_process_leaves_no_trace(
    province: Engine, tmp_path: Path
) -> None:
    """XlsxWriter adds to the defaults it is given: they are a copy, every time."""
    before = dict(workbook_style.PLAIN)
    make(province, tmp_path, "provincial-appendices")
    assert before == workbook_style.PLAIN


def figures_by_key(data: bytes) -> dict[tuple[str, str], object]:
    """Every filled cell that the hidden keys name, read with openpyxl: (indicator, period) → content."""
    found: dict[tuple[str, str], object] = {}
    book = openpyxl.load_workbook(io.BytesIO(data))
    for sheet in book.worksheets:
        columns: dict[int, str] = {}
        for line in sheet.iter_rows(values_only=True):
            key = str(line[0] or "")
            if key.startswith(TABLE_MARK):
                marks = {at_: str(cell) for at_, cell in enumerate(line)}
                columns = {
                    at_: mark.removeprefix(COLUMN_MARK)
                    for at_, mark in marks.items()
                    if mark.startswith(COLUMN_MARK)
                }
            elif key.startswith(ROW_MARK) and "@" not in key:
                row = key.removeprefix(ROW_MARK)
                for at_, name in columns.items():
                    cell = (row, name) if row.startswith(f"{sheet.title}.") else (name, row)
                    if line[at_] is not None and cell[0].startswith(f"{sheet.title}."):
                        found[cell] = line[at_]
    return {cell: value for cell, value in found.items() if cell[1] not in _WORDS}


_WORDS = ("label", "stt", "unit", NOTE)


@pytest.mark.parametrize(
    "step", [11, pytest.param(1, marks=pytest.mark.slow)], ids=["some", "every-one"]
)
def test_trace_answers_for_every_filled_cell_of_the_workbook(
    province: Engine, tmp_path: Path, definition: PlanDefinition, step: int
) -> None:
    _, data = make(province, tmp_path, "provincial-appendices")
    filled = figures_by_key(data)
    cells = sum(
        len(table.periods) * sum(one.type.value != "header" for one in table.indicators)
        for appendix in definition.appendices
        for table in appendix.tables
    )
    assert len(filled) > 0.9 * cells
    with Session(province) as session:
        plan = find_plan(session)
        for (indicator, period), said in list(filled.items())[::step]:
            found = trace(session, plan, indicator, period, NOW)
            if said in ("Không áp dụng", "Không gộp"):
                assert found.why_not, (indicator, period)
                continue
            assert found.value == said or found.value == pytest.approx(said, rel=1e-12)
            assert found.contributions, (indicator, period)
            for one in found.contributions:
                assert all((one.file, one.sheet, one.cell, one.accepted_by, one.accepted_at))


def test_every_sheet_is_there_and_nothing_in_it_is_a_formula(
    province: Engine, tmp_path: Path
) -> None:
    _, data = make(province, tmp_path, "provincial-appendices")
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book.sheetnames == [
        *(f"PL{n}" for n in range(1, 9)),
        "Nguồn số liệu",
        "Tình hình nộp",
        "Phát hiện",
        "Biểu đồ",
    ]
    drawn = [name for name in zipfile.ZipFile(io.BytesIO(data)).namelist() if "/charts/" in name]
    assert len(drawn) >= 6
    for sheet in book.worksheets:
        for line in sheet.iter_rows():
            assert not any(cell.data_type == "f" for cell in line)


def test_a_whole_number_is_printed_without_a_bare_point(province: Engine, tmp_path: Path) -> None:
    """Excel shows 60 as «60.» where a format has only decimals that may be left out."""
    _, data = make(province, tmp_path, "provincial-appendices")
    seen = 0
    for sheet in openpyxl.load_workbook(io.BytesIO(data)):
        for cell in (cell for line in sheet.iter_rows() for cell in line):
            if isinstance(cell.value, int | float) and float(cell.value).is_integer():
                assert not re.search(r"\.#", cell.number_format), f"{sheet.title}!{cell.coordinate}"
                seen += 1
    assert seen > 500


def test_the_comparison_of_appendix_4_is_the_difference_and_its_percentage(
    province: Engine, tmp_path: Path
) -> None:
    _, data = make(province, tmp_path, "provincial-appendices")
    figures = figures_by_key(data)
    sheet = openpyxl.load_workbook(io.BytesIO(data))["PL4"]
    lines = list(sheet.iter_rows(values_only=True))
    at_ = next(n for n, line in enumerate(lines) if str(line[0]).endswith("@difference"))
    before, after = figures["PL4.I.a", "2010"], figures["PL4.I.a", "2019"]
    assert isinstance(before, int | float)
    assert isinstance(after, int | float)
    assert after - before in lines[at_]
    growth = [value for value in lines[at_ + 1] if isinstance(value, int | float)]
    assert 100 * (after - before) / before == pytest.approx(growth[0])


def test_all_owners_of_appendix_7_are_put_together_row_by_row(
    province: Engine, tmp_path: Path, definition: PlanDefinition
) -> None:
    owners = {
        f"PL7.{one.code}": one.owner
        for appendix in definition.appendices
        if appendix.code == "PL7"
        for table in appendix.tables
        for one in table.indicators
    }
    assert len(set(owners.values())) == 3
    with reading(province) as session:
        plan = find_plan(session)
        for name, owner in owners.items():
            given = trace(session, plan, name, "2019", NOW).contributions
            assert [one.agency for one in given] == [owner]


# --- documents ---------------------------------------------------------------------------------------


def headings(data: bytes) -> list[str]:
    return [
        " ".join(one.text.split())
        for one in docx.Document(io.BytesIO(data)).paragraphs
        if heading_level(one)
    ]


def leaves_in_order(nodes: list[OutlineNode]) -> list[OutlineNode]:
    return [one for node in nodes for one in (node, *leaves_in_order(node.children))]


def test_the_draft_report_has_the_whole_outline_in_its_order(
    province: Engine, tmp_path: Path, definition: PlanDefinition
) -> None:
    _, data = make(province, tmp_path, "provincial-report")
    text = "\n".join(one.text for one in docx.Document(io.BytesIO(data)).paragraphs).casefold()
    at_ = text.index("mục lục")
    for node in leaves_in_order(definition.outline):
        if node.scope == "all":
            start = " ".join(node.title.split())[:25].casefold()
            found = text.find(start, at_)
            assert found >= 0, node.id
    assert len(headings(data)) > 30


def test_the_draft_says_figures_tables_charts_and_goals_not_reached(
    province: Engine, tmp_path: Path
) -> None:
    _, data = make(province, tmp_path, "provincial-report")
    document = docx.Document(io.BytesIO(data))
    text = [one.text for one in document.paragraphs]
    assert any("năm 2019 là " in line and "so với năm 2015 (" in line for line in text)
    assert any(line.startswith("Bảng 1.") for line in text)
    charts = [
        part for part in document.part.package.iter_parts() if "/charts/chart" in part.partname
    ]
    assert len(charts) == sum(line.startswith("Biểu đồ ") for line in text) > 5
    assert sum(line.startswith("Trong 16 mục tiêu") for line in text) == 1
    goals = next(one for one in document.tables if one.rows[0].cells[-1].text.startswith("Căn cứ"))
    answers = [row.cells[2].text for row in goals.rows[1:]]
    assert len(answers) == 16
    assert answers == sorted(answers, key=lambda answer: answer != "Không đạt")
    assert any("Mức độ hài lòng chung" in row.cells[3].text for row in goals.rows)
    assert not any("(PL8." in line for line in text)  # titles, never codes


def test_what_is_missing_is_named_where_it_is_missing(province: Engine, tmp_path: Path) -> None:
    with writing(province) as session:
        take_back(session, "an-lao/district-report", at("2020-04-25 08:00"))
        take_back(session, "stp/appendix-2", at("2020-04-25 08:00"))
    _, report = make(province, tmp_path, "provincial-report")
    lines = [one.text for one in docx.Document(io.BytesIO(report)).paragraphs]
    assert lines.count("[Chưa có: UBND huyện An Lão (Báo cáo tổng kết).]") == 1
    lacking = "Có 10/11 địa phương báo cáo nội dung này; chưa có báo cáo: An Lão."
    assert sum(line.startswith(lacking) for line in lines) > 20
    assert any("Chưa có số liệu: " in line and "(Sở Tư pháp)" in line for line in lines)
    _, compiled = make(province, tmp_path, "district-compilation")
    lines = [one.text for one in docx.Document(io.BytesIO(compiled)).paragraphs]
    assert "[Chưa có: UBND huyện An Lão (Báo cáo tổng kết)]" in lines
    _, book = make(province, tmp_path, "provincial-appendices")
    sheet = openpyxl.load_workbook(io.BytesIO(book))["PL2"]
    told = [str(cell) for line in sheet.iter_rows(values_only=True) for cell in line if cell]
    assert "Chưa có số liệu của: Sở Tư pháp." in told


def test_districts_stand_side_by_side_under_each_heading(
    province: Engine, tmp_path: Path, definition: PlanDefinition
) -> None:
    _, data = make(province, tmp_path, "district-compilation")
    lines = [one.text for one in docx.Document(io.BytesIO(data)).paragraphs]
    names = [f"{one.names[0].name}:" for one in definition.agencies if one.group == "district"]
    first = lines.index(names[0])
    spoken = [line for line in lines[first:] if line in names][: len(names)]
    assert spoken == names


def test_a_compilation_is_headed_as_a_report_is(province: Engine, tmp_path: Path) -> None:
    """Not by what the outline tells its writers; and each compilation by the level of those that write."""
    _, of_districts = make(province, tmp_path, "district-compilation")
    _, of_fields = make(province, tmp_path, "thematic-compilation")
    for data, level in ((of_districts, "huyện"), (of_fields, "tỉnh")):
        titles = headings(data)
        assert any(f"phạm vi quản lý nhà nước của {level}" in one for one in titles)
        assert [
            one
            for one in titles
            if re.search(r"tỉnh/huyện|gọi tắt|[.;:]$|[Nn]êu (?:rõ|cụ thể)", one)
        ] == []


def test_the_same_words_of_two_stand_once_under_both_names(
    province: Engine, tmp_path: Path, definition: PlanDefinition
) -> None:
    said = "Nội dung này hai cơ quan viết chung, giống nhau từng chữ."
    node = "p1-ii-6-2"
    with writing(province) as session:
        for agency in ("stttt", "skhcn"):
            take_back(session, f"{agency}/thematic-report", at("2020-04-25 08:00"))
            sections = [ReadSection(node, said)]
            hand_in(session, f"{agency}/thematic-report", at("2020-04-26 08:00"), sections=sections)
    _, data = make(province, tmp_path, "thematic-compilation")
    lines = [one.text for one in docx.Document(io.BytesIO(data)).paragraphs]
    assert lines.count(said) == 1
    assert lines[lines.index(said) - 1] == (
        "Sở Thông tin và Truyền thông; Sở Khoa học và Công nghệ:"
    )


def test_nobody_in_hand_still_gives_whole_honest_files(
    engine: Engine, tmp_path: Path, definition: PlanDefinition
) -> None:
    for one in definition.outputs:
        run, data = make(engine, tmp_path, one.id)
        assert run.partial
        assert len(data) > 5000


# --- the province's own template -----------------------------------------------------------------------


def test_the_provinces_own_template_is_taken_and_makes_another_run(
    province: Engine, tmp_path: Path
) -> None:
    first, _ = make(province, tmp_path, "provincial-report")
    folder = tmp_path / "templates"
    folder.mkdir()
    own = docx.Document(str(PACKAGED))
    own.paragraphs[0].insert_paragraph_before("MẪU RIÊNG CỦA TỈNH {{ province }}")
    own.save(str(folder / FILENAME))
    second, data = make(province, tmp_path, "provincial-report", templates=folder)
    assert (first.number, second.number, second.created) == (1, 2, True)
    assert "MẪU RIÊNG CỦA TỈNH Bình Định" in [
        one.text for one in docx.Document(io.BytesIO(data)).paragraphs
    ]


# --- other programs --------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")
def test_libreoffice_opens_and_prints_every_output(
    engine: Engine, tmp_path: Path, definition: PlanDefinition
) -> None:
    with writing(engine) as session:
        left_out = ["an-lao/district-report"]
        fill_province(session, definition, at("2020-04-20 08:00"), leave_out=left_out)
    files = {one.filename: make(engine, tmp_path, one.id)[1] for one in definition.outputs}
    printed = converted(files, "pdf")
    pages = {name: len(re.findall(rb"/Type\s*/Page\b", data)) for name, data in printed.items()}
    assert pages["tinh-hinh-thuc-hien.docx"] == 1
    assert 20 <= pages["du-thao-bao-cao-tong-ket.docx"] <= 42  # 35 in Times New Roman
    assert min(pages.values()) >= 1


def test_lists_print_no_more_columns_than_can_be_read(province: Engine, tmp_path: Path) -> None:
    _, data = make(province, tmp_path, "provincial-appendices")
    book = openpyxl.load_workbook(io.BytesIO(data))
    for name in ("Nguồn số liệu", "Tình hình nộp", "Phát hiện"):
        sheet = book[name]
        last = openpyxl.utils.cell.range_boundaries(sheet.print_area.rpartition("!")[2])[2]
        widths = [
            sheet.column_dimensions[openpyxl.utils.get_column_letter(n + 1)].width
            for n in range(last)
        ]
        assert last >= 5
        assert sum(widths) <= 190, name
