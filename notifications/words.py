"""What channels and the states of a message are called: in mail, on pages, by API and command line alike."""

from __future__ import annotations

from collections.abc import Mapping

CHANNELS: Mapping[str, str] = {
    "email": "Thư điện tử",
    "zalo_oa": "Zalo OA",
    "zalo_uid": "Zalo theo mẫu",
    "zalo_zns": "Zalo ZNS",
    "zalo_bot": "Zalo Bot",
    "console": "Màn hình",
    "apprise": "Kênh khác",
}
MESSAGE_WORDS: Mapping[str, str] = {
    "queued": "chờ gửi",
    "sending": "đang gửi",
    "sent": "đã gửi",
    "delivered": "đã đến",
    "failed": "tạm lỗi, sẽ gửi lại",
    "refused": "bị từ chối",
    "cancelled": "không gửi nữa",
}
"""What became of a message, by its state."""
