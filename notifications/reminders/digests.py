"""Rungs into messages: one a person and channel, most urgent first, in the gravest rung's tone.

Pure: what is heard by whom comes in, what is to be written comes out; `tick` claims and queues it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from notifications.messages.links import OUTLINE, WORKBOOK
from notifications.messages.views import (
    AgencyView,
    Context,
    DigestView,
    PersonView,
    RowView,
    joined_plans,
)
from notifications.obligations import DueObligation
from notifications.outbox.drafts import DIGEST_EVENTS
from notifications.outbox.enqueue import Reminder, Waiting
from notifications.plan_context import PlanContext, PlanContexts
from notifications.policy import ANNOUNCE, BACKLOG, FiredRung
from notifications.recipients import Person
from notifications.reminded import Days, Reminded
from plan.calendar import LOCAL, local_instant
from plan.deadlines.standing import Standing, Timeliness, deadline_words, left_words, standing
from plan.definition.model import Audience
from plan.states import CLOSED, STATE_WORDS, STILL_OWED, State, sign_of
from plan.text import capital, date_words, join_names, number_words

_RANK = {event: rank for rank, event in enumerate(DIGEST_EVENTS)}
_LATE_TONES = frozenset({"overdue", "escalated"})

# Whose rung it is, and whether its tone is that of a missed deadline → the message's event.
_EVENTS: dict[tuple[Audience, bool], str] = {
    (Audience.contact, False): "reminder",
    (Audience.contact, True): "overdue",
    (Audience.head, False): "reminder",
    (Audience.head, True): "escalation-head",
    (Audience.coordinator, False): "situation",
    (Audience.coordinator, True): "situation",
    (Audience.coordinator_leadership, False): "situation",
    (Audience.coordinator_leadership, True): "escalation-leadership",
    (Audience.issuer, False): "situation",
    (Audience.issuer, True): "escalation-issuer",
}
ESCALATIONS = frozenset({"escalation-head", "escalation-leadership", "escalation-issuer"})
"""They say how often the agencies were reminded before."""
OTHERS_EVENTS = frozenset({"situation", "escalation-leadership", "escalation-issuer"})
"""Told to those who watch over others: no form to fill in, a link to the whole picture."""

MOST_ROWS = 40
"""More are counted and shown on the page: Gmail cuts a mail at 102 kB."""

ATTACH = {
    "report": "báo cáo (tệp Word .docx)",
    "proposals": "văn bản (tệp Word .docx)",
    "appendix": "biểu số liệu (tệp Excel .xlsx)",
    "conference": "ngày, nơi tổ chức, số người dự và biên bản hoặc báo cáo kết quả",
    "plan": "số, ngày ban hành và tệp kế hoạch",
    "document": "số, ngày ban hành và tệp văn bản",
    "duty": "văn bản hoặc tài liệu cho thấy đã thực hiện",
}


@dataclass(frozen=True)
class Digest:
    """All that one person hears at once on one channel, in the name of one office."""

    person: Person
    channel: str
    copy: bool
    reminders: tuple[Reminder, ...]
    waiting: tuple[Waiting, ...] = ()
    """Earlier messages to the same person that never left: this one speaks for them too."""
    record: Days = field(default_factory=dict)
    """What an escalation may say of reminders already sent."""

    @property
    def rows(self) -> list[DueObligation]:
        """The obligations, each once, most urgent first."""
        carried = (row for message in self.waiting for row in message.rows)
        return urgent_first([*(reminder.row for reminder in self.reminders), *carried])

    @property
    def why(self) -> str:
        """The rungs that fired, for people: «-3 an-lao/district-report; …». Of several that are told
        at once the latest is named and the others counted."""
        ordered = sorted(self.reminders, key=lambda h: (h.row.urgency, h.rung.fire_at, h.rung.key))
        latest: dict[str, str] = {}
        count: Counter[str] = Counter()
        for reminder in ordered:
            latest[reminder.row.name] = reminder.rung.key
            count[reminder.row.name] += 1
        return "; ".join(
            f"{rung} {name}"
            + (f" (gộp {number_words(count[name])} nấc)" if count[name] > 1 else "")
            for name, rung in latest.items()
        )


def reminders_of(
    book: PlanContext, row: DueObligation, version: int, rungs: Iterable[FiredRung]
) -> list[Reminder]:
    """Who hears these rungs of an obligation, and where. Nobody in reach: nothing, yet."""
    found: list[Reminder] = []
    ladder = book.ladder(row)
    for rung in rungs:
        heard = book.directory.recipients_of(
            row.agency_id,
            rung.audience,
            ladder,
            deliverable=row.deliverable,
            confidential=row.confidential,
        )
        for person, channels in heard:
            found += [
                Reminder(person, channel, number > 0, row, version, rung)
                for number, channel in enumerate(channels)
            ]
    return found


def group_reminders(books: PlanContexts, found: Iterable[Reminder]) -> list[Digest]:
    """One digest a person and channel over all the plans of an office, in a stable order."""
    grouped: dict[tuple[str, str, str], list[Reminder]] = defaultdict(list)
    for reminder in found:
        office = books[reminder.row.plan_id].office_name
        grouped[reminder.person.key, reminder.channel, office].append(reminder)
    return [_digest(grouped[key]) for key in sorted(grouped)]


def _digest(found: Sequence[Reminder]) -> Digest:
    """Carried as a message of its own if any of it is no copy (a confidential part may be one)."""
    first = found[0]
    return Digest(first.person, first.channel, all(h.copy for h in found), tuple(found))


def urgent_first(rows: Iterable[DueObligation]) -> list[DueObligation]:
    return sorted({row.id: row for row in rows}.values(), key=lambda row: row.urgency)


def event_of(books: PlanContexts, digest: Digest) -> str:
    """The event of the gravest hearing, or of a graver message that waits."""
    events = [_event(h, books[h.row.plan_id].coordinator_id) for h in digest.reminders]
    return max([*events, *(w.event for w in digest.waiting)], key=_RANK.__getitem__)


def _event(reminder: Reminder, coordinator_id: int) -> str:
    row, audience = reminder.row, reminder.rung.audience
    if row.agency_id == coordinator_id and audience is not Audience.issuer:
        return "internal"
    if reminder.rung.tone == ANNOUNCE:
        return "announcement"
    if reminder.rung.tone == BACKLOG:
        return "backlog"
    if audience is Audience.head and not reminder.person.heads(row.agency_id):
        audience = Audience.contact  # nobody who heads it can be reached: no «đồng chí Lãnh đạo»
    return _EVENTS[audience, reminder.rung.tone in _LATE_TONES]


# --- words ---------------------------------------------------------------------------------------


def digest_context(
    books: PlanContexts,
    person: Person,
    event: str,
    rows: Sequence[DueObligation],
    now: datetime,
    record: Days | None = None,
) -> Context:
    """What the templates need to write a digest of these obligations, as they stand at `now`: in the
    name of the most urgent one's plan, with its link; each line leads to its own plan. `record`: the
    reminders of them already sent."""
    book = books[rows[0].plan_id]
    seated = {
        plan_id: books[plan_id].directory.by_key(person.key) or person
        for plan_id in dict.fromkeys(row.plan_id for row in rows)
    }
    views = tuple(row_view(books[r.plan_id], r, seated[r.plan_id], now) for r in rows)
    whose = {row.id: view.agency for row, view in zip(rows, views, strict=True)}
    late = [view for view in views if view.late]
    others = event in OTHERS_EVENTS
    target = "" if others or len(rows) > MOST_ROWS else rows[0].name
    agencies = tuple(dict.fromkeys(view.agency for view in views))
    by_agency = agency_views(views) if others else ()
    digest = DigestView(
        rows=views[:MOST_ROWS],
        count=len(views),
        headline=capital(views[0].left),
        what=what_words(late if views[0].late else views),
        agencies=agencies,
        show_agency=others or len(agencies) > 1,
        late=len(late),
        late_agencies=tuple(dict.fromkeys(view.agency for view in late)),
        by_agency=by_agency[:MOST_ROWS],
        agency_lines=len(by_agency),
        show_plan=len(seated) > 1,
        reminded=Reminded.of(whose, record or {}).words,
    )
    return Context(
        event=event,
        plan=joined_plans([books[plan_id].plan_view for plan_id in seated]),
        office=book.office_view,
        person=person_over(books, seated, rows[0].agency_id),
        url=book.link(seated[book.plan_id], rows[0].agency_id, target, now),
        digest=digest,
        clock=book.clock_words(now),
        anchor=book.anchor if event == "situation" else "",
    )


def person_view(book: PlanContext, person: Person, agency_id: int) -> PersonView:
    seat = person.seat_in(agency_id)
    served = dict.fromkeys(book.names[seat.agency_id].name for seat in person.seats)
    return PersonView(name=seat.name, role=seat.role, agencies=tuple(served))


def person_over(books: PlanContexts, seated: Mapping[str, Person], agency_id: int) -> PersonView:
    """The person as the first plan knows them, with the agencies they serve in all of these."""
    views = [person_view(books[plan_id], one, agency_id) for plan_id, one in seated.items()]
    served = dict.fromkeys(name for view in views for name in view.agencies)
    return replace(views[0], agencies=tuple(served))


def row_view(book: PlanContext, row: DueObligation, person: Person, now: datetime) -> RowView:
    """The obligation in words, with links of this person's own."""
    stands = stands_at(book, row, now)
    sign = sign_of(row.state, stands.timeliness.value)
    name = book.names[row.agency_id]
    url = book.link(person, row.agency_id, row.name, now)
    workbook, outline = book.has_workbook(row.deliverable), book.has_outline(row.deliverable)
    return RowView(
        id=row.name,
        title=row.title,
        short=row.short or row.title,
        agency=name.name,
        agency_short=name.short,
        milestone=row.milestone_title,
        deadline=deadline_text(row),
        left=left_text(row, stands),
        sign=sign.glyph,
        tone=sign.tone,
        state=STATE_WORDS[row.state],
        attach=attach_words(row.kind, outline=outline, workbook=workbook),
        url=url,
        workbook_url=f"{url}/{WORKBOOK}" if workbook else "",
        outline_url=f"{url}/{OUTLINE}" if outline else "",
        own=row.agency_id == book.coordinator_id,
        late=stands.timeliness is Timeliness.overdue,
        owed=row.state in STILL_OWED,
        plan=book.plan_view.short,
    )


def stands_at(book: PlanContext, row: DueObligation, now: datetime) -> Standing:
    """How an obligation that is still to be handed in stands; what is settled counts as on time."""
    mending = row.mending
    return standing(
        opens_at=row.opens_at,
        due_at=row.due_at if mending is None else local_instant(mending + timedelta(days=1)),
        last_day=mending or row.last_day,
        nothing_owed=row.state is State.submitted or row.state in CLOSED,
        decisive_at=None,
        now=now,
        calendar=book.calendar,
        soon_working_days=book.soon_working_days,
    )


def deadline_text(row: DueObligation) -> str:
    """«29/04/2020», or «17:00 ngày 29/04/2020» where the deadline is at an hour."""
    if row.mending is not None:
        return f"{date_words(row.mending)} (ngày phải sửa xong)"
    words = deadline_words(row.last_day, row.due_at)
    return words.removeprefix("chậm nhất ").removeprefix("trước ")


def left_text(row: DueObligation, stands: Standing) -> str:
    if stands.timeliness is Timeliness.not_open and row.opens_at is not None:
        return f"mở từ {date_words(_local(row.opens_at))}"
    return left_words(stands)


def _local(instant: datetime) -> date:
    return instant.astimezone(LOCAL).date()


def attach_words(kind: str, *, outline: bool, workbook: bool) -> str:
    form = " theo biểu mẫu" if workbook else " theo đề cương" if outline else ""
    return ATTACH[kind] + form


def what_words(views: Sequence[RowView], limit: int = 2) -> str:
    """«Báo cáo tổng kết và Kế hoạch 2021 - 2030»: what stands under the headline comes first."""
    alike = [view.short for view in views if view.left == views[0].left]
    others = [view.short for view in views]
    return join_names(list(dict.fromkeys([*alike, *others])), limit, "việc")


def agency_views(views: Sequence[RowView]) -> tuple[AgencyView, ...]:
    """The rows, a line an agency and plan, in the order of their most urgent one."""
    grouped: dict[tuple[str, str], list[RowView]] = defaultdict(list)
    for view in views:
        grouped[view.agency, view.plan].append(view)
    return tuple(
        AgencyView(
            name=name,
            short=mine[0].agency_short,
            what=what_words(mine, limit=4),
            count=len(mine),
            first=mine[0],
        )
        for (name, _), mine in grouped.items()
    )
