"""What Zalo's error codes mean for a message: a table, no I/O.

Second-hand: digests of Zalo's official pages (OA message API, ZNS, Bot), which could not be read
themselves. Zalo answers HTTP 200 to a refusal and says `{"error": N, "message": "…"}`. A code
that stands in no table counts as temporary: the outbox tries again and then gives up by itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from notifications.channels.base import SendError
from plan.calendar import LOCAL


class Wait(Enum):
    """When a refusal is worth another try; None of these: the outbox decides."""

    MINUTE = "minute"
    MORNING = "morning"
    TOMORROW = "tomorrow"


@dataclass(frozen=True)
class Meaning:
    """The flags of `SendError`, and a sentence for people."""

    words: str
    permanent: bool = False
    channel_down: bool = False
    address_dead: bool = False
    for_now: bool = False
    wait: Wait | None = None


def _dead(words: str) -> Meaning:
    return Meaning(words, permanent=True, address_dead=True)


def _elsewhere(words: str) -> Meaning:
    """This message cannot go this way; the address is good."""
    return Meaning(words, permanent=True, address_dead=True, for_now=True)


def _down(words: str) -> Meaning:
    return Meaning(words, channel_down=True)


_LOGIN = "Zalo không nhận access token; người quản trị OA chạy `dondoc zalo login`"
RENEW_CODES = frozenset({-216, -220, -124})
"""Token invalid or expired: renew once, then ask again."""

OA_MEANINGS: Mapping[int, Meaning] = {
    -32: Meaning("Gửi Zalo quá nhanh", wait=Wait.MINUTE),
    -201: Meaning("Nội dung gửi Zalo có trường không hợp lệ", permanent=True),
    -210: Meaning("Tin Zalo dài quá 2000 ký tự", permanent=True),
    -211: Meaning("Hết hạn mức tin Zalo", wait=Wait.TOMORROW),
    -218: Meaning("Người nhận đã nhận đủ số tin Zalo cho phép", wait=Wait.TOMORROW),
    -213: _dead("Người nhận không quan tâm Zalo OA"),
    -216: _down(_LOGIN),
    -220: _down(_LOGIN),
    -227: _dead("Tài khoản Zalo bị khóa hoặc không hoạt động quá 45 ngày"),
    -230: _elsewhere("Người nhận không tương tác với Zalo OA trong 7 ngày"),
    -232: _elsewhere("Người nhận không tương tác với Zalo OA trong 7 ngày"),
    -234: Meaning("Zalo không nhận tin ban đêm", wait=Wait.MORNING),
    -320: _down("Zalo OA chưa nối với Zalo Cloud Account"),
    -321: _down("Tài khoản Zalo Cloud hết tiền"),
}

ZNS_MEANINGS: Mapping[int, Meaning] = {
    -32: Meaning("Gửi Zalo quá nhanh", wait=Wait.MINUTE),
    -108: _dead("Số điện thoại không hợp lệ"),
    -109: _elsewhere("Mã mẫu ZNS không đúng"),
    -114: _dead("Người nhận không nhận được ZNS"),
    -115: _down("Tài khoản ZNS hết tiền"),
    -117: _elsewhere("Zalo OA chưa được phép dùng mẫu ZNS này"),
    -118: _dead("Số điện thoại không có tài khoản Zalo"),
    -119: _dead("Người nhận không nhận được ZNS"),
    -124: _down(_LOGIN),
    -131: _elsewhere("Mẫu ZNS chưa được duyệt"),
    -132: _elsewhere("Tham số gửi ZNS không hợp lệ"),
    -133: Meaning("ZNS không gửi từ 22:00 đến 06:00", wait=Wait.MORNING),
    -135: _down("Zalo OA không được phép gửi ZNS"),
    -1351: _down("Zalo OA bị chặn gửi ZNS"),
    -137: _down("Tài khoản ZNS hết tiền"),
    -139: _dead("Người nhận từ chối nhận ZNS"),
    -141: _dead("Người nhận từ chối nhận tin của Zalo OA"),
    -144: Meaning("Zalo OA đã gửi đủ số ZNS trong ngày", wait=Wait.TOMORROW),
    -146: _elsewhere("Mẫu ZNS bị vô hiệu hóa"),
    -147: Meaning("Mẫu ZNS đã gửi đủ số tin trong ngày", wait=Wait.TOMORROW),
    -1121: _elsewhere("Tham số ZNS dài quá mức"),
    -1122: _elsewhere("Thiếu tham số của mẫu ZNS"),
    -1124: _elsewhere("Tham số ZNS sai định dạng"),
}

BOT_MEANINGS: Mapping[int, Meaning] = {
    400: _elsewhere("Zalo Bot không nhận chat_id hoặc nội dung"),
    401: _down("Zalo Bot không nhận token; xem DONDOC_ZALO_BOT_TOKEN"),
    403: _dead("Người nhận đã chặn Zalo Bot"),
    429: Meaning("Zalo Bot hết hạn mức", wait=Wait.MINUTE),
}

_UNKNOWN = Meaning("Zalo báo lỗi chưa biết")
_PERSONAL = re.compile(r"\+?\d[\d .-]{7,}\d")


def fault(table: Mapping[int, Meaning], code: int, message: str, now: datetime) -> SendError:
    """The refusal as a `SendError`. `now` (UTC) tells how far the next morning is.

    Long runs of digits in Zalo's own words (phones, ids) are hidden.
    """
    meaning = table.get(code, _UNKNOWN)
    said = _PERSONAL.sub("●●●", " ".join(message.split()))[:200]
    return SendError(
        str(code),
        f"{meaning.words} (Zalo: {said})." if said else f"{meaning.words}.",
        permanent=meaning.permanent,
        channel_down=meaning.channel_down,
        retry_after=_pause(meaning.wait, now),
        address_dead=meaning.address_dead,
        for_now=meaning.for_now,
    )


def _pause(wait: Wait | None, now: datetime) -> timedelta | None:
    if wait is None or wait is Wait.MINUTE:
        return timedelta(minutes=1) if wait else None
    local = now.astimezone(LOCAL)
    hour = 6 if wait is Wait.MORNING else 0
    ahead = local.replace(hour=hour, minute=0, second=0, microsecond=0)
    if ahead <= local:
        ahead += timedelta(days=1)
    return ahead - local
