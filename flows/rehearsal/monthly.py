"""What the scenario's communes report each month: the form, what is made of it, and invented figures.

A commune's figures are drawn from its own name and the month: any sum can be worked out again by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from random import Random
from typing import Any

from intake.forms.workbook import build_workbook
from plan.definition.model import PlanDefinition
from plan.ledger.filing import ReadValue

FORM = "PL1"
_RATIO = {"numerator": "Số hồ sơ giải quyết đúng hạn", "denominator": "Số hồ sơ đã giải quyết"}
_COUNT = {"type": "count", "aggregate": "sum"}
_INDICATORS: tuple[dict[str, Any], ...] = (
    {
        "code": "1",
        "label": "Số hồ sơ thủ tục hành chính tiếp nhận",
        "unit": "hồ sơ",
        "key_indicator": True,
        **_COUNT,
    },
    {"code": "2", "label": "Số hồ sơ đã giải quyết", "unit": "hồ sơ", **_COUNT},
    {
        "code": "3",
        "label": "Tỷ lệ hồ sơ giải quyết đúng hạn",
        "unit": "%",
        "type": "percent",
        "aggregate": "ratio",
        "ratio": _RATIO,
        "key_indicator": True,
    },
    {"code": "4", "label": "Số lượt công dân được tiếp", "unit": "lượt", **_COUNT},
    {
        "code": "5",
        "label": "Số cán bộ, công chức có mặt cuối kỳ",
        "unit": "người",
        "period_kind": "stock",
        "key_indicator": True,
        **_COUNT,
    },
    {
        "code": "6",
        "label": "Số thôn, tổ dân phố có tổ công nghệ số cộng đồng",
        "unit": "tổ",
        "period_kind": "stock",
        **_COUNT,
    },
)
APPENDIX: Mapping[str, Any] = {
    "code": FORM,
    "heading": "BIỂU SỐ 01",
    "title": "SỐ LIỆU CÔNG TÁC CẢI CÁCH HÀNH CHÍNH CỦA XÃ, PHƯỜNG",
    "reference": "(Ban hành kèm theo Kế hoạch số 01/KH-UBND ngày 04/01/2027 của UBND tỉnh)",
    "tables": [
        {
            "heads": ["STT", "Chỉ tiêu", "Đơn vị tính"],
            "periods": [{"key": "ky", "label": "Kỳ báo cáo", "ends_on": "2027-12-31"}],
            "indicators": [{**one, "stt": one["code"]} for one in _INDICATORS],
        }
    ],
    "rules": [
        {
            "id": "PL1-R01",
            "expr": "[PL1.3#d] == [PL1.2]",
            "message": "Mẫu số của tỷ lệ ({left}) phải bằng số hồ sơ đã giải quyết ({right}).",
        }
    ],
}
OUTPUTS: tuple[dict[str, Any], ...] = tuple(
    {
        "id": name,
        "title": "Số liệu cải cách hành chính của xã, phường",
        "kind": "appendices",
        "filename": f"{name}.xlsx",
        "inputs": ["thang"],
        "every": every,
    }
    for name, every in (
        ("so-lieu-thang", "month"),
        ("so-lieu-quy", "quarter"),
        ("so-lieu-nam", "year"),
    )
)


FLOWS, STOCKS = ("1", "2", "3#n", "3#d", "4"), ("5", "6")
"""Lines that are added up over months, and those that stand as they stood last."""


def workbook(definition: PlanDefinition, agency: str, period: str, on: date) -> bytes:
    """The form as the commune fills it in, on a local day."""
    written = figures(agency, period).items()
    filled = {(name, "ky"): ReadValue(name, "ky", number=number) for name, number in written}
    return build_workbook(definition, agency, on=on, deadlines={}, prefill=filled)


def figures(agency: str, period: str) -> dict[str, int]:
    """What a commune reports for a month (`2027-03`), by the form's lines."""
    size = Random(agency).randint(120, 900)
    rng = Random(f"{agency}/{period}")
    received = round(size * rng.uniform(0.85, 1.2))
    done = round(received * rng.uniform(0.9, 1.0))
    return {
        f"{FORM}.1": received,
        f"{FORM}.2": done,
        f"{FORM}.3#n": round(done * rng.uniform(0.93, 1.0)),
        f"{FORM}.3#d": done,
        f"{FORM}.4": round(size * rng.uniform(0.02, 0.06)),
        f"{FORM}.5": 28 + size // 60 + rng.randint(-1, 1),
        f"{FORM}.6": 6 + size // 90 + int(period[-2:]) // 4,
    }
