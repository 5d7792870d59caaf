"""The board picture to whom the coordinator chose, when its hour has come. Plain functions; `deliver` calls
them."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from flows.runtime import RoundTools
from notifications import board_mail
from notifications.channels.base import Attachment
from plan.board_mailing import is_due, office_people
from plan.calendar import local_day
from plan.database import reading, writing
from plan.models import BoardMailing, Plan
from plan.queries.lookup import load_calendar, of_the_office, running_plans


def queue_boards(tools: RoundTools) -> list[int]:
    """Queue today's pictures that are due and not queued yet, a mail a person. Gives message ids. Costs a
    query where nothing is due; else every obligation of the plan is read, once a day."""
    now = tools.clock()
    with reading(tools.engine) as session:
        plans = [row.plan_id for row in _due(session, now)]
    return [number for plan_id in plans for number in _queue(tools, plan_id, now)]


def _due(session: Session, now: datetime) -> list[BoardMailing]:
    running = running_plans().where(of_the_office())
    rows = session.exec(select(BoardMailing).where(col(BoardMailing.plan_id).in_(running)))
    year = local_day(now).year
    due = [row for row in rows if is_due(row, now, load_calendar(session, row.plan_id, year))]
    people = office_people(session) if due else []
    return [row for row in due if board_mail.waiting(session, row, people, now)]


def _queue(tools: RoundTools, plan_id: str, now: datetime) -> list[int]:
    # Pillow is loaded when there is something to draw, not by every sweep.
    from dashboard.queries.board_picture import load_board
    from dashboard.queries.naming import naming
    from dashboard.queries.plan_view import PlanView
    from dashboard.rendering.board_sheet import pdf, png

    with reading(tools.engine) as session:
        plan, names = session.get_one(Plan, plan_id), naming(session, plan_id, local_day(now))
        board = load_board(PlanView(session, plan, now, names, keeper=None))
    name = f"buc-tranh-{plan_id}-{local_day(now)}"
    files = [
        Attachment(f"{name}.pdf", "application/pdf", pdf(board)),
        Attachment(f"{name}.png", "image/png", png(board)),
    ]
    summary = " ".join(filter(None, (board.headline.lead, board.headline.rest, board.note)))
    with writing(tools.engine) as session:
        row = session.get_one(BoardMailing, plan_id)
        people = board_mail.waiting(session, row, office_people(session), now)
        return board_mail.queue(session, tools.desk, plan_id, people, summary, files, now)
