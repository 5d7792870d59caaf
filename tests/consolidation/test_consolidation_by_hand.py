"""Three districts worked out by hand, through the ledger into the files; of a plan of its own."""

from __future__ import annotations

import io
from pathlib import Path

import docx
import openpyxl
import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from consolidation.claim import RunRequest
from consolidation.runs import RunResult, consolidate
from consolidation.trace import trace
from consolidation.triggers import react
from intake.files.store import Store
from plan.database import writing
from plan.ledger.filing import ReadSection
from plan.queries.lookup import find_plan
from tests.conftest import at, load_running
from tests.support.consolidation_kit import hand_in
from tests.support.consolidation_small import (
    COMPILED,
    DISTRICTS,
    DRAFT,
    EXPECTED,
    ID,
    NOTE_,
    PERIODS,
    TABLE,
    small_plan,
    values_of,
)

HANDED = at("2020-04-20 08:00")
LATER = at("2020-04-21 08:00")


@pytest.fixture
def small(migrated_engine: Engine) -> Engine:
    with writing(migrated_engine) as session:
        load_running(session, small_plan(), now=at("2020-01-06 08:00"))
    return migrated_engine


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "store"))


def hand_in_figures(engine: Engine, *districts: str) -> None:
    with writing(engine) as session:
        for district in districts:
            hand_in(session, f"{district}/bieu", HANDED, values=values_of(district))


def hand_in_texts(engine: Engine, *districts: str) -> None:
    with writing(engine) as session:
        for district in districts:
            sections = [ReadSection("p1", f"Kết quả của {district}."), ReadSection("p2", "Chậm.")]
            hand_in(session, f"{district}/bao-cao", HANDED, sections=sections)


def make(engine: Engine, store: Store, output: str) -> RunResult:
    return consolidate(
        engine, store, ID, output, RunRequest("by-hand", "Lan", as_of=LATER, now=LATER)
    )


def content(store: Store, run: RunResult, filename: str) -> bytes:
    return store.get({one.filename: one.sha256 for one in run.files}[filename])


def test_the_table_is_the_one_worked_out_by_hand(small: Engine, store: Store) -> None:
    hand_in_figures(small, *DISTRICTS)
    data = content(store, make(small, store, TABLE), "bang.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(data))["PLA"]
    lines = [[cell.value for cell in row] for row in sheet.iter_rows()]
    head = next(at for at, line in enumerate(lines) if "Chỉ tiêu" in line)
    label, first = lines[head].index("Chỉ tiêu"), lines[head].index("Năm 2019")
    table = [[line[label], *line[first : first + 2]] for line in lines[head + 1 : head + 5]]
    assert [row[0] for row in table] == [row[0] for row in EXPECTED[1:]]
    for said, meant in zip(table, EXPECTED[1:], strict=True):
        assert said[1:] == pytest.approx(meant[1:], rel=1e-12)


def test_every_figure_of_it_leads_back_to_three_cells(small: Engine, store: Store) -> None:
    hand_in_figures(small, *DISTRICTS)
    with Session(small) as session:
        plan = find_plan(session)
        for number, row in enumerate(EXPECTED[1:], start=1):
            for column, period in enumerate(PERIODS, start=1):
                found = trace(session, plan, f"PLA.{number}", period, LATER)
                assert found.value == pytest.approx(row[column], rel=1e-12)
                assert {one.agency for one in found.contributions} == set(DISTRICTS)
                assert all(
                    one.file == f"bieu-{one.agency}.xlsx" and one.sheet == "PLA" and one.cell
                    for one in found.contributions
                )
                assert {one.accepted_by for one in found.contributions} == {"Trần Văn Bình"}


def test_the_agencies_figures_stand_in_the_sheet_of_sources(small: Engine, store: Store) -> None:
    hand_in_figures(small, *DISTRICTS)
    data = content(store, make(small, store, TABLE), "bang.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book.sheetnames[:4] == ["PLA", "Nguồn số liệu", "Tình hình nộp", "Phát hiện"]
    lines = list(book["Nguồn số liệu"].iter_rows(values_only=True))
    ratio = [line for line in lines if line[0] == "PLA.2" and line[2] == "2020"]
    assert sorted((line[6], line[8], line[9]) for line in ratio) == [
        ("Nam", 7, 20),
        ("Tây", 0, 90),
        ("Đông", 10, 10),
    ]
    (shown,) = {str(line[3]) for line in ratio}
    value = book["PLA"][shown.partition("!")[2]].value
    assert value == pytest.approx(17 / 120 * 100, rel=1e-12)


def test_each_milestone_starts_the_outputs_its_plan_says_and_no_other(
    small: Engine, store: Store
) -> None:
    hand_in_figures(small, *DISTRICTS)
    assert [run.output for run in react(small, store, ID, LATER).runs] == [TABLE]
    hand_in_texts(small, *DISTRICTS)
    assert [run.output for run in react(small, store, ID, LATER).runs] == [COMPILED, DRAFT]
    assert react(small, store, ID, LATER).runs == ()


def test_its_own_outline_and_missing_ones_in_its_draft(small: Engine, store: Store) -> None:
    hand_in_figures(small, "dong")
    hand_in_texts(small, "dong", "tay")
    run = make(small, store, DRAFT)
    assert run.coverage["words"] == "3/6, thiếu: Tây và Nam"
    document = docx.Document(io.BytesIO(content(store, run, "du-thao.docx")))
    text = [paragraph.text for paragraph in document.paragraphs]
    assert "I. KẾT QUẢ" in text
    counted = "Có 2/3 địa phương báo cáo nội dung này; chưa có báo cáo: Nam."
    assert any(line.startswith(counted) for line in text)
    told = "Số văn bản đã ban hành năm 2020 là 4, giảm 60% so với năm 2019 (10)."
    assert any(told in line for line in text)


def test_its_status_note_names_who_is_missing(small: Engine, store: Store) -> None:
    hand_in_figures(small, "dong")
    run = make(small, store, NOTE_)
    assert [one.filename for one in run.files] == ["tinh-hinh.docx", "tinh-hinh.html"]
    page = content(store, run, "tinh-hinh.html").decode()
    assert "1/6 sản phẩm đã nộp" in page
    assert "Tây và Nam" in page
