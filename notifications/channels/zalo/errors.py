"""What Zalo's error codes mean: whose fault it is, for how long, and what follows. A table, no I/O.

Zalo answers HTTP 200 to a refusal and says `{"error": N, "message": "…"}`. None of its own pages could
be read when this was written: each row names where its meaning comes from (`SOURCES`), and where two
sources disagree the row says so. A code that stands in no table counts as the channel's fault: said,
tried once more, then the person's next channel.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from notifications.channels.base import SendError
from plan.calendar import LOCAL

SOURCES = {
    "api": "Digests of Zalo's API reference (OA messages, ZNS, Bot), 2026.",
    "guide": "zalo.cloud/zns/guidelines/handle-error-code, a stored copy of 2026.",
    "practice": "Told by those who operate ZNS; not found on a page of Zalo's.",
}


class Whose(Enum):
    """Whose fault a refusal is. What follows is the same for all of a kind."""

    PERSON = "person"
    """This address takes nothing: the person's next channel at once, and the address is left alone."""
    MESSAGE = "message"
    """These words or this template: the next channel at once; the address is good."""
    CHANNEL = "channel"
    """The app, the account or the server: its messages are held, then go by other channels."""


class Until(Enum):
    """How long it lasts."""

    CORRECTED = "corrected"
    """Until somebody corrects the address or follows again."""
    MENDED = "mended"
    """Until a person mends a setting, a template, the balance: told at once."""
    MONTH = "month"
    DAY = "day"
    TOMORROW = "tomorrow"
    """Quotas begin anew at midnight."""
    MORNING = "morning"
    MINUTE = "minute"
    LATER = "later"
    """Nobody knows: tried again with growing pauses."""


MORNING_HOUR = 7
"""Templates of every tag may be sent from 07:00 (tag 1 from 06:00)."""
_SILENT: Mapping[Until, timedelta] = {
    Until.DAY: timedelta(days=1),
    Until.MONTH: timedelta(days=30),
}


@dataclass(frozen=True)
class Meaning:
    """One row: a code's meaning in a sentence for people, and where it comes from."""

    whose: Whose
    until: Until
    words: str
    source: str


def _rows(whose: Whose, until: Until, source: str, **words: str) -> dict[int, Meaning]:
    """`_108="…"` → {-108: …}: keyword names, so that a row is a line."""
    return {-int(code[1:]): Meaning(whose, until, said, source) for code, said in words.items()}


_LOGIN = "Zalo không nhận access token; người quản trị OA chạy `dondoc zalo login`"
RENEW_CODES = frozenset({-216, -220, -124})
"""Token invalid or expired: renew once, then ask again."""

OA_MEANINGS: Mapping[int, Meaning] = {
    **_rows(Whose.CHANNEL, Until.MINUTE, "api", _32="Gửi Zalo quá nhanh"),
    **_rows(
        Whose.MESSAGE,
        Until.MENDED,
        "api",
        _201="Nội dung gửi Zalo có trường không hợp lệ",
        _210="Tin Zalo dài quá 2000 ký tự",
    ),
    **_rows(Whose.CHANNEL, Until.TOMORROW, "api", _211="Hết hạn mức tin Zalo"),
    **_rows(
        Whose.PERSON,
        Until.CORRECTED,
        "api",
        _213="Người nhận không quan tâm Zalo OA",
        _227="Tài khoản Zalo bị khóa hoặc không hoạt động quá 45 ngày",
    ),
    **_rows(
        Whose.CHANNEL,
        Until.MENDED,
        "api",
        _216=_LOGIN,
        _220=_LOGIN,
        _320="Zalo OA chưa nối với Zalo Cloud Account",
        _321="Tài khoản Zalo Cloud hết tiền",
    ),
    **_rows(
        Whose.MESSAGE, Until.TOMORROW, "api", _218="Người nhận đã nhận đủ số tin Zalo cho phép"
    ),
    **_rows(
        Whose.PERSON,
        Until.DAY,
        "api",
        _230="Người nhận không tương tác với Zalo OA trong 7 ngày",
        _232="Người nhận không tương tác với Zalo OA trong 7 ngày",
    ),
    **_rows(Whose.MESSAGE, Until.MORNING, "api", _234="Zalo không nhận tin ban đêm"),
}

ZNS_MEANINGS: Mapping[int, Meaning] = {
    **_rows(Whose.CHANNEL, Until.MINUTE, "api", _32="Gửi Zalo quá nhanh"),
    **_rows(Whose.CHANNEL, Until.LATER, "guide", _100="Zalo báo lỗi không xác định"),
    **_rows(
        Whose.CHANNEL,
        Until.MENDED,
        "guide",
        _101="Mã ứng dụng Zalo không hợp lệ",
        _102="Ứng dụng Zalo không tồn tại",
        _103="Ứng dụng Zalo chưa được kích hoạt",
        _104="Khóa bí mật của ứng dụng Zalo không đúng; xem DONDOC_ZALO_APP_SECRET",
        _105="Ứng dụng Zalo chưa liên kết với OA nào",
        _120="Zalo OA chưa được cấp quyền gửi",
        _125="Mã Zalo OA không hợp lệ",
        _138="Ứng dụng Zalo chưa được cấp quyền gửi ZNS",
    ),
    **_rows(
        Whose.CHANNEL,
        Until.MENDED,
        # The guide reads -112 as «template data invalid» and -130 as «too long»: operators see them
        # for every message of an app until its set-up is mended.
        "practice",
        _112="Zalo không nhận dữ liệu mẫu của ứng dụng; xem lại mẫu và quyền của ứng dụng",
        _126="Ví ZNS của ứng dụng không dùng được",
        _130="Zalo không nhận nội dung gửi của ứng dụng",
        _136="Zalo OA chưa nối với Zalo Cloud Account",
    ),
    **_rows(
        Whose.CHANNEL,
        Until.MENDED,
        "api",
        _115="Tài khoản ZNS hết tiền",
        _124=_LOGIN,
        _135="Zalo OA không được phép gửi ZNS",
        _1351="Zalo OA bị chặn gửi ZNS",
        _137="Tài khoản ZNS hết tiền",
    ),
    **_rows(
        Whose.CHANNEL,
        Until.TOMORROW,
        "api",
        _144="Zalo OA đã gửi đủ số ZNS trong ngày",
        _211="Hết hạn mức tin Zalo",
    ),
    **_rows(
        Whose.PERSON,
        Until.CORRECTED,
        "api",
        _108="Số điện thoại không hợp lệ",
        _114="Người nhận không nhận được ZNS",
        _118="Số điện thoại không có tài khoản Zalo",
        _119="Người nhận không nhận được ZNS",
        _139="Người nhận từ chối nhận ZNS",
        _141="Người nhận từ chối nhận tin của Zalo OA",
        _213="Người nhận không quan tâm Zalo OA",
        _227="Tài khoản Zalo bị khóa hoặc không hoạt động quá 45 ngày",
    ),
    # The guide says «version of Zalo not supported», practice «number not on Zalo»: neither is for ever.
    **_rows(
        Whose.PERSON,
        Until.MONTH,
        "guide",
        _110="Số này không nhận được qua Zalo (hoặc Zalo quá cũ)",
    ),
    **_rows(Whose.PERSON, Until.DAY, "api", _230="Người nhận không tương tác với OA trong 7 ngày"),
    **_rows(
        Whose.MESSAGE,
        Until.MENDED,
        "api",
        _109="Mã mẫu ZNS không đúng",
        _117="Zalo OA chưa được phép dùng mẫu ZNS này",
        _131="Mẫu ZNS chưa được duyệt",
        _132="Tham số gửi ZNS không hợp lệ",
        _146="Mẫu ZNS bị vô hiệu hóa",
        _1121="Tham số ZNS dài quá mức",
        _1122="Thiếu tham số của mẫu ZNS",
        _1124="Tham số ZNS sai định dạng",
    ),
    **_rows(
        Whose.MESSAGE,
        Until.MENDED,
        "guide",
        _111="Mẫu ZNS không có dữ liệu",
        _113="Nút bấm của mẫu ZNS không hợp lệ",
        _116="Nội dung mẫu ZNS không hợp lệ",
        _121="Yêu cầu gửi ZNS không có nội dung",
        _122="Yêu cầu gửi ZNS sai định dạng",
        _140="Zalo OA chưa được phép gửi loại mẫu này cho người nhận",
        _145="Zalo OA chưa được phép gửi loại nội dung này",
    ),
    **_rows(Whose.MESSAGE, Until.TOMORROW, "api", _147="Mẫu ZNS đã gửi đủ số tin trong ngày"),
    **_rows(Whose.MESSAGE, Until.MORNING, "api", _133="ZNS không gửi ban đêm"),
}

UID_MEANINGS: Mapping[int, Meaning] = {**ZNS_MEANINGS, **OA_MEANINGS}
"""Templates by user id are sent by the OA, under both sets of codes."""

BOT_MEANINGS: Mapping[int, Meaning] = {
    400: Meaning(Whose.MESSAGE, Until.MENDED, "Zalo Bot không nhận chat_id hoặc nội dung", "api"),
    401: Meaning(
        Whose.CHANNEL,
        Until.MENDED,
        "Zalo Bot không nhận token; xem DONDOC_ZALO_BOT_TOKEN",
        "api",
    ),
    403: Meaning(Whose.PERSON, Until.CORRECTED, "Người nhận đã chặn Zalo Bot", "api"),
    429: Meaning(Whose.CHANNEL, Until.MINUTE, "Zalo Bot hết hạn mức", "api"),
}

_PERSONAL = re.compile(r"\+?\d[\d .-]{7,}\d")


def fault(table: Mapping[int, Meaning], code: int, message: str, now: datetime) -> SendError:
    """The refusal as a `SendError`. `now` (UTC) tells how far the next morning is.

    Long runs of digits in Zalo's own words (phones, ids) are hidden.
    """
    meaning = table.get(code)
    words = meaning.words if meaning else f"Zalo báo mã lỗi chưa biết ({code})"
    said = _PERSONAL.sub("●●●", " ".join(message.split()))[:200]
    shown = f"{words} (Zalo: {said})." if said else f"{words}."
    flags = _flags(meaning, now) if meaning else {"channel_down": True, "unknown": True}
    return SendError(str(code), shown, **({"permanent": False} | flags))


def night(now: datetime) -> SendError:
    """What Zalo would say to a template that may not be sent at this hour (UTC)."""
    return fault(ZNS_MEANINGS, -133, "", now)


def _flags(meaning: Meaning, now: datetime) -> dict[str, Any]:
    """From whose fault and for how long to what the outbox goes by."""
    until, pause = meaning.until, _pause(meaning.until, now)
    if meaning.whose is Whose.CHANNEL:
        told = until in (Until.MENDED, Until.TOMORROW)
        return {"channel_down": True, "retry_after": pause, "needs_person": told}
    if pause is not None:
        return {"retry_after": pause}
    final = {"permanent": True, "address_dead": True}
    if meaning.whose is Whose.MESSAGE:
        return final | {"for_now": True}
    lasting = _SILENT.get(until)
    return final | ({"for_now": True, "silent_for": lasting} if lasting else {})


def _pause(until: Until, now: datetime) -> timedelta | None:
    """How long to wait before the same is asked again; None: not said."""
    if until is Until.MINUTE:
        return timedelta(minutes=1)
    hours = {Until.MORNING: MORNING_HOUR, Until.TOMORROW: 0}
    if until not in hours:
        return None
    local = now.astimezone(LOCAL)
    ahead = local.replace(hour=hours[until], minute=0, second=0, microsecond=0)
    return (ahead if ahead > local else ahead + timedelta(days=1)) - local
