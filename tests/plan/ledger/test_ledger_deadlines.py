"""More time: never less than before, asked once, closed when nobody needs it; an amendment said twice is
one, and takes nobody's own extension."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from plan import ledger
from plan.database import reading, writing
from plan.definition.model import PlanDefinition
from plan.errors import RefusedError
from plan.importing.plan import load_plan
from plan.ledger.deadlines import Amended, amend_deadline
from plan.ledger.new_deadline import Amendment, Basis
from plan.models import Extension, OutgoingEvent
from plan.queries.lookup import find_milestone, find_obligation, find_plan
from tests.conftest import CLERK, PLAN_ID, REVIEWER, at

REPORT = "an-lao/district-report"
NOW = at("2020-04-20 08:00")


def row_id(session: Session, name: str = REPORT) -> int:
    return find_obligation(session, PLAN_ID, name).id or 0


def ask(engine: Engine, until: date, reason: str = "Bão số 5", now: datetime = NOW) -> int:
    with writing(engine) as session:
        asked = ledger.ask_extension(
            session, row_id(session), until=until, reason=reason, actor=CLERK, now=now
        )
        return asked.id or 0


def grant(engine: Engine, number: int, now: datetime = NOW) -> None:
    with writing(engine) as session:
        ledger.decide_extension(session, number, granted=True, actor=REVIEWER, now=now)


def amend(engine: Engine, until: date, *agencies: str) -> Amended:
    with writing(engine) as session:
        return amend_deadline(
            session,
            find_plan(session, PLAN_ID),
            "district-reports",
            Amendment(until, Basis("Giãn cách xã hội", "2/UBND", date(2020, 4, 3))),
            agencies=agencies,
            actor=REVIEWER,
            now=NOW,
        )


def last_day(engine: Engine, name: str = REPORT) -> date | None:
    with reading(engine) as session:
        return find_obligation(session, PLAN_ID, name).last_day


def states(engine: Engine) -> list[str]:
    with reading(engine) as session:
        return list(session.exec(select(Extension.state).order_by(col(Extension.id))))


def announced(engine: Engine) -> int:
    with reading(engine) as session:
        return len(session.exec(select(OutgoingEvent.id)).all())


def test_asked_twice_alike_is_one_request(engine: Engine) -> None:
    first = ask(engine, date(2020, 5, 8))
    told = announced(engine)
    assert ask(engine, date(2020, 5, 8)) == first
    assert announced(engine) == told
    assert ask(engine, date(2020, 5, 8), "Lũ") != first, "another reason is another request"
    assert ask(engine, date(2020, 5, 9)) != first


def test_a_day_already_past_is_refused(engine: Engine) -> None:
    with pytest.raises(RefusedError, match="03/05/2020 đã qua"):
        ask(engine, date(2020, 5, 3), now=at("2020-05-04 08:00"))
    assert ask(engine, date(2020, 5, 4), now=at("2020-05-04 08:00")), "today is still good"


def test_a_grant_never_moves_a_deadline_earlier(engine: Engine) -> None:
    less, more = ask(engine, date(2020, 5, 4)), ask(engine, date(2020, 5, 20))
    grant(engine, more)
    assert states(engine) == ["closed", "granted"]
    with pytest.raises(RefusedError, match="đã được quyết định"):
        grant(engine, less)
    assert last_day(engine) == date(2020, 5, 20)


def test_nor_after_an_amendment_that_gave_more(engine: Engine) -> None:
    less = ask(engine, date(2020, 5, 4))
    amend(engine, date(2020, 5, 15))
    with pytest.raises(RefusedError, match="phải sau hạn hiện tại"):
        grant(engine, less)
    assert last_day(engine) == date(2020, 5, 15)


def test_a_request_for_more_than_was_given_still_waits(engine: Engine) -> None:
    less, more = ask(engine, date(2020, 5, 4)), ask(engine, date(2020, 5, 20))
    grant(engine, less)
    assert states(engine) == ["granted", "asked"]
    grant(engine, more)
    assert last_day(engine) == date(2020, 5, 20)


@pytest.mark.parametrize("end", ["waive", "accept"])
def test_a_request_ends_with_its_obligation(engine: Engine, end: str) -> None:
    number = ask(engine, date(2020, 5, 18))
    with writing(engine) as session:
        if end == "waive":
            ledger.waive(session, row_id(session), reason="Đã gộp", actor=REVIEWER, now=NOW)
        else:
            from tests.support.ledger_rows import filing

            ledger.submit(session, row_id(session), filing(), actor=CLERK, now=NOW)
            ledger.accept(session, row_id(session), actor=REVIEWER, now=NOW)
    assert states(engine) == ["closed"]
    with pytest.raises(RefusedError, match="đã được quyết định"):
        grant(engine, number)


def test_a_request_for_what_was_handed_in_is_not_granted(engine: Engine) -> None:
    from tests.support.ledger_rows import filing

    number = ask(engine, date(2020, 5, 18))
    with writing(engine) as session:
        ledger.submit(session, row_id(session), filing(), actor=CLERK, now=NOW)
    with pytest.raises(RefusedError, match="không cần gia hạn"):
        grant(engine, number)
    assert states(engine) == ["asked"]


def test_the_same_amendment_again_changes_nothing_and_tells_nobody(engine: Engine) -> None:
    assert len(amend(engine, date(2020, 5, 15)).changed) == 22
    told = announced(engine)
    again = amend(engine, date(2020, 5, 15))
    assert (len(again.changed), len(again.same)) == (0, 22)
    assert announced(engine) == told


def test_an_amendment_for_the_rest_changes_the_rest(engine: Engine) -> None:
    amend(engine, date(2020, 5, 15), "an-lao")
    rest = amend(engine, date(2020, 5, 15))
    assert (len(rest.changed), len(rest.same)) == (20, 2)


def test_an_amendment_keeps_an_extension_of_ones_own(engine: Engine) -> None:
    grant(engine, ask(engine, date(2020, 5, 20)))
    done = amend(engine, date(2020, 5, 15))
    assert done.kept == (REPORT,)
    assert last_day(engine) == date(2020, 5, 20)
    assert last_day(engine, "an-lao/district-plan") == date(2020, 5, 15)


def test_an_amendment_that_gives_more_than_the_extension_is_given(engine: Engine) -> None:
    grant(engine, ask(engine, date(2020, 5, 8)))
    assert amend(engine, date(2020, 5, 15)).kept == ()
    assert last_day(engine) == date(2020, 5, 15)


def test_an_amendment_that_names_the_agency_is_meant_for_it(engine: Engine) -> None:
    grant(engine, ask(engine, date(2020, 5, 20)))
    assert amend(engine, date(2020, 5, 15), "an-lao").kept == ()
    assert last_day(engine) == date(2020, 5, 15)


def closes(engine: Engine) -> datetime | None:
    with reading(engine) as session:
        return find_milestone(session, PLAN_ID, "district-reports").due_at


def load_again(engine: Engine, definition: PlanDefinition) -> None:
    with writing(engine) as session:
        load_plan(session, definition, now=NOW)


def reworded(definition: PlanDefinition) -> PlanDefinition:
    later = [
        one.model_copy(update={"due": one.due.model_copy(update={"words": "trước ngày 10/5/2020"})})
        if one.id == "district-reports"
        else one
        for one in definition.milestones
    ]
    return definition.model_copy(update={"milestones": later})


def test_a_milestone_moved_as_a_whole_closes_on_its_new_day(
    engine: Engine, definition: PlanDefinition
) -> None:
    """Also after the plan is loaded again; for one agency it closes when the plan says."""
    said = closes(engine)
    amend(engine, date(2020, 5, 12), "an-lao")
    assert closes(engine) == said
    amend(engine, date(2020, 5, 15))
    assert closes(engine) == at("2020-05-16 00:00")
    load_again(engine, definition.model_copy(update={"title": "Kế hoạch, in lại"}))
    assert closes(engine) == at("2020-05-16 00:00")


def test_a_plan_that_words_the_day_anew_moves_no_milestone_a_document_moved(
    engine: Engine, definition: PlanDefinition
) -> None:
    """As with its obligations; a milestone no document moved follows the plan."""
    amend(engine, date(2020, 5, 15))
    load_again(engine, reworded(definition))
    assert (closes(engine), last_day(engine)) == (at("2020-05-16 00:00"), date(2020, 5, 15))


def test_a_milestone_no_document_moved_follows_the_plan(
    engine: Engine, definition: PlanDefinition
) -> None:
    said = closes(engine)
    load_again(engine, reworded(definition))
    assert closes(engine) != said
