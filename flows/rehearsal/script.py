"""Who does what and when in a rehearsal: drawn from a seed, pure.

Most agencies hand in on time; a few play a part (`Conduct`). The script names obligations and moments
only: what happens then is done by the real program (`flows.rehearsal.play`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import groupby
from random import Random

from plan.calendar import WorkingCalendar, local_day, local_instant
from plan.definition.model import DeliverableKind
from plan.queries.progress import ObligationView


class Conduct(StrEnum):
    """What one agency does otherwise than the rest."""

    late = "late"
    later = "later"
    wrong_file = "wrong-file"
    twice = "twice"
    extension = "extension"
    nil = "nil"
    silent = "silent"
    bounce = "bounce"
    paper = "paper"


PART_WORDS = {
    Conduct.late: "nộp trễ ít ngày",
    Conduct.later: "nộp trễ một tuần",
    Conduct.wrong_file: "nộp nhầm tệp, bị trả lại",
    Conduct.twice: "nộp hai lần cùng một bản",
    Conduct.extension: "xin gia hạn",
    Conduct.nil: "báo cáo không phát sinh",
    Conduct.silent: "im lặng đến khi nhắc lên thủ trưởng",
    Conduct.bounce: "địa chỉ thư bị từ chối",
    Conduct.paper: "gửi bản giấy qua bưu điện",
}


class Deed(StrEnum):
    submit = "submit"
    submit_wrong = "submit-wrong"
    submit_nil = "submit-nil"
    submit_paper = "submit-paper"
    hold_conference = "hold-conference"
    file_duty = "file-duty"
    move_duty = "move-duty"
    ask_extension = "ask-extension"
    decide_extension = "decide-extension"
    review = "review"
    freeze = "freeze"


@dataclass(frozen=True, order=True)
class Act:
    """One thing somebody does at an instant (UTC)."""

    at: datetime
    deed: Deed
    agency: str = ""
    obligations: tuple[str, ...] = ()
    day: date | None = None
    """The conference's day, the day asked for, or the day the paper came."""


@dataclass
class Script:
    """The acts in order, and who plays which part."""

    acts: list[Act]
    parts: dict[str, Conduct] = field(default_factory=dict)


OFFSETS: dict[Conduct | None, tuple[int, int]] = {
    None: (-14, -1),
    Conduct.late: (1, 2),
    Conduct.later: (4, 6),
    Conduct.silent: (4, 5),
    Conduct.bounce: (-4, -1),
    Conduct.paper: (-3, -1),
    Conduct.extension: (3, 5),
}
"""Working days from the last good one on which each part hands in (none: the others too)."""
EXTENSION_DAYS = 9
"""Calendar days asked for beyond the deadline."""
DUTIES = 3
"""Agencies that tell of a standing duty done; one more tells under the wrong one."""
REVIEW_AT = time(15, 45)
"""Sở Nội vụ looks at what came that day; the agencies' own acts are begun before."""
POST_DAYS = 3
"""Working days until paper that came is recorded."""


def write_script(views: Iterable[ObligationView], calendar: WorkingCalendar, seed: int) -> Script:
    """The story of the dated obligations, the same for the same seed."""
    rng, views = Random(seed), list(views)
    dated = [view for view in views if view.last_working_day is not None]
    parts = _cast(dated, rng)
    acts: list[Act] = []
    for (agency, _), group in groupby(sorted(dated, key=_milestone), key=_milestone):
        acts += _agency_acts(agency, parts.get(agency), list(group), calendar, rng)
    acts += _duties(views, dated, calendar, rng)
    acts += _reviews(acts, calendar)
    return Script(sorted(acts), parts)


def _milestone(view: ObligationView) -> tuple[str, str]:
    return view.agency, view.milestone


def _cast(views: Sequence[ObligationView], rng: Random) -> dict[str, Conduct]:
    """Hand the parts out: the wrong file to somebody who owes an appendix, the rest to others."""
    papers = {_milestone(v) for v in views if v.kind != DeliverableKind.conference}
    busy = Counter(agency for agency, _ in papers)
    # Whoever owes papers twice owes the consolidated ones: that agency plays itself.
    once = {agency for agency, count in busy.items() if count == 1}
    with_figures = sorted(once & {v.agency for v in views if v.kind == DeliverableKind.appendix})
    crowd = sorted(once - set(with_figures)) or with_figures
    parts: dict[str, Conduct] = {}
    if with_figures:
        parts[rng.choice(with_figures)] = Conduct.wrong_file
    others = [part for part in Conduct if part is not Conduct.wrong_file]
    free = [agency for agency in crowd if agency not in parts]
    rng.shuffle(free)
    parts |= dict(zip(free, others, strict=False))
    return parts


def _agency_acts(
    agency: str,
    part: Conduct | None,
    views: list[ObligationView],
    calendar: WorkingCalendar,
    rng: Random,
) -> list[Act]:
    """What one agency does about one milestone."""
    conferences = [v for v in views if v.kind == DeliverableKind.conference]
    papers = [v for v in views if v.kind != DeliverableKind.conference]
    acts = [_conference(agency, view, calendar, rng) for view in conferences]
    return acts + (_paper_acts(agency, part, papers, calendar, rng) if papers else [])


def _conference(agency: str, view: ObligationView, calendar: WorkingCalendar, rng: Random) -> Act:
    """Held on a working day of its window, reported the working day after or the same day if last."""
    assert view.last_working_day is not None
    held = calendar.add_working_days(view.last_working_day, -rng.randint(1, 8))
    told = calendar.add_working_days(held, 1)
    return Act(_clock(told, rng), Deed.hold_conference, agency, (view.id,), held)


def _paper_acts(
    agency: str,
    part: Conduct | None,
    views: list[ObligationView],
    calendar: WorkingCalendar,
    rng: Random,
) -> list[Act]:
    last = min(v.last_working_day for v in views if v.last_working_day)
    names = tuple(view.id for view in views)
    low, high = OFFSETS.get(part, OFFSETS[None])
    day = calendar.add_working_days(last, rng.randint(low, high))
    beat = Beat(Act(_clock(day, rng), Deed.submit, agency, names), last, calendar, rng)
    play = _EXTRAS.get(part) if part else None
    return [beat.act] if play is None else play(beat)


def _duties(
    views: Sequence[ObligationView],
    dated: Sequence[ObligationView],
    calendar: WorkingCalendar,
    rng: Random,
) -> list[Act]:
    """A few standing duties are done; one clerk files the evidence under another duty of hers, and Sở Nội
    vụ moves it before it accepts what came that day."""
    by_agency: dict[str, list[str]] = {}
    for view in views:
        if view.kind == DeliverableKind.duty:
            by_agency.setdefault(view.agency, []).append(view.id)
    last = min((view.last_working_day for view in dated if view.last_working_day), default=None)
    several = sorted(agency for agency, names in by_agency.items() if len(names) > 1)
    if last is None or not several:
        return []
    chosen = rng.sample(several, min(DUTIES + 1, len(several)))
    days = [calendar.add_working_days(last, -rng.randint(2, 30)) for _ in chosen]
    acts = [
        Act(_clock(day, rng), Deed.file_duty, agency, (rng.choice(by_agency[agency]),))
        for agency, day in zip(chosen, days, strict=True)
    ]
    wrong = acts[-1]
    right = rng.choice([n for n in by_agency[wrong.agency] if n not in wrong.obligations])
    first = local_instant(_day(wrong), REVIEW_AT) - timedelta(seconds=30)
    moved = Act(first, Deed.move_duty, wrong.agency, (*wrong.obligations, right))
    return [*acts, moved]


@dataclass(frozen=True)
class Beat:
    """A hand-in as it would have gone, and what a part needs to bend it."""

    act: Act
    last: date
    calendar: WorkingCalendar
    rng: Random

    def on(self, day: date, deed: Deed, about: date | None = None) -> Act:
        """The same obligations, another deed on another day."""
        return Act(_clock(day, self.rng), deed, self.act.agency, self.act.obligations, about)

    def working_day(self, day: date, n: int) -> date:
        return self.calendar.add_working_days(day, n)


def _twice(beat: Beat) -> list[Act]:
    return [beat.act, replace(beat.act, at=beat.act.at + timedelta(minutes=7))]


def _wrong(beat: Beat) -> list[Act]:
    """The wrong file first; the right ones two working days later."""
    mended = beat.working_day(_day(beat.act), 2)
    return [replace(beat.act, deed=Deed.submit_wrong), beat.on(mended, Deed.submit)]


def _extension(beat: Beat) -> list[Act]:
    until = beat.last + timedelta(days=EXTENSION_DAYS)
    asked = beat.on(beat.working_day(beat.last, -4), Deed.ask_extension, until)
    return [asked, beat.on(beat.working_day(beat.last, -2), Deed.decide_extension), beat.act]


def _nil(beat: Beat) -> list[Act]:
    """The last thing owed is a nil return, the rest is handed in."""
    *kept, given_up = beat.act.obligations
    told = replace(beat.act, deed=Deed.submit_nil, obligations=(given_up,))
    return ([replace(beat.act, obligations=tuple(kept))] if kept else []) + [told]


def _paper(beat: Beat) -> list[Act]:
    posted = _day(beat.act)
    return [beat.on(beat.working_day(posted, POST_DAYS), Deed.submit_paper, posted)]


_EXTRAS = {
    Conduct.twice: _twice,
    Conduct.wrong_file: _wrong,
    Conduct.extension: _extension,
    Conduct.nil: _nil,
    Conduct.paper: _paper,
}


def _reviews(acts: Sequence[Act], calendar: WorkingCalendar) -> list[Act]:
    """Sở Nội vụ looks through what is waiting at 15:45 of the working day after each hand-in."""
    days = {calendar.add_working_days(_day(act), 1) for act in acts}
    return [Act(local_instant(day, REVIEW_AT), Deed.review) for day in days]


def _clock(day: date, rng: Random) -> datetime:
    """Some minute of that day's office hours."""
    hour, minute = rng.choice((8, 9, 10, 14, 15)), rng.randint(0, 44)
    return local_instant(day, time(hour, minute))


def _day(act: Act) -> date:
    return local_day(act.at)
