"""A plan that very many agencies answer with one workbook each, put into the database in bulk.

Values are drawn from the agency's number, so that any part of it can be worked out again by itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random

from sqlalchemy import Engine, insert, text, update
from sqlmodel import Session, col, select

from plan.database import writing
from plan.definition.model import PlanDefinition
from plan.models import (
    Agency,
    AgencyName,
    Deliverable,
    Obligation,
    Plan,
    Submission,
    SubmissionFile,
)
from tests.conftest import load_running

PLAN_ID, OUTPUT, APPENDIX = "nhieu-xa", "tong-hop", "PLX"
PERIODS = ("2015", "2016", "2017", "2018", "2019", "2020")
START = datetime(2020, 1, 6, 1, tzinfo=UTC)
ACCEPTED = datetime(2020, 4, 20, 2, tzinfo=UTC)
KINDS = (
    *["sum"] * 41,
    *["ratio"] * 6,
    *["weighted"] * 2,
    *["max"] * 4,
    *["count_yes"] * 4,
    *["single"] * 1,
    *["never"] * 2,
)
"""The rule of each of the sixty indicators."""


def indicator(number: int, kind: str) -> dict[str, object]:
    part: dict[str, object] = {
        "code": str(number),
        "stt": str(number),
        "label": f"Chỉ tiêu số {number}",
        "type": {"ratio": "percent", "weighted": "percent", "count_yes": "flag"}.get(kind, "count"),
        "unit": "hồ sơ",
        "aggregate": "ratio" if kind == "weighted" else kind,
    }
    if kind == "ratio":
        part["ratio"] = {"numerator": "Số đúng hạn", "denominator": "Số đã nhận"}
    if kind == "weighted":
        part["weight"] = f"{APPENDIX}.1"
    return part


def definition_of(agencies: int) -> PlanDefinition:
    """`agencies` communes owe one appendix of sixty indicators over six years."""
    return PlanDefinition.model_validate(
        {
            "id": PLAN_ID,
            "number": "99/KH-UBND",
            "title": "Kế hoạch thống kê cấp xã",
            "issued_on": "2020-01-06",
            "issuer": "tinh",
            "coordinator": "tinh",
            "province": "Bình Định",
            "agencies": [
                {"id": "tinh", "group": "tinh", "names": [{"name": "UBND tỉnh", "short": "Tỉnh"}]},
                *(
                    {
                        "id": f"xa-{n}",
                        "group": "xa",
                        "names": [{"name": f"UBND xã số {n}", "short": f"Xã {n}"}],
                    }
                    for n in range(agencies)
                ),
            ],
            "milestones": [
                {
                    "id": "thong-ke",
                    "title": "Số liệu cấp xã",
                    "due": {"words": "Trước ngày 30 tháng 4 năm 2020"},
                    "source": {"section": "II"},
                    "feeds": [OUTPUT],
                }
            ],
            "deliverables": [
                {
                    "id": "bieu",
                    "title": "Biểu số liệu",
                    "milestone": "thong-ke",
                    "kind": "appendix",
                    "owners": ["xa"],
                    "appendix": APPENDIX,
                }
            ],
            "reminders": {"rungs": [], "office_hours": [{"spans": [["07:00", "17:00"]]}]},
            "appendices": [
                {
                    "code": APPENDIX,
                    "heading": "PHỤ LỤC X",
                    "title": "SỐ LIỆU CẤP XÃ",
                    "reference": "(Kèm theo Kế hoạch)",
                    "tables": [
                        {
                            "heads": ["STT", "Chỉ tiêu"],
                            "periods": [
                                {"key": key, "label": f"Năm {key}", "ends_on": f"{key}-12-31"}
                                for key in PERIODS
                            ],
                            "indicators": [
                                indicator(n, kind) for n, kind in enumerate(KINDS, start=1)
                            ],
                        }
                    ],
                }
            ],
            "outputs": [
                {
                    "id": OUTPUT,
                    "title": "Tổng hợp số liệu cấp xã",
                    "kind": "appendices",
                    "filename": "tong-hop.xlsx",
                    "inputs": ["bieu"],
                }
            ],
        }
    )


def figures_of(agency: int) -> Iterator[tuple[str, str, float]]:
    """(indicator, period, figure) that this commune hands in."""
    rng = Random(agency)
    for period in PERIODS:
        for number, kind in enumerate(KINDS, start=1):
            name = f"{APPENDIX}.{number}"
            if kind == "ratio":
                whole = rng.randrange(100, 10_000)
                part = rng.randrange(whole)
                yield f"{name}#n", period, float(part)
                yield f"{name}#d", period, float(whole)
                yield name, period, round(100 * part / whole, 2)
            elif kind == "weighted":
                yield name, period, rng.randrange(0, 1001) / 10
            elif kind == "count_yes":
                yield name, period, float(rng.random() < 0.7)
            else:
                yield name, period, float(rng.randrange(10_000))


def load_many(engine: Engine, agencies: int, *, accepted: int) -> None:
    """The plan in an empty, migrated database; the first `accepted` communes' workbooks accepted."""
    few = definition_of(1)
    definition = definition_of(agencies)
    with writing(engine) as session:
        load_running(session, few, now=START)
        whole = definition.model_dump_json()
        plan = session.get_one(Plan, PLAN_ID)
        plan.definition, plan.definition_hash = whole, hashlib.sha256(whole.encode()).hexdigest()
        session.add(plan)
        session.flush()
        _more_agencies(session, agencies)
    for first in range(0, accepted, 500):
        with writing(engine) as session:
            _accepted(session, range(first, min(first + 500, accepted)))
    if engine.dialect.name == "postgresql":  # ids given by hand do not move its counters
        with writing(engine) as session:
            for table in ("agency", "obligation", "submission"):
                counter = (
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"
                )
                session.execute(text(counter))


def _more_agencies(session: Session, agencies: int) -> None:
    model = session.exec(select(Obligation)).one()
    facts = model.model_dump(exclude={"id", "agency_id"})
    top = max(key for key in session.exec(select(Agency.id)) if key is not None)
    ids = {n: top + n for n in range(1, agencies)}
    if not ids:
        return
    rows = [
        {"id": key, "plan_id": PLAN_ID, "code": f"xa-{n}", "group": "xa", "sort": n + 1}
        for n, key in ids.items()
    ]
    session.execute(insert(Agency), rows)
    names = [
        {
            "agency_id": key,
            "valid_from": date.min,
            "name": f"UBND xã số {n}",
            "short": f"Xã {n}",
            "kind": "",
        }
        for n, key in ids.items()
    ]
    session.execute(insert(AgencyName), names)
    session.execute(insert(Obligation), [{**facts, "agency_id": key} for key in ids.values()])


def obligation_ids(session: Session) -> dict[int, int]:
    """Commune's number → its obligation."""
    rows = session.exec(
        select(Agency.code, Obligation.id)
        .join(Obligation, col(Obligation.agency_id) == Agency.id)
        .join(Deliverable, col(Deliverable.id) == Obligation.deliverable_id)
        .where(Deliverable.code == "bieu")
    )
    return {int(code.removeprefix("xa-")): key for code, key in rows if key is not None}


def _accepted(session: Session, numbers: range) -> None:
    """Rows as tuples, straight to the driver: millions of them as mappings would take minutes."""
    owed = obligation_ids(session)
    connection = session.connection()
    connection.execute(insert(Submission), [_submission(n, owed[n]) for n in numbers])
    connection.execute(insert(SubmissionFile), [_file(n) for n in numbers])
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    names = ("submission_id", "indicator", "period", "number", "not_applicable", "file", "sheet")
    connection.exec_driver_sql(
        f"INSERT INTO value ({', '.join(names)}, cell) VALUES ({', '.join([mark] * 8)})",
        [
            (n + 1, name, period, figure, False, f"xa-{n}.xlsx", APPENDIX, "E8")
            for n in numbers
            for name, period, figure in figures_of(n)
        ],
    )
    mine = col(Obligation.id).in_([owed[n] for n in numbers])
    connection.execute(update(Obligation).where(mine).values(state="accepted", submissions=1))


def _digest(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def _submission(number: int, obligation_id: int) -> dict[str, object]:
    at = ACCEPTED + timedelta(seconds=number)
    return Submission(
        id=number + 1,
        obligation_id=obligation_id,
        number=1,
        kind="files",
        state="accepted",
        content_hash=_digest(number),
        received_at=at,
        recorded_at=at,
        submitted_by="Cán bộ xã",
        decided_by="Phòng CCHC",
        decided_at=at,
    ).model_dump()


def _file(number: int) -> dict[str, object]:
    return {
        "submission_id": number + 1,
        "filename": f"xa-{number}.xlsx",
        "sha256": _digest(number),
        "size": 20_000,
        "kind": "workbook",
    }
