"""What is handed in: its kind, a short name, and two things that stand in one sentence."""

from __future__ import annotations

import re
from dataclasses import replace

from drafting.rows import Obligation
from drafting.words import fold

_KINDS = (
    (
        "report",
        re.compile(
            r"(?:^|[,;.]\s*|\bvà\s+|\bđể\s+|\s)(?:tổng\s+hợp,?\s+)?(?:báo\s+cáo(?!\s+viên"
            r"|\s+tài\s+chính)(?:\s+(?:kết\s+quả|tình\s+hình|bộ|ủy|ubnd|chính|thủ|sở|chủ|tổng|định"
            r"|hằng|hàng|về|kịp|bằng|tiến|nhanh))?)"
        ),
    ),
    (
        "conference",
        re.compile(
            r"\b(?:hội\s+nghị|hội\s+thảo|tập\s+huấn|diễn\s+tập|tọa\s+đàm|hội\s+chợ"
            r"|lễ\s+(?:phát\s+động|tổng\s+kết|công\s+bố|ra\s+quân)|hội\s+thi|cuộc\s+thi"
            r"|lớp\s+(?:đào\s+tạo|bồi\s+dưỡng|tập\s+huấn))\b"
        ),
    ),
    ("proposals", re.compile(r"\b(?:đề\s+xuất|kiến\s+nghị|đề\s+nghị\s+khen\s+thưởng)\b")),
    (
        "plan",
        re.compile(r"\b(?:kế\s+hoạch|chương\s+trình|đề\s+án|quy\s+hoạch|phương\s+án|lộ\s+trình)\b"),
    ),
    (
        "document",
        re.compile(
            r"\b(?:văn\s+bản|nghị\s+định|thông\s+tư|quyết\s+định|nghị\s+quyết|quy\s+chế|quy\s+định"
            r"|hồ\s+sơ|dự\s+toán|tài\s+liệu|danh\s+mục|hướng\s+dẫn|luật|tờ\s+trình|bộ\s+tiêu\s+chí"
            r"|sổ\s+tay)\b"
        ),
    ),
)
_MAKES = (
    r"(?:xây dựng|ban hành|lập|soạn thảo|biên soạn|hoàn thiện|trình|phê duyệt"
    r"|rà soát, sửa đổi|sửa đổi|tham mưu|dự thảo|góp ý|đề xuất)"
)


def kind_of(text: str, product: str = "") -> str:
    """What kind of thing is handed in; «duty» where nothing is. The table's product says it first."""
    named = _kind_of_product(fold(product)) if product else ""
    if named:
        return named
    low = _main_part(fold(text))
    first = re.sub(r"^[^\w]*", "", low)
    if re.match(
        r"(?:(?:định\s+kỳ|(?:hằng|hàng)\s+\w+|tổng\s+hợp|thực\s+hiện|chế\s+độ|kịp\s+thời"
        r"|trước\s+ngày\s+\S+|có\s+trách\s+nhiệm|và|theo\s+dõi|đột\s+xuất"
        r"|hoặc)[\s,]+)*báo\s+cáo\b",
        first,
    ):
        return "report"
    if re.match(r"(?:thống kê|lập|điền)\b[^;]*\bphụ lục\b", first):
        return "appendix"
    if re.search(
        r"(?:xây dựng|lập|hoàn thiện|trình)[^;.]{0,70}báo cáo (?:tổng kết|đánh giá|kết quả|chuyên đề|sơ kết)",
        low[:220],
    ) or re.match(r"tổng hợp, đánh giá\b[^;.]*(?:tình hình|kết quả)", first):
        return "report"
    if re.search(
        r"\b(?:định kỳ|hằng (?:tháng|quý|năm|ngày|tuần)|hàng (?:tháng|quý|năm|ngày|tuần)"
        r"|mỗi (?:tháng|quý)|6 tháng)\b",
        low,
    ) and re.search(r"\bbáo cáo\b(?! viên)", low):
        return "report"
    if re.match(
        r"(?:tham\s+mưu\s*,?\s*|nghiên\s+cứu\s*,?\s*|chủ\s+động\s+|tổng\s+hợp\s*,?\s*"
        r"|rà\s+soát\s*,?\s*)*(?:đề\s+xuất|kiến\s+nghị)\b",
        first,
    ):
        return "proposals"
    if re.search(
        rf"{_MAKES}[^;.]{{0,40}}?\b(?:kế hoạch|chương trình(?! giáo)|đề án|quy hoạch|phương án"
        rf"|lộ trình)\b(?!\s+này)",
        low[:200],
    ) and not re.match(
        r"hướng dẫn|đôn đốc|kiểm tra|chỉ đạo|tổ chức (?:các )?chương trình|tiếp nhận|theo dõi",
        first,
    ):
        return "plan"
    if _handed_in_report(low):
        return "report"
    if re.search(
        r"\b(?:tổ chức|mở|làm đầu mối tổ chức)\s+(?:các\s+|\d+\s+)?(?:hội nghị|hội thảo|lớp|khóa"
        r"|tập huấn|đào tạo, tập huấn|diễn tập|lễ|hội thi|cuộc thi|tọa đàm|hội chợ)\b"
        r"|\btập huấn\b|\btổ chức tổng kết\b",
        low[:220],
    ):
        return "conference"
    if re.search(r"\b(?:đề nghị|xét|trình)[^;.]{0,30}khen thưởng\b", low):
        return "proposals"
    if re.search(
        rf"{_MAKES}[^;.]{{0,30}}?\b(?:văn bản|nghị định|thông tư|quyết định|nghị quyết|quy chế"
        rf"|quy định|hồ sơ|dự toán|tài liệu|danh mục|hướng dẫn|luật|tờ trình|tiêu chí|sổ tay"
        rf"|cơ chế, chính sách)\b",
        low[:160],
    ) or re.match(
        r"(?:thành lập|kiện toàn|nghị định|thông tư|quyết định|nghị quyết|dự án luật|luật)\b", first
    ):
        return "document"
    return "duty"


def _kind_of_product(low: str) -> str:
    order = ("report", "plan", "document", "conference", "proposals")
    patterns = dict(_KINDS)
    hits = [
        (found.start(), kind) for kind in order if (found := patterns[kind].search(low)) is not None
    ]
    return min(hits)[1] if hits and min(hits)[0] < 25 else ""


def _main_part(low: str) -> str:
    """Without «Căn cứ …,» at the beginning."""
    subject = re.match(r"^(?:căn cứ|trên cơ sở|theo)\b[^,;.]*,\s*", low)
    return low[subject.end() :] if subject else low


def _handed_in_report(low: str) -> bool:
    return bool(
        re.search(
            r"(?:^|[,;.]\s*|\bvà\s+)(?:kịp thời\s+|đồng thời\s+|định kỳ[^,;.]{0,25}\s+|hằng \w+\s+"
            r"|hàng \w+\s+)?(?:tổng hợp[^;.]{0,60}?,?\s*(?:và\s+)?)?báo cáo\b(?!\s+viên|\s+tài chính"
            r"|\s+đánh giá tác động)",
            low,
        )
        or re.search(r"(?:gửi|nộp)\s+(?:kết quả|báo cáo|số liệu)", low)
        or re.search(
            r"(?:năm|tháng|quý|\d|\))\s+(?:tổng hợp,?\s+)?báo cáo\b(?!\s+(?:viên|tài chính))", low
        )
        or re.search(r"(?:chế độ|thực hiện)\s+(?:thông tin,?\s*)?báo cáo", low)
    )


def is_hand_in(text: str) -> bool:
    """Whether a clause hands something in."""
    return kind_of(text) in ("report", "proposals", "plan", "document", "conference") or bool(
        re.search(r"\b(?:gửi|trình|nộp|tổng hợp|cung cấp)\b", fold(text))
    )


def deliverable_of(text: str, time_words: str = "") -> str:
    """A short name of what is owed: the plan's words, cut at a clause, without the deadline at their end."""
    short = text.strip(" .;:,-+")
    if time_words and short.endswith(time_words) and len(short) > 20 + len(time_words):
        short = re.sub(r"\s+và$", "", short[: -len(time_words)].rstrip(" ,;(-"))
    short = re.sub(r"\s*\([^()]*\)", "", short)
    short = re.split(r"[;.:]\s+(?=\S)", short)[0]
    if len(short) > 140:
        cut = short[:140]
        short = cut[: max(cut.rfind(","), cut.rfind(" "), 60)].rstrip(" ,")
    return short[:1].upper() + short[1:]


# --- two things in one sentence --------------------------------------------------------------------

_STARTS = (
    (
        "report",
        r"(?:^|[;,]\s+|\svà\s+)(?:(?:tổng hợp|xây dựng|lập|hoàn thiện|tổ chức|trình|chủ trì|phối hợp)"
        r"[^;.]{0,110}?)?"
        r"(?:báo cáo (?:tổng kết|đánh giá|chuyên đề|kết quả|sơ kết|tổng hợp)|tổng hợp, đánh giá)",
    ),
    ("plan", r"(?:;\s+|,\s+|\svà\s+)(?:xây dựng\s+)?kế hoạch (?!này|tổng thể)"),
    ("proposals", r"(?:;\s+|\svà\s+)đề xuất\s"),
    (
        "appendix",
        r"(?:^|;\s+|\svà\s+)(?:thống kê|tổng hợp|hoàn thiện)[^;.]{0,160}?(?:phụ lục|biểu mẫu)",
    ),
)
_APPENDIX = re.compile(r"phụ lục (?:số )?(\d{1,2}|[ivx]{1,4})(?!\w)")


def hand_ins(found: Obligation, task: str) -> list[Obligation]:
    """A dated obligation divided where it asks for two different things: a report and a plan.

    `task`: its text without the subject.
    """
    if found.due.day is None:
        return [found]
    low = fold(task)
    starts = sorted(
        (match.start(), kind)
        for kind, pattern in _STARTS
        if (match := re.search(pattern, low)) is not None
    )
    if len(starts) < 2:
        return _appendices(found)
    bounds = [0, *(start for start, _ in starts[1:]), len(task)]
    parts = [
        replace(
            found,
            text=task[a:b].strip(" ,;"),
            kind=kind,
            deliverable=deliverable_of(re.sub(r"^\W*(?:và\s+)?", "", task[a:b])),
            doubts=list(found.doubts),
            also=list(found.also),
        )
        for (_, kind), a, b in zip(starts, bounds, bounds[1:], strict=False)
    ]
    return [one for part in parts for one in _appendices(part)]


def _appendices(found: Obligation) -> list[Obligation]:
    """«Thống kê … tại Phụ lục 1, Phụ lục 4»: one for each appendix."""
    if found.kind != "appendix":
        return [found]
    numbers = list(
        dict.fromkeys(match[1].upper() for match in _APPENDIX.finditer(fold(found.text)))
    )
    if len(numbers) < 2:
        return [found]
    return [
        replace(
            found, deliverable=f"Phụ lục {number}", doubts=list(found.doubts), also=list(found.also)
        )
        for number in numbers
    ]
