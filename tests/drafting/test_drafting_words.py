"""Words that name a time or an agency, one line each: what a table of words is worth is seen here."""

from __future__ import annotations

import pytest

from drafting.grammar.names import agencies_in
from drafting.times.due import NamedYear
from drafting.times.expressions import find_times, read_slot
from tests.support.drafts import rows

SLOTS = """
Trước 30/6/2026 | before 2026-06-30
Chậm nhất 30/6/2026 | by 2026-06-30
Chậm nhất ngày 05/5/2026 | by 2026-05-05
Hoàn thành trước 30/6 | before 2026-06-30
Hoàn thành trong tháng 6 | within_month 2026-06-30
Xong trước tháng 7/2026 | before 2026-07-01
Tháng 6, năm 2026 | within_month 2026-06-30
T6/2026 | within_month 2026-06-30
Tháng 6-7/2026 | by 2026-07-31
Tháng 6, 7/2026 | by 2026-07-31
Tháng 6 và tháng 9/2026 | by 2026-09-30
Quý II, III/2026 | by 2026-09-30
Quý I, II, III/2026 | by 2026-09-30
Quý I, II và III/2026 | by 2026-09-30
Quý IV/2025 và quý I, II/2026 | by 2026-06-30
Tháng 3, tháng 4 và tháng 5 năm 2026 | by 2026-05-31
T3-T5/2026 | by 2026-05-31
T3-5/2026 | by 2026-05-31
T.3-5/2026 | by 2026-05-31
T10-12/2026 | by 2026-12-31
T9-11/2026 | by 2026-11-30
T11/2026-2/2027 | by 2027-02-28
Từ T3 đến T5/2026 | by 2026-05-31
Q1-2/2026 | by 2026-06-30
QIII-IV/2026 | by 2026-12-31
3-5/2026 | by 2026-05-31
Chậm nhất 3-5/2026 | none
Q1/2026-Q3/2026 | by 2026-09-30
Quý I, II, III và các năm tiếp theo | ongoing
Quý 2/2026 | within_quarter 2026-06-30
Quý II năm 2026 | within_quarter 2026-06-30
Q2/2026 | within_quarter 2026-06-30
Đầu quý II/2026 | within_quarter 2026-06-30
Cuối năm 2026 | within_year 2026-12-31
Trong năm 2026 | within_year 2026-12-31
Năm 2026 | within_year 2026-12-31
2026 | within_year 2026-12-31
2026-2030 | by 2030-12-31
Giai đoạn 2026 - 2030 | by 2030-12-31
6 tháng đầu năm 2026 | by 2026-06-30
6 tháng cuối năm 2026 | by 2026-12-31
Từ tháng 3 đến tháng 6/2026 | by 2026-06-30
Từ ngày 01/3 đến ngày 15/4/2026 | by 2026-04-15
01/3/2026 - 15/4/2026 | by 2026-04-15
Từ 01-15/3/2026 | by 2026-03-15
Ngày 20 tháng 11 năm 2026 | by 2026-11-20
20/11/2026 | by 2026-11-20
20.11.2026 | by 2026-11-20
20-11-2026 | by 2026-11-20
Ngày 20/11 | by 2026-11-20
Hàng năm | recurring year
Hằng năm, trước ngày 15/12 | recurring year
Trước ngày 15/12 hằng năm | recurring year
Trước 15/12 hàng năm | recurring year
Trước ngày 25 hằng tháng | recurring month
Ngày 25 hàng tháng | recurring month
Trước ngày 20 của tháng cuối quý | recurring quarter
Hằng quý (trước ngày 20 của tháng cuối quý) | recurring quarter
6 tháng, năm | recurring half-year
Định kỳ 6 tháng, hằng năm | recurring half-year
Sáu tháng một lần | recurring half-year
2 lần/năm | recurring half-year
Mỗi năm 1 lần | recurring year
1 lần/quý | recurring quarter
Hàng tuần | recurring week
Thứ Sáu hằng tuần | recurring week
15 giờ hàng ngày | recurring day
Thường xuyên | ongoing
Thường xuyên, liên tục | ongoing
Hằng ngày | recurring day
Năm 2026 và các năm tiếp theo | ongoing
Từ năm 2026 trở đi | ongoing
Từ Quý I/2026 | ongoing
Theo kế hoạch của Trung ương | relative
Sau khi có hướng dẫn | relative
Trong 10 ngày kể từ ngày ban hành Kế hoạch | relative
Sau 05 ngày làm việc kể từ ngày nhận được văn bản | relative
Khi có yêu cầu | relative
Ngay sau khi Kế hoạch được ban hành | relative
Theo yêu cầu | relative
Đột xuất | relative
Khi phát sinh | relative
Theo quy định | relative
Ngay khi nhận văn bản | relative
Trước 17h00 ngày 30/6/2026 | before 2026-06-30
17 giờ ngày 30/6/2026 | by 2026-06-30
Không quá ngày 30/6/2026 | by 2026-06-30
Đến hết ngày 30/6/2026 | by 2026-06-30
Đến 31/12/2027 | by 2027-12-31
Đến hết quý III/2026 | by 2026-09-30
Hạn cuối: 30/6/2026 | by 2026-06-30
Tháng 10/2026 (kỷ niệm ngày 10/10) | within_month 2026-10-31
Từ nay đến hết năm 2026 | by 2026-12-31
Tuần 3 tháng 6/2026 | within_month 2026-06-30
Trước ngày 31/02/2026 | none
Giữa tháng 6/2026 | within_month 2026-06-30
Hoàn thành Quý I | within_quarter 2026-03-31
"""

AGENCIES = """
Văn phòng HĐND và UBND xã
Phòng Kinh tế, Hạ tầng và Đô thị
Phòng Văn hóa - Xã hội
Công an xã
Trạm Y tế xã
Trường THCS Lê Lợi
Ban Chỉ huy Quân sự xã
Trưởng các thôn
Trưởng thôn, bản
Các trường học trên địa bàn xã
Vụ Pháp chế
Cục Chuyển đổi số quốc gia
Viện Chiến lược
Các đơn vị thuộc Bộ
Thủ trưởng các đơn vị thuộc, trực thuộc Sở
Ban Tuyên giáo và Dân vận Tỉnh ủy
Công ty Điện lực Hà Sơn
Ngân hàng Nhà nước chi nhánh Khu vực 8
Kho bạc Nhà nước khu vực XII
Thuế tỉnh
Bảo hiểm xã hội tỉnh
Báo và Phát thanh, Truyền hình tỉnh
Báo và Đài Phát thanh - Truyền hình tỉnh
Hiệp hội Doanh nghiệp tỉnh
Tỉnh Đoàn
Tỉnh đoàn Hà Sơn
Hội Liên hiệp Phụ nữ tỉnh
Bộ Chỉ huy Bộ đội Biên phòng tỉnh
Ban Quản lý Khu kinh tế
Chi cục Kiểm lâm
Trung tâm Xúc tiến Đầu tư
Chi nhánh Ngân hàng Chính sách xã hội
Bưu điện tỉnh
Viễn thông Hà Sơn
Đảng ủy các xã, phường
Thống kê tỉnh
Hải quan khu vực III
Chủ đầu tư các dự án
Các doanh nghiệp, hợp tác xã
Đội Quản lý thị trường số 2
Thanh tra tỉnh
Trường Chính trị tỉnh
Các hội đặc thù
Liên đoàn Lao động tỉnh
Hội Cựu chiến binh tỉnh
Tổ công tác Đề án 06
Ban Chỉ đạo cấp xã
Văn phòng Sở
Các phòng chuyên môn, đơn vị sự nghiệp thuộc Sở
Chánh Văn phòng UBND tỉnh
Chủ tịch UBND các xã, phường
Quỹ Bảo vệ môi trường
Ngân hàng Nhà nước Việt Nam
Thông tấn xã Việt Nam
Đài Truyền hình Việt Nam
Tập đoàn Điện lực Việt Nam
Các cơ quan báo chí
Hợp tác xã dịch vụ nông nghiệp
Các cơ sở giáo dục đại học
Đồn Biên phòng Cửa khẩu
Hạt Kiểm lâm
Bệnh viện đa khoa tỉnh
Vườn quốc gia Hà Sơn
Bộ phận Một cửa
Trung tâm Phục vụ hành chính công xã
Công chức Tư pháp - Hộ tịch
Tổ Kinh tế tổng hợp
"""


@pytest.mark.parametrize(
    ("words", "meaning"), [line.split(" | ") for line in SLOTS.split("\n") if line]
)
def test_time_that_stands_where_times_stand(words: str, meaning: str) -> None:
    due = read_slot(words, finish=True, year=2026).due
    assert " ".join(str(part) for part in (due.type, due.day, due.every) if part) == meaning


@pytest.mark.parametrize(
    "words",
    [
        "Quý I, III và IV/2026",
        "Tháng 3, 6, 9 và 12/2026",
        "Quý III, II, I/2026",
        "Các quý I, II, III năm 2026",
        "Trước quý I, II, III/2026",
        "Quý I; II; III/2026",
        "Quý I, II hoặc III/2026",
        "Quý I/2026, II",
        "Quý I, II, III, V/2026",
        "Trong năm 2026, 2027, 2028",
        "6 tháng và cả năm 2026",
        "6 tháng, 9 tháng và cả năm 2026",
    ],
)
def test_several_times_in_one_place_are_asked_about(words: str) -> None:
    assert read_slot(words, finish=True, year=NamedYear(2026)).doubt


@pytest.mark.parametrize(
    "text",
    [
        "Thực hiện Kế hoạch số 15/KH-UBND ngày 03/02/2025 của UBND tỉnh",
        "Tổ chức ngày Sách và Văn hóa đọc 21/4",
        "Phấn đấu đến năm 2030 mọi xã có thư viện",
        "Xây dựng dự toán ngân sách hằng năm",
        "Số liệu tính đến ngày 31/12/2025",
        "Phiên họp thứ 44 tháng 4/2026",
    ],
)
def test_dates_of_other_things(text: str) -> None:
    assert [time for time in find_times(text, 2026) if time.due.timed] == []


@pytest.mark.parametrize("name", [line for line in AGENCIES.split("\n") if line])
def test_agency_in_a_heading_a_sentence_and_a_label(name: str) -> None:
    assert agencies_in(name) == (name,)
    under, subject, label = (
        rows(text)
        for text in (
            f"III. TỔ CHỨC THỰC HIỆN\n\n1. {name}\n\n- Tuyên truyền về đọc sách trong dân.\n",
            f"III. TỔ CHỨC THỰC HIỆN\n\n1. Giao {name} chủ trì, phối hợp với Sở Y tế tuyên truyền về "
            "đọc sách trong dân.\n",
            f"II. NỘI DUNG\n\n1. Tuyên truyền về đọc sách.\n\n- Đơn vị chủ trì: {name}.\n",
        )
    )
    assert [row["owners"] for row in (*under, *subject, *label)] == [[name]] * 3
