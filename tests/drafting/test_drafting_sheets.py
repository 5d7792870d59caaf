"""Task tables: exports of document systems, tables filled in by hand, tables taken in again."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from drafting.compare import compare
from drafting.document import Document, Table, UnreadableError
from drafting.draft import make_draft
from drafting.fill_in import HEADS, write_table
from drafting.readers.registry import read_document
from drafting.tables.columns import role_of

EXPORT = [
    "STT", "Số phiếu giao việc", "Ngày giao", "Nội dung giao việc", "Đơn vị chủ trì", "Đơn vị phối hợp",
    "Hạn xử lý", "Trạng thái",
]  # fmt: skip
NEVER = date(1970, 1, 1)


def workbook(
    rows: Sequence[Sequence[Any]], *, merged: Sequence[str] = (), title: str = ""
) -> bytes:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        sheet = book.add_worksheet("Nhiệm vụ")
        if title:
            sheet.write_string(0, 0, title)
        for at, row in enumerate(rows, start=2 if title else 0):
            for column, value in enumerate(row):
                if isinstance(value, date):
                    sheet.write_datetime(at, column, value, day)
                elif value is not None:
                    sheet.write(at, column, value)
        for place in merged:
            sheet.merge_range(place, "")
    return made.getvalue()


def exported(*rows: Sequence[Any]) -> bytes:
    return workbook([EXPORT, *rows], title="DANH SÁCH NHIỆM VỤ GIAO NĂM 2027")


def draft(data: bytes, name: str = "nhiem-vu.xlsx", **roles: str) -> dict[str, Any]:
    columns = {head.replace("_", " "): role for head, role in roles.items()}
    return make_draft(read_document(data, name), columns).as_data()


def table_of(document: Document) -> Table:
    return next(block for block in document.blocks if isinstance(block, Table))


FIRST = (1, "PGV-001", date(2027, 1, 5), "Báo cáo kết quả cải cách hành chính năm 2026", "Sở Nội vụ",
         "Sở Tư pháp; Văn phòng UBND tỉnh", date(2027, 2, 15), "Đang xử lý")  # fmt: skip
SECOND = (2, "PGV-002", date(2027, 1, 5), "Xây dựng Kế hoạch đào tạo cán bộ của tỉnh theo chỉ đạo của Chủ…",
          "Sở Tài chính", "", NEVER, "Chưa xử lý")  # fmt: skip


def test_an_export_of_a_document_system() -> None:
    made = draft(exported(FIRST, SECOND))
    first, second = made["obligations"]
    assert (first["key"], first["owners"], first["kind"]) == ("PGV-001", ["Sở Nội vụ"], "report")
    assert first["cooperating"] == ["Sở Tư pháp", "Văn phòng UBND tỉnh"]
    assert first["due"] == {"type": "by", "date": "2027-02-15", "every": None}
    # 01/01/1970 is how such systems write that there is no deadline.
    assert second["due"]["type"] == "none"
    assert [question["about"] for question in second["questions"]] == ["what"]
    assert [column["role"] for column in made["tables"][0]["columns"]] == [
        "no", "key", "given", "task", "owner", "partner", "time", "state",
    ]  # fmt: skip


def test_columns_stand_in_any_order_and_a_person_may_say_what_they_hold() -> None:
    rows = [
        ["Hạn", "Ban thực hiện", "Việc phải làm", "TT"],
        ["Quý I/2027", "Sở Y tế", "Rà soát thủ tục", 1],
    ]
    made = draft(workbook(rows), Ban_thực_hiện="owner", Việc_phải_làm="task")
    (one,) = made["obligations"]
    assert (one["owners"], one["due"]["date"]) == (["Sở Y tế"], "2027-03-31")
    left_out = draft(workbook(rows), Ban_thực_hiện="owner", Việc_phải_làm="task", Hạn="")
    assert left_out["obligations"][0]["due"]["type"] == "none"


@pytest.mark.parametrize(
    ("head", "role"),
    [
        ("Mã nhiệm vụ", "key"), ("Người giao", "given"), ("Ngày giao việc", "given"), ("Nơi nhận", "to"),
        ("Loại", "kind"), ("Tình trạng", "state"), ("Thời hạn hoàn thành", "time"), ("Hạn xử lý", "time"),
        ("Cơ quan chủ trì", "owner"), ("Đơn vị phối hợp", "partner"), ("Nội dung công việc", "task"),
    ],
)  # fmt: skip
def test_heads(head: str, role: str) -> None:
    assert role_of(head) == role


def test_merged_cells_and_group_rows_of_a_workbook() -> None:
    rows = [
        ["TT", "Nhiệm vụ", "Cơ quan chủ trì", "Thời gian"],
        ["I", "CẢI CÁCH THỂ CHẾ", None, None],
        ["1", "Rà soát văn bản quy phạm pháp luật", "Sở Tư pháp", "Quý I/2027"],
        [None, "Báo cáo kết quả rà soát văn bản", None, None],
    ]
    made = draft(workbook(rows, merged=("A3:A4", "C3:C4", "D3:D4", "B2:D2")))
    first, second = made["obligations"]
    assert second["owners"] == first["owners"] == ["Sở Tư pháp"]
    assert second["due"]["date"] == first["due"]["date"] == "2027-03-31"


@pytest.mark.parametrize("sign", [";", ",", "\t"])
def test_a_table_as_text(sign: str) -> None:
    lines = ["TT;Nhiệm vụ;Cơ quan chủ trì;Hạn", "1;Sơ kết 6 tháng;Sở Nội vụ;15/6/2027"]
    data = "\n".join(lines).replace(";", sign).encode("utf-8-sig")
    (one,) = draft(data, "viec.csv")["obligations"]
    assert (one["owners"], one["due"]["date"]) == (["Sở Nội vụ"], "2027-06-15")


# --- the table to fill in --------------------------------------------------------------------------


def filled(change: Any) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(write_table(["Sở Nội vụ", "Sở Tư pháp"])))
    change(book)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def test_the_table_filled_in_comes_back_by_the_same_door() -> None:
    def fill(book: Any) -> None:
        sheet = book["Giao việc"]
        row = [
            1,
            "Báo cáo sơ kết 6 tháng",
            "Báo cáo",
            "Sở Nội vụ",
            "Sở Tư pháp",
            date(2027, 6, 15),
            "UBND tỉnh",
        ]
        for column, value in enumerate(row, start=1):
            sheet.cell(4, column, value)
        squares = book["Cơ quan × sản phẩm"]
        squares.cell(3, 2, "Báo cáo cải cách hành chính quý I")
        squares.cell(3, 3, "Danh sách cán bộ đầu mối")
        squares.cell(4, 2, date(2027, 3, 20))
        squares.cell(5, 2, "trước ngày 25/3/2027")
        squares.cell(5, 3, "x")

    made = [
        (one["owners"][0], one["text"], one["kind"], one["due"]["type"], one["due"]["date"])
        for one in draft(filled(fill))["obligations"]
    ]
    assert made == [
        ("Sở Nội vụ", "Báo cáo sơ kết 6 tháng", "report", "by", "2027-06-15"),
        ("Sở Nội vụ", "Báo cáo cải cách hành chính quý I", "report", "by", "2027-03-20"),
        ("Sở Tư pháp", "Báo cáo cải cách hành chính quý I", "report", "before", "2027-03-25"),
        ("Sở Tư pháp", "Danh sách cán bộ đầu mối", "duty", "none", None),
    ]


def test_names_are_chosen_from_the_directory() -> None:
    book = openpyxl.load_workbook(io.BytesIO(write_table(["Sở Nội vụ", "Sở Tư pháp"])))
    sheet = book["Giao việc"]
    assert [cell.value for cell in sheet[3]] == [head for head, _ in HEADS]
    lists = {str(rule.sqref): rule.formula1 for rule in sheet.data_validations.dataValidation}
    assert lists["D4:D303"] == "'Danh mục'!$A$1:$A$2"
    assert [row[0].value for row in book["Danh mục"].iter_rows(max_row=2)] == [
        "Sở Nội vụ",
        "Sở Tư pháp",
    ]
    assert book["Danh mục"].sheet_state == "hidden"


def test_an_empty_table_says_so() -> None:
    with pytest.raises(UnreadableError, match="không có bảng nào"):
        read_document(write_table(["Sở Nội vụ"]), "bang.xlsx")


# --- taken in again ---------------------------------------------------------------------------------


def test_a_table_taken_in_again_shows_what_is_new_changed_and_gone() -> None:
    before = draft(exported(FIRST, SECOND))["obligations"]
    moved = (*FIRST[:5], "Văn phòng UBND tỉnh, Sở Tư pháp", date(2027, 3, 1), "Đang xử lý")
    third = (
        3,
        "PGV-003",
        date(2027, 2, 1),
        "Tổ chức tập huấn nghiệp vụ",
        "Sở Nội vụ",
        "",
        None,
        "",
    )
    found = compare(before, draft(exported(third, moved))["obligations"])
    assert [(one.kind, one.key) for one in found] == [
        ("new", "PGV-003"), ("changed", "PGV-001"), ("gone", "PGV-002"),
    ]  # fmt: skip
    # The partners are the same two in another order.
    assert [(one.field, one.before, one.after) for one in found[1].fields] == [
        ("Hạn", "15/02/2027", "01/03/2027")
    ]


def test_text_cut_by_the_system_is_no_change() -> None:
    whole = (
        *SECOND[:3],
        "Xây dựng Kế hoạch đào tạo cán bộ của tỉnh theo chỉ đạo của Chủ tịch",
        *SECOND[4:],
    )
    found = compare(draft(exported(SECOND))["obligations"], draft(exported(whole))["obligations"])
    assert [one.kind for one in found] == ["same"]


def test_rows_without_a_key_are_known_by_what_they_say() -> None:
    heads = ["TT", "Nhiệm vụ", "Cơ quan chủ trì", "Hạn"]
    first = draft(workbook([heads, [1, "Sơ kết, đánh giá kết quả", "Sở Nội vụ", "Quý I/2027"]]))
    later = draft(workbook([heads, [2, "Sơ kết;  đánh giá kết quả", "Sở Nội vụ", "Quý II/2027"]]))
    (one,) = compare(first["obligations"], later["obligations"])
    assert (one.kind, one.fields[0].field) == ("changed", "Hạn")


# --- bad files -------------------------------------------------------------------------------------


def test_a_table_of_a_hundred_thousand_rows_is_refused() -> None:
    lines = ["TT;Nhiệm vụ;Cơ quan chủ trì;Hạn"] + [
        f"{n};Việc {n};Sở Nội vụ;" for n in range(100_000)
    ]
    with pytest.raises(UnreadableError, match=r"hơn 20\.000 dòng"):
        read_document("\n".join(lines).encode(), "viec.csv")
    with pytest.raises(UnreadableError, match=r"hơn 20\.000 dòng"):
        read_document(
            workbook([EXPORT, *([[n, "a", "b"]] * 1 for n in ())] + [["x"]] * 20_001), "viec.xlsx"
        )


def test_a_workbook_without_a_table_is_told() -> None:
    with pytest.raises(UnreadableError, match="không có bảng nào"):
        read_document(workbook([["Ghi chú"], ["không có gì"]]), "viec.xlsx")


def test_a_word_file_called_xlsx_is_told() -> None:
    with pytest.raises(UnreadableError):
        read_document(b"PK\x03\x04 not a workbook", "viec.xlsx")
