"""What a plan's messages are written from: its policy, its people, its office, its links.

Opened once a round from one snapshot of the database; the parsed plan is kept between openings, because
parsing costs some milliseconds and a plan seldom changes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from email.utils import parseaddr
from functools import cached_property
from typing import TYPE_CHECKING

from pydantic import SecretStr
from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from intake.files.store import Store
from notifications.messages.links import Linker
from notifications.messages.render import Templates, check_templates
from notifications.messages.views import OfficeView, PlanView
from notifications.obligations import DueObligation
from notifications.policy import Facts, Ladder, Office, ladder_for
from notifications.recipients import Directory, Offices, Person, load_directories
from plan.calendar import WorkingCalendar, local_day
from plan.definition.model import DeliverableKind, PlanDefinition
from plan.definition.model import Office as OfficePart
from plan.keys.secret import secret_key
from plan.ledger.trail_check import anchor
from plan.models import Agency, AgencyName, Plan
from plan.queries.definitions import definition_of
from plan.queries.labels import PlanLabel, plan_labels
from plan.queries.lookup import load_calendars
from plan.states import Backlog, PlanState
from plan.text import moment_words

if TYPE_CHECKING:
    from plan.settings import Settings

MANY = 5_000
"""Agencies asked about; of more than these, all are read: a query takes only so many values."""
ALWAYS = "email"
"""Counted as available even when not set up: mail waits in the outbox and `dondoc doctor` says so."""


@dataclass(frozen=True)
class Messaging:
    """What the installation gives every plan's messages."""

    linker: Linker
    templates: Templates
    mail_domain: str
    reply_to: str = ""
    """Over the plan's own coordinator address, when set."""
    available: frozenset[str] = frozenset({ALWAYS})
    """Channels that are set up here."""
    apprise_urls: tuple[SecretStr, ...] = ()
    hold: timedelta = timedelta(hours=1)
    """How long a channel that is down keeps its messages before the next one takes them."""
    virtual: bool = False
    """Whether time is a virtual clock's: said in every message."""
    kept: Callable[[str], bytes] | None = None  # a file of the store by its hash
    opened: dict[str, PlanContext] | None = field(default=None, repr=False, compare=False)
    """Within a round, the plans opened so far. None: each is opened whenever asked for."""

    def for_a_round(self) -> Messaging:
        """The same desk, on which every plan is opened once (`plan_context_of`)."""
        return replace(self, opened={})


def messaging_from(settings: Settings, available: frozenset[str] | None = None) -> Messaging:
    """The desk of this installation. Raises `SettingsError` for templates that do not render."""
    return Messaging(
        linker=Linker(settings.base_url, secret_key(settings)),
        templates=check_templates(settings.templates),
        mail_domain=parseaddr(settings.mail_from)[1].rpartition("@")[2] or "dondoc.example",
        reply_to=settings.mail_reply_to,
        available=set_up(settings) if available is None else available | {ALWAYS},
        apprise_urls=tuple(settings.apprise_urls),
        hold=timedelta(minutes=settings.channel_hold_minutes),
        virtual=bool(settings.clock),
        kept=lambda sha256: Store(settings.resolved_store_url).get(sha256),
    )


def set_up(settings: Settings) -> frozenset[str]:
    """The channels whose settings are filled in."""
    zalo = bool(settings.zalo_app_id and settings.zalo_app_secret.get_secret_value())
    filled = {
        ALWAYS: True,
        "zalo_oa": zalo,
        "zalo_uid": zalo and bool(settings.zalo_uid_templates),
        "zalo_zns": zalo and bool(settings.zalo_zns_templates),
        "zalo_bot": bool(settings.zalo_bot_token.get_secret_value()),
        "apprise": bool(settings.apprise_urls),
        "console": True,
    }
    return frozenset(name for name, there in filled.items() if there)


@dataclass
class PlanContext:
    """One plan, ready to write messages from."""

    plan_id: str
    definition: PlanDefinition
    soon_working_days: int
    calendar: WorkingCalendar
    office: Office
    names: Mapping[int, AgencyName]
    """Agencies' names as of the moment it was opened for, by row id; those of plans opened with it too."""
    codes: Mapping[int, str]
    directory: Directory
    desk: Messaging
    plan_view: PlanView
    office_view: OfficeView
    state: PlanState = PlanState.running
    started_at: datetime | None = None
    """When the plan was started last, if that was not at its beginning (UTC)."""
    backlog: str = Backlog.none
    anchor: str = ""
    """The trail's height and hash today; empty on a virtual clock, whose trail is nobody's proof."""
    _ladders: dict[tuple[str, str], Ladder] = field(default_factory=dict, repr=False)
    _with_workbook: frozenset[str] = frozenset()
    _with_outline: frozenset[str] = frozenset()

    @property
    def office_name(self) -> str:
        """In whose name it writes: a message speaks for one office only."""
        return self.office_view.name

    @property
    def coordinator_id(self) -> int:
        return self.directory.coordinator_id

    def ladder(self, row: DueObligation) -> Ladder:
        key = (row.milestone, row.agency)
        if key not in self._ladders:
            self._ladders[key] = ladder_for(self.definition.reminders, *key)
        return self._ladders[key]

    def link(self, person: Person, agency_id: int, obligation: str, now: datetime) -> str:
        """A personal link, bound to the agency the person hears for."""
        seat = person.seat_in(agency_id)
        code = self.codes[seat.agency_id]
        return self.desk.linker.personal_link(self.plan_id, code, seat.contact_id, obligation, now)

    def facts(self, row: DueObligation, armed_at: datetime | None) -> Facts:
        """What the policy needs of an obligation. What was returned with a day of its own by which to mend
        it is reminded of by that day; no milestone opens then."""
        facts = Facts(
            row.agency,
            row.milestone,
            row.state,
            row.opens_at,
            row.last_working_day,
            armed_at,
            self.started_at,
            self.backlog,
        )
        if row.mending is None:
            return facts
        day = self.calendar.last_working_day(row.mending)
        return replace(facts, opens_at=None, last_working_day=day, series=f"~{row.mending}")

    def has_workbook(self, deliverable: str) -> bool:
        return deliverable in self._with_workbook

    def has_outline(self, deliverable: str) -> bool:
        return deliverable in self._with_outline

    @property
    def default_ladder(self) -> Ladder:
        """For messages about no obligation: the plan's channels, without overrides."""
        policy = self.definition.reminders
        return Ladder((), tuple(policy.channels), tuple(policy.also), announce=False)

    @cached_property
    def widest_ladder(self) -> Ladder:
        """Every channel that the plan or one of its overrides names."""
        policy = self.definition.reminders
        named = [*policy.channels]
        for override in policy.overrides:
            named += override.channels or []
        return Ladder((), tuple(dict.fromkeys(named)), tuple(policy.also), announce=False)

    def clock_words(self, now: datetime) -> str:
        return f"Đang diễn tập: {moment_words(now)}" if self.desk.virtual else ""


PlanContexts = Mapping[str, PlanContext]
"""Plans opened together, by id."""


def plan_context_of(session: Session, plan_id: str, now: datetime, desk: Messaging) -> PlanContext:
    """The plan as this round has opened it; outside a round, or the first time, as it stands."""
    return plan_contexts_of(session, [plan_id], now, desk)[plan_id]


def plan_contexts_of(
    session: Session, plan_ids: Collection[str], now: datetime, desk: Messaging
) -> PlanContexts:
    """These plans at least, as `plan_context_of` gives one."""
    opened = {} if desk.opened is None else desk.opened
    fresh = [plan_id for plan_id in plan_ids if plan_id not in opened]
    if fresh:
        opened |= load_plan_contexts(session, fresh, now, desk)
    return opened


def load_plan_context(
    session: Session, plan_id: str, now: datetime, desk: Messaging
) -> PlanContext:
    """The plan as it stands in this session's snapshot; agencies are named as of `now`."""
    return load_plan_contexts(session, [plan_id], now, desk)[plan_id]


def load_plan_contexts(
    session: Session,
    plan_ids: Iterable[str],
    now: datetime,
    desk: Messaging,
    agencies: Collection[int] | None = None,
    offices: Mapping[str, Office] | None = None,
) -> dict[str, PlanContext]:
    """These plans, as `load_plan_context` opens one, by a handful of queries for all of them.
    `agencies`: row ids of those that are asked about; what is read of agencies and people is then
    theirs, the offices' and the same people's elsewhere, nothing beyond. `offices`: what `open_offices`
    gave before. A person of several plans has one key in all of them."""
    plans = _plans(session, plan_ids)
    known = dict(offices or {})
    known |= open_offices(session, [plan.id for plan in plans if plan.id not in known], now)
    definitions = {plan.id: definition_of(plan) for plan in plans}
    heads = _heads(session, plans, definitions)
    wanted = None
    if agencies is not None and len(agencies) <= MANY:
        wanted = {*agencies, *(key for one in heads.values() for key in one.both)}
    today = local_day(now)
    directories = load_directories(
        session, heads, desk.available, len(desk.apprise_urls), wanted, on=today
    )
    codes, names = _agencies(session, directories, today, wanted)
    labels = plan_labels(session)
    height = "" if desk.virtual else anchor(session, today)
    return {
        plan.id: _book(
            plan,
            definitions[plan.id],
            known[plan.id],
            directories[plan.id],
            codes[plan.id],
            names,
            labels[plan.id],
            height,
            desk,
        )
        for plan in plans
    }


def open_offices(session: Session, plan_ids: Iterable[str], now: datetime) -> dict[str, Office]:
    """When these plans' offices work, around `now` (UTC). Two queries."""
    plans, today = _plans(session, plan_ids), local_day(now)
    spans = {p.id: (min(p.issued_on, today), max(today, p.ends_on or today)) for p in plans}
    years = {key: range(first.year, last.year + 2) for key, (first, last) in spans.items()}
    calendars = load_calendars(session, years)
    hours = {plan.id: definition_of(plan).reminders.office_hours for plan in plans}
    return {key: Office(hours[key], calendar) for key, calendar in calendars.items()}


def _plans(session: Session, plan_ids: Iterable[str]) -> list[Plan]:
    wanted = list(dict.fromkeys(plan_ids))
    found = {row.id: row for row in session.exec(select(Plan).where(col(Plan.id).in_(wanted)))}
    return [found[plan_id] for plan_id in wanted]


def _heads(
    session: Session, plans: Iterable[Plan], definitions: Mapping[str, PlanDefinition]
) -> dict[str, Offices]:
    """Each plan's coordinating and issuing agency. One query."""
    codes = {code for one in definitions.values() for code in (one.coordinator, one.issuer)}
    rows = session.exec(
        select(Agency.plan_id, Agency.code, Agency.id).where(
            col(Agency.plan_id).in_(definitions), col(Agency.code).in_(codes)
        )
    )
    known = {(plan_id, code): key or 0 for plan_id, code, key in rows}
    return {
        plan.id: Offices(
            known[plan.id, definitions[plan.id].coordinator],
            known[plan.id, definitions[plan.id].issuer],
            inner=plan.parent_obligation_id is not None,
        )
        for plan in plans
    }


def _agencies(
    session: Session,
    directories: Mapping[str, Directory],
    on: date,
    wanted: Collection[int] | None,
) -> tuple[dict[str, dict[int, str]], dict[int, AgencyName]]:
    """By plan and row id the codes, and by row id the names on that day: of the agencies wanted and of
    those their people sit in besides, or all. Two queries."""
    which: ColumnElement[bool] = col(Agency.plan_id).in_(directories)
    if wanted is not None:
        seats = {
            seat.agency_id
            for directory in directories.values()
            for person in directory.people
            for seat in person.seats
        }
        which = which & col(Agency.id).in_(seats | set(wanted))
    codes: dict[str, dict[int, str]] = {plan_id: {} for plan_id in directories}
    for plan_id, key, code in session.exec(
        select(Agency.plan_id, Agency.id, Agency.code).where(which)
    ):
        codes[plan_id][key or 0] = code
    named = (
        select(AgencyName)
        .join(Agency, col(Agency.id) == AgencyName.agency_id)
        .where(which, AgencyName.valid_from <= on)
        .order_by(col(AgencyName.valid_from))
    )
    return codes, {row.agency_id: row for row in session.exec(named)}


def _book(
    plan: Plan,
    definition: PlanDefinition,
    office: Office,
    directory: Directory,
    codes: Mapping[int, str],
    names: Mapping[int, AgencyName],
    label: PlanLabel,
    height: str,
    desk: Messaging,
) -> PlanContext:
    coordinator, issuer = directory.coordinator_id, directory.issuer_id
    return PlanContext(
        plan_id=plan.id,
        definition=definition,
        soon_working_days=plan.soon_working_days,
        calendar=office.calendar,
        office=office,
        names=names,
        codes=codes,
        directory=directory,
        desk=desk,
        plan_view=_plan_view(plan, label),
        office_view=_office_view(definition, names[coordinator], names[issuer]),
        state=PlanState(plan.state),
        started_at=plan.reminds_from,
        backlog=plan.backlog,
        anchor=height,
        _with_workbook=frozenset(
            [one.id for one in definition.deliverables if one.appendix]
            + [one.id for one in definition.data_calls]
        ),
        _with_outline=frozenset(
            d.id for d in definition.deliverables if d.kind in _NARRATIVES and definition.outline
        ),
    )


_NARRATIVES = (DeliverableKind.report, DeliverableKind.proposals)


def _plan_view(plan: Plan, label: PlanLabel) -> PlanView:
    number = label.number
    return PlanView(
        id=plan.id,
        number=f"Kế hoạch số {number}" if number[:1].isdigit() else number,
        short=label.short,
        title=plan.title,
        issued=f"{plan.issued_on:%d/%m/%Y}",
    )


def _office_view(
    definition: PlanDefinition, coordinator: AgencyName, issuer: AgencyName
) -> OfficeView:
    """Mail writes names as sentences do; the letterhead's capitals stay in letters."""
    part = next(
        (office for office in definition.offices if office.agency == definition.coordinator),
        OfficePart(agency=definition.coordinator),
    )
    own = definition.coordinator == definition.issuer
    return OfficeView(
        name=coordinator.name,
        parent="" if own else issuer.name,
        desk=part.desk,
        phone=part.phone,
        email=part.email,
        place=part.place,
    )
