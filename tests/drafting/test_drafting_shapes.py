"""One test for each place where a plan says who owes what by when. The texts are made up."""

from __future__ import annotations

from tests.support.drafts import drafted, due, rows


def test_frame() -> None:
    plan = drafted("I. TỔ CHỨC THỰC HIỆN\n\n1. Sở Nội vụ\n\n- Theo dõi thực hiện Kế hoạch.\n")[
        "plan"
    ]
    assert plan["number"] == "12/KH-UBND"
    assert plan["issued_on"] == "2026-01-05"
    assert plan["title"] == "Triển khai chương trình đọc sách năm 2026"


def test_heading_above_bullets() -> None:
    [one, two] = rows(
        "III. TỔ CHỨC THỰC HIỆN\n\n2. Sở Văn hóa, Thể thao và Du lịch:\n\n"
        "- Mua sách cho thư viện các xã.\n\n- Báo cáo UBND tỉnh trước ngày 15/12/2026.\n"
    )
    assert one["owners"] == two["owners"] == ["Sở Văn hóa, Thể thao và Du lịch"]
    assert two["due"] == due("before", "2026-12-15")
    assert (two["kind"], two["to"], two["source"]) == ("report", ["UBND tỉnh"], "III.2-2")


def test_subject_of_the_sentence_goes_before_the_heading() -> None:
    [row] = rows(
        "III. TỔ CHỨC THỰC HIỆN\n\n2. Sở Y tế, Sở Nội vụ\n\n"
        "Sở Y tế chủ trì, phối hợp với Sở Nội vụ và các đơn vị liên quan mở lớp tập huấn.\n"
    )
    assert row["owners"] == ["Sở Y tế"]
    assert row["cooperating"] == ["Sở Nội vụ", "các đơn vị liên quan"]


def test_label_block_serves_every_bullet_above_it() -> None:
    found = rows(
        "II. NỘI DUNG\n\n1. Phát triển thư viện\n\n- Rà soát thư viện cấp xã.\n\n- Mua sách mới.\n\n"
        "- Cơ quan chủ trì: Sở Tài chính.\n\n- Cơ quan phối hợp: UBND các xã, phường.\n\n"
        "- Thời gian hoàn thành: Quý III/2026.\n\n"
        "2. Tổ chức ngày hội đọc sách\n\n- Đơn vị thực hiện: Sở Nội vụ.\n\n"
        "- Thời gian thực hiện: Năm 2026 - 2027.\n"
    )
    assert [row["owners"] for row in found] == [["Sở Tài chính"], ["Sở Tài chính"], ["Sở Nội vụ"]]
    assert [row["cooperating"] for row in found] == [
        ["UBND các xã, phường"],
        ["UBND các xã, phường"],
        [],
    ]
    assert found[0]["due"] == due("within_quarter", "2026-09-30")
    assert found[2]["due"] == due("ongoing", "2027-12-31", **{"from": "2026-01-01"})


def test_labels_at_the_end_of_the_task() -> None:
    [row] = rows(
        "II. NỘI DUNG\n\n1. Lập danh mục sách. Cơ quan chủ trì: Sở Y tế; "
        "thời gian hoàn thành: tháng 6/2026.\n"
    )
    assert row["owners"] == ["Sở Y tế"]
    assert row["due"] == due("within_month", "2026-06-30")


def test_lead_in_carries_partners_and_owner_down() -> None:
    found = rows(
        "III. TỔ CHỨC THỰC HIỆN\n\n3. Sở Tư pháp\n\na) Chủ trì, phối hợp với Sở Y tế, UBND các xã:\n\n"
        "- Soạn tài liệu.\n\n- Mở chuyên mục trên báo.\n"
    )
    assert [(row["owners"], row["cooperating"]) for row in found] == [
        (["Sở Tư pháp"], ["Sở Y tế", "UBND các xã"]),
        (["Sở Tư pháp"], ["Sở Y tế", "UBND các xã"]),
    ]


def test_task_table_of_bars_with_merged_cells_and_a_group_row() -> None:
    cells = (
        ["TT", "Nhiệm vụ", "Cơ quan chủ trì", "Cơ quan phối hợp", "Thời gian hoàn thành"],
        ["I", "THƯ VIỆN SỐ"],
        ["1", "Xây dựng phần mềm mượn sách của tỉnh", "Sở Tài chính", "Sở Nội vụ", "12/2026"],
        ["Tập huấn sử dụng phần mềm cho thủ thư", "Sở Y tế"],
        ["2", "Báo cáo kết quả chương trình đọc sách", "Các sở, ngành", "Hằng năm"],
    )
    text = "".join("|\n" + "".join(f"{cell}\n|\n" for cell in row) for row in cells)
    found = rows("I. NỘI DUNG\n\nNhư phụ lục.\n\nNơi nhận:\n\nPHỤ LỤC\n\n" + text)
    assert [row["owners"] for row in found] == [["Sở Tài chính"], ["Sở Y tế"], ["Các sở, ngành"]]
    assert [row["due"] for row in found] == [
        due("within_month", "2026-12-31"),
        due("within_month", "2026-12-31"),
        due("recurring", every="year"),
    ]
    assert [row["source"] for row in found] == ["PL.I.1", "PL.I.2", "PL.I.2"]


def test_nothing_is_owed_under_aims_and_targets() -> None:
    assert (
        rows(
            "I. MỤC TIÊU\n\n- Đến năm 2030, 100% xã có thư viện.\n\n- Sở Y tế nâng cao chất lượng.\n"
        )
        == []
    )


def test_task_without_owner_asks() -> None:
    [row] = rows("II. GIẢI PHÁP\n\n1. Đổi mới\n\n- Xây dựng phòng đọc tại các trường học.\n")
    assert row["owners"] == []
    assert [question["about"] for question in row["questions"]] == ["owner"]


def test_condition_and_closing_are_no_tasks() -> None:
    found = drafted(
        "III. TỔ CHỨC THỰC HIỆN\n\n1. Sở Nội vụ\n\n- Theo dõi Kế hoạch.\n\n"
        "Trong quá trình thực hiện, nếu có vướng mắc, các cơ quan phản ánh về Sở Nội vụ để tổng hợp./.\n"
    )
    assert len(found["obligations"]) == 1
    assert found["plan"]["coordinator"] == "Sở Nội vụ"
