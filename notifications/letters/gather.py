"""What an official letter that urges is made of: who owes what, how often they were reminded, who signs.

Two forms: Sở Nội vụ urges (kế hoạch 04, III.1); where agencies stay silent, the UBND that issued the
plan signs. A draft: number and day are left for the clerk (văn thư) to give. The coordinating office
writes no letter to itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from notifications.reminded import Reminded, days_reminded
from plan.calendar import local_day
from plan.deadlines.standing import Timeliness
from plan.definition.model import Office, PlanDefinition
from plan.errors import RefusedError, UsageError
from plan.models import Plan
from plan.queries.definitions import definition_of
from plan.queries.lookup import agency_names, find_agency, find_milestone, load_calendar
from plan.queries.periods import in_hand
from plan.queries.progress import ObligationView, obligations
from plan.states import STILL_OWED
from plan.text import number_words

GRACE = 3
"""Working days a letter gives for what is overdue."""
_OPEN = frozenset({Timeliness.open, Timeliness.due_soon, Timeliness.overdue})


@dataclass(frozen=True)
class Letter:
    """Everything a letter says; `word_file` and `preview` write it out. Days are local."""

    definition: PlanDefinition
    office: Office
    coordinator: str
    issuer: str
    rows: tuple[ObligationView, ...]
    handed_in: int
    total: int
    subject: str
    """After «V/v»."""
    reply_by: date
    at: datetime
    by_issuer: bool
    filename: str
    reminded: Reminded
    """What the record says of reminders already sent about these rows."""

    @property
    def agencies(self) -> list[str]:
        return list(dict.fromkeys(spelt_out(row.agency_name) for row in self.rows))

    @property
    def summary(self) -> str:
        rows, agencies = number_words(len(self.rows)), number_words(len(self.agencies))
        return f"{rows} sản phẩm của {agencies} cơ quan."


def letter_of(
    session: Session,
    plan: Plan,
    now: datetime,
    *,
    agency: str = "",
    milestone: str = "",
    by_issuer: bool = False,
) -> Letter:
    """Gathers what an agency owes, or what is owed for a milestone, at `now` (UTC).

    The UBND's letter is about what is overdue. Raises `RefusedError` when nothing is owed, or when
    Sở Nội vụ would write to itself; `UsageError` without agency and milestone.
    """
    if not agency and not milestone:
        raise UsageError("Hãy nêu --agency hoặc --milestone.")
    definition = definition_of(plan)
    if agency:
        find_agency(session, plan.id, agency)
    if milestone:
        find_milestone(session, plan.id, milestone)
    if agency == definition.coordinator and not by_issuer:
        raise RefusedError(
            "Đơn vị đầu mối không gửi công văn cho chính mình; việc của mình được nhắc nội bộ."
        )
    views = obligations(session, plan, now, agency=agency, milestone=milestone)
    asked = [view for view in views if view.standing.timeliness is not Timeliness.undated]
    at_hand = in_hand(asked, now)
    rows = tuple(view for view in asked if _belongs(view, definition, by_issuer))
    if not rows:
        raise RefusedError("Không còn sản phẩm nào phải đôn đốc; không lập công văn.")
    # What the letter asks for is counted, too: the next period's where two are open at once.
    known = {view.row_id for view in at_hand}
    counted = [*at_hand, *(view for view in rows if view.row_id not in known)]
    calendar = load_calendar(session, plan.id, local_day(now).year, local_day(now).year + 1)
    names = _names(session, plan, now, definition)
    asked_days = [view.last_day for view in rows if view.last_day]
    grace = calendar.add_working_days(local_day(now), GRACE)
    return Letter(
        definition=definition,
        office=office_of(definition, by_issuer),
        coordinator=names[0],
        issuer=names[1],
        rows=rows,
        handed_in=sum(view.state not in STILL_OWED for view in counted),
        total=len(counted),
        subject=_subject(definition, by_issuer),
        reply_by=max(grace, min(asked_days)),
        at=now,
        by_issuer=by_issuer,
        filename=_filename(definition, agency or milestone, by_issuer),
        reminded=_reminded(session, rows, now),
    )


def _reminded(session: Session, rows: Sequence[ObligationView], now: datetime) -> Reminded:
    whose = {view.row_id: view.agency for view in rows}
    return Reminded.of(whose, days_reminded(session, whose, now))


def _belongs(view: ObligationView, definition: PlanDefinition, by_issuer: bool) -> bool:
    if view.state not in STILL_OWED or view.standing.timeliness not in _OPEN:
        return False
    if by_issuer:
        return view.standing.timeliness is Timeliness.overdue
    return view.agency != definition.coordinator


def _names(
    session: Session, plan: Plan, now: datetime, definition: PlanDefinition
) -> tuple[str, str]:
    names = agency_names(session, plan.id, local_day(now))
    found = [
        names[find_agency(session, plan.id, code).id or 0].name
        for code in (definition.coordinator, definition.issuer)
    ]
    return spelt_out(found[0]), spelt_out(found[1])


def spelt_out(name: str) -> str:
    """A letter writes «Ủy ban nhân dân» in full."""
    return name.replace("UBND", "Ủy ban nhân dân")


def office_of(definition: PlanDefinition, by_issuer: bool) -> Office:
    code = definition.issuer if by_issuer else definition.coordinator
    found = next((office for office in definition.offices if office.agency == code), None)
    if found is None:
        raise RefusedError(
            f"Kế hoạch chưa khai báo `offices` cho «{code}» nên chưa soạn được công văn."
        )
    return found


def _subject(definition: PlanDefinition, by_issuer: bool) -> str:
    verb = "chấn chỉnh" if by_issuer else "đôn đốc"
    return f"V/v {verb} việc thực hiện Kế hoạch số {definition.number}"


def _filename(definition: PlanDefinition, target: str, by_issuer: bool) -> str:
    signer = definition.issuer if by_issuer else definition.coordinator
    return f"cong-van-don-doc-{target}-{signer}.docx"


def letters_of(
    session: Session,
    plan: Plan,
    now: datetime,
    *,
    agencies: Sequence[str] = (),
    milestone: str = "",
    by_issuer: bool = False,
) -> list[Letter]:
    """A letter an agency named, each about what that agency owes (for one milestone, if named); none named:
    one letter about the milestone, to all who owe it. Agencies that owe nothing any more are left out;
    RefusedError when none is left. Reads once an agency."""
    if not agencies:
        return [letter_of(session, plan, now, milestone=milestone, by_issuer=by_issuer)]
    found, refused = list[Letter](), list[RefusedError]()
    for code in agencies:
        try:
            found.append(
                letter_of(session, plan, now, agency=code, milestone=milestone, by_issuer=by_issuer)
            )
        except RefusedError as error:
            refused.append(error)
    if not found:
        raise refused[0]
    return found
