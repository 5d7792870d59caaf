"""Words of pages that no other room needs: events of the trail, sizes, triggers; and signs beside words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from notifications import words
from notifications.words import MESSAGE_WORDS
from plan.text import date_words, number_words

EVENTS: Mapping[str, str] = {
    "plan.loaded": "nạp kế hoạch",
    "plan.amended": "sửa đổi kế hoạch",
    "plan.started": "bắt đầu nhắc",
    "plan.paused": "tạm dừng kế hoạch",
    "plan.resumed": "cho kế hoạch chạy tiếp",
    "plan.closed": "đóng kế hoạch",
    "plan.deleted": "xóa bản nháp",
    "contacts.imported": "nhập danh bạ",
    "contact.changed": "sửa danh bạ",
    "contact.added": "thêm người nhận",
    "contact.removed": "bỏ người nhận",
    "contact.away": "ghi người nhận vắng",
    "contact.plan-chosen": "giao người phụ trách kế hoạch",
    "directory.changed": "sửa danh bạ cơ quan",
    "directory.answered": "trả lời câu hỏi về danh bạ",
    "ladder.changed": "đổi bậc thang nhắc",
    "board-mailing.set": "đặt lịch gửi bức tranh",
    "day.set": "đặt ngày nghỉ, ngày làm bù",
    "obligation.submitted": "nộp",
    "obligation.accepted": "nhận",
    "obligation.returned": "trả lại",
    "obligation.reopened": "mở lại",
    "obligation.waived": "miễn",
    "obligation.restored": "bỏ miễn",
    "decision.undone": "hoàn tác",
    "submission.moved": "chuyển bản nộp",
    "finding.explained": "giải trình cảnh báo",
    "deadline.changed": "đổi hạn",
    "call.opened": "yêu cầu số liệu",
    "mail.ignored": "bỏ qua thư đến",
    "letter.sent": "gửi công văn",
    "agency.urged": "nhắc ngay",
    "thread.asked": "hỏi",
    "thread.answered": "trả lời câu hỏi",
    "delegation.made": "chuyển cho đồng nghiệp",
    "delegation.ended": "lấy lại việc đã chuyển",
    "duty.handed-down": "giao xuống các đơn vị",
    "duty.taken-back": "thu lại việc đã giao xuống",
    "alarm.noted": "ghi nhận cảnh báo",
    "view.saved": "lưu cách xem",
    "view.renamed": "đổi tên cách xem",
    "view.deleted": "xóa cách xem",
    "extension.asked": "xin gia hạn",
    "extension.decided": "quyết định gia hạn",
    "milestone.closed": "đóng mốc",
    "run.started": "bắt đầu tổng hợp",
    "run.done": "tổng hợp xong",
    "run.finalised": "chốt bản tổng hợp",
    "report.working": "nộp lại dự thảo đã sửa",
    "report.signed": "ghi nhận báo cáo đã ký",
    "report.heading-chosen": "chọn mức chi tiết một mục",
    "user.added": "thêm người dùng",
    "user.disabled": "khóa người dùng",
    "user.enabled": "mở lại người dùng",
    "user.password": "đặt mật khẩu",
    "user.totp-reset": "đặt lại mã xác thực",
    "user.sso-tied": "gắn với tài khoản của tỉnh",
    "user.sso-untied": "gỡ tài khoản của tỉnh",
    "user.totp-enrolled": "gắn máy tạo mã",
    "user.codes": "tạo bộ mã dự phòng",
    "user.address": "đổi địa chỉ thư",
    "person.erased": "xóa dữ liệu cá nhân",
    "person.exported": "xuất dữ liệu cá nhân",
    "session.begun": "đăng nhập",
    "session.refused": "đăng nhập không được",
    "session.ended": "đăng xuất mọi nơi",
    "table.exported": "tải bảng về",
    "link.made": "cấp đường dẫn một lần",
    "link.sent": "gửi đường dẫn trong tin",
    "link.refused": "đường dẫn không mở được",
    "access.refused": "bị từ chối quyền",
    "limit.reached": "thử quá nhiều lần",
    "token.refused": "khóa API không đúng",
    "trail.sealed": "ký sổ nhật ký",
    "prefect.cleaned": "gỡ thứ lạ khỏi Prefect",
    "link.revoked": "thu hồi đường dẫn",
    "calendar.revoked": "thu hồi địa chỉ lịch",
    "token.made": "cấp khóa API",
    "token.revoked": "thu hồi khóa API",
    "webhook.made": "thêm webhook",
    "webhook.disabled": "tắt webhook",
}
ORIGINS: Mapping[str, str] = {
    "cli": "dòng lệnh",
    "web": "trang web",
    "link": "đường dẫn trong thư",
    "flow": "tự động",
    "api": "API",
    "rehearsal": "diễn tập",
    "init": "khởi tạo",
}
VIA: Mapping[str, str] = {
    "cli": "qua dòng lệnh",
    "web": "qua trang web",
    "link": "qua đường dẫn trong thư",
    "paper": "bản giấy",
    "other-system": "qua hệ thống văn bản khác",
    "api": "qua API",
    "email": "qua thư điện tử",
    "folder": "qua thư mục nhận tệp",
    "edoc": "qua trục liên thông văn bản",
}
CHANNELS: Mapping[str, str] = {"zalo": "Zalo", **words.CHANNELS}
MESSAGE_STATES: Mapping[str, tuple[str, str, str]] = {
    state: (sign, MESSAGE_WORDS[state], tone)
    for state, sign, tone in (
        ("queued", "not_open", "grey"),
        ("sending", "open", "blue"),
        ("sent", "submitted", "teal"),
        ("delivered", "accepted", "green"),
        ("failed", "due_soon", "amber"),
        ("refused", "overdue", "late"),
        ("cancelled", "waived", "grey"),
    )
}
"""Sign, word and tone of what became of a message."""
MESSAGE_EVENTS: Mapping[str, str] = {
    "announcement": "thông báo bắt đầu",
    "backlog": "đến nay còn thiếu",
    "reminder": "nhắc việc",
    "overdue": "nhắc quá hạn",
    "situation": "báo tình hình",
    "urging": "nhắc ngay",
    "question": "cơ quan hỏi",
    "answer": "trả lời cơ quan",
    "passed": "chuyển cho đồng nghiệp",
    "digest": "nhắc việc",
    "news": "nhiều kết quả cùng lúc",
    "accepted": "báo đã nhận",
    "returned": "báo trả lại",
    "mail-receipt": "trả lời thư nộp",
    "signed-letter": "công văn",
    "account": "báo về tài khoản",
    "board": "bức tranh tiến độ",
    "extension": "kết quả gia hạn",
    "extension-asked": "có đề nghị gia hạn",
    "deadline": "báo đổi hạn",
    "escalation-head": "báo thủ trưởng cơ quan",
    "escalation-leadership": "báo lãnh đạo Sở Nội vụ",
    "escalation-issuer": "báo UBND tỉnh",
    "internal": "ghi nhớ nội bộ",
    "run": "bản tổng hợp mới",
    "alarm": "cảnh báo",
    "unreachable": "cơ quan chưa có người nhận",
    "test": "thư thử",
}
MAIL_STATES: Mapping[str, tuple[str, str, str]] = {
    "fetched": ("open", "mới nhận", "blue"),
    "filed": ("accepted", "đã nộp", "green"),
    "to_confirm": ("due_soon", "chờ người gửi xác nhận", "amber"),
    "to_person": ("due_soon", "chờ Sở Nội vụ xem", "amber"),
    "ignored": ("waived", "bỏ qua", "grey"),
}
"""Sign, word and tone of what became of a mail that came."""
OUTCOMES: Mapping[str, str] = {
    "accepted": "đã nhận",
    "temporary": "tạm từ chối",
    "permanent": "từ chối hẳn",
    "unknown": "không rõ",
}
"""What one try to deliver came to."""
TRIGGERS: Mapping[str, str] = {
    "inputs-complete": "một mốc đã đủ đầu vào",
    "window-closed": "hết hạn của mốc",
    "nightly": "bản đêm",
    "by-hand": "theo yêu cầu",
}
ORIGIN_WORDS: Mapping[str, str] = {**ORIGINS, **TRIGGERS}
"""Where something came from; of a run, why it was made."""
SEVERITIES: Mapping[str, tuple[str, str, str]] = {
    "error": ("overdue", "Lỗi", "late"),
    "warning": ("due_soon", "Cảnh báo", "amber"),
    "note": ("not_open", "Ghi chú", "grey"),
}
SUBMISSION_STATES: Mapping[str, tuple[str, str, str]] = {
    "received": ("submitted", "chờ duyệt", "teal"),
    "returned": ("returned", "trả lại", "purple"),
    "accepted": ("accepted", "đã nhận", "green"),
    "superseded": ("waived", "đã có bản mới thay", "grey"),
    "moved": ("waived", "đã chuyển", "grey"),
}
DEADLINE_KINDS: Mapping[str, str] = {
    "plan": "theo kế hoạch",
    "amendment": "kế hoạch sửa đổi",
    "extension": "gia hạn",
    "internal": "mốc nội bộ",
    "event": "tính từ sự kiện",
    "calendar": "đổi lịch nghỉ",
}


def event_words(event: str) -> str:
    """«nhận», «trả lại»; an event nobody named yet is shown as it is."""
    return EVENTS.get(event, event)


def size_words(size: int) -> str:
    """«31 KB», «1,4 MB»."""
    if size < 1024:
        return f"{size} byte"
    if size < 1024 * 1024:
        return f"{number_words(round(size / 1024))} KB"
    return f"{number_words(round(size / 1024 / 1024, 1))} MB"


def detail_words(event: str, after: Mapping[str, Any]) -> str:
    """What an audit event says beside its name: «lần 2», the reason, the new deadline."""
    detail = after.get("detail")
    if not isinstance(detail, Mapping):
        return ""
    parts = []
    if number := detail.get("number"):
        parts.append(f"lần {number}")
    if event == "obligation.submitted" and detail.get("complete") is False:
        parts.append("còn lỗi")
    if "from" in detail and "to" in detail:
        parts.append(f"{detail['from']} → {detail['to']}")
    if until := detail.get("until"):
        parts.append(f"đến {date_words(date.fromisoformat(str(until)))}")
    if (granted := detail.get("granted")) is not None:
        parts.append("đồng ý" if granted else "không đồng ý")
    if event.startswith("thread.") and (sent := detail.get("files")):
        parts.append(f"kèm {', '.join(name for name, _ in sent)}")
    reason = detail.get("reason") or detail.get("note") or ""
    return ", ".join(parts) + (f": {reason}" if reason and parts else str(reason))
