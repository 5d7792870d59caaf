"""Three plans at once over 2027, by the same agencies: a yearly one with reports each month and quarter, a
summing-up, and a conference in June. What they ask for is data here; who hands in when is drawn from a seed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from random import Random
from typing import Any

from flows.rehearsal import monthly
from plan.calendar import WorkingCalendar, local_instant
from plan.definition.directories import read_directory
from plan.definition.model import Agency, PlanDefinition
from plan.queries.progress import ObligationView

NAME = "nhieu-ke-hoach"
DIRECTORY = "gia-lai-2025"
OFFICE, ISSUER = "so-noi-vu", "ubnd-tinh"
DESK = {
    "agency": OFFICE,
    "parent": "UBND TỈNH GIA LAI",
    "name": "SỞ NỘI VỤ",
    "place": "Gia Lai",
    "symbol": "SNV-CCHC",
    "signer_title": "GIÁM ĐỐC",
    "archive": "VT, CCHC",
}
WITH_ZALO = 3
"""Every third agency's contact follows the Zalo account."""
REMINDERS: dict[str, Any] = {
    "rungs": [
        {"offset": -3},
        {"offset": 0, "tone": "urgent"},
        {"offset": 2, "every": 2, "audience": ["contact", "head"], "tone": "overdue"},
        {"offset": 5, "audience": ["coordinator-leadership"], "tone": "escalated"},
        {"offset": 10, "audience": ["issuer"], "tone": "escalated"},
    ],
    "channels": ["email"],
    "also": ["zalo_oa"],
    "announce": False,
    "office_hours": [{"spans": [["07:00", "11:30"], ["13:30", "17:00"]]}],
}


@dataclass(frozen=True)
class Asked:
    """A deliverable of the scenario: what, from which groups or agencies, by when in the plan's words."""

    id: str
    title: str
    due: str
    owners: tuple[str, ...]
    kind: str = "document"
    appendix: str | None = None
    feeds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sketch:
    """A plan of the scenario."""

    id: str
    number: str
    short: str
    title: str
    issued_on: date
    ends_on: date
    asked: tuple[Asked, ...]
    more: Mapping[str, Any] = field(default_factory=dict)
    """Appendices and outputs, as the plan format has them."""


SKETCHES = (
    Sketch(
        "cchc-2027",
        "01/KH-UBND",
        "KH CCHC 2027",
        "Kế hoạch cải cách hành chính năm 2027",
        date(2027, 1, 4),
        date(2027, 12, 31),
        (
            Asked(
                "thang",
                "Báo cáo công tác tháng",
                "hằng tháng trước ngày 25",
                ("xa",),
                kind="appendix",
                appendix=monthly.FORM,
                feeds=tuple(one["id"] for one in monthly.OUTPUTS),
            ),
            Asked(
                "quy",
                "Báo cáo cải cách hành chính quý",
                "hằng quý trước ngày 20 tháng cuối quý",
                ("xa", "so"),
            ),
        ),
        more={"appendices": [monthly.APPENDIX], "outputs": monthly.OUTPUTS},
    ),
    Sketch(
        "tong-ket",
        "15/KH-UBND",
        "KH tổng kết",
        "Tổng kết hai năm chính quyền địa phương hai cấp",
        date(2027, 3, 1),
        date(2027, 8, 31),
        (
            Asked("bao-cao-xa", "Báo cáo tổng kết của xã", "trước ngày 30/4/2027", ("xa",)),
            Asked("bao-cao-so", "Báo cáo tổng kết của sở", "trước ngày 15/5/2027", ("so",)),
        ),
    ),
    Sketch(
        "hoi-nghi",
        "40/KH-UBND",
        "KH hội nghị",
        "Hội nghị tổng kết tháng 6 năm 2027",
        date(2027, 5, 3),
        date(2027, 7, 15),
        (
            Asked("dai-bieu", "Danh sách đại biểu", "trước ngày 01/6/2027", ("xa", "so")),
            Asked("tham-luan", "Tham luận tại hội nghị", "trước ngày 10/6/2027", ("so",)),
        ),
    ),
)


def scenario_plans(communes: int | None = None) -> list[PlanDefinition]:
    """The three plans, in the order they are issued; with so many communes only (None: all 135)."""
    known = read_directory(DIRECTORY)
    kept = {agency.id for agency in [a for a in known if a.group == "xa"][:communes]}
    agencies = [agency for agency in known if agency.group != "xa" or agency.id in kept]
    return [_plan(sketch, agencies) for sketch in SKETCHES]


def _plan(sketch: Sketch, agencies: Sequence[Agency]) -> PlanDefinition:
    source = {"section": "II"}
    return PlanDefinition.model_validate(
        {
            "id": sketch.id,
            "number": sketch.number,
            "short": sketch.short,
            "title": sketch.title,
            "issued_on": sketch.issued_on,
            "ends_on": sketch.ends_on,
            "issuer": ISSUER,
            "coordinator": OFFICE,
            "province": "Gia Lai",
            "offices": [DESK],
            "agencies": [agency.model_dump() for agency in agencies],
            "contacts": [part for n, a in enumerate(agencies) for part in _people(n, a)],
            "milestones": [
                {
                    "id": one.id,
                    "title": one.title,
                    "due": {"words": one.due},
                    "source": source,
                    "feeds": one.feeds,
                }
                for one in sketch.asked
            ],
            "deliverables": [
                {
                    "id": one.id,
                    "title": one.title,
                    "milestone": one.id,
                    "kind": one.kind,
                    "owners": one.owners,
                    "appendix": one.appendix,
                }
                for one in sketch.asked
            ],
            "reminders": REMINDERS,
            **sketch.more,
        }
    )


def _people(number: int, agency: Agency) -> Iterator[dict[str, Any]]:
    """The same two people of an agency in every plan."""
    short = agency.names[0].short
    zalo = f"2712523625412515{number:03d}" if number % WITH_ZALO == 0 else ""
    mail = f"{agency.id}@gialai.example"
    yield {"agency": agency.id, "name": f"Văn thư {short}", "email": mail, "zalo_user_id": zalo}
    head = f"lanh-dao.{agency.id}@gialai.example"
    yield {"agency": agency.id, "name": f"Lãnh đạo {short}", "email": head, "is_head": True}


# --- who hands in when ---------------------------------------------------------------------------


@dataclass(frozen=True, order=True)
class HandIn:
    """An agency hands in what it owes at an instant (UTC)."""

    at: datetime
    plan: str
    agency: str
    obligation: str


DAYS: tuple[tuple[float, tuple[int, int]], ...] = (
    (0.84, (-6, 0)),
    (0.95, (1, 4)),
    (0.99, (5, 12)),
)
"""Share of obligations handed in by then → working days from the last good one; the rest never."""


def story(
    plan: str, views: Sequence[ObligationView], calendar: WorkingCalendar, rng: Random
) -> Iterator[HandIn]:
    """The same for the same random numbers."""
    for view in views:
        if view.last_working_day is None:
            continue
        luck = rng.random()
        span = next((span for share, span in DAYS if luck < share), None)
        if span is not None:
            day = calendar.add_working_days(view.last_working_day, rng.randint(*span))
            at = local_instant(day, time(rng.choice((8, 9, 10, 14, 15)), rng.randint(0, 44)))
            yield HandIn(at, plan, view.agency, view.id)
