"""Tables of words the grammar reads by. To teach it a wording, add a line here and a test.

All entries are folded (`fold`): small letters, tones on one place («hóa», never «hoá»), with their accents.
Folding keeps every character's position, so that what is found in folded text can be cut from the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

_TONES = {
    "oà": "òa", "oá": "óa", "oả": "ỏa", "oã": "õa", "oạ": "ọa",
    "oè": "òe", "oé": "óe", "oẻ": "ỏe", "oẽ": "õe", "oẹ": "ọe",
    "uỳ": "ùy", "uý": "úy", "uỷ": "ủy", "uỹ": "ũy", "uỵ": "ụy",
}  # fmt: skip
_TONE = re.compile("(?<![qg])(?:" + "|".join(_TONES) + r")(?!\w)")
_LOOKALIKES = str.maketrans(
    {"–": "-", "—": "-", "−": "-", "‑": "-", "“": '"', "”": '"', "ƕ": "ỳ", "Ƕ": "ỳ", "ǜ": "ũ"}
)


CAPITALS = "A-ZĐÀÁẢÃẠĂẰẮẲẴẶÂẦẤẨẪẬÈÉẺẼẸÊỀẾỂỄỆÌÍỈĨỊÒÓỎÕỌÔỒỐỔỖỘƠỜỚỞỠỢÙÚỦŨỤƯỪỨỬỮỰỲÝỶỸỴ"
"""For a class in a pattern: a range like «À-Ỹ» holds the small letters too."""


@lru_cache(maxsize=4_096)
def fold(text: str) -> str:
    """Text for matching; every character at its old place."""
    low = text.lower()
    if len(low) != len(text):  # a letter whose small form is two characters
        low = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    low = low.translate(_LOOKALIKES)
    return _TONE.sub(lambda match: _TONES[match[0]], low)


def alternatives(words: Iterable[str]) -> str:
    """A pattern for any of the words, the longest first; a blank matches any run of blanks."""
    ordered = sorted(set(words), key=lambda word: (-len(word), word))
    return "(?:" + "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in ordered) + ")"


def _table(text: str) -> tuple[str, ...]:
    """The entries of a table, between bars."""
    return tuple(" ".join(entry.split()) for entry in text.split("|"))


# --- agencies ------------------------------------------------------------------------------------

DEPARTMENTS = _table(
    """
    nội vụ | tài chính | tư pháp | y tế | công thương | xây dựng | ngoại vụ | du lịch |
    khoa học và công nghệ | khoa học, công nghệ | khoa học - công nghệ | khoa học & công nghệ |
    kh&cn | khcn | kh và cn | nông nghiệp và môi trường | nông nghiệp & môi trường | nn&mt | nnmt |
    nông nghiệp và phát triển nông thôn | nông nghiệp và ptnt | nn&ptnt | nnptnt |
    tài nguyên và môi trường | tn&mt | tnmt | giáo dục và đào tạo | giáo dục & đào tạo | gd&đt |
    gdđt | văn hóa, thể thao và du lịch | văn hóa - thể thao và du lịch |
    văn hóa thể thao và du lịch | văn hóa và thể thao | văn hóa, thể thao | văn hóa | vhttdl |
    vhtt&dl | vh,tt&dl | vh, tt&dl | vh,tt và dl | vhtt | thông tin và truyền thông |
    thông tin & truyền thông | tt&tt | tttt | lao động - thương binh và xã hội |
    lao động, thương binh và xã hội | lao động thương binh và xã hội | lđ-tb&xh | lđtb&xh |
    lđtbxh | kế hoạch và đầu tư | kh&đt | khđt | giao thông vận tải | giao thông - vận tải | gtvt |
    quy hoạch - kiến trúc | quy hoạch và kiến trúc | quy hoạch kiến trúc | an toàn thực phẩm |
    dân tộc và tôn giáo | dân tộc | thể thao | chuyên ngành | công an | quốc phòng | ngoại giao
    """
)
"""What follows «Sở» or «Bộ»."""

UNIT_HEADS = _table(
    """
    ủy ban nhân dân | ubnd | ủy ban mặt trận tổ quốc | ủy ban mttq | ubmttq | mặt trận tổ quốc |
    mttq | hội đồng nhân dân | hđnd | ủy ban dân tộc | ủy ban | hội đồng | văn phòng | vp |
    công an | bộ chỉ huy | bộ tư lệnh | bộ đội biên phòng | bch quân sự | bchqs | ban chỉ huy |
    ban chỉ đạo | ban quản lý | bql | ban tổ chức | ban tuyên giáo | ban dân vận | ban nội chính |
    ban dân tộc | ban thường vụ | ban thi đua | ban điều phối | ban bảo vệ | ban kinh tế |
    ban xây dựng | ban pháp chế | ban văn hóa | ban an toàn | ban chấp hành | ban chỉ | ban giám |
    ban cơ yếu | báo và phát thanh, truyền hình | báo và phát thanh truyền hình |
    báo và đài phát thanh, truyền hình | đài phát thanh và truyền hình |
    đài phát thanh - truyền hình | đài phát thanh, truyền hình | đài pt-th | đài pt&th |
    báo và đài phát thanh và truyền hình | thanh tra | chi cục | cục | tổng cục | vụ |
    viện kiểm sát | viện | trung tâm | trường | đại học | học viện | đài | báo và | báo | tạp chí |
    cổng thông tin | cổng ttđt | liên minh | liên đoàn | liên hiệp | hội liên hiệp | hội nông dân |
    hội cựu chiến binh | hội phụ nữ | hội | hiệp hội | đoàn thanh niên | đoàn tncs | tỉnh đoàn |
    thành đoàn | huyện đoàn | đoàn luật sư | đoàn đại biểu | đoàn | tòa án | kho bạc | ngân hàng |
    bảo hiểm xã hội | bhxh | hải quan | cục thuế | chi nhánh | chi cục thuế | thuế tỉnh |
    thuế thành phố | thuế | công ty | tổng công ty | tập đoàn | điện lực | bưu điện | viễn thông |
    vnpt | viettel | mobifone | evn | vietnam post | vtv | vov | ttxvn | thông tấn xã | quỹ |
    tỉnh ủy | thành ủy | đảng ủy | huyện ủy | quận ủy | kiểm toán nhà nước | thủ tướng |
    chính phủ | bộ trưởng | thủ trưởng | chủ tịch | phó chủ tịch | giám đốc | chánh văn phòng |
    chánh thanh tra | trưởng ban | phó trưởng ban | người đứng đầu | trưởng công an | hiệu trưởng |
    tổ công tác | tổ giúp việc | tổ biên tập | tổ soạn thảo | đội | phòng | trạm | bệnh viện |
    bảo tàng | thư viện | nhà xuất bản | nhà văn hóa | khối | cụm | thường trực | tiểu ban |
    lực lượng | đồng chí | văn phòng hđnd và ubnd | chánh văn phòng hđnd và ubnd |
    văn phòng hội đồng nhân dân và ủy ban nhân dân | thống kê tỉnh | thống kê thành phố |
    chi cục thống kê | cục thống kê | đồn biên phòng | đồn | hạt kiểm lâm | hạt | vườn quốc gia |
    khu bảo tồn | công chức | tổ kinh tế tổng hợp | tổ kinh tế | tổ công nghệ số | tổ hòa giải |
    tổ chuyên gia | tổng thư ký | ubtvqh | tổng giám đốc | phó tổng giám đốc | bí thư |
    phó bí thư | kế toán trưởng | trưởng khoa | quản đốc | trưởng thôn, bản | trưởng thôn |
    trưởng phòng | trưởng bản | nhà hát | phó hiệu trưởng | phó giám đốc | phó trưởng phòng |
    phó chánh văn phòng | tổ trưởng | tổ phó | giáo viên | nhân viên | chuyên viên | kế toán |
    khu quản lý | công đoàn | chi đoàn | chi bộ | đảng bộ | chi hội | nghiệp đoàn |
    bộ phận | khoa | bộ môn | cơ sở cai nghiện | cơ sở bảo trợ | trại giam | trại tạm giam |
    đoàn kiểm tra | đoàn giám sát | đoàn công tác | đoàn thanh tra | tổ kiểm tra | tổ thẩm định |
    hội đồng thẩm định | hội đồng nghiệm thu | ông | bà | đ/c |
    cảng vụ | xí nghiệp | nhà máy | lữ đoàn | trung đoàn | quân khu | cảng hàng không | ban
    """
)
"""First words of an agency's name. What follows is the name's tail, up to a verb."""

NOT_UNITS = _table(
    """
    báo cáo | hội nghị | hội thảo | hội chợ | hội thi | hội nhập | hội đàm | ban hành | viện trợ |
    vụ việc | trường hợp | đoàn kết | đoàn viên | bà con | bà rịa | bà mẹ | hội giảng | hội diễn | hội khỏe |
    hội viên | hội họp | thuế thu | thuế giá | thuế xuất | cục bộ | báo chí | báo, đài | đội ngũ |
    phòng, chống | phòng, ngừa | phòng, tránh | phòng ngừa | phòng chống | phòng cháy |
    phòng tránh | phòng vệ | quỹ đất | cụm từ |
    khối lượng | cụm công nghiệp | ngân hàng câu hỏi | trạm bts | viễn thông thụ động |
    thường trực tiếp | viện dẫn | khối kiến | bộ máy | trường, lớp | trường lớp | ban đầu |
    ban ngày | ban đêm | hội trường | đội tuyển | đội hình | phòng bệnh | phòng dịch | phòng thủ |
    phòng hộ | tổ quốc | khoa học | quỹ thời gian | báo động | báo hiệu | viện phí | bộ tiêu chí |
    bộ chỉ số | bộ chỉ tiêu | bộ nhận diện | bộ tài liệu | bộ câu hỏi | bộ công cụ | bộ mã |
    bộ quy tắc | bộ dữ liệu | bộ luật | bộ hồ sơ | bộ đề | bộ sưu tập | bộ môn thể thao |
    trạm dừng | cục diện | thuế suất | đài tưởng niệm | hạt giống | đồn điền
    """
)
"""Words that begin like an agency and are none."""

GROUP_NOUNS = _table(
    """
    sở | bộ | ban | ngành | cơ quan | đơn vị | địa phương | đoàn thể | tổ chức | doanh nghiệp |
    xã | phường | đặc khu | thị trấn | huyện | thị xã | thành phố | quận | cá nhân | tập thể |
    hội | hội đoàn thể | phòng | trường | viện | trung tâm | cấp ủy | chính quyền | hợp tác xã |
    hộ gia đình | chủ đầu tư | chủ rừng | nhà trường | cơ sở | trường học | khoa | bệnh viện |
    nhà mạng | ngân hàng | ngân hàng thương mại | công ty | tổng công ty | tập đoàn | hiệp hội |
    bộ phận | lực lượng | đối tượng | chuyên gia | trạm y tế | tổ chức tín dụng | ban quản lý |
    chi cục | tỉnh | thôn | khu phố | đảng ủy | đài | báo | thành viên | chủ thể | dn | dnvt |
    thôn, bản | thôn, tổ dân phố | thôn, khu phố | thôn, ấp | ấp | tổ dân phố | kcn | đồng chí |
    nhà đầu tư | nhà thầu | tổ | đội | cục | vụ | cơ quan ngang bộ | phòng ban | bộ ngành |
    sở ngành | sở ban ngành | quỹ | ủy ban nhân dân | ubnd | hđnd | tòa án | trạm | phát thanh |
    truyền hình | báo chí | thông tấn | hội quần chúng | nghiệp đoàn | công đoàn | liên đoàn |
    cấp xã | cấp huyện | chủ cơ sở | chủ hộ | chủ phương tiện | chi bộ | đảng bộ | chi đoàn |
    chi hội | tổ chuyên môn | bộ môn | phân xưởng | nhà máy | chi nhánh | xí nghiệp | phân hiệu |
    nhóm | khu quản lý | tổ công tác | thầy cô | giáo viên | giáo viên chủ nhiệm | tổ trưởng |
    trưởng phòng | câu lạc bộ
    """
)
"""What a group is made of: «các sở, ban, ngành», «UBND các xã, phường»."""

PLAIN_GROUPS = _table(
    """
    sở | bộ | ban | ngành | cơ quan | đơn vị | địa phương | doanh nghiệp | xã | phường | cấp ủy |
    chủ đầu tư | chính quyền | đối tượng thực hiện | nhà thầu | hợp tác xã | dnvt | nhà trường |
    chủ cơ sở | chủ hộ | chủ phương tiện | chủ rừng | nhà mạng | chi bộ | đảng bộ | đoàn thể
    """
)
"""Groups that need no «các» before them: «Sở, ban, ngành thành phố», «Doanh nghiệp viễn thông»."""

NAME_VERBS = _table(
    """
    đầu tư | đào tạo | bồi dưỡng | kiểm soát | quản lý | giám sát | phát triển | nghiên cứu |
    kiểm tra | tư vấn | truyền thông | thông tin | giáo dục | hỗ trợ | xúc tiến | bảo vệ |
    bảo trì | vận hành | khai thác | chăm sóc | xây dựng | thanh tra | điều hành | hợp tác |
    sản xuất | phân tích | kế hoạch | công tác | quảng bá | thống kê | cải cách | hợp đồng |
    kiểm định | tổ chức | tuyên truyền | đánh giá | đấu thầu | giải phóng mặt bằng
    """
)
"""Verbs and nouns that may be the end of a name: «Ban Quản lý đầu tư», «Phòng Quản lý đào tạo»."""

NAME_TAILS = _table(
    """
    công nghệ thông tin | công nghệ và thông tin | dịch vụ tổng hợp | cung ứng dịch vụ sự nghiệp công |
    giao thông vận tải | giao thông đô thị | giao thông | giao dịch | phương tiện và người lái |
    phát triển các thôn | phát triển thôn | công tác mặt trận | các chương trình | chương trình |
    các chương trình mục tiêu quốc gia | đầu tư xây dựng | đầu tư và xây dựng |
    các khu chế xuất và công nghiệp | khu chế xuất và công nghiệp |
    các khu công nghiệp và khu chế xuất | khu kinh tế và các khu công nghiệp |
    nghiên cứu phát triển | xúc tiến đầu tư | hỗ trợ phát triển | đầu tư phát triển |
    phát triển quỹ đất | tìm kiếm cứu nạn | bảo trợ xã hội | kiểm soát bệnh tật |
    phòng chống thiên tai | quản lý thị trường | quản lý đường bộ | quản lý đất đai |
    quản lý dự án | chuyển đổi số | đổi mới sáng tạo | chăm sóc sức khỏe | giáo dục thường xuyên |
    phát triển nông thôn | xây dựng nông thôn mới | giáo dục đại học | giáo dục nghề nghiệp |
    giáo dục mầm non | hàng chính sách xã hội | hàng nhà nước |
    hàng nông nghiệp và phát triển nông thôn | hàng thương mại | bầu cử
    """
)
"""Verbs inside names."""

LEADERS = (
    "thủ trưởng",
    "giám đốc",
    "chủ tịch",
    "người đứng đầu",
    "lãnh đạo",
    "bộ trưởng",
    "trưởng",
)
"""Who may stand before a group: «Thủ trưởng các sở, ban, ngành»."""

STRONG_PREDICATES = _table(
    """
    chủ trì | phối hợp | có trách nhiệm | chịu trách nhiệm | căn cứ | tham mưu | chủ động |
    có nhiệm vụ | làm đầu mối | là đầu mối | là cơ quan | là đơn vị
    """
)

VERBS = (
    *STRONG_PREDICATES,
    *_table(
        """
        chịu | xây dựng | ban hành | tổ chức | thực hiện | triển khai | hướng dẫn | chỉ đạo |
        kiểm tra | đôn đốc | theo dõi | giám sát | tổng hợp | báo cáo | rà soát | đề xuất |
        kiến nghị | trình | gửi | lập | bố trí | cân đối | thẩm định | phân bổ | cấp phát |
        tuyên truyền | phổ biến | quán triệt | vận động | đẩy mạnh | tăng cường | nâng cao |
        tiếp tục | tập trung | thường xuyên | định kỳ | kịp thời | nghiên cứu | hoàn thiện |
        bảo đảm | đảm bảo | cập nhật | cung cấp | chia sẻ | kết nối | tích hợp | hỗ trợ |
        tạo điều kiện | huy động | khuyến khích | quản lý | vận hành | khai thác | sử dụng |
        ứng dụng | phát triển | đầu tư | mua sắm | đào tạo | bồi dưỡng | tập huấn | phân công |
        giao | cử | thành lập | kiện toàn | chuẩn bị | thống kê | kiểm kê | thu thập | số hóa |
        chuẩn hóa | công bố | công khai | đăng tải | niêm yết | phát hành | in ấn | phát động |
        khen thưởng | biểu dương | xử lý | giải quyết | tháo gỡ | ngăn chặn | phòng chống |
        phát hiện | đấu tranh | xác minh | xác định | đánh giá | sơ kết | tổng kết | tiếp nhận |
        tiến hành | tham gia | góp ý | cho ý kiến | lấy ý kiến | thẩm tra | phê duyệt |
        quyết định | quy định | sửa đổi | bổ sung | điều chỉnh | lồng ghép | đưa | mở | duy trì |
        củng cố | mở rộng | thúc đẩy | thu hút | kêu gọi | xúc tiến | giới thiệu | quảng bá |
        kết hợp | gắn | phát huy | đề nghị | yêu cầu | cam kết | tuân thủ | chấp hành | bảo vệ |
        giữ | khắc phục | ứng phó | cứu trợ | điều phối | điều hành | lãnh đạo | giúp | thông báo |
        thông tin | phản ánh | đăng ký | biên soạn | biên tập | sản xuất | xuất bản | phát sóng |
        đưa tin | tăng | giảm | hoàn thành | khẩn trương | tích cực | quan tâm | chú trọng |
        ưu tiên | dành | trực tiếp | phụ trách | nắm | tìm hiểu | học tập | trao đổi | ký kết |
        lựa chọn | bàn giao | nghiệm thu | thanh toán | quyết toán | giải ngân | điều tra |
        khảo sát | quan trắc | phân tích | dự báo | cảnh báo | diễn tập | trồng | chăm sóc |
        điều trị | khám | tiêm | giáo dục | dạy | lắp đặt | trang bị | nâng cấp | cải tạo |
        sửa chữa | bảo trì | xóa | cắt giảm | đơn giản hóa | thu hồi | hủy | tiêu hủy | phân loại |
        đa dạng hóa | cụ thể hóa | đổi mới | tôn vinh | tặng | xét | bình xét | chọn | mời | đón |
        phục vụ | ứng trực | thể chế hóa | hình thành | thiết lập | xác lập | định hướng | tư vấn |
        phản biện | cải cách | làm | tạo | khơi thông | tận dụng | vận dụng | áp dụng | nhân rộng |
        kích hoạt | rắc | phun | xã hội hóa | hợp tác | liên kết | tham dự | có văn bản |
        có kế hoạch | có phương án | có giải pháp | có biện pháp | có ý kiến | đồng thời |
        trên cơ sở | theo chức năng | trong phạm vi | theo thẩm quyền | nghiêm túc | quyết liệt |
        sẵn sàng | khởi động | khai trương | khai giảng | cải thiện | rút ngắn | đặt hàng |
        giao nhiệm vụ | tổ chức thực hiện | đặt | tiết kiệm | ưu đãi | miễn | thu gom |
        vận chuyển | xem xét | kê khai | lưu trữ | truyền thông | ghi nhận | chứng nhận |
        thẩm duyệt | cấp phép | thanh tra | kiểm soát | tiên phong | tích lũy | nhanh chóng |
        từng bước | phấn đấu | đàm phán | thỏa thuận | thảo luận | thống nhất | soạn thảo |
        dự thảo | hoàn chỉnh | cụ thể | chấm | xếp | điều chuyển | phân cấp | ủy quyền | ủy thác |
        đối chiếu | cho | lấy | gắn kết | tổng rà soát | chuyển đổi | bám sát | chủ động |
        ra quân | nhắc | họp | trao | viết | nộp | ký | tự | bàn | lưu | đọc | treo | đặt hàng |
        nghỉ | ra mắt | giám định | đối thoại | thăm hỏi | chi trả | tuyển dụng | luân chuyển |
        phủ sóng | sắp xếp | điều động | chấn chỉnh | phòng ngừa | tuần tra | truy quét | xử phạt |
        sàng lọc | lấy mẫu | xét nghiệm | sơ tán | di dời | khử khuẩn | tuyên dương | bình chọn |
        đăng cai | khởi công | giúp đỡ | sinh hoạt | duyệt
        """
    ),
)
"""What an agency does: where its name ends and what is owed begins."""

OPENERS = (
    *VERBS,
    *_table(
        """
        cấp | chi trả | trao | đo | họp | thi | ký | tuyển | in | bổ nhiệm | luân chuyển | nhập |
        cài đặt | thử nghiệm | thí điểm | triệu tập | viết | nộp | treo | tạo lập | hoàn tất |
        hiện đại hóa | tự | thu | mua | thuê | gia hạn | gặp mặt | thăm | sắp xếp | sưu tầm |
        trưng bày | giao lưu | dự | nạo vét | di dời | tọa đàm | rà | soạn | bàn | kết nạp |
        quy hoạch | định kỳ | lập | giới thiệu | chiếu | dọn | tháo dỡ | bê tông hóa | xin
        """
    ),
)
"""What a task may begin with; some of these also stand inside names («UBND cấp xã»)."""

PREDICATE_OPENERS = _table(
    """
    có | được | là | sẽ | phải | cần | trên | tùy | với | nhằm | để | hằng năm | hàng năm |
    chậm nhất | trước ngày | tự
    """
)
"""What may follow a subject besides a verb."""

NAME_ENDS = _table(
    """
    theo | trong | để | nhằm | về | tại | từ | khi | sau | trước | nếu | với | cùng | được | sẽ |
    phải | cần | đã | đang | là | không | và báo | do | bằng | qua | thông qua | bao gồm | gồm |
    như | đối với | hằng ngày | hằng tuần | hằng tháng | hằng quý | hằng năm | hàng ngày |
    hàng tuần | hàng tháng | hàng quý | hàng năm | mỗi | chậm nhất | kết quả | tình hình | kế hoạch | việc |
    công tác | danh sách | số liệu | có | bị | hoặc | xong | vào | đến | ngay | kèm | đảm nhận |
    nêu | tiếp theo | trên cơ sở | ở | nơi | các nội dung | các nhiệm vụ | các hoạt động |
    các giải pháp | nhiệm vụ | nội dung | tự
    """
)
"""Words that are in no name and end it, though they are no verbs."""

# --- headings -------------------------------------------------------------------------------------

CONTEXT_HEADINGS = re.compile(
    r"^(?:mục đích|yêu cầu|mục tiêu|các mục tiêu|chỉ tiêu|các chỉ tiêu|một số chỉ tiêu"
    r"|quan điểm|nguyên tắc|phạm vi|đối tượng|"
    r"thực trạng|hiện trạng|đánh giá (?:nguy cơ|chung|thực trạng|tình hình|hiện trạng)"
    r"|tình hình|căn cứ(?: pháp lý| xây dựng| ban hành)?$|cơ sở (?:pháp lý|chính trị|thực tiễn)|"
    r"sự cần thiết|bối cảnh|dự báo|khái quát|đặc điểm|định hướng|tầm nhìn|tiêu chí(?! số \d)"
    r"|các tiêu chí|tiêu chuẩn|hình thức khen thưởng|khen thưởng|"
    r"thang điểm|chủ đề|khẩu hiệu|phương châm|giải thích từ ngữ|kết quả đạt được|tồn tại"
    r"|khó khăn|nguyên nhân|cách thức xếp hạng|"
    r"lưu ý|cơ cấu giải thưởng|thuận lợi|mức độ|tên gọi|nguy cơ|thời gian(?: và|,) (?:phạm vi"
    r"|địa điểm)|thông tin chung|ý nghĩa)\b"
)
"""Headings under which nothing is owed."""

ASIDE_HEADINGS = re.compile(
    r"^(?:lưu ý|khen thưởng|hình thức khen thưởng|tiêu chuẩn|tiêu chí|các tiêu chí"
    r"|cách thức xếp hạng|cơ cấu giải thưởng)\b"
)
"""Of these, headings under which a sentence may still say what an agency is to do."""

ROADMAPS = re.compile(r"^(?:lộ trình|các bước|tiến độ)\b")
"""Headings under which only what names its owner is owed; the rest says what happens when."""

AIMS = re.compile(
    r"^(?:mục đích|yêu cầu|mục tiêu|các mục tiêu|chỉ tiêu|các chỉ tiêu|quan điểm|nguyên tắc)\b"
)
"""And those under which everybody is exhorted and nobody is told."""

MONEY_HEADINGS = re.compile(
    r"^(?:kinh phí|nguồn kinh phí|dự toán kinh phí|nguồn vốn|nguồn lực|bảo đảm kinh phí"
    r"|đảm bảo kinh phí|phương án (?:huy động )?kinh phí|"
    r"tài chính|cơ chế tài chính|về kinh phí|nhu cầu (?:vốn|kinh phí)|tổng (?:kinh phí"
    r"|mức đầu tư)|kế hoạch vốn|giải pháp (?:về )?(?:kinh phí|vốn))\b"
)
"""Headings under which only what an agency is told to do is owed."""

ORGANISING_HEADINGS = re.compile(
    r"^(?:tổ chức thực hiện|phân công|trách nhiệm|nhiệm vụ của|tổ chức triển khai"
    r"|chế độ báo cáo|thông tin,? báo cáo|công tác báo cáo)\b"
)

OWNER_PREFIX = re.compile(
    r"^(?:kính đề nghị|đề nghị|giao cho|giao|yêu cầu|phân công|trách nhiệm của|nhiệm vụ của"
    r"|về trách nhiệm của|đối với|về phía|"
    r"nhiệm vụ cụ thể của|trách nhiệm|phần nhiệm vụ của|các nhiệm vụ của|chỉ đạo)\s*:?\s+"
)
"""What may stand before the agency in a heading or sentence."""

ROLE_HEADING = re.compile(
    r"(?:nội dung|trách nhiệm|nhiệm vụ|công việc)(?:\s+[^\s,;.:]+){0,6}?\s+của\s+(?=\S)"
)
"""What stands before a role in a heading: «Nội dung giám sát của chủ dự án thành phần»."""

ROLE = re.compile(
    r"(?:các\s+)?(?:chủ (?:chương trình|dự án|đầu tư|cơ sở|rừng|hộ|phương tiện|công trình|tài sản|quản)"
    r"|(?:cơ quan|đơn vị) (?:chủ quản|chủ trì|thường trực|điều phối|quản lý|thực hiện)|ban quản lý"
    r"|nhà thầu|tư vấn)(?!\w)[^.;:]{0,80}"
)
"""Who is named by the part played and by no agency's name."""

CONDITION = re.compile(
    r"^(?:đồng thời,? )?(?:trường hợp|trong trường hợp|nếu |khi (?:có|phát sinh) (?:khó khăn"
    r"|vướng mắc)|khi xuất hiện)"
    r"|\bnếu (?:có|phát sinh|gặp|thấy|có phát sinh|xảy ra|cần)\b|(?:khó khăn"
    r"|vướng mắc)[^.;]{0,60}(?:phát sinh|nếu có)"
    r"|(?:trong quá trình|quá trình)[^.;]{0,80}(?:khó khăn|vướng mắc|phát sinh|chưa phù hợp"
    r"|cần sửa đổi|cần thiết sửa đổi|đề nghị sửa đổi)"
)
"""Sentences that owe something only if something happens."""
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")


def outside_brackets(text: str) -> str:
    """Text folded, with blanks for what stands in brackets: «các khoản phí (nếu có)» is no condition."""
    return _BRACKETS.sub(lambda found: " " * len(found[0]), fold(text))


def is_conditional(text: str) -> bool:
    """Whether a clause owes something only if something happens."""
    return bool(CONDITION.search(outside_brackets(text)))


EXHORTATION = re.compile(
    r"^(?:trên đây là|ubnd|ủy ban nhân dân|yêu cầu|đề nghị|căn cứ nội dung"
    r"|nhận được)[^:]*(?:nghiêm túc|khẩn trương|tích cực|kịp thời)?[^:]*"
    r"(?:tổ chức|triển khai|thực hiện)"
)
ENFORCEMENT = re.compile(
    r"(?:chịu trách nhiệm|căn cứ|có trách nhiệm)[^.;]{0,40}? (?:thi hành|thực hiện|tổ chức thực hiện)"
    r" (?:quyết định|nghị quyết|chỉ thị) này|chịu trách nhiệm thi hành\s*(?:\./)?\.?\s*$"
    r"|(?:quyết định|nghị quyết|kế hoạch) này (?:có hiệu lực|thay thế|đã được)"
)
"""What makes a document binding, and is no task."""

CLOSING = re.compile(
    r"^(?:trên đây là|(?:trong )?quá trình (?:tổ chức|triển khai|thực hiện)\b"
    r"|kế hoạch này (?:thay(?: thế| cho)?|có hiệu lực)\b)"
)

TARGET = re.compile(
    r"^(?:phấn đấu|tối thiểu|ít nhất|trên|khoảng|duy trì|giữ|đạt|bình quân|mỗi năm|hằng năm,?"
    r"|hàng năm,?|có|đến (?:hết )?năm|năm|từ)?\s*"
    r"(?:[^.;]{0,60}?)\b\d[\d.,]*\s*(?:%|‰)|^(?:tỷ lệ|tỉ lệ|số lượng|số|quy mô|tỷ trọng"
    r"|mức)\b[^.;]{0,120}(?:đạt|trên|dưới|giảm|tăng)|^phấn đấu\b"
)
"""Figures to be reached, no tasks."""
