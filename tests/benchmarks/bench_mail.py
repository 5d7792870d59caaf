"""E-mail: digests written and delivered by our channel, against smtplib and against Apprise.

`smtplib` sends the very bytes, written beforehand, over one connection; ours writes them too.
Apprise's own `mailto://` gets an object a mail, as Prefect and most programs use it, and fewer
mails, since it takes some 25 ms for each. The sink is a lean process of its own.
"""

from __future__ import annotations

import json
import smtplib
import time
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median

from notifications.channels.base import Attachment, Outgoing
from notifications.channels.mail import MailSession
from notifications.channels.mime import Composer
from notifications.channels.smtp_connect import Connector
from notifications.channels.smtp_url import parse_smtp_url
from tests.benchmarks.lean_sink import running

ROUNDS = 5
APPRISE_MAILS = 100
COMPOSER = Composer("Sở Nội vụ tỉnh Bình Định <noreply@dondoc.example>", "dieuphoi@dondoc.example")
AT = datetime(2020, 4, 20, 2, 0, tzinfo=UTC)


def digest(number: int) -> Outgoing:
    """A digest of a dozen obligations: some 7 kB as a mail."""
    owed = [f"Báo cáo cải cách hành chính của đơn vị {number}, phần {i}" for i in range(12)]
    row = (
        '<tr><td style="padding:8px;border-bottom:1px solid #d0d0d0">{}</td>'
        '<td style="padding:8px;border-bottom:1px solid #d0d0d0">chậm nhất 29/4/2020</td></tr>\n'
    )
    html = (
        "<!doctype html><html lang=vi><body><p>Kính gửi Ủy ban nhân dân huyện,</p><table>"
        + "".join(row.format(o) for o in owed)
        + "</table></body></html>"
    )
    ics = "BEGIN:VEVENT\r\nUID:{}\r\nSUMMARY:Hạn nộp báo cáo\r\nEND:VEVENT\r\n"
    events = "".join(ics.format(f"{number}-{i}@dondoc.example") for i in range(12)).encode()
    return Outgoing(
        message_id=number,
        channel="email",
        address=f"nhan{number}@xa.gov.vn",
        subject=f"[KH 04] Còn 3 ngày làm việc: Báo cáo tổng kết và Kế hoạch CCHC ({number})",
        text="Kính gửi Ủy ban nhân dân huyện,\n" + "".join(f"- {o}\n" for o in owed),
        html=html,
        headers={
            "Message-ID": f"<r{number}@dondoc.example>",
            "References": "<m1.c7@dondoc.example>",
        },
        attachments=(
            Attachment("han-nop.ics", "text/calendar; method=PUBLISH; charset=utf-8", events),
        ),
        reference=f"r{number}",
        date=AT,
    )


def by_channel(port: int, mails: list[Outgoing]) -> float:
    connector = Connector(parse_smtp_url(f"smtp://127.0.0.1:{port}"), "dondoc.example", 30)
    began = time.perf_counter()
    with MailSession(connector.connect, COMPOSER) as session:
        for mail in mails:
            session.send(mail)
    return time.perf_counter() - began


def by_smtplib(port: int, mails: list[Outgoing]) -> float:
    written = [COMPOSER.compose(mail) for mail in mails]
    began = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port, "dondoc.example") as smtp:
        for mail, data in zip(mails, written, strict=True):
            smtp.sendmail(COMPOSER.envelope_from, [mail.address], data)
    return time.perf_counter() - began


def by_apprise(port: int, mails: list[Outgoing]) -> float:
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
    rounds = [[digest(r * each + i) for i in range(each)] for r in range(ROUNDS)]
    with running() as port, running("plain") as plain:
        ways: dict[str, Callable[[list[Outgoing]], float]] = {
            "smtplib": lambda mails: by_smtplib(port, mails),
            "channel": lambda mails: by_channel(port, mails),
            "smtplib_plain": lambda mails: by_smtplib(plain, mails),
            "channel_plain": lambda mails: by_channel(plain, mails),
        }
        taken: dict[str, list[float]] = {name: [] for name in ways}
        for mails in rounds:  # in turns, so that a busy moment of the machine hits all alike
            for name, way in ways.items():
                taken[name].append(way(mails))
        by_apprise(port, rounds[0][:1])  # loads its plugins
        apprise = by_apprise(port, rounds[0][:APPRISE_MAILS]) / min(each, APPRISE_MAILS) * n
    seconds = {name: median(times) * n / each for name, times in taken.items()}
    return {
        "mails": n,
        "bytes_a_mail": len(COMPOSER.compose(rounds[0][0])),
        **{f"{name}_seconds": value for name, value in seconds.items()},
        "apprise_seconds": apprise,
        "ratio": seconds["channel"] / seconds["smtplib"],
        "ratio_without_pipelining": seconds["channel_plain"] / seconds["smtplib_plain"],
        "apprise_ratio": apprise / seconds["channel"],
    }


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
