"""Every row of the table of Zalo's codes, said by a server over HTTP: whose fault, for how long, what then.

What is expected stands here by hand, for each fault and time: the table's own reading of itself is not asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from notifications.channels.base import NIGHT_CODES, Channel, Outgoing, SendError
from notifications.channels.registry import make_channel
from notifications.channels.zalo.errors import (
    BOT_MEANINGS,
    OA_MEANINGS,
    SOURCES,
    UID_MEANINGS,
    ZNS_MEANINGS,
    Meaning,
    Until,
    Whose,
)
from notifications.channels.zalo.http import ENDPOINTS, ZaloUrls
from notifications.channels.zalo.tokens import MemoryTokenStore, Tokens
from notifications.reminders.tick import tick
from plan.settings import Settings
from tests.conftest import at
from tests.standins import HandClock, ZaloStandin
from tests.support.delivering import send
from tests.support.reminders import (
    LADDER,
    ToldChannel,
    ToldChannels,
    load,
    make_messaging,
    messages,
    person,
    small_plan,
)

NINE = at("2020-04-24 09:00")
TABLES = {"oa": OA_MEANINGS, "zns": ZNS_MEANINGS, "uid": UID_MEANINGS, "bot": BOT_MEANINGS}
ADDRESS = {"oa": "100200300400", "zns": "0912345678", "uid": "100200300400", "bot": "chat-1"}
FIELD = {"oa": "zalo_user_id", "zns": "phone", "uid": "zalo_user_id", "bot": "zalo_chat_id"}
ROWS = [(kind, code) for kind, table in TABLES.items() for code in table]
P, M, C = Whose.PERSON, Whose.MESSAGE, Whose.CHANNEL


@dataclass(frozen=True)
class Then:
    """What follows at 09:00."""

    at_once: bool
    """The next channel takes the message now."""
    silent: timedelta | None = None
    """How long the address is left alone; a day over all others: until it is corrected."""
    alarm: bool = False
    """Told at once, not after an hour."""
    again: timedelta | None = None


EVER = timedelta.max
THEN: Mapping[tuple[Whose, Until], Then] = {
    (P, Until.CORRECTED): Then(True, EVER),
    (P, Until.MONTH): Then(True, timedelta(days=30)),
    (P, Until.DAY): Then(True, timedelta(days=1)),
    (M, Until.MENDED): Then(True),
    (M, Until.TOMORROW): Then(False, again=timedelta(hours=15)),
    (M, Until.MORNING): Then(False, again=timedelta(hours=22)),
    (C, Until.MENDED): Then(False, alarm=True),
    (C, Until.TOMORROW): Then(False, alarm=True, again=timedelta(hours=15)),
    (C, Until.MINUTE): Then(False, again=timedelta(minutes=1)),
    (C, Until.LATER): Then(False),
}
NAMED = {
    "at once": {-110, -213, -230, -1122},
    "the app's": {-104, -112, -120, -124, -126, -130, -136, -144, -211},
}
"""What the rows must say whatever else is changed: faults of the person, faults of the app."""


@pytest.fixture(scope="module")
def clock() -> HandClock:
    return HandClock(NINE)


@pytest.fixture(scope="module")
def zalo(clock: HandClock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ZaloStandin]:
    with ZaloStandin(clock, tmp_path_factory.mktemp("zalo")) as standin:
        yield standin


@pytest.fixture
def server(zalo: ZaloStandin, clock: HandClock) -> ZaloStandin:
    clock.at = NINE
    zalo.world.faults.clear()
    zalo.world.accepted.clear()
    return zalo


def channel(zalo: ZaloStandin, kind: str) -> Channel:
    pair = zalo.world.grant()
    ends = zalo.world.now() + timedelta(hours=25)
    store = MemoryTokenStore(Tokens(pair["access_token"], pair["refresh_token"], ends))
    templates = {name: {"reminder": "301"} for name in ("zalo_zns_templates", "zalo_uid_templates")}
    settings = Settings(_env_file=None, **({"zalo_timeout": 5.0} | templates | zalo.settings()))
    return make_channel(f"zalo_{kind}", settings, zalo.world.now, store)


def answers(zalo: ZaloStandin, kind: str, code: int, times: int) -> None:
    """The server says so; by phone and by user id the template itself is asked for before."""
    zalo.fail("oa" if kind == "uid" else kind, times=times, code=code)


@pytest.mark.parametrize(("kind", "code"), ROWS)
def test_a_row_says_whose_fault_it_is(server: ZaloStandin, kind: str, code: int) -> None:
    row: Meaning = TABLES[kind][code]
    then = THEN[row.whose, row.until]
    answers(server, kind, code, times=2)
    outgoing = Outgoing(
        7, f"zalo_{kind}", ADDRESS[kind], short_text="Nhắc.", event="reminder", reference="r7"
    )
    with channel(server, kind).open() as session, pytest.raises(SendError) as caught:
        session.send(outgoing)
    error = caught.value
    assert (error.code, error.fate_unknown, error.unknown) == (str(code), False, False)
    assert row.words in error.words
    assert error.channel_down is (row.whose is C)
    assert (error.permanent and error.address_dead) is then.at_once
    assert error.needs_person is then.alarm
    assert error.retry_after == then.again
    left_alone = EVER if error.address_dead and not error.for_now else error.silent_for
    assert left_alone == then.silent
    assert server.world.accepted == []
    assert row.source in SOURCES


KINDS = {
    (row.whose, row.until): (kind, code)
    for kind, table in TABLES.items()
    for code, row in table.items()
}


@pytest.mark.parametrize(("whose", "until"), list(THEN), ids=lambda one: one.value)
def test_what_follows_for_the_person(
    server: ZaloStandin, clock: HandClock, tmp_path: Path, whose: Whose, until: Until
) -> None:
    """With an e-mail beside it: at once, also where Zalo would take it too late; or by the last office
    hour of the day; and once."""
    kind, code = KINDS[whose, until]
    answers(server, kind, code, times=99)
    engine = one_person(tmp_path, kind)
    mail = ToldChannel()
    tell(engine, server, kind, mail, clock)
    then = THEN[whose, until]
    too_late = then.again is not None and then.again > timedelta(hours=8)
    assert bool(mail.taken) is (then.at_once or too_late)
    for hour in ("10:05", "13:35", "16:00", "16:55"):
        clock.at = at(f"2020-04-24 {hour}")
        tell(engine, server, kind, mail, clock)
    reminders = [one for one in mail.taken if one.event == "reminder"]
    assert len(reminders) == 1
    assert server.world.accepted == []


def test_a_code_nobody_knows_goes_another_way_after_two_tries(
    server: ZaloStandin, clock: HandClock, tmp_path: Path
) -> None:
    answers(server, "zns", -9876, times=99)
    engine, mail = one_person(tmp_path, "zns"), ToldChannel()
    tell(engine, server, "zns", mail, clock)
    assert mail.taken == []
    clock.advance(minutes=2)
    tell(engine, server, "zns", mail, clock)
    assert [one.event for one in mail.taken] == ["reminder"]
    assert "-9876" in messages(engine)[0].words


def one_person(tmp_path: Path, kind: str) -> Engine:
    contact = person("a", "Lan", **{FIELD[kind]: ADDRESS[kind]})
    ladder = LADDER | {"channels": [f"zalo_{kind}", "email"], "announce": False}
    return load(
        tmp_path / "x.db", small_plan(contacts=[contact], reminders=ladder), at("2020-03-02 08:00")
    )


def tell(engine: Engine, zalo: ZaloStandin, kind: str, mail: ToldChannel, clock: HandClock) -> None:
    told = ToldChannels()
    told.channels = {"email": mail, f"zalo_{kind}": channel(zalo, kind)}  # type: ignore[dict-item]
    desk = make_messaging(available=frozenset({"email", f"zalo_{kind}"}))
    tick(engine, "thu", clock(), desk)
    send(engine, told, clock, desk)


def test_the_rows_that_the_field_has_named_stand_as_named() -> None:
    everything = {**UID_MEANINGS, **ZNS_MEANINGS}
    follows = {code: THEN[row.whose, row.until] for code, row in everything.items()}
    assert all(follows[code].at_once for code in NAMED["at once"])
    assert {everything[code].whose for code in NAMED["the app's"]} == {Whose.CHANNEL}
    assert all(follows[code].alarm for code in NAMED["the app's"])


def test_the_codes_of_the_night_are_those_of_the_table() -> None:
    rows = [(code, row) for table in TABLES.values() for code, row in table.items()]
    assert {str(code) for code, row in rows if row.until is Until.MORNING} == NIGHT_CODES


def test_every_address_is_a_row_with_its_source() -> None:
    urls = ZaloUrls.of(Settings(_env_file=None, zalo_uid_url="https://khac.example/uid/"))
    assert {row.source for row in ENDPOINTS.values()} <= set(SOURCES)
    assert urls.to("uid") == ("POST", "https://khac.example/uid")
    assert urls.to("quota") == ("GET", "https://business.openapi.zalo.me/message/quota")
