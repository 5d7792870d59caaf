"""Wordings that say who owes what in other ways: one test each. The texts are made up."""

from __future__ import annotations

import pytest

from drafting.draft import make_draft
from drafting.grammar.labels import label_of
from drafting.grammar.names import agencies_in
from drafting.readers.registry import read_document
from drafting.times.expressions import best_time, find_times
from tests.support.drafts import drafted, due, rows

TASKS = "III. TỔ CHỨC THỰC HIỆN\n\n"


def test_a_condition_in_brackets_makes_no_condition() -> None:
    [row] = rows(f"{TASKS}1. Sở Y tế\n\n- Công khai các khoản thu (nếu có) tại thư viện.\n")
    assert row["owners"] == ["Sở Y tế"]


def test_the_last_bullet_stands_though_the_closing_follows_it() -> None:
    found = rows(
        f"{TASKS}1. Sở Y tế\n\na) Mở lớp tập huấn;\n\nb) Bố trí tủ sách cho người bệnh tại các khoa,…\n\n"
        "Trên đây là Kế hoạch đọc sách, yêu cầu các đơn vị nghiêm túc thực hiện./.\n"
    )
    assert [row["owners"] for row in found] == [["Sở Y tế"]] * 2


def test_who_is_told_to_do_what_follows_owes_it() -> None:
    found = rows(
        f"{TASKS}1. Sở Nội vụ chỉ đạo Trung tâm Lưu trữ thực hiện các nội dung sau:\n\n"
        "- Số hóa tài liệu.\n\n- Mở phòng đọc.\n"
    )
    assert [row["owners"] for row in found] == [["Trung tâm Lưu trữ"]] * 2


def test_what_stands_before_the_lead_is_owed_too() -> None:
    found = rows(
        f"{TASKS}1. UBND các xã bố trí kinh phí mua sách; đồng thời tập trung các nhiệm vụ sau:\n\n"
        "- Mở thư viện thôn.\n"
    )
    assert [row["deliverable"] for row in found] == ["Bố trí kinh phí mua sách", "Mở thư viện thôn"]


def test_a_sentence_about_awards_may_give_a_task() -> None:
    found = rows(
        "II. KHEN THƯỞNG\n\n1. Hình thức: giấy khen.\n\n"
        "2. Căn cứ kết quả, UBND cấp xã quyết định khen thưởng bạn đọc tiêu biểu.\n"
    )
    assert [row["owners"] for row in found] == [["UBND cấp xã"]]


@pytest.mark.parametrize(
    ("line", "kind", "value"),
    [
        ("Đơn vị chủ trì - Sở Nội vụ", "owner", "Sở Nội vụ"),
        ("Cơ quan chủ trì là Sở Nội vụ.", "owner", "Sở Nội vụ."),
        ("Cơ quan chủ trì Sở Nội vụ", "owner", "Sở Nội vụ"),
        ("Đơn vị phối hợp – các sở, ngành", "partner", "các sở, ngành"),
        ("Thời gian hoàn thành - tháng 6/2026", "time", "tháng 6/2026"),
        ("Thời hạn hoàn thành là quý II/2026", "time", "quý II/2026"),
    ],
)
def test_labels_without_a_colon(line: str, kind: str, value: str) -> None:
    label = label_of(line)
    assert label is not None
    assert (label.kind, label.value) == (kind, value)


@pytest.mark.parametrize(
    "line",
    [
        "Phối hợp Sở Nội vụ mở lớp tập huấn",
        "Định kỳ hằng quý báo cáo UBND tỉnh",
        "Hoàn thành trước ngày 30/6 việc rà soát",
        "Thực hiện tốt công tác phối hợp",
    ],
)
def test_sentences_that_begin_like_labels(line: str) -> None:
    assert label_of(line) is None


@pytest.mark.parametrize(
    "name",
    [
        "Ban Quản lý đầu tư",
        "Viện Đào tạo quốc tế",
        "Khối Dịch vụ khách hàng",
        "Tổ bảo vệ",
        "các chi bộ, đảng bộ trực thuộc",
        "Các phòng, ban, đơn vị",
        "Phó Tổng giám đốc",
        "Phòng Tổ chức giao thông",
        "Khu Quản lý đường bộ I, II, III",
        "Công đoàn Cục",
        "Ban phát triển các thôn",
    ],
)
def test_names_of_firms_schools_and_the_party(name: str) -> None:
    assert agencies_in(name) == (name,)


@pytest.mark.parametrize(
    "text",
    [
        "Xây dựng Kế hoạch quan trắc, cảnh báo môi trường hằng năm.",
        "Chi trả trợ cấp cho đối tượng hằng tháng.",
        "Lấy mẫu nước 2 lần/tháng.",
    ],
)
def test_a_recurrence_that_belongs_to_a_noun_is_no_time(text: str) -> None:
    assert find_times(text, 2026) == []


@pytest.mark.parametrize(
    ("text", "every"),
    [
        ("Báo cáo 02 lần/ngày gửi Sở Nội vụ", "day"),
        ("Báo cáo 2 lần/năm về Sở Nội vụ", "half-year"),
        ("Báo cáo kết quả thực hiện Kế hoạch hằng năm", "year"),
    ],
)
def test_a_report_so_often(text: str, every: str) -> None:
    time = best_time(find_times(text, 2026))
    assert time is not None
    assert (time.due.type, time.due.every) == ("recurring", every)


def test_a_month_at_the_end_of_a_sentence_is_its_deadline() -> None:
    [row] = rows(f"{TASKS}1. Sở Y tế\n\n- Thẩm định tủ sách y học trong tháng 5/2026.\n")
    assert row["due"] == due("within_month", "2026-05-31")


def test_a_plan_and_its_results_are_two() -> None:
    found = rows(
        f"{TASKS}1. Các sở, ngành xây dựng kế hoạch triển khai; kết quả thực hiện báo cáo về Sở Nội vụ.\n"
    )
    assert [row["kind"] for row in found] == ["plan", "report"]


def test_articles_of_the_decision_give_tasks() -> None:
    text = (
        "Số: 9/QĐ-UBND\n\nHà Sơn, ngày 05 tháng 01 năm 2026\n\nQUYẾT ĐỊNH:\n\nĐiều 1.\n\nBan hành Kế hoạch "
        "đọc sách.\n\nĐiều 2.\n\nGiao Sở Nội vụ chủ trì, theo dõi việc thực hiện.\n\nĐiều 3. Chánh Văn phòng "
        "UBND tỉnh, Giám đốc Sở Nội vụ chịu trách nhiệm thi hành Quyết định này./.\n\nKẾ HOẠCH\n\n"
        f"ĐỌC SÁCH NĂM 2026\n\n{TASKS}1. Sở Y tế\n\n- Mở lớp tập huấn.\n"
    )
    plan = make_draft(read_document(text.encode(), "a.txt")).as_data()
    assert [row["owners"] for row in plan["obligations"]] == [["Sở Nội vụ"], ["Sở Y tế"]]


TORN = """I. NỘI DUNG

| TT | Tên văn bản | Cơ quan trình | Cơ quan soạn thảo | Cơ quan thẩm định | Tiến độ | Hồ sơ | |
|
| I. Văn bản của Hội đồng nhân dân tỉnh |
| |||||
| | Nghị quyết về hỗ trợ thư viện cấp xã trên địa bàn | Ủy ban nhân dân tỉnh | Sở Nội vụ
| - Sở Tư pháp chủ trì thẩm định; - Sở Y tế tham gia.
| - Trình Ủy ban nhân dân tỉnh tháng 4/2026; - Trình Hội đồng nhân dân tỉnh tháng 6/2026 | - Dự thảo. | |
| Nghị quyết về phí mượn sách của bạn đọc ngoài tỉnh
| Sở Tài chính | Sở Tài chính |
| Trước ngày 10/9/2026 | - Hồ sơ gồm có tờ trình và dự thảo.
| ||
"""


def test_rows_of_pipes_torn_where_a_cell_ends() -> None:
    found = drafted(TORN)["obligations"]
    assert [(row["owners"], row["cooperating"], row["due"]["date"]) for row in found] == [
        (["Sở Nội vụ"], ["Sở Tư pháp", "Sở Y tế"], "2026-04-30"),
        (["Ủy ban nhân dân tỉnh"], ["Sở Nội vụ", "Sở Tư pháp", "Sở Y tế"], "2026-06-30"),
        (["Sở Tài chính"], [], "2026-09-10"),
    ]


def test_pasted_from_word_with_tabs_and_no_blank_lines() -> None:
    found = rows(
        "I. NỘI DUNG\nSTT\tThời gian\tNội dung công việc\tBộ phận thực hiện\n"
        "1\tTháng 9/2026\tKhai mạc tuần lễ đọc sách\tBan Giám hiệu\n"
        "2\tQuý IV\tChấm bài thi viết\tTổ chuyên môn\nII. TỔ CHỨC THỰC HIỆN\n"
        "Tổ trưởng chuyên môn: Nộp kế hoạch tổ trước ngày 15/9/2026.\n"
    )
    assert [(row["owners"], row["due"]["date"]) for row in found] == [
        (["Ban Giám hiệu"], "2026-09-30"),
        (["Tổ chuyên môn"], "2026-12-31"),
        (["Tổ trưởng chuyên môn"], "2026-09-15"),
    ]


@pytest.mark.parametrize("end", ["Quý II/2026", "hoàn thành trong quý II/2026", "tháng 6/2026"])
def test_owner_and_time_between_dashes(end: str) -> None:
    [row] = rows(f"II. NHIỆM VỤ\n\n- Mở tủ sách khu phố - Phòng Văn hóa - Xã hội - {end}\n")
    assert (row["text"], row["owners"]) == ("Mở tủ sách khu phố", ["Phòng Văn hóa - Xã hội"])
    assert row["due"]["date"] == "2026-06-30"


def test_brackets_of_a_heading_serve_what_stands_under_it() -> None:
    found = rows(
        "II. NHIỆM VỤ\n\n1. Phát triển kho sách (Sở Nội vụ chủ trì; hoàn thành trong năm 2026)\n\n"
        "- Mua sách mới.\n\n- Số hóa sách cũ.\n"
    )
    assert [row["owners"] for row in found] == [["Sở Nội vụ"]] * 2
    assert [row["due"] for row in found] == [due("within_year", "2026-12-31")] * 2


def test_a_sentence_that_only_gives_the_task_above_to_somebody() -> None:
    [row] = rows(
        "II. NỘI DUNG\n\n1. Tổ chức hội thi kể chuyện\n\n- Thành phần: học sinh các trường.\n\n"
        "- Thời gian: trong tháng 3/2026.\n\n- Giao Sở Y tế chủ trì, phối hợp với Sở Nội vụ tổ chức.\n"
    )
    assert (row["text"], row["owners"]) == ("Tổ chức hội thi kể chuyện", ["Sở Y tế"])
    assert row["cooperating"] == ["Sở Nội vụ"]
    assert row["due"] == due("within_month", "2026-03-31")


def test_a_time_before_the_colon() -> None:
    [row] = rows(f"{TASKS}- Tháng 11/2026: Sở Nội vụ tổng hợp, báo cáo UBND tỉnh.\n")
    assert (row["owners"], row["due"]) == (["Sở Nội vụ"], due("within_month", "2026-11-30"))


def test_a_report_named_by_its_period_is_due_on_its_day() -> None:
    found = rows(
        "IV. CHẾ ĐỘ BÁO CÁO\n\nCác sở, ngành gửi báo cáo về Sở Nội vụ như sau:\n\n"
        "- Báo cáo 6 tháng: trước ngày 15/6/2026;\n\n- Báo cáo năm: trước ngày 15/12/2026.\n"
    )
    assert [row["due"] for row in found] == [
        due("before", "2026-06-15"),
        due("before", "2026-12-15"),
    ]


def test_reports_of_each_period() -> None:
    found = rows(
        f"{TASKS}1. Sở Nội vụ: Xây dựng báo cáo văn hóa đọc quý, 6 tháng, năm trình UBND tỉnh.\n"
    )
    assert [row["due"]["every"] for row in found] == ["quarter", "half-year", "year"]


def test_a_letter_tells_whom_it_addresses() -> None:
    text = (
        "BỘ NỘI VỤ\nSố: 1234/BNV-CCHC\n\nHà Nội, ngày 02 tháng 7 năm 2026\n\nKính gửi: Các Bộ.\n\n"
        "Bộ Nội vụ đề nghị các Bộ, cơ quan, địa phương thực hiện một số nội dung sau:\n\n"
        "1. Gửi kế hoạch năm 2027 về Bộ Nội vụ trước ngày 31/12/2026.\n"
    )
    [row] = make_draft(read_document(text.encode(), "a.txt")).as_data()["obligations"]
    assert (row["owners"], row["due"]["date"]) == (["các Bộ, cơ quan, địa phương"], "2026-12-31")


def test_the_partys_frame() -> None:
    text = (
        "HUYỆN ỦY BẮC HÀ\n*\nSố 37-KH/HU\nĐẢNG CỘNG SẢN VIỆT NAM\nBắc Hà, ngày 18 tháng 02 năm 2026\n\n"
        "KẾ HOẠCH\nthực hiện Nghị quyết số 57-NQ/TW ngày 22/12/2024\nvề phát triển khoa học\n\n"
        "I- NỘI DUNG\n\n1- Ban Thường vụ Đảng ủy các xã, thị trấn lập chương trình trước ngày 15/4/2026.\n"
    )
    plan = make_draft(read_document(text.encode(), "a.txt")).as_data()
    assert plan["plan"]["number"] == "37-KH/HU"
    assert plan["plan"]["title"].endswith("về phát triển khoa học")
    assert [row["owners"] for row in plan["obligations"]] == [
        ["Ban Thường vụ Đảng ủy các xã, thị trấn"]
    ]


def test_heads_in_two_rows_of_pipes() -> None:
    [row] = rows(
        "I. NỘI DUNG\n\n| TT | Nhiệm vụ | Cơ quan | | Thời gian |\n|---|---|---|---|---|\n"
        "| | | Chủ trì | Phối hợp | |\n| 1 | Lập danh mục sách quý | Sở Y tế | Sở Nội vụ | Tháng 01 |\n"
    )
    assert (row["owners"], row["cooperating"]) == (["Sở Y tế"], ["Sở Nội vụ"])


def test_a_table_one_cell_to_a_line() -> None:
    found = rows(
        "I. NỘI DUNG\n\nSTT\n\nNội dung nhiệm vụ\n\nĐơn vị chủ trì\n\nThời hạn\n\nI\n\nThư viện số\n\n1\n\n"
        "Lập danh mục sách quý của tỉnh\n\nSở Y tế\n\n31/3/2026\n\n2\n\nSố hóa báo cũ của tỉnh\n\n"
        "Quý III/2026\n\nII. TỔ CHỨC THỰC HIỆN\n\n1. Sở Nội vụ theo dõi việc thực hiện.\n"
    )
    table = [row for row in found if row["source"].startswith("B")]
    assert [(row["owners"], row["due"]["date"]) for row in table] == [
        (["Sở Y tế"], "2026-03-31"),
        ([], "2026-09-30"),
    ]
    assert [row["owners"] for row in found if row not in table] == [["Sở Nội vụ"]]


@pytest.mark.parametrize("words", ["Quý II, Quý IV", "Tháng 4 và tháng 9/2026"])
def test_periods_that_are_not_next_to_each_other_are_asked_about(words: str) -> None:
    [row] = rows(
        f"II. NỘI DUNG\n\n1. Mở lớp tập huấn\n\n- Chủ trì: Sở Y tế.\n\n- Thời gian thực hiện: {words}.\n"
    )
    assert [ask["about"] for ask in row["questions"]] == ["time"]


def test_a_group_told_by_what_it_is_charged_with() -> None:
    found = rows(
        f"{TASKS}1. Các cơ quan chủ trì theo dõi từng lĩnh vực (Sở Y tế, Sở Nội vụ): báo cáo UBND tỉnh.\n\n"
        "2. Các sở, ngành chủ trì, tham gia thực hiện chương trình\n\n- Lập kế hoạch kiểm tra.\n"
    )
    assert [row["owners"] for row in found] == [
        ["Các cơ quan chủ trì theo dõi từng lĩnh vực"],
        ["Các sở, ngành chủ trì, tham gia thực hiện chương trình"],
    ]


def test_a_sentence_about_an_agency_among_context_is_shown() -> None:
    plan = drafted(
        "I. PHẠM VI, ĐỐI TƯỢNG\n\n- UBND các xã bố trí người trực thư viện.\n\n- Toàn tỉnh.\n"
    )
    assert [one["span"] for one in plan["unread"]] == ["- UBND các xã bố trí người trực thư viện."]


@pytest.mark.parametrize(
    "task",
    [
        "Nâng cấp bến thuyền. Sở Xây dựng chủ trì; UBND các xã phối hợp. Thời gian: quý III/2026.",
        "Nâng cấp bến thuyền; giao Sở Xây dựng chủ trì, phối hợp với UBND các xã thực hiện, hoàn thành trong "
        "quý III/2026.",
    ],
)
def test_who_leads_and_who_helps_in_clauses_after_the_task(task: str) -> None:
    [row] = rows(f"II. NHIỆM VỤ\n\n1. {task}\n")
    assert (row["owners"], row["cooperating"]) == (["Sở Xây dựng"], ["UBND các xã"])
    assert row["due"] == due("within_quarter", "2026-09-30")


def test_every_report_that_the_closing_names() -> None:
    found = rows(
        f"{TASKS}1. Sở Y tế\n\n- Mở lớp tập huấn.\n\nYêu cầu các sở, ngành định kỳ 6 tháng (trước 20/6) "
        "và năm (trước ngày 20/12) báo cáo kết quả về UBND tỉnh./.\n"
    )
    assert [row["due"]["every"] for row in found] == [None, "half-year", "year"]


def test_a_roadmap_owes_what_names_its_owner() -> None:
    found = rows(
        "II. LỘ TRÌNH THỰC HIỆN\n\n1. Nhiệm vụ hoàn thành trong tháng 3/2026\n\n- Sở Y tế: Lập phương án.\n\n"
        "- Hoàn thiện tủ sách.\n\n2. Bước 2. Mở thư viện (tháng 7/2026)\n\n- Sở Nội vụ cử thủ thư.\n\n"
        "3. Đợt 3 (từ ngày 01/9 đến ngày 15/9/2026): Sở Tư pháp tập huấn cho thủ thư.\n"
    )
    assert [(row["owners"], row["due"]["date"]) for row in found] == [
        (["Sở Y tế"], "2026-03-31"),
        (["Sở Nội vụ"], "2026-07-31"),
        (["Sở Tư pháp"], "2026-09-15"),
    ]


def test_a_lead_that_asks_is_no_heading_of_aims() -> None:
    found = rows(
        f"{TASKS}1. Yêu cầu Sở Y tế hoàn thành trước 30/6/2026 các nội dung sau:\n\n- Kiểm tra tủ thuốc.\n"
    )
    assert [(row["owners"], row["due"]["date"]) for row in found] == [(["Sở Y tế"], "2026-06-30")]


@pytest.mark.parametrize(
    "words",
    [
        "Ban đầu", "Khoa học và công nghệ", "Bộ tiêu chí đánh giá", "Bộ luật Lao động", "Phòng bệnh là chính",
        "Quỹ thời gian", "Thư viện số", "Bệnh viện thông minh", "Tổ quốc", "Tổ chức hội thi",
    ],
)  # fmt: skip
def test_words_that_begin_like_agencies_and_are_none(words: str) -> None:
    assert agencies_in(words) == ()


def test_heads_under_a_head_between_bars() -> None:
    lines = [
        ["STT", "Nội dung", "Phân công thực hiện", "Tiến độ"],
        ["Chủ trì", "Phối hợp"],
        ["1", "Lập danh mục sách quý của tỉnh", "Sở Y tế", "Sở Nội vụ", "Tháng 01/2026"],
        ["2", "Số hóa báo cũ của tỉnh nhà", "Sở Tư pháp", "Các sở, ngành", "Quý II/2026"],
    ]
    bars = "".join("|\n" + "".join(f"{cell}\n|\n" for cell in line) for line in lines)
    found = rows(f"I. NỘI DUNG\n\nNhư sau:\n\n{bars}")
    assert [(row["owners"], row["cooperating"]) for row in found] == [
        (["Sở Y tế"], ["Sở Nội vụ"]),
        (["Sở Tư pháp"], ["Các sở, ngành"]),
    ]


def test_the_last_of_a_list_of_owners_takes_nothing_from_the_others() -> None:
    found = rows(
        f"{TASKS}1. Sở Y tế mở lớp tập huấn.\n\n2. Sở Tư pháp: Soạn tài liệu.\n\n"
        "3. Giao Sở Nội vụ chủ trì, phối hợp với các sở, ngành tổ chức thực hiện.\n\n"
        "4. Đề nghị Tỉnh đoàn phối hợp thực hiện.\n"
    )
    assert [row["owners"] for row in found] == [
        ["Sở Y tế"],
        ["Sở Tư pháp"],
        ["Sở Nội vụ"],
        ["Tỉnh đoàn"],
    ]


def test_a_criterion_of_a_commune_is_a_task_and_a_content_label_is_taken_off() -> None:
    found = rows(
        "II. NỘI DUNG\n\n1. Tiêu chí số 5 về Trường học\n\n- Nội dung: Sửa chữa trường học.\n\n"
        "- Trồng cây xanh.\n\n- Giao Phòng Kinh tế phối hợp Sở Y tế thực hiện.\n"
    )
    assert [(row["text"], row["owners"], row["cooperating"]) for row in found] == [
        ("Sửa chữa trường học.", ["Phòng Kinh tế"], ["Sở Y tế"]),
        ("Trồng cây xanh.", ["Phòng Kinh tế"], ["Sở Y tế"]),
    ]


def test_a_day_of_each_month_without_before() -> None:
    [row] = rows(f"{TASKS}1. Phòng Kinh tế: ngày 20 hàng tháng báo cáo UBND xã.\n")
    assert row["due"] == due("recurring", every="month", at={"mark": "by", "day": 20})


def test_two_days_of_which_one_has_its_year_are_asked_about() -> None:
    [row] = rows(f"{TASKS}1. Sở Y tế: Báo cáo 6 tháng, năm: trước ngày 18/6 và 18/12/2026.\n")
    assert [ask["about"] for ask in row["questions"]] == ["time"]


@pytest.mark.parametrize(("cells", "owned"), [(("Sở Y tế", "Sở Nội vụ"), 2), (("cuốn", "tủ"), 0)])
def test_a_column_called_don_vi_is_what_its_cells_are(cells: tuple[str, str], owned: int) -> None:
    found = rows(
        "I. NỘI DUNG\n\n| Công việc | Đơn vị | Hạn |\n|---|---|---|\n"
        f"| Mua sách cho thư viện | {cells[0]} | 15/4/2026 |\n| Đóng tủ sách mới | {cells[1]} | 30/4/2026 |\n"
    )
    assert len(found) == owned


def test_an_inspection_in_two_months_and_its_report_after_it() -> None:
    found = rows(
        f"{TASKS}1. Sở Nội vụ kiểm tra 05 thư viện trong tháng 7, tháng 8/2026; báo cáo kết quả sau "
        "15 ngày kể từ ngày kết thúc kiểm tra.\n"
    )
    assert [(row["due"]["type"], row["due"]["date"]) for row in found] == [
        ("by", "2026-08-31"),
        ("relative", None),
    ]


def test_what_says_that_a_resolution_was_passed_is_no_task() -> None:
    [row] = rows(
        "II. TỔ CHỨC THỰC HIỆN\n\n1. Giao UBND tỉnh tổ chức thực hiện Nghị quyết.\n\n"
        "Nghị quyết này đã được Hội đồng nhân dân tỉnh thông qua ngày 10 tháng 12 năm 2025./.\n"
    )
    assert row["owners"] == ["UBND tỉnh"]
