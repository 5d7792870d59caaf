"""The scorecard as a workbook: how each figure is counted first, then the figures, then what they are
made of, obligation by obligation."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime

import xlsxwriter

from dashboard.rendering.export import fill_sheet
from dashboard.table import Cell, Table
from plan.queries.scorecard import DEFINITIONS, GROUPINGS, Delivery, Ranked
from plan.text import moment_words

HEADS = (
    "Hạng",
    "",
    "Phải nộp",
    "Đã nộp",
    "Đúng hạn",
    "Tỷ lệ nộp (%)",
    "Tỷ lệ đúng hạn (%)",
    "Trễ, trung vị (ngày làm việc)",
    "Lần đôn đốc",
    "Lần trả lại",
    "Gia hạn",
    "Ghi chú",
)
DETAIL_HEADS = (
    "Kế hoạch",
    "Cơ quan",
    "Nghĩa vụ",
    "Tên",
    "Ngày cuối cùng",
    "Trạng thái",
    "Đúng hạn",
    "Trễ (ngày làm việc)",
    "Lần đôn đốc",
    "Lần trả lại",
    "Gia hạn",
)


def cells(row: Ranked) -> list[Cell]:
    """One line of the scorecard, in the order of `HEADS`."""
    score = row.score
    return [
        row.place,
        score.words,
        score.expected,
        score.received,
        score.on_time,
        round(score.reporting_rate * 100, 1),
        round(score.on_time_rate * 100, 1),
        score.median_days_late,
        score.urged,
        score.returned,
        score.extensions,
        "ít số liệu" if score.small else "",
    ]


def score_table(rows: Sequence[Ranked], by: str) -> Table:
    """What the page shows."""
    heads = (HEADS[0], GROUPINGS[by][0], *HEADS[2:])
    return Table("Bảng điểm", heads, [cells(row) for row in rows])


def detail_table(found: Sequence[Delivery]) -> Table:
    """Every obligation behind the figures."""
    return Table("Chi tiết", DETAIL_HEADS, [_detail(one) for one in found])


def _detail(one: Delivery) -> list[Cell]:
    view = one.view
    return [
        one.plan,
        view.agency_name,
        view.id,
        view.title,
        view.last_day,
        view.state_words,
        "có" if one.on_time else "không",
        one.days_late,
        one.urged,
        one.returned,
        one.extensions,
    ]


def workbook(rows: Sequence[Ranked], found: Sequence[Delivery], by: str, as_of: datetime) -> bytes:
    """The three sheets; `as_of` (UTC) is said on the first, since the same moment gives the same figures."""
    meanings = [["Thời điểm xem", moment_words(as_of)], *[list(pair) for pair in DEFINITIONS]]
    tables = [
        Table("Định nghĩa", ("Cột", "Cách tính"), meanings),
        score_table(rows, by),
        detail_table(found),
    ]
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        for table in tables:
            fill_sheet(book, table)
    return out.getvalue()
