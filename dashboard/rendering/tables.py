"""Tables that several pages show, as plain values to take away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from dashboard.queries.agencies import ContactLine
from dashboard.queries.board import MilestoneRow
from dashboard.queries.glance.matrix import Block
from dashboard.queries.naming import Naming
from dashboard.queries.obligation import Filed
from dashboard.queries.trail import TrailLine
from dashboard.rendering import helpers
from dashboard.rendering.sheet import DrawnSheet
from dashboard.table import Cell, Table
from dashboard.words import ORIGIN_WORDS
from plan.models import Message
from plan.queries.progress import ObligationView
from plan.text import number_words

NAMED = 200
"""Agencies that one cell names: a spreadsheet's holds 32,767 characters."""
MANY = 20_000
"""Rows of the trail or of messages that one file takes."""


def message_table(rows: Iterable[Message]) -> Table:
    heads = (
        "Lúc soạn",
        "Gửi lúc",
        "Đến lúc",
        "Loại",
        "Tiêu đề",
        "Người nhận",
        "Kênh",
        "Kết quả",
        "Chi tiết",
    )
    return Table("Tin đã gửi", heads, [_message(row) for row in rows])


def _message(row: Message) -> tuple[Cell, ...]:
    return (
        row.created_at,
        row.sent_at,
        row.delivered_at,
        helpers.MESSAGE_EVENTS.get(row.event, "tin"),
        str(row.content.get("subject", "")),
        row.recipient_name,
        helpers.CHANNELS.get(row.channel, row.channel),
        helpers.MESSAGE_STATES[row.state][1],
        row.words,
    )


def attempt_table(attempts: Iterable[Mapping[str, Any]]) -> Table:
    """Every try to deliver one message."""
    heads = ("Lúc", "Kết quả", "Mã", "Lời của máy chủ")
    rows = [
        (
            one["at"],
            helpers.OUTCOMES.get(one["outcome"], one["outcome"]),
            one["code"],
            one["words"],
        )
        for one in attempts
    ]
    return Table("Các lần gửi", heads, rows)


def trail_table(lines: Iterable[TrailLine]) -> Table:
    heads = ("STT", "Lúc", "Người", "Từ đâu", "Việc", "Về", "Chi tiết", "Mã băm")
    return Table("Nhật ký", heads, [_line(line) for line in lines])


def _line(line: TrailLine) -> tuple[Cell, ...]:
    origin = ORIGIN_WORDS.get(line.origin, line.origin)
    what = (line.words, line.title, line.detail, line.hash)
    return (line.id, line.at, line.actor, origin, *what)


def milestone_table(rows: Iterable[MilestoneRow], now: datetime) -> Table:
    heads = (
        "Mốc",
        "Mở từ",
        "Chậm nhất",
        "Phải nộp",
        "Đã nhận",
        "Chờ duyệt",
        "Còn thiếu",
        "Quá hạn",
        "Quá hạn của các kỳ trước",
        "Còn lại",
        "Cơ quan còn thiếu",
    )
    return Table("Các mốc", heads, [_milestone(row, now) for row in rows])


def _milestone(row: MilestoneRow, now: datetime) -> tuple[Cell, ...]:
    counted = row.tally
    return (
        row.title,
        row.opens_on,
        row.last_day,
        counted.owing,
        counted.accepted,
        counted.waiting,
        counted.missing,
        counted.late,
        row.late_before,
        row.left_words(now),
        _named(row),
    )


def _named(row: MilestoneRow) -> str:
    """Who is missing; of very many the first few and how many more."""
    names = [name for _, name in row.missing]
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" và {number_words(more)} cơ quan khác" if more > 0 else "")


def matrix_table(blocks: Iterable[Block]) -> Table:
    """One row for each agency and product: a sheet can pivot it, sort it and filter it."""
    heads = ("Nhóm", "Cơ quan", "Sản phẩm", "Chậm nhất", "Trạng thái", "Nộp lúc")
    return Table(
        "Cơ quan và sản phẩm",
        heads,
        [
            (
                block.label,
                row.name,
                view.title,
                view.last_day,
                helpers.state(view),
                view.decisive_at,
            )
            for block in blocks
            for row in block.rows
            for cell in row.cells
            for view in cell
        ],
    )


def contact_table(lines: Iterable[ContactLine]) -> Table:
    heads = ("Tên", "Chức vụ", "Thủ trưởng", "Địa chỉ", "Nhận thay đến hết ngày")
    return Table("Người nhận tin", heads, [_contact(line) for line in lines])


def _contact(line: ContactLine) -> tuple[Cell, ...]:
    addresses = "; ".join(
        f"{helpers.CHANNELS.get(channel, channel)}: {address}{f' ({silent})' if silent else ''}"
        for channel, address, silent in line.addresses
    )
    one = line.contact
    return (one.name, one.role, "có" if one.is_head else "", addresses, one.until)


def submission_table(filed: Sequence[Filed]) -> Table:
    heads = ("Lần", "Nhận lúc", "Người nộp", "Kết quả", "Lỗi", "Cảnh báo", "Tệp")
    return Table("Các lần nộp", heads, [_submission(one) for one in filed])


def _submission(one: Filed) -> tuple[Cell, ...]:
    row = one.row
    result = helpers.SUBMISSION_STATES[one.state][1]
    counts = (len(one.of("error")), len(one.of("warning")))
    files = ", ".join(file.filename for file in one.files)
    return (row.number, row.received_at, row.submitted_by, result, *counts, files)


def sheet_table(sheets: Iterable[DrawnSheet]) -> Table:
    """Sheets as drawn, one line for each cell that holds something: to sort, filter and pivot."""
    heads = ("Phụ lục", "Bảng", "STT", "Dòng", "Cột", "Giá trị", "Ô", "Phát hiện")
    return Table(
        "Số liệu",
        heads,
        [
            (
                sheet.heading,
                table.title,
                row.stt,
                row.label,
                head,
                cell.text if cell.value is None else cell.value,
                cell.address,
                " ".join(found.message for found in cell.findings),
            )
            for sheet in sheets
            for table in sheet.tables
            for row in table.rows
            for head, cell in zip(table.heads, row.cells, strict=False)
            if cell.text or cell.findings
        ],
    )


def finding_table(one: Filed) -> Table:
    """What was found in a submission, with what was answered."""
    heads = ("Mức", "Chỗ", "Phát hiện", "Đã đọc", "Giải trình")
    rows = [
        (
            helpers.SEVERITIES[found.severity][1],
            helpers.place(found),
            found.message,
            found.read,
            found.explanation,
        )
        for found in one.findings
    ]
    return Table("Phát hiện", heads, rows)


def as_table(views: Sequence[ObligationView], names: Naming, title: str) -> Table:
    """The list to take away."""
    heads = (
        "Cơ quan",
        "Mốc",
        "Sản phẩm",
        "Mở từ",
        "Hạn",
        "Trạng thái",
        "Nộp lúc",
        "Số lần nộp",
        "Mã",
    )
    return Table(
        title,
        heads,
        [
            (
                view.agency_name,
                names.milestones[view.milestone].short or names.milestones[view.milestone].title,
                view.title,
                view.opens_at,
                view.last_day,
                helpers.state(view),
                view.decisive_at,
                view.submissions,
                view.id,
            )
            for view in views
        ],
    )
