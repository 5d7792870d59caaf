"""After a rehearsal: were the right reminders sent, each once, and only in office hours?

Worked out anew from the plan's data, the audit trail and the mails on disk, day by day; it shares no
line with the policy it judges (`notifications.policy`), only the calendar's working days. It knows which
channel was down on which day, and so who must have heard by which way: on a channel that was down, once
it was back, if the reminder still held then.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_bytes
from email.message import Message as Mail
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from flows.rehearsal.check_digests import digest_faults
from flows.rehearsal.outages import Outage
from plan.calendar import LOCAL, WorkingCalendar
from plan.database import reading
from plan.definition.model import Audience, PlanDefinition
from plan.models import (
    Agency,
    AuditEvent,
    BadAddress,
    Contact,
    Message,
    Obligation,
    RungClaim,
)
from plan.queries.lookup import load_calendar
from plan.text import number_words

OWING = ("owed", "returned")
People = Mapping[Audience, Mapping[int, Sequence[Contact]]]
"""Who sits where: audience → agency's row id → contacts."""
Heard = tuple[str, str, int, str]
"""(plan, obligation, working days from the deadline, e-mail address or Zalo user id)"""
CHANNELS = ("email", "zalo_oa")


@dataclass(frozen=True)
class Verdict:
    """What the check compared and what it found wrong; empty `faults` is a good rehearsal."""

    expected: int
    sent: int
    mails: int
    faults: tuple[str, ...]


@dataclass(frozen=True)
class Moment:
    """An obligation's facts from an instant (UTC) on."""

    since: datetime
    state: str
    last_day: date | None
    opens_at: datetime | None


def check(
    engine: Engine,
    definitions: Sequence[PlanDefinition],
    outbox: Path,
    until: datetime,
    outages: Sequence[Outage] = (),
) -> Verdict:
    """Compare what was sent up to `until` (UTC), of all these plans, with what each policy's data says. The
    plans keep the same hours and days off."""
    with reading(engine) as session:
        years = (definitions[0].issued_on.year, until.year)
        calendar = load_calendar(session, definitions[0].id, *years)
        bad = {row.address: row.marked_at for row in session.exec(select(BadAddress))}
        wanted = {
            key
            for one in definitions
            for key in _expected(session, one, calendar, _people(session, one), bad, until, outages)
        }
        heard = Counter(_heard(session))
        sent = {row.reference: row for row in session.exec(_sent_mail())}
        alarms = [row for row in sent.values() if row.event == "alarm"]
    mails = [message_from_bytes(path.read_bytes()) for path in sorted(outbox.glob("*.eml"))]
    told = {key for key, _ in heard if key[-1] not in bad}
    faults = [
        *(f"thiếu: {_words(key)}" for key in sorted(wanted - told)),
        *(f"thừa: {_words(key)}" for key in sorted(told - wanted)),
        *(f"hai lần: {_words(key)}" for (key, _), count in heard.items() if count > 1),
        *_mail_faults(mails, set(sent)),
        *_hour_faults(mails, definitions[0], calendar),
        *digest_faults(engine, mails),
        *_alarm_faults(alarms),
    ]
    return Verdict(len(wanted), len(told), len(mails), tuple(faults))


def _words(key: Heard) -> str:
    plan, name, offset, address = key
    return f"{plan}: {name} {offset:+d} → {address}"


# --- what should have been heard ---------------------------------------------------------------


def _expected(
    session: Session,
    definition: PlanDefinition,
    calendar: WorkingCalendar,
    people: People,
    bad: Mapping[str, datetime],
    until: datetime,
    outages: Sequence[Outage],
) -> Iterator[Heard]:
    openings = list(_openings(definition, calendar, until))
    for row, agency in _dated(session, definition.id):
        history = _history(session, row)
        for opening in openings:
            now = _owing(history, opening)
            if now is None or now.last_day is None:
                continue
            offset = calendar.working_days_between(now.last_day, opening.astimezone(LOCAL).date())
            for audience in _audiences(definition, offset):
                for channel, address in _reached(people, audience, agency, bad, opening):
                    if _arrives(history, now, channel, opening, openings, outages):
                        yield definition.id, _name(session, row), offset, address


def _owing(history: Sequence[Moment], at: datetime) -> Moment | None:
    """The obligation's facts then (UTC), if it was to be reminded of."""
    now = [moment for moment in history if moment.since <= at][-1:]
    if not now or now[0].state not in OWING or now[0].last_day is None:
        return None
    return None if now[0].opens_at and at < now[0].opens_at else now[0]


def _arrives(
    history: Sequence[Moment],
    then: Moment,
    channel: str,
    opening: datetime,
    openings: Sequence[datetime],
    outages: Sequence[Outage],
) -> bool:
    """Whether the channel took the reminder: that morning, or on the first one it worked again, if the
    same deadline was still owed."""
    back = next((at for at in openings if at >= opening and not _down(channel, at, outages)), None)
    if back is None or back == opening:
        return back is not None
    still = _owing(history, back)
    return still is not None and still.last_day == then.last_day


def _down(channel: str, at: datetime, outages: Sequence[Outage]) -> bool:
    return any(outage.channel == channel and outage.at(at) for outage in outages)


def _reached(
    people: People, audience: Audience, agency: int, bad: Mapping[str, datetime], now: datetime
) -> list[tuple[str, str]]:
    """(channel, address) of those who hear at `now`: by mail, and beside it or alone on Zalo where they
    follow. Where no contact can be reached, the agency's head hears in their place."""
    for one in (audience, Audience.head) if audience is Audience.contact else (audience,):
        desk = people[one].get(agency, ())
        good = [c.email for c in desk if c.email not in bad or now < bad[c.email]]
        found = [("email", mail) for mail in good if mail]
        found += [("zalo_oa", c.zalo_user_id) for c in desk if c.zalo_user_id]
        if found:
            return found
    return []


def _dated(session: Session, plan_id: str) -> list[tuple[Obligation, int]]:
    rows = session.exec(
        select(Obligation).where(Obligation.plan_id == plan_id, col(Obligation.due_at).is_not(None))
    ).all()
    return [(row, row.agency_id) for row in rows]


def _name(session: Session, row: Obligation) -> str:
    from plan.queries.lookup import obligation_name

    return obligation_name(session, row)


def _history(session: Session, row: Obligation) -> list[Moment]:
    """The obligation's facts over time, from its audit events; the first from before the first."""
    events = session.exec(
        select(AuditEvent).where(AuditEvent.obligation_id == row.id).order_by(col(AuditEvent.id))
    ).all()
    start = datetime.min.replace(tzinfo=UTC)
    if not events:
        return [Moment(start, row.state, row.last_working_day, row.opens_at)]
    return [
        _moment(start, events[0].before),
        *(_moment(event.at, event.after) for event in events),
    ]


def _moment(since: datetime, facts: Mapping[str, Any]) -> Moment:
    last, opens = facts.get("last_working_day"), facts.get("opens_at")
    return Moment(
        since,
        facts["state"],
        date.fromisoformat(last) if last else None,
        datetime.fromisoformat(opens) if opens else None,
    )


def _openings(
    definition: PlanDefinition, calendar: WorkingCalendar, until: datetime
) -> Iterator[datetime]:
    """The first office minute of each working day, from the plan's start to `until`."""
    day = definition.issued_on
    first = min(time.fromisoformat(span[0]) for span in _spans(definition))
    while (opening := datetime.combine(day, first, LOCAL)) <= until:
        if calendar.is_working(day):
            yield opening
        day += timedelta(days=1)


def _spans(definition: PlanDefinition) -> list[tuple[str, str]]:
    return [span for season in definition.reminders.office_hours for span in season.spans]


def _audiences(definition: PlanDefinition, offset: int) -> set[Audience]:
    """Who hears a day that many working days from the deadline: every rung that falls on it."""
    return {
        audience
        for rung in definition.reminders.rungs
        if offset == rung.offset
        or (rung.every and offset > rung.offset and (offset - rung.offset) % rung.every == 0)
        for audience in rung.audience
    }


def _people(session: Session, definition: PlanDefinition) -> People:
    rows = session.exec(
        select(Contact, Agency)
        .join(Agency, col(Agency.id) == Contact.agency_id)
        .where(Agency.plan_id == definition.id)
    ).all()
    desks: dict[tuple[str, bool], list[Contact]] = defaultdict(list)
    for contact, agency in rows:
        desks[agency.code, contact.is_head].append(contact)
    codes = {agency.id or 0: agency.code for _, agency in rows}
    issuer = desks[definition.issuer, False] or desks[definition.issuer, True]
    return {
        Audience.contact: {key: desks[code, False] for key, code in codes.items()},
        Audience.head: {key: desks[code, True] for key, code in codes.items()},
        Audience.coordinator: dict.fromkeys(codes, desks[definition.coordinator, False]),
        Audience.coordinator_leadership: dict.fromkeys(codes, desks[definition.coordinator, True]),
        Audience.issuer: dict.fromkeys(codes, issuer),
    }


# --- what was heard ----------------------------------------------------------------------------


def _heard(session: Session) -> Iterator[tuple[Heard, int]]:
    """Every rung claimed on a channel whose message went out, with the deadline's version.

    Someone who hears one rung in two capacities hears it in one message: counted once.
    """
    rows = session.exec(
        select(RungClaim, Message, Obligation)
        .join(Message, col(Message.id) == RungClaim.message_id)
        .join(Obligation, col(Obligation.id) == RungClaim.obligation_id)
        .where(col(Message.channel).in_(CHANNELS), col(Message.state).in_(("sent", "delivered")))
    ).all()
    seen = set()
    for claim, message, obligation in rows:
        offset = claim.rung.partition("@")[0]
        if offset == "announce":
            continue
        name = _name(session, obligation)
        key = (obligation.plan_id, name, int(offset), message.address)
        if (key, message.id) not in seen:
            seen.add((key, message.id))
            yield key, claim.deadline_version


def _sent_mail() -> Any:
    return select(Message).where(
        Message.channel == "email", col(Message.state).in_(("sent", "delivered"))
    )


def _mail_faults(mails: Sequence[Mail], references: set[str]) -> Iterator[str]:
    """Each message sent stands once on disk, and nothing else does."""
    on_disk = Counter(str(mail["Message-ID"]).strip("<>").partition("@")[0] for mail in mails)
    yield from (f"thư hai lần: {ref}" for ref, count in on_disk.items() if count > 1)
    yield from (f"thư không có trong sổ: {ref}" for ref in on_disk.keys() - references)
    yield from (f"ghi đã gửi nhưng không có thư: {ref}" for ref in references - on_disk.keys())


def _alarm_faults(alarms: Sequence[Message]) -> Iterator[str]:
    """Nobody hears the same alarm twice on a day."""
    told = Counter(
        (row.content["subject"], row.address, row.created_at.astimezone(LOCAL).date())
        for row in alarms
    )
    yield from (
        f"báo động {number_words(count)} lần: {key[0]}" for key, count in told.items() if count > 1
    )


def _hour_faults(
    mails: Sequence[Mail], definition: PlanDefinition, calendar: WorkingCalendar
) -> Iterator[str]:
    spans = [(time.fromisoformat(a), time.fromisoformat(b)) for a, b in _spans(definition)]
    for mail in mails:
        sent = parsedate_to_datetime(str(mail["Date"])).astimezone(LOCAL)
        if not calendar.is_working(sent.date()):
            yield f"gửi vào ngày nghỉ: {sent:%d/%m/%Y %H:%M}, {mail['To']}"
        elif not any(start <= sent.time() < end for start, end in spans):
            yield f"gửi ngoài giờ: {sent:%d/%m/%Y %H:%M}, {mail['To']}"
