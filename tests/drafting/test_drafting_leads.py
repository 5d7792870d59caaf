"""What leads give their bullets, events in brackets, what two places say in part alike. Texts are made up."""

from __future__ import annotations

import pytest

from drafting.grammar.sentences import subject_of
from drafting.times.expressions import best_time, find_times
from tests.support.drafts import drafted, due, rows

TASKS = "III. TỔ CHỨC THỰC HIỆN\n\n"


# --- leads -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lead", ["Chủ trì, phối hợp", "Phối hợp với:", "Chủ trì, phối hợp chặt chẽ với"]
)
def test_bullets_that_go_on_with_the_lead_name_partners(lead: str) -> None:
    found = rows(
        f"{TASKS}1. Thư viện tỉnh\n\na) {lead}\n\n- Sở Y tế và các bệnh viện lập tủ sách cho người bệnh.\n\n"
        "- Sở Nội vụ rà soát kho sách lưu trữ.\n\nb) Mở phòng đọc.\n"
    )
    assert [row["owners"] for row in found] == [["Thư viện tỉnh"]] * 3
    assert [row["cooperating"] for row in found] == [
        ["Sở Y tế", "các bệnh viện"],
        ["Sở Nội vụ"],
        [],
    ]


def test_those_a_lead_orders_do_what_its_bullets_say() -> None:
    found = rows(
        f"{TASKS}1. Sở Nội vụ\n\na) Chỉ đạo các trường nội trú chủ động mở phòng đọc, cụ thể như sau:"
        "\n\n- Lập danh sách học sinh.\n\n- Ký kết với nhà xuất bản.\n\nb) Đề xuất khen thưởng.\n"
    )
    owners = [row["owners"] for row in found]
    assert owners == [["các trường nội trú"], ["các trường nội trú"], ["Sở Nội vụ"]]


@pytest.mark.parametrize(
    ("heading", "owner"),
    [
        ("- Nội dung giám sát của chủ chương trình", "chủ chương trình"),
        ("- Trách nhiệm của chủ đầu tư:", "chủ đầu tư"),
        ("- Nhiệm vụ cụ thể của cơ quan chủ quản dự án", "cơ quan chủ quản dự án"),
        ("- Nội dung kiểm tra của ban quản lý dự án cấp xã:", "ban quản lý dự án cấp xã"),
        ("- Nội dung nâng cao chất lượng của thư viện", None),
    ],
)
def test_a_heading_may_name_its_owner_by_the_part_played(heading: str, owner: str | None) -> None:
    found = rows(f"III. NỘI DUNG\n\n1. Giám sát\n\n{heading}\n\n+ Kiểm tra sổ mượn sách.\n")
    assert [row["owners"] for row in found] == [[owner] if owner else []]


def test_unnumbered_lines_below_a_bullet_that_only_says_content_are_its_content() -> None:
    found = rows(
        "III. NỘI DUNG\n\n1. Giám sát\n\n- Nội dung giám sát của chủ chương trình\n\n+ Nội dung theo dõi\n\n"
        "Tổng hợp tình hình mượn sách.\n\nBáo cáo vướng mắc về kho sách.\n\n"
        "+ Nội dung kiểm tra\n\nKiểm tra sổ mượn sách.\n\n2. Đánh giá\n\n- Đánh giá kho sách.\n"
    )
    assert [row["owners"] for row in found] == [["chủ chương trình"]] * 3 + [[]]


def test_brackets_in_a_heading_that_tell_who_a_group_is_stay() -> None:
    whole = "các nhà mạng (Mạng A, Mạng B và nhà mạng khác)"
    [row] = rows(f"{TASKS}1. Đề nghị {whole}: Bảo đảm liên lạc ngày hội.\n")
    assert row["owners"] == [whole]


def test_all_who_must_are_told_by_what_they_do() -> None:
    whole = "Tất cả lực lượng, phương tiện tham gia ngày hội"
    [row] = rows(f"{TASKS}1. {whole} phải tuân thủ nội quy thư viện.\n")
    assert row["owners"] == [whole]


def test_a_note_in_a_section_of_context_still_gives_an_agency_its_task() -> None:
    plan = drafted(
        "II. ĐỐI TƯỢNG\n\n1. Phương án\n\nLưu ý:\n\n- UBND xã thực hiện trực thư viện 24/24.\n\n"
        "2. Bạn đọc\n\n- UBND xã thực hiện trực quầy sách.\n"
    )
    assert [(row["owners"], row["due"]["type"]) for row in plan["obligations"]] == [
        (["UBND xã"], "ongoing")
    ]
    assert ["quầy sách" in one["span"] for one in plan["unread"]] == [True]


def test_a_day_for_a_task_that_is_told_elsewhere_is_shown_though_it_stands_in_context() -> None:
    plan = drafted(
        "II. ĐỐI TƯỢNG VÀ THỜI GIAN\n\na) Thời gian thi từ ngày 01/3 đến ngày 15/3/2026.\n\n"
        "b) Thời gian chấm bài, xếp hạng trước ngày 31/3/2026.\n"
    )
    assert ["xếp hạng" in one["span"] for one in plan["unread"]] == [True]


def test_such_a_bullet_may_say_with_again_and_stand_before_a_colon() -> None:
    found = rows(
        f"{TASKS}1. Thư viện tỉnh\n\na) Chủ động phối hợp:\n\n- Với Sở Y tế, các bệnh viện lập tủ sách.\n\n"
        "- Các trường: mở phòng đọc trước ngày 20/5/2026.\n"
    )
    assert [row["owners"] for row in found] == [["Thư viện tỉnh"]] * 2
    assert found[1]["deliverable"].startswith("Chủ động phối hợp Các trường mở phòng đọc")
    assert found[1]["due"] == due("before", "2026-05-20")


def test_a_lead_in_brackets_gives_its_event_to_the_bullets() -> None:
    found = rows(
        f"{TASKS}1. Sở Nội vụ\n\na) Thực hiện các hợp phần được giao (khi Bộ Tài chính phê duyệt):\n\n"
        "- Hợp phần 1: Tủ sách lưu động.\n\n- Hợp phần 2: Thư viện số.\n\nb) Mua sách cho các xã.\n"
    )
    assert [row["due"]["type"] for row in found] == ["relative", "relative", "none"]


def test_what_stands_before_a_lead_that_adds_is_owed() -> None:
    [first, second] = rows(
        f"{TASKS}1. Phân công\n\nCăn cứ Kế hoạch này, các trường học tổ chức ngày hội đọc sách. Đồng thời, "
        "yêu cầu các sở thực hiện các việc sau:\n\n1.1. Sở Y tế\n\n- Lập tủ sách cho người bệnh.\n"
    )
    assert (first["owners"], second["owners"]) == (["các trường học"], ["Sở Y tế"])


def test_a_lead_that_announces_it_all_owes_nothing_itself() -> None:
    [row] = rows(
        f"{TASKS}1. Phân công\n\nCăn cứ Kế hoạch này, các trường học tổ chức ngày hội đọc sách. Cụ thể như "
        "sau:\n\n1.1. Sở Y tế\n\n- Lập tủ sách cho người bệnh.\n"
    )
    assert row["owners"] == ["Sở Y tế"]


def test_a_paragraph_that_goes_on_gives_what_its_sentences_give() -> None:
    found = rows(
        "II. GIẢI PHÁP\n\n1.1. Đẩy mạnh phong trào đọc sách ở cơ sở. Người đứng đầu cơ quan, đơn vị, tổ chức "
        "có trách nhiệm bố trí tủ sách.\n\nXây dựng thói quen đọc; từng thôn giữ một tủ sách.\n"
    )
    assert found[0]["owners"] == ["Người đứng đầu cơ quan, đơn vị, tổ chức"]
    assert not any("Đẩy mạnh" in (row["deliverable"] or "") for row in found)


def test_a_bullet_may_break_at_its_colon() -> None:
    found = rows(
        f"{TASKS}1. Sở Nội vụ thực hiện\ncác hợp phần sau:\n\n- Hợp phần 1 (phần đầu):\nTủ sách lưu động cho "
        "các\nthôn xa.\n\n- Hợp phần 2: Thư viện\nsố cho các trường.\n"
    )
    assert [row["span"] for row in found] == [
        "- Hợp phần 1 (phần đầu): Tủ sách lưu động cho các thôn xa.",
        "- Hợp phần 2: Thư viện số cho các trường.",
    ]


# --- who -------------------------------------------------------------------------------------------


def test_whom_an_owner_directs_after_an_introduction() -> None:
    text = "Căn cứ chức năng, chỉ đạo các trường đào tạo nghề, các phường mở góc đọc sách."
    assert subject_of(text, under_owner=True) is None
    named = "Căn cứ chức năng, các phường mở góc đọc sách."
    subject = subject_of(named, under_owner=True)
    assert subject is not None
    assert subject.owners == ("các phường",)


# --- when ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Mua sách cho các xã (khi Bộ Tài chính có văn bản hướng dẫn).", "relative"),
        ("Mua sách cho các xã (sau khi đề án được phê duyệt).", "relative"),
        ("Mua sách cho các xã (khi không đủ sách do trung ương ban hành).", None),
        ("Mua sách cho các xã (khi cần).", None),
        ("Mua sách (khi được phê duyệt) và tủ cho các xã.", None),
        ("Tặng sách cho bạn đọc (nhất là học sinh sau khi hoàn thành năm học).", None),
        ("Tặng sách cho bạn đọc sau khi hoàn thành năm học.", "relative"),
        ("Thực hiện chế độ báo cáo theo định kỳ của Chương trình.", "recurring"),
        ("Đăng ký chỉ tiêu đọc sách theo lộ trình thực hiện hằng năm.", None),
    ],
)
def test_events_and_cycles(text: str, kind: str | None) -> None:
    time = best_time(find_times(text, 2026))
    assert (time.due.type if time else None) == kind


def test_done_and_reported_by_one_day() -> None:
    [row] = rows(
        f"{TASKS}1. Sở Nội vụ\n\nTổ chức cuộc thi đọc sách cho học sinh. Hoàn thành, báo cáo UBND tỉnh trong "
        "tháng 5/2026.\n"
    )
    assert row["due"] == due("within_month", "2026-05-31")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Cung cấp danh mục sách khi có yêu cầu.", "khi có yêu cầu"),
        ("Bảo đảm đủ sách cho bạn đọc; bổ sung cho các phòng đọc khi có yêu cầu.", None),
        ("Tuyên truyền trước, trong và sau thời gian ngày hội.", "trước, trong và sau"),
        ("Trực thư viện trước, trong và sau khi khai mạc ngày hội.", "trước, trong và sau khi"),
        ("Hướng dẫn giữ sách trước, trong và sau mưa lũ.", None),
    ],
)
def test_what_is_done_if_need_be_has_no_time_and_what_goes_with_an_event_has(
    text: str, words: str | None
) -> None:
    [row] = rows(f"{TASKS}1. Sở Nội vụ\n\n- {text}\n")
    assert row["due"]["type"] == ("relative" if words else "none")
    assert (row["due_words"] or "").startswith(words or "")


# --- said twice ------------------------------------------------------------------------------------


ALIKE = "Theo dõi, kiểm tra kết quả thực hiện mục tiêu, nhiệm vụ, nội dung mượn sách"


def test_like_words_that_name_no_owner_stay_under_each_heading() -> None:
    found = rows(
        f"II. NỘI DUNG\n\n1. Mượn sách\n\n- {ALIKE}.\n\n2. Trả sách\n\n- {ALIKE} của thư viện xã.\n\n"
        f"III. TỔ CHỨC THỰC HIỆN\n\n1. Sở Nội vụ\n\n- {ALIKE} trên địa bàn tỉnh.\n"
    )
    assert [row["owners"] for row in found] == [[], [], ["Sở Nội vụ"]]


def test_those_concerned_are_others_under_another_heading() -> None:
    told = "Các cơ quan, đơn vị liên quan tổng hợp biểu mẫu mượn sách theo từng thư viện {} quản lý"
    found = rows(
        f"{TASKS}1. Ở cấp tỉnh\n\n- {told.format('do các sở, ngành')}.\n\n"
        f"2. Ở cấp xã\n\n- {told.format('do địa phương')}.\n"
    )
    assert len(found) == 2


def test_two_bullets_of_one_list_are_two() -> None:
    found = rows(
        f"{TASKS}1. Sở Nội vụ thực hiện các hợp phần sau:\n\n- Hợp phần 1: Nâng cao chất lượng thư viện "
        "trường học ở cơ sở.\n\n- Hợp phần 2: Nâng cao chất lượng thư viện thôn, trường học ở cơ sở.\n"
    )
    assert len(found) == 2


def test_what_says_more_is_kept_beside_what_says_less() -> None:
    task = "Tham mưu UBND tỉnh xây dựng, vận hành phần mềm mượn sách dùng chung của các thư viện công cộng"
    more = "theo dõi, đôn đốc việc đọc ở thôn và giải đáp thắc mắc"
    found = rows(
        f"{TASKS}1. Sở Nội vụ\n\n- {task}.\n\n2. Sở Y tế\n\n- Lập tủ sách cho người bệnh.\n\n"
        f"IV. ĐIỀU KHOẢN\n\n1. Giao Sở Nội vụ {task[0].lower()}{task[1:]}; {more}.\n"
    )
    assert [row["owners"] for row in found] == [["Sở Nội vụ"], ["Sở Y tế"], ["Sở Nội vụ"]]


def test_what_says_the_same_in_other_order_is_one() -> None:
    task = "xây dựng phần mềm mượn sách dùng chung của các thư viện"
    found = rows(
        f"{TASKS}1. Sở Nội vụ\n\n- Tham mưu UBND tỉnh {task}.\n\nIV. ĐIỀU KHOẢN\n\n"
        f"1. Giao Sở Nội vụ tham mưu UBND tỉnh {task}.\n"
    )
    assert len(found) == 1


def test_numbers_that_go_on_from_their_sections() -> None:
    found = rows(
        "I. NHIỆM VỤ\n\nI.1. Phòng Kinh tế\n\nI.1.1. Lập danh mục công trình.\n\n"
        "I.2. Phòng Nội vụ\n\na. Rà soát thư viện:\n\n"
        "a.1. Lập danh sách thôn.\n\na.2. Niêm yết danh sách.\n\n"
        "B. VIỆC KHÁC\n\nB.1. Công an xã\n\n- Giữ trật tự ngày hội.\n"
    )
    assert [(row["owners"], row["source"]) for row in found] == [
        (["Phòng Kinh tế"], "I.1.1"),
        (["Phòng Nội vụ"], "I.2.a.1"),
        (["Phòng Nội vụ"], "I.2.a.2"),
        (["Công an xã"], "B.1"),
    ]


@pytest.mark.parametrize("who", ["để Sở Y tế tổng hợp", "để tổng hợp", "để theo dõi, tổng hợp"])
def test_who_gathers_owes_the_report_that_follows(who: str) -> None:
    found = rows(
        f"{TASKS}1. Các trường gửi kết quả về Sở Y tế trước ngày 05/12/2026 {who}, "
        "báo cáo UBND tỉnh trước ngày 12/12/2026.\n"
    )
    assert [(row["owners"], row["due"]["date"]) for row in found] == [
        (["Các trường"], "2026-12-05"),
        (["Sở Y tế"], "2026-12-12"),
    ]


@pytest.mark.parametrize(
    "given", ["do Sở Nội vụ chủ trì", "giao Sở Nội vụ phụ trách trước ngày 30/6/2026"]
)
def test_what_is_owed_stands_before_who_leads_it(given: str) -> None:
    [row] = rows(f"{TASKS}1. Thành lập tổ công tác, {given}.\n")
    assert (row["owners"], row["deliverable"]) == (["Sở Nội vụ"], "Thành lập tổ công tác")


def test_what_a_roadmap_gives_nobody_is_shown_as_not_understood() -> None:
    plan = drafted(
        "IV. LỘ TRÌNH\n\n- Sở Y tế thẩm định tủ sách.\n\n- Tháng 5/2026: Công bố kết quả.\n"
    )
    assert [row["owners"] for row in plan["obligations"]] == [["Sở Y tế"]]
    assert any("Công bố" in one["span"] for one in plan["unread"])
