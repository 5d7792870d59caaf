"""A plan one can work out by hand: three districts, one department, four figures of four rules; its own
milestones, outputs and outline."""

from __future__ import annotations

from typing import Any

from plan.definition.model import PlanDefinition
from plan.ledger.filing import ReadValue

ID = "kh-99"
TABLE, COMPILED, DRAFT, NOTE_ = "bang-tong-hop", "tong-hop-van-ban", "du-thao", "tinh-hinh"
DISTRICTS = ("dong", "tay", "nam")
PERIODS = ("2019", "2020")

HANDED_IN = {
    # documents issued · (on time, received) · longest wait in days · has a one-stop shop
    ("dong", "2019"): (10, (90, 100), 12, 1),
    ("dong", "2020"): (4, (10, 10), 9, 1),
    ("tay", "2019"): (5, (150, 300), 30, 0),
    ("tay", "2020"): (6, (0, 90), 41, 1),
    ("nam", "2019"): (0, (24, 25), 7, 0),
    ("nam", "2020"): (1, (7, 20), 8, 0),
}
EXPECTED: list[list[Any]] = [
    ["Chỉ tiêu", "2019", "2020"],
    ["Số văn bản đã ban hành", 15, 11],  # 10 + 5 + 0; 4 + 6 + 1
    ["Tỷ lệ hồ sơ đúng hạn", 264 / 425 * 100, 17 / 120 * 100],  # 90+150+24 of 100+300+25; 17 of 120
    ["Số ngày chờ lâu nhất", 30, 41],
    ["Có bộ phận một cửa", 1, 2],
]
"""Worked out by hand. The average of the percentages would have been 79 and 45."""

_RULES = ("sum", "ratio", "max", "count_yes")
_TYPES = ("count", "percent", "count", "flag")


def small_plan() -> PlanDefinition:
    """The plan, complete."""
    return PlanDefinition.model_validate(
        {
            "id": ID,
            "number": "99/KH-UBND",
            "title": "Kế hoạch thử",
            "issued_on": "2020-01-06",
            "issuer": "tinh",
            "coordinator": "so",
            "province": "Bình Định",
            "agencies": [
                {"id": "tinh", "group": "tinh", "names": [{"name": "UBND tỉnh", "short": "Tỉnh"}]},
                {"id": "so", "group": "so", "names": [{"name": "Sở Thử", "short": "Sở Thử"}]},
                *(
                    {
                        "id": code,
                        "group": "huyen",
                        "names": [{"name": f"UBND huyện {name}", "short": name}],
                    }
                    for code, name in zip(DISTRICTS, ("Đông", "Tây", "Nam"), strict=True)
                ),
            ],
            "milestones": [
                _milestone("so-lieu", "Trước ngày 30 tháng 4 năm 2020", [TABLE]),
                _milestone("van-ban", "Trước ngày 31 tháng 5 năm 2020", [COMPILED, DRAFT]),
            ],
            "deliverables": [
                _deliverable("bieu", "so-lieu", "appendix", appendix="PLA"),
                _deliverable("bao-cao", "van-ban", "report"),
            ],
            "reminders": {"rungs": [], "office_hours": [{"spans": [["07:00", "17:00"]]}]},
            "appendices": [_appendix()],
            "outline": [
                {"id": "p1", "number": "I.", "title": "KẾT QUẢ", "answered_by": ["so"]},
                {"id": "p2", "number": "II.", "title": "TỒN TẠI", "figures": ["PLA.1"]},
            ],
            "outputs": [
                _output(TABLE, "appendices", "bang.xlsx", ["bieu"]),
                _output(COMPILED, "compilation", "tong-hop.docx", ["bao-cao"]),
                _output(DRAFT, "report", "du-thao.docx", ["bao-cao", "bieu"]),
                _output(NOTE_, "status-note", "tinh-hinh.docx", ["bao-cao", "bieu"]),
            ],
        }
    )


def _milestone(code: str, due: str, feeds: list[str]) -> dict[str, object]:
    return {
        "id": code,
        "title": f"Mốc {code}",
        "due": {"words": due},
        "source": {"section": "II"},
        "feeds": feeds,
    }


def _deliverable(code: str, milestone: str, kind: str, **more: object) -> dict[str, object]:
    return {
        "id": code,
        "title": f"Sản phẩm {code}",
        "milestone": milestone,
        "kind": kind,
        "owners": ["huyen"],
        **more,
    }


def _output(code: str, kind: str, filename: str, inputs: list[str]) -> dict[str, object]:
    return {
        "id": code,
        "title": f"Kết quả {code}",
        "kind": kind,
        "filename": filename,
        "inputs": inputs,
    }


def _appendix() -> dict[str, object]:
    labels = [str(row[0]) for row in EXPECTED[1:]]
    return {
        "code": "PLA",
        "heading": "PHỤ LỤC A",
        "title": "SỐ LIỆU",
        "reference": "(Kèm theo Kế hoạch)",
        "tables": [
            {
                "heads": ["STT", "Chỉ tiêu"],
                "periods": [
                    {"key": key, "label": f"Năm {key}", "ends_on": f"{key}-12-31"}
                    for key in PERIODS
                ],
                "indicators": [
                    {
                        "code": str(number),
                        "stt": str(number),
                        "label": label,
                        "type": kind,
                        "aggregate": rule,
                        "key_indicator": True,
                        "ratio": {"numerator": "Đúng hạn", "denominator": "Đã nhận"}
                        if rule == "ratio"
                        else None,
                    }
                    for number, (label, kind, rule) in enumerate(
                        zip(labels, _TYPES, _RULES, strict=True), start=1
                    )
                ],
            }
        ],
    }


def values_of(district: str) -> list[ReadValue]:
    """What a district hands in, each figure with its cell."""
    found = []
    for column, period in zip("EF", PERIODS, strict=True):
        issued, (above, below), longest, has = HANDED_IN[district, period]
        figures = {
            "PLA.1": issued,
            "PLA.2#n": above,
            "PLA.2#d": below,
            "PLA.2": round(100 * above / below, 2),
            "PLA.3": longest,
            "PLA.4": has,
        }
        found += [
            ReadValue(
                name,
                period,
                number=float(number),
                file=f"bieu-{district}.xlsx",
                sheet="PLA",
                cell=f"{column}{row}",
            )
            for row, (name, number) in enumerate(figures.items(), start=8)
        ]
    return found
