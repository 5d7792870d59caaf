"""A plan of very many: 2,000 communes that owe fifty products each, handed in as time goes on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import case, col, update

from notifications.reminders.tick import TickResult, tick
from plan.database import migrate, writing
from plan.definition.loading import load_definition
from plan.definition.model import PlanDefinition
from plan.models import Obligation
from plan.settings import PACKAGED_PLANS
from tests.conftest import load_running
from tests.support.reminders import make_messaging

PLAN_ID = "nhieu-xa"
AGENCIES, PRODUCTS, MILESTONES = 2_000, 50, 5
LOADED = datetime(2020, 1, 6, 1, tzinfo=UTC)
NOW = datetime(2020, 4, 20, 2, tzinfo=UTC)
DONE_OF_TEN = 6
"""Of ten obligations, so many are accepted by `NOW`, one more waits."""
DAYS = 90
"""Over which they came."""


def definition_of(agencies: int = AGENCIES, products: int = PRODUCTS) -> PlanDefinition:
    """Every commune owes every product; the products stand in five milestones, a month apart."""
    return PlanDefinition.model_validate(
        {
            "id": PLAN_ID,
            "number": "99/KH-UBND",
            "title": "Kế hoạch của hai nghìn xã",
            "issued_on": "2020-01-06",
            "issuer": "tinh",
            "coordinator": "tinh",
            "province": "Bình Định",
            "agencies": [_agency("tinh", "cap-tinh", "UBND tỉnh", "Tỉnh")]
            + [_agency(f"xa-{n}", "xa", f"UBND xã số {n}", f"Xã {n}") for n in range(agencies)],
            "milestones": [_milestone(n) for n in range(MILESTONES)],
            "deliverables": [_product(n) for n in range(products)],
            "reminders": {"rungs": [], "office_hours": [{"spans": [["07:00", "17:00"]]}]},
            "appendices": [],
            "outputs": [],
        }
    )


def _agency(code: str, group: str, name: str, short: str) -> dict[str, object]:
    return {"id": code, "group": group, "names": [{"name": name, "short": short}]}


def _milestone(number: int) -> dict[str, object]:
    words = f"Trước ngày 29 tháng {number + 2} năm 2020"
    return {
        "id": f"moc-{number}",
        "title": f"Mốc tháng {number + 2}",
        "due": {"words": words},
        "source": {"section": "II"},
    }


def _product(number: int) -> dict[str, object]:
    return {
        "id": f"bao-cao-{number}",
        "title": f"Báo cáo số {number}",
        "milestone": f"moc-{number % MILESTONES}",
        "kind": "duty",
        "owners": ["xa"],
    }


def with_contacts(definition: PlanDefinition) -> PlanDefinition:
    """The same with two people an agency: who heads it, and its office."""
    contacts = [
        {
            "agency": agency.id,
            "name": name,
            "is_head": is_head,
            "email": f"{box}@{agency.id}.example",
        }
        for agency in definition.agencies
        if agency.group == "xa"
        for box, name, is_head in (("ct", "Chủ tịch", True), ("vp", "Văn phòng", False))
    ]
    return PlanDefinition.model_validate(definition.model_dump() | {"contacts": contacts})


def with_ladder(definition: PlanDefinition) -> PlanDefinition:
    """The same with the packaged plan's reminders."""
    reminders = load_definition(PACKAGED_PLANS / "04-kh-ubnd-2020")[0].reminders
    return definition.model_copy(update={"reminders": reminders})


def load_large(engine: Engine, agencies: int = AGENCIES, products: int = PRODUCTS) -> None:
    """Into an empty database: loaded by the program itself, then most of it marked as handed in."""
    _load_done(engine, definition_of(agencies, products))


def load_reminded(engine: Engine, agencies: int, products: int) -> TickResult:
    """The same with people to tell and a round of reminders gone by, at `NOW`: what is still owed was told,
    the messages wait in the outbox, and the next round is known."""
    _load_done(engine, with_ladder(with_contacts(definition_of(agencies, products))))
    return tick(engine, PLAN_ID, NOW, make_messaging())


def _load_done(engine: Engine, definition: PlanDefinition) -> None:
    migrate(engine)
    with writing(engine) as session:
        load_running(session, definition, now=LOADED)
    tenth = col(Obligation.id) * 7 % 10
    with writing(engine) as session:
        for days in range(DAYS):
            session.exec(
                update(Obligation)
                .where(tenth <= DONE_OF_TEN, col(Obligation.id) % DAYS == days)
                .values(
                    state=case((tenth < DONE_OF_TEN, "accepted"), else_="submitted"),
                    decisive_at=NOW - timedelta(days=days, hours=1),
                    submissions=1,
                )
            )
