"""The clock. Everything below takes `now`; only here is it read, real or virtual."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from plan.errors import SettingsError, UsageError
from plan.plausible import instant_from
from plan.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

Clock = Callable[[], datetime]


def real_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


def make_clock(start: str) -> Clock:
    """The real clock, or one that starts at `start` (ISO 8601 with zone) and runs on from there."""
    if not start:
        return real_clock
    return VirtualClock(instant_from(start)).running()


class VirtualClock:
    """A clock that stands where it was put; `running()` gives one that goes on with real time."""

    def __init__(self, start: datetime) -> None:
        self.now = start

    def __call__(self) -> datetime:
        return self.now

    def set(self, now: datetime) -> None:
        """Put the clock forward; it never goes back."""
        self.now = max(self.now, now)

    def running(self) -> Clock:
        started, origin = time.monotonic(), self.now
        return lambda: origin + timedelta(seconds=time.monotonic() - started)


# --- One clock for every process of an installation: the service, its flows, the pages, the command
# line.
#
# A virtual clock is tied to real time by a small file in the home, so that a command typed in
# another window, or a flow started by Prefect, reads the same virtual moment as the service.

FILE = "clock.json"


@dataclass(frozen=True)
class Anchor:
    """A virtual clock that read `start` at the real instant `real` (both UTC).

    `speed` virtual seconds pass in a real one; 0: it stands. `setting`: the DONDOC_CLOCK it is for.
    """

    setting: str
    start: datetime
    real: datetime
    speed: float = 1.0

    def __call__(self) -> datetime:
        """Now, by this clock."""
        return self.start + (real_clock() - self.real) * self.speed

    def real_of(self, moment: datetime) -> datetime:
        """The real instant at which this clock reads `moment` (never, on a standing clock: far off)."""
        if self.speed == 0:
            return datetime.max.replace(tzinfo=self.real.tzinfo) - timedelta(days=1)
        return self.real + (moment - self.start) / self.speed


def service_clock(settings: Settings, engine: Engine | None = None) -> Clock:
    """The installation's clock: real, or the virtual one a running service is on.

    Without a running service a virtual clock goes on, in each process, from where the home stands:
    `begins`, with what the database of `engine` knows.
    """
    if not settings.clock:
        return real_clock
    running = anchor_of(settings)
    if running is not None and running.speed:
        return running
    return VirtualClock(begins(settings, newest_fact(engine) if engine else None)).running()


def begins(settings: Settings, newest: datetime | None) -> datetime:
    """Where a virtual clock starts (UTC): at DONDOC_CLOCK, or later where the home has come to: the last
    moment the ledger knows (`newest`), or where a service stood when it stopped. Never back behind a fact:
    what was done a command ago has happened."""
    kept = _kept(settings)
    moments = [_asked(settings), newest, kept and kept.start]
    return max(moment for moment in moments if moment)


def going_on(settings: Settings, start: datetime) -> str:
    """The sentence for a virtual clock that starts at `start`, past the minute of DONDOC_CLOCK; empty: it
    starts where it was told to."""
    from plan.text import moment_words

    asked = _asked(settings)
    if start - asked < timedelta(minutes=1):
        return ""
    return (
        f"Đồng hồ ảo đi tiếp từ {moment_words(start)}, nơi thư mục dữ liệu đã tới; không lùi về "
        f"DONDOC_CLOCK ({moment_words(asked)})."
    )


def newest_fact(engine: Engine) -> datetime | None:
    """`newest_moment` of a database; None for one that is not there, not ours or broken: who needs it
    says what is wrong with it."""
    from plan.database import reading, unusable
    from plan.queries.lookup import newest_moment

    if unusable(engine):
        return None
    with reading(engine) as session:
        return newest_moment(session)


def anchor_of(settings: Settings) -> Anchor | None:
    """The anchor kept in the home; None on real time or when it is of another DONDOC_CLOCK."""
    kept = _kept(settings)
    return kept if kept and settings.clock == kept.setting else None


def _asked(settings: Settings) -> datetime:
    """DONDOC_CLOCK. Raises SettingsError."""
    try:
        return instant_from(settings.clock)
    except UsageError as error:
        raise SettingsError(f"DONDOC_CLOCK: {error}") from None


def _kept(settings: Settings) -> Anchor | None:
    path = settings.home / FILE
    if not path.is_file():
        return None
    kept = json.loads(path.read_text(encoding="utf-8"))
    return Anchor(
        kept["setting"], instant_from(kept["start"]), instant_from(kept["real"]), kept["speed"]
    )


def start_virtual_clock(
    settings: Settings, newest: datetime | None, speed: float | None = None
) -> Anchor | None:
    """Start the virtual clock where it `begins` (nothing on real time); a killed service goes on from
    the last fact. `speed`: other than the setting's; 0: the clock stands there."""
    if not settings.clock:
        return None
    anchor = Anchor(
        setting=settings.clock,
        start=begins(settings, newest),
        real=real_clock(),
        speed=settings.clock_speed if speed is None else speed,
    )
    _write(settings.home / FILE, anchor)
    return anchor


def stop_virtual_clock(settings: Settings) -> None:
    """Stop the virtual clock where it is: nothing happens while no service runs."""
    running = anchor_of(settings)
    if running is not None and running.speed:
        _write(settings.home / FILE, replace(running, start=running(), real=real_clock(), speed=0))


def _write(path: Path, anchor: Anchor) -> None:
    """Beside, then moved into place: no reader ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{FILE}.{os.getpid()}")
    body = {
        "setting": anchor.setting,
        "start": anchor.start.isoformat(),
        "real": anchor.real.isoformat(),
        "speed": anchor.speed,
    }
    draft.write_text(json.dumps(body), encoding="utf-8")
    draft.replace(path)
