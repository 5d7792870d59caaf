"""What recurs: «hằng quý», «định kỳ 6 tháng, năm», «trước ngày 25 hằng tháng»."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import Any

from drafting.times.due import DueReading, Time

EACH = r"(?:hằng|hàng|mỗi|từng|các)"
_CYCLES = {
    "ngày": "day",
    "tuần": "week",
    "tháng": "month",
    "quý": "quarter",
    "quí": "quarter",
    "6 tháng": "half-year",
    "06 tháng": "half-year",
    "sáu tháng": "half-year",
    "nửa năm": "half-year",
    "9 tháng": "year",
    "09 tháng": "year",
    "chín tháng": "year",
    "năm": "year",
}
_CYCLE = (
    r"(?:0?6\s+tháng|sáu\s+tháng|0?9\s+tháng|chín\s+tháng|nửa\s+năm|ngày|tuần|tháng|qu[ýí]|năm)"
)
_CYCLE_WORD = re.compile(rf"(?:{EACH}\s+|0?1\s+|một\s+|cả\s+)?(?P<cycle>{_CYCLE})(?!\w)")
_EVERY = (
    rf"(?:{EACH}\s+(?P<every>{_CYCLE})(?!\w)"
    rf"(?!\s+(?:\d{{1,4}}(?!\d*\s*(?:lần|kỳ|cuộc|buổi))|(?:iv|i{{1,3}})(?!\w))))"
)
_RECURRING_DAY = re.compile(
    rf"(?:(?:định\s+kỳ\s+)?(?:{EACH}\s+)?(?P<lead>{_CYCLE}(?:\s+(?:đầu|cuối)\s+năm)?)(?!\w)(?!\s+\d)(?:\s+(?:và"
    rf"|hoặc)\s+đột\s+xuất)?\s*[,(:]?\s*(?:gửi\s+|báo\s+cáo\s+)?)?"
    rf"(?P<mark>trước|chậm\s+nhất(?:\s+là)?(?:\s+(?:vào|trước))?|muộn\s+nhất(?:\s+vào)?|vào"
    rf"|đến|(?<=\()(?=ngày\s))\s*(?:ngày\s+)?(?:m[ùồ]ng\s+)?(?P<d>\d{{1,2}})(?!\d)(?!\s*(?:giờ|h|g)\b|h\d|g\d)(?:\s*(?:/"
    rf"|\s+tháng\s+)\s*(?P<m>\d{{1,2}})(?![\d/]))?"
    rf"(?P<second>\s*(?:,|và|;)\s*(?:trước\s+)?(?:ngày\s+)?(?P<d2>\d{{1,2}})\s*(?:/"
    rf"|\s+tháng\s+)\s*(?P<m2>\d{{1,2}})(?![\d/]))?"
    rf"(?:\s*(?:của\s+)?(?P<tail>{EACH}\s+{_CYCLE}|tháng\s+(?:cuối|đầu"
    rf"|giữa)(?:\s+(?:của|mỗi|hằng|hàng|từng))*\s+qu[ýí]|tháng\s+(?:sau|kế\s+tiếp|tiếp\s+theo)|cuối\s+qu[ýí]"
    rf"|tháng\s+cuối|\(?(?:đối\s+với\s+)?(?:báo\s+cáo|kỳ)\s+(?:0?6\s+tháng|năm)(?!\s+\d)|năm\s+sau))?"
    rf"\s*(?P<close>\))?"
)
_RECURRING = re.compile(
    rf"(?:báo\s+cáo\s+)?(?P<kind>định\s+kỳ\s*\(?\s*)?{_EVERY}(?:\s*(?:,|và|hoặc)\s*(?:{EACH}\s+|0?1\s+|cả\s+)?"
    rf"(?:{_CYCLE})(?!\w)(?!\s+\d))*\)?(?:\s+(?:và|hoặc)\s+đột\s+xuất)?(?:\s+theo\s+quy\s+định)?"
    rf"|định\s+kỳ\s*\(?\s*(?P<bare>{_CYCLE})(?!\w)(?:\s*(?:,|và|hoặc)\s*(?:{EACH}\s+|0?1\s+|cả\s+)?{_CYCLE}(?!\w)"
    rf"(?!\s+\d))*\)?(?:\s*/\s*(?:0?1\s+)?lần|\s+một\s+lần)?"
    rf"|(?:(?<=báo\scáo\s)theo\s+)?(?<!\d\s)(?P<once>{_CYCLE})\s*/\s*(?:0?1\s+)?lần"
    rf"|(?P<times>\d{{1,2}})\s+(?:lần|kỳ)\s*/\s*(?P<per>{_CYCLE})(?!\w)"
    r"|(?P<none>định\s+kỳ)(?:\s*(?:,|và|hoặc)\s*đột\s+xuất)?"
)

_NOUN_OF_YEARS = re.compile(
    r"(?:dự toán|ngân sách|kinh phí|kế hoạch|lộ trình|chương trình"
    r"|chi(?!\s+(?:hội|bộ|đoàn|cục|nhánh|trả))|vốn|đầu tư công|chỉ tiêu"
    r"|nhiệm vụ|đối tượng|trợ cấp|phụ cấp|tiền lương|công tác|hoạt động|kế hoạch công tác"
    r"|phát triển kinh tế\s*-\s*xã hội|nguồn|tài chính|ngày"
    r"|thi đua|phong trào|hội nghị tổng kết|sự cố|bảo dưỡng|quy hoạch|sử dụng đất|nhu cầu"
    r"|chính sách|kỳ họp|biên chế|kiểm kê|thu|giao(?!\s+ban)|cân đối)(?:\s+(?:tổ chức|bố trí|nhà nước"
    r"|địa phương|hoạt động|cụ thể|chi tiết|[^\s,;.:]+)){0,4}\s*$"
)


_PLAN_OF_YEARS = re.compile(
    r"(?:kế hoạch|chương trình|dự toán|đề án|danh mục)"
    r"(?:(?!(?:,|\svà)\s+(?:báo cáo|tổng hợp|tổ chức|đánh giá|sơ kết|tổng kết|gửi|trình)\s)[^;.:()])*$"
)
_DOES = re.compile(
    r"\s*,?\s*(?:tổng hợp|báo cáo|tổ chức|đánh giá|rà soát|sơ kết|tổng kết|gửi|trình|định kỳ)\b"
)


_DAY_OF_EACH = re.compile(
    rf"ngày\s+(?P<d>\d{{1,2}})(?:\s*(?:/|\s+tháng\s+)\s*(?P<m>\d{{1,2}}))?\s+(?:của\s+)?{EACH}"
    r"\s+(?P<every>tháng|năm)"
)
_DAYS_OF_YEAR = re.compile(
    rf"(?:vào\s+)?ngày\s+(?P<d>\d{{1,2}})/(?P<m>\d{{1,2}})\s*(?:,|và|;)\s*(?:ngày\s+)?(?P<d2>\d{{1,2}})/(?P<m2>\d{{1,2}})"
    rf"\s+{EACH}\s+năm"
)
_DAY_PARTS = (("d", 31), ("m", 12), ("d2", 31), ("m2", 12))
_SO_OFTEN = re.compile(
    rf"(?:báo\s+cáo\s+)?(?:(?:{EACH}\s+)?(?P<cycle>{_CYCLE})\s*,?\s*(?:/\s*)?(?:0?1|một)\s+(?:lần|kỳ)"
    rf"|(?P<times>0?[124])\s+(?:lần|kỳ)\s*/\s*(?:0?1\s+)?(?P<per>{_CYCLE})"
    rf"|(?P<first>{_CYCLE})(?:\s*(?:,|và)\s*(?:cả\s+)?{_CYCLE})+)"
)
_LAST_DAY = re.compile(
    rf"(?:vào\s+)?ngày\s+(?:làm\s+việc\s+)?cuối\s+(?:cùng\s+)?(?:của\s+)?(?:{EACH}\s+)?(?P<cycle>{_CYCLE})"
    r"(?!\w)(?!\s+(?:\d|[ivx]))"
)
"""«Ngày làm việc cuối cùng của quý»: of each; which day that is, is asked."""
_DAY_OF_QUARTER = re.compile(
    r"ngày\s+(?P<d>\d{1,2})\s+(?:của\s+)?tháng\s+(?:cuối|đầu|giữa)(?:\s+(?:của|mỗi|hằng|hàng|từng))*\s+qu[ýí]"
)
_OFTEN_A_YEAR = {1: "year", 2: "half-year", 4: "quarter"}


def recurrence_alone(low: str) -> DueReading | None:
    """What is a recurrence only where a time stands: «ngày 25 hằng tháng», «2 lần/năm», «6 tháng, năm»."""
    days = _DAYS_OF_YEAR.fullmatch(low)
    if days is not None and all(1 <= int(days[part]) <= most for part, most in _DAY_PARTS):
        both = tuple(
            f"{int(days[m]):02d}-{int(days[d]):02d}" for d, m in (("d", "m"), ("d2", "m2"))
        )
        return DueReading("recurring", every="half-year", at=(("mark", "by"), ("days", both)))
    day = _DAY_OF_EACH.fullmatch(low)
    if day is not None and (bool(day["m"]) == (day["every"] == "năm")):
        month = (("month", int(day["m"])),) if day["m"] else ()
        if 1 <= int(day["d"]) <= 31 and 1 <= int(day["m"] or 1) <= 12:
            at: tuple[tuple[str, Any], ...] = (("mark", "by"), *month, ("day", int(day["d"])))
            return DueReading("recurring", every=_CYCLES[day["every"]], at=at)
    of_quarter = _DAY_OF_QUARTER.fullmatch(low)
    if of_quarter is not None and 1 <= int(of_quarter["d"]) <= 31:
        return DueReading(
            "recurring", every="quarter", at=(("mark", "by"), ("day", int(of_quarter["d"])))
        )
    often = _SO_OFTEN.fullmatch(low)
    if often is None:
        return None
    if often["times"]:
        return _so_often(int(often["times"]), often["per"])
    return DueReading(
        "recurring", every=_CYCLES[" ".join((often["cycle"] or often["first"]).split())]
    )


def _so_often(times: int, cycle: str) -> DueReading:
    """«2 lần/năm» is every half-year, «2 lần/ngày» every day."""
    per = _CYCLES[" ".join(cycle.split())]
    every = (
        per if times == 1 or per == "day" else _OFTEN_A_YEAR.get(times) if per == "year" else None
    )
    return DueReading("recurring", every=every)


def recurrences(low: str) -> Iterator[Time]:
    for found in _RECURRING_DAY.finditer(low):
        due = _recurring_day(found, low)
        if due is not None:
            bare = found["lead"] and found["tail"] and found.start() == found.start("lead")
            start = found.start("mark") if bare else found.start()
            yield Time(start, found.end(), low[start : found.end()], due)
    for found in _RECURRING.finditer(low):
        if not _is_noun_phrase(low, found):
            yield from _cycles(low, found)
    for found in _DAY_OF_EACH.finditer(low):
        day = recurrence_alone(found[0])
        if day is not None:
            yield Time(found.start(), found.end(), found[0], day)
    for found in _LAST_DAY.finditer(low):
        cycle = _CYCLES[" ".join(found["cycle"].split())]
        yield Time(found.start(), found.end(), found[0], DueReading("recurring", every=cycle))
    for found in chain(
        *(form.finditer(low) for form in (_REPORTS_OF, _REPORTS_AFTER, _REPORTS_BY))
    ):
        cycles = list(_CYCLE_WORD.finditer(low, found.start("cycles"), found.end("cycles")))
        for word in cycles:
            cycle = _CYCLES[" ".join(word["cycle"].split())]
            yield Time(word.start(), word.end(), word[0], DueReading("recurring", every=cycle))
    for found in _MONTH_OF_YEAR.finditer(low):
        month = found["m"]
        at = (("mark", "in"), ("month", int(month))) if month and 1 <= int(month) <= 12 else None
        yield Time(
            found.start(), found.end(), found[0], DueReading("recurring", every="year", at=at)
        )


_REPORTS_OF = re.compile(
    rf"báo\s+cáo(?:\s+(?!định\s+kỳ)[^\s,;.:()]+){{0,10}}?\s+(?P<cycles>{_CYCLE}(?:\s*(?:,|và|,\s+và)\s+(?:cả\s+|0?1\s+)?{_CYCLE})+)"
    r"(?!\w)(?!\s+\d)"
)
"""«Xây dựng báo cáo cải cách hành chính quý, 6 tháng, năm»."""
_REPORTS_AFTER = re.compile(
    rf"(?:^|(?<=[;,.]\s))(?P<cycles>{_CYCLE}(?:\s*(?:,|và|,\s+và)\s+(?:cả\s+|một\s+|0?1\s+)?{_CYCLE})+)"
    r"(?=\s+(?:tổng\s+hợp|báo\s+cáo|sơ\s+kết|đánh\s+giá)(?!\w))"
)
"""«…; 6 tháng, một năm báo cáo Ban Thường vụ»."""
_REPORTS_BY = re.compile(
    r"báo\s+cáo[^,;.:()]{0,60}?\stheo\s+(?P<cycles>ngày|tuần|tháng|qu[ýí])(?=\s*(?:[,;.(]|$))"
)
"""«Báo cáo kết quả theo tuần»."""
_MONTH_OF_YEAR = re.compile(
    rf"(?:(?:vào|trong)\s+)?(?:tháng\s+(?P<m>\d{{1,2}})|qu[ýí]\s+(?:iv|i{{1,3}}|[1-4]))\s+{EACH}\s+năm"
)


def _cycles(low: str, found: re.Match[str]) -> Iterator[Time]:
    """Every cycle of «định kỳ hằng quý, 6 tháng, năm»; one without its name for a bare «định kỳ»."""
    if found["times"]:
        yield Time(
            found.start(), found.end(), found[0], _so_often(int(found["times"]), found["per"])
        )
        return
    words = list(_CYCLE_WORD.finditer(low, found.start(), found.end())) if not found["none"] else []
    starts = [found.start(), *(word.start() for word in words[1:])]
    ends = [*(word.end() for word in words[:-1]), found.end()]
    cycles = [_CYCLES.get(" ".join(word["cycle"].split())) for word in words] or [None]
    for start, end, cycle in zip(starts, ends, cycles, strict=True):
        yield Time(start, end, low[start:end], DueReading("recurring", every=cycle))


def _is_noun_phrase(low: str, found: re.Match[str]) -> bool:
    """«dự toán hằng năm», «chế độ kiểm tra định kỳ»: no time of what is owed."""
    before, after = low[max(0, found.start() - 60) : found.start()], low[found.end() :]
    if found["times"]:
        return not re.search(r"(?:báo cáo|tổng hợp|giao ban|cập nhật)[^,;.]{0,20}$", before)
    if found["kind"] or found["bare"] or found[0].startswith("báo cáo"):
        return bool(
            re.search(r"(?:chế độ kiểm tra|lấy mẫu|bảo dưỡng|quan trắc|kiểm định)\s*$", before)
        )
    if found["none"]:
        return bool(
            re.search(
                r"(?:chế độ kiểm tra|bảo dưỡng|khám sức khỏe|kiểm định|kiểm thử[^,;.]*|cảnh báo[^,;.]*"
                r"|(?<!báo cáo )theo)\s*$",
                before,
            )
        )
    if re.match(r"\s*(?:nước|hóa)\b", after):
        return True
    if re.search(r"(?:kết quả thực hiện|tình hình|báo cáo công tác|công khai)[^,;.]*$", before):
        return False
    planned = _PLAN_OF_YEARS.search(before) and not _DOES.match(after)
    return bool(planned or _NOUN_OF_YEARS.search(before))


_ANOTHER_DAY = re.compile(r"\s*(?:,|và|;)\s*(?:trước\s+)?(?:ngày\s+)?\d{1,2}/\d{1,2}/\d{4}")


def _recurring_day(found: re.Match[str], low: str) -> DueReading | None:
    """A recurrence with its day; None for a date of one year."""
    lead, tail, month = found["lead"], found["tail"], found["m"]
    after = low[found.end() : found.end() + 12]
    if re.match(r"\s*(?:năm\s*\d{4}|[/.-]\s*\d)", after) or _ANOTHER_DAY.match(low, found.end()):
        return None
    if lead is None and (
        tail is None
        or (
            tail.startswith("tháng")
            and "qu" not in tail
            and not tail.endswith(("sau", "tiếp", "theo"))
        )
    ):
        return None
    every = _every_of(lead, tail, month)
    if every is None:
        return None
    mark = "before" if "trước" in found["mark"] else "in" if found["mark"] == "vào" else "by"
    if found["second"] and month:
        days = (
            f"{int(month):02d}-{int(found['d']):02d}",
            f"{int(found['m2']):02d}-{int(found['d2']):02d}",
        )
        return DueReading(
            "recurring",
            every="half-year" if every == "year" else every,
            at=(("mark", mark), ("days", days)),
        )
    if not 1 <= int(found["d"]) <= 31 or (month and not 1 <= int(month) <= 12):
        return None
    at: list[tuple[str, Any]] = [("mark", mark)]
    if month:
        at.append(("month", int(month)))
    at.append(("day", int(found["d"])))
    return DueReading("recurring", every=every, at=tuple(at))


def _every_of(lead: str | None, tail: str | None, month: str | None) -> str | None:
    """The cycle: what stands after the day says it, else what stands before."""
    named: str | None
    if tail and tail.endswith("năm") and ("báo" in tail or "kỳ" in tail):
        named = "year"
    elif tail and "6 tháng" in " ".join(tail.split()):
        named = "half-year"
    elif tail and tail.startswith("năm"):
        named = "year"
    elif tail and re.match(EACH, tail):
        named = _CYCLES.get(" ".join(tail.split()[1:]))
    elif tail and "qu" in tail:
        named = "quarter"
    else:
        named = None
    led = _CYCLES.get(re.sub(r" (?:đầu|cuối) năm$", "", " ".join(lead.split()))) if lead else None
    if led == "half-year" or (named is None and led):
        return "year" if led == "day" else led
    if named == "month" and month:
        return "year"
    return named or led
