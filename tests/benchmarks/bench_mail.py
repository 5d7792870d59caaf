"""E-mail: digests composed and delivered by our rooms, against smtplib and against Apprise.

Ours is all of it: from rungs that have fired to words (`draft_of`), through the templates, the calendar
entry and MIME (`row_of`, `Composer`), to the server's 250. The digests are those of the packaged plan on
a day its -3 rung falls, to ten thousand people. `smtplib` sends the very bytes, written beforehand, over
one connection. Apprise's own `mailto://` gets text and HTML ready, an object a mail, as Prefect and most
programs use it, and fewer mails, since it takes some 25 ms for each. The sink is a lean process of its
own.
"""

from __future__ import annotations

import json
import smtplib
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import Any

from notifications.channels.base import Outgoing
from notifications.channels.mail.channel import MailSession
from notifications.channels.mail.connection import Connector, parse_smtp_url
from notifications.channels.mail.mime import Composer
from notifications.outbox.drafts import row_of
from notifications.outbox.outgoing import outgoing_of
from notifications.outbox.store import ClaimedMessage
from notifications.plan_context import PlanContext
from notifications.reminders.digests import Digest
from notifications.reminders.tick import BATCH, draft_of, preview
from plan.definition.loading import load_definition
from plan.settings import PACKAGED_PLANS
from tests.benchmarks.lean_sink import running
from tests.conftest import at
from tests.support.reminders import load, make_messaging

PLAN = "04-kh-ubnd-2020"
ROUNDS = 5
APPRISE_MAILS = 100
COMPOSER = Composer("Sở Nội vụ tỉnh Bình Định <noreply@dondoc.example>", "dieuphoi@dondoc.example")
NOW = at("2020-04-24 08:00")


def digests(count: int) -> tuple[PlanContext, Iterator[Digest]]:
    """Those the packaged plan has due, each to other people of the same kind."""
    with tempfile.TemporaryDirectory() as folder:
        engine = load(
            Path(folder) / "mail.db",
            load_definition(PACKAGED_PLANS / PLAN)[0],
            at("2020-01-20 08:00"),
        )
        look, _ = preview(engine, PLAN, NOW, make_messaging())
        engine.dispose()
    return look.books[PLAN], (
        _to_another(digest, number)
        for number, digest in enumerate(islice(cycle(look.digests), count))
    )


def _to_another(digest: Digest, number: int) -> Digest:
    addresses = {"email": f"nhan{number}@xa.gov.vn"}
    return replace(
        digest, person=replace(digest.person, key=f"crowd:{number}", addresses=addresses)
    )


def composed(book: PlanContext, digest: Digest) -> Outgoing:
    """As the tick writes it into the outbox and the outbox hands it to the channel."""
    values: dict[str, Any] = row_of(book, draft_of({PLAN: book}, digest, NOW), NOW, NOW)
    known = {"id": 0, "fallback_of": None} | values
    return outgoing_of(
        ClaimedMessage(*(known[name] for name in ClaimedMessage.__annotations__)), NOW, ()
    )


def ours(port: int, book: PlanContext, digests: Sequence[Digest]) -> float:
    connector = Connector(parse_smtp_url(f"smtp://127.0.0.1:{port}"), "dondoc.example", 30)
    began = time.perf_counter()
    with MailSession(connector.connect, COMPOSER, connector.talk_seconds) as session:
        for start in range(0, len(digests), BATCH):
            # A batch is written before any of it is sent, as the tick and the outbox do.
            for mail in [composed(book, digest) for digest in digests[start : start + BATCH]]:
                session.send(mail)
    return time.perf_counter() - began


def by_smtplib(port: int, mails: Sequence[tuple[str, bytes]]) -> float:
    began = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port, "dondoc.example") as smtp:
        for address, data in mails:
            smtp.sendmail(COMPOSER.envelope_from, [address], data)
    return time.perf_counter() - began


def by_apprise(port: int, mails: Sequence[Outgoing]) -> float:
    from apprise import Apprise

    began = time.perf_counter()
    for mail in mails:
        url = (
            f"mailto://127.0.0.1:{port}/?from=noreply@dondoc.example&to={mail.address}"
            "&mode=insecure&format=html"
        )
        sender = Apprise()
        sender.add(url)
        sender[0].request_rate_per_sec = 0
        assert sender.notify(body=mail.html, title=mail.subject)
    return time.perf_counter() - began


def run(n: int = 10_000) -> dict[str, float]:
    """Seconds for `n` mails each way (Apprise's scaled up), and the ratios that are promised:
    `ratio` ≤ 2 (ours to smtplib), `apprise_ratio` ≥ 5 (Apprise's to ours)."""
    each = max(1, n // ROUNDS)
    book, found = digests(n)
    size, taken = 0, {"smtplib": list[float](), "ours": list[float]()}
    with running() as port:
        first = [composed(book, digest) for digest in digests(APPRISE_MAILS)[1]]
        by_apprise(port, first[:1])  # loads its plugins
        apprise = by_apprise(port, first) / len(first) * n
        for _ in range(ROUNDS):  # in turns, so that a busy moment of the machine hits both alike
            mine = list(islice(found, each))
            written = [(m.address, COMPOSER.compose(m)) for m in (composed(book, d) for d in mine)]
            size += sum(len(data) for _, data in written)
            taken["smtplib"].append(by_smtplib(port, written))
            del written
            taken["ours"].append(ours(port, book, mine))
    seconds = {name: median(times) * n / each for name, times in taken.items()}
    return {
        "mails": n,
        "bytes_a_mail": size / (each * ROUNDS),
        **{f"{name}_seconds": value for name, value in seconds.items()},
        "apprise_seconds": apprise,
        "ratio": seconds["ours"] / seconds["smtplib"],
        "apprise_ratio": apprise / seconds["ours"],
    }


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
