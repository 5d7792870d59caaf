"""E-mail against a real SMTP server: TLS, signing in, refusals, drops, slowness."""

from __future__ import annotations

import contextlib
import email
import email.policy
import socket
import socketserver
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as settings_of
from hypothesis import strategies as st

from notifications.channels.base import Outgoing, SendError
from notifications.channels.mail.channel import MailSession
from notifications.channels.mail.connection import Connector, parse_smtp_url, refusal
from notifications.channels.mail.mime import Composer
from notifications.channels.registry import make_channel
from plan.errors import SettingsError
from plan.settings import Settings
from tests.standins import Certificate, HandClock, SmtpFaults, SmtpSink, make_certificate

AT = datetime(2020, 4, 20, 2, 0, tzinfo=UTC)
COMPOSER = Composer("Sở Nội vụ <noreply@dondoc.example>")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


def mail(number: int, address: str = "") -> Outgoing:
    return Outgoing(
        message_id=number,
        channel="email",
        address=address or f"nhan{number}@xa.gov.vn",
        subject=f"Nhắc việc {number}",
        text=f".dong bat dau bang cham\n..\n.\n.x\nTin so {number}\n",
        reference=f"r{number}",
        date=AT,
    )


@contextlib.contextmanager
def session(url: str, timeout: float = 10) -> Iterator[MailSession]:
    connector = Connector(parse_smtp_url(url), "dondoc.example", timeout)
    with MailSession(connector.connect, COMPOSER, connector.talk_seconds) as opened:
        yield opened


def ids(sink: SmtpSink) -> list[str]:
    parsed = [email.message_from_bytes(m.data, policy=email.policy.default) for m in sink.mails]
    return [str(m["Message-ID"]) for m in parsed]


@pytest.mark.parametrize("pipelining", [True, False])
def test_a_batch_shares_one_connection(tmp_path: Path, pipelining: bool) -> None:
    with SmtpSink(tmp_path, pipelining=pipelining) as sink:
        with session(sink.url) as out:
            receipts = [out.send(mail(n)) for n in range(1, 6)]
        assert sink.connections == 1
        assert [r.provider_id for r in receipts] == ids(sink)
        assert "queued as 000001" in receipts[0].words
        assert [p.name for p in sorted(tmp_path.iterdir())] == [f"{n:04}.eml" for n in range(1, 6)]
        assert sink.mails[0].data == COMPOSER.compose(mail(1))
        assert sink.mails[0].recipients == ("nhan1@xa.gov.vn",)
        assert sink.mails[0].sender == "noreply@dondoc.example"


@pytest.mark.parametrize("pipelining", [True, False])
def test_a_refused_recipient_does_not_sink_the_others(pipelining: bool) -> None:
    faults = SmtpFaults(
        recipients={
            "nhan2@xa.gov.vn": "550 5.1.1 <nhan2@xa.gov.vn>: no such user",
            "nhan3@xa.gov.vn": "451 4.7.1 Greylisted",
            "nhan4@xa.gov.vn": "554 5.7.1 Spam",
        },
        texts={"nhan5@xa.gov.vn": "552 5.3.4 Too big"},
    )
    with SmtpSink(faults=faults, pipelining=pipelining) as sink:
        outcome: dict[int, SendError] = {}
        with session(sink.url) as out:
            for n in range(1, 7):
                try:
                    out.send(mail(n))
                except SendError as error:
                    outcome[n] = error
        assert sink.connections == 1
        assert ids(sink) == ["<r1@dondoc.example>", "<r6@dondoc.example>"]
    assert [(n, e.code, e.permanent, e.address_dead) for n, e in outcome.items()] == [
        (2, "5.1.1", True, True),
        (3, "4.7.1", False, False),
        (4, "5.7.1", True, False),
        (5, "5.3.4", True, False),
    ]
    assert not any(e.channel_down or e.fate_unknown for e in outcome.values())
    assert "nhan2" not in str(outcome[2])


def test_cut_before_acceptance_is_told_and_the_next_goes_on() -> None:
    with SmtpSink(faults=SmtpFaults(drop_before={2})) as sink, session(sink.url) as out:
        out.send(mail(1))
        with pytest.raises(SendError) as caught:
            out.send(mail(2))
        assert (caught.value.code, caught.value.permanent) == ("dropped", False)
        assert caught.value.fate_unknown
        assert not caught.value.channel_down
        out.send(mail(3))
        assert ids(sink) == ["<r1@dondoc.example>", "<r3@dondoc.example>"]
        assert sink.connections == 2


def test_cut_after_acceptance_is_doubt_too_and_a_second_copy_bears_the_same_id() -> None:
    with SmtpSink(faults=SmtpFaults(drop_after={1})) as sink, session(sink.url) as out:
        with pytest.raises(SendError) as caught:
            out.send(mail(1))
        assert caught.value.fate_unknown
        out.send(mail(1))
        assert ids(sink) == ["<r1@dondoc.example>"] * 2


@pytest.mark.parametrize("hang_up", [True, False])
@pytest.mark.parametrize("pipelining", [True, False])
def test_a_server_that_tires_is_called_again(hang_up: bool, pipelining: bool) -> None:
    faults = SmtpFaults(mails_per_connection=2, hang_up=hang_up)
    with SmtpSink(faults=faults, pipelining=pipelining) as sink:
        with session(sink.url) as out:
            for n in range(1, 6):
                out.send(mail(n))
        assert ids(sink) == [f"<r{n}@dondoc.example>" for n in range(1, 6)]
        assert sink.connections == 3


def test_a_refused_sender_is_the_channels_fault() -> None:
    faults = SmtpFaults(sender="550 5.7.1 Sender not allowed")
    with (
        SmtpSink(faults=faults) as sink,
        session(sink.url) as out,
        pytest.raises(SendError) as caught,
    ):
        out.send(mail(1))
    assert caught.value.channel_down
    assert not caught.value.permanent


def test_slow_beyond_the_timeout_is_doubt() -> None:
    with SmtpSink(faults=SmtpFaults(slow=1.0)) as sink, session(sink.url, timeout=0.2) as out:
        with pytest.raises(SendError) as caught:
            out.send(mail(1))
        assert caught.value.fate_unknown


def test_slow_within_the_timeout_arrives() -> None:
    with SmtpSink(faults=SmtpFaults(slow=0.1)) as sink, session(sink.url) as out:
        out.send(mail(1))
        assert len(sink.mails) == 1


def test_a_curt_greeting_and_a_closed_port_are_the_channels_fault() -> None:
    with SmtpSink(faults=SmtpFaults(greeting="554 5.3.2 No service")) as sink:
        with session(sink.url) as out, pytest.raises(SendError) as caught:
            out.send(mail(1))
        assert (caught.value.code, caught.value.channel_down) == ("554", True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with session(f"smtp://127.0.0.1:{port}") as out, pytest.raises(SendError) as caught:
        out.send(mail(1))
    assert (caught.value.code, caught.value.channel_down) == ("refused", True)


@pytest.mark.parametrize("implicit", [True, False])
def test_tls_and_signing_in(certificate: Certificate, implicit: bool) -> None:
    with SmtpSink(
        tls=certificate.server(), implicit=implicit, user="an", password="m@t/khau"
    ) as sink:
        place = sink.url.split("://")[1]
        scheme, more = ("smtps", "") if implicit else ("smtp", "&starttls=yes")
        url = f"{scheme}://an:m%40t%2Fkhau@{place}?cafile={certificate.file}{more}"
        with session(url) as out:
            out.send(mail(1))
            out.send(mail(2))
        assert [(m.authenticated, m.encrypted) for m in sink.mails] == [(True, True)] * 2
        assert sink.connections == 1

        with session(url.replace("khau", "KHAU")) as out, pytest.raises(SendError) as caught:
            out.send(mail(3))
        assert caught.value.channel_down
        assert "535" in caught.value.code
        strange = url.replace(f"cafile={certificate.file}", "")
        with session(strange) as out, pytest.raises(SendError) as caught:
            out.send(mail(3))
        assert (caught.value.code, caught.value.channel_down) == ("tls", True)
        assert "cafile" in caught.value.words


def test_starttls_is_a_demand() -> None:
    with SmtpSink() as sink:
        with session(f"{sink.url}?starttls=yes") as out, pytest.raises(SendError) as caught:
            out.send(mail(1))
        assert (caught.value.code, caught.value.channel_down) == ("unsupported", True)
        assert sink.mails == []


def test_an_address_with_accents_needs_smtputf8() -> None:
    with SmtpSink() as sink, session(sink.url) as out:
        out.send(mail(1, "bình@xa.gov.vn"))
        assert sink.mails[0].recipients == ("bình@xa.gov.vn",)


@settings_of(max_examples=40, deadline=None)
@given(
    before=st.sets(st.integers(1, 14)),
    after=st.sets(st.integers(1, 14)),
    tired=st.integers(0, 3),
    hang_up=st.booleans(),
    pipelining=st.booleans(),
)
def test_whatever_breaks_nothing_is_lost_and_nothing_doubled_without_doubt(
    before: set[int], after: set[int], tired: int, hang_up: bool, pipelining: bool
) -> None:
    faults = SmtpFaults(
        drop_before=before, drop_after=after, mails_per_connection=tired, hang_up=hang_up
    )
    doubts: Counter[str] = Counter()
    with SmtpSink(faults=faults, pipelining=pipelining) as sink:
        with session(sink.url) as out:
            for n in range(1, 7):
                while True:
                    try:
                        out.send(mail(n))
                    except SendError as error:
                        doubts[f"<r{n}@dondoc.example>"] += error.fate_unknown
                    else:
                        break
        arrived = Counter(ids(sink))
    assert set(arrived) == {f"<r{n}@dondoc.example>" for n in range(1, 7)}
    assert all(copies <= 1 + doubts[name] for name, copies in arrived.items())


@contextlib.contextmanager
def scripted(replies: dict[bytes, bytes]) -> Iterator[tuple[str, list[bytes]]]:
    """A server that answers by verb (b"." for a text) and writes down what it heard; an empty
    answer cuts the line."""
    heard: list[bytes] = []
    usual = {b"EHLO": b"250-x\r\n250 PIPELINING", b"DATA": b"354 go", b"QUIT": b"221 bye"}

    class Talk(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 x\r\n")
            in_text = False
            while line := self.rfile.readline():
                if in_text and line != b".\r\n":
                    continue
                verb = b"." if in_text else line[:4].strip().upper()
                heard.append(verb)
                reply = replies.get(verb, usual.get(verb, b"250 ok"))
                if not reply:
                    return
                in_text = reply.startswith(b"354")
                self.wfile.write(reply + b"\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"smtp://127.0.0.1:{server.server_address[1]}", heard
        finally:
            server.shutdown()
            thread.join()


def test_a_go_ahead_nobody_wants_is_ended_with_a_dot() -> None:
    with scripted({b"RCPT": b"550 5.1.1 no"}) as (url, heard), session(url) as out:
        for _ in range(2):
            with pytest.raises(SendError) as caught:
                out.send(mail(1))
            assert caught.value.address_dead
    assert heard == [b"EHLO", *[b"MAIL", b"RCPT", b"DATA", b".", b"RSET"] * 2, b"QUIT"]


@pytest.mark.parametrize(
    ("verb", "reply", "doubt"),
    [
        (b".", b"xin chao", True),
        (b".", b"", True),
        (b"MAIL", b"xin chao", False),
        (b"DATA", b"", False),
        (b".", b"250 " + b"x" * 10_000, True),
    ],
)
def test_what_is_no_reply_is_no_yes(verb: bytes, reply: bytes, doubt: bool) -> None:
    with scripted({verb: reply}) as (url, _), session(url) as out:
        with pytest.raises(SendError) as caught:
            out.send(mail(1))
        assert (caught.value.code, caught.value.fate_unknown) == ("dropped", doubt)
        assert not out.connected


def test_a_connection_that_cannot_be_reset_is_given_up() -> None:
    replies = {b"RCPT": b"550 5.1.1 no", b"RSET": b"503 no"}
    with scripted(replies) as (url, heard), session(url) as out:
        for _ in range(2):
            with pytest.raises(SendError) as caught:
                out.send(mail(1))
            assert caught.value.permanent
        assert heard.count(b"EHLO") == 2


def settings(**given: object) -> Settings:
    return Settings(_env_file=None, **given)  # type: ignore[call-arg, arg-type]


def test_the_channel_from_settings_and_its_test(certificate: Certificate) -> None:
    with SmtpSink(tls=certificate.server(), user="an", password="pw") as sink:
        good = f"smtp://an:pw@127.0.0.1:{sink.port}?starttls=yes&cafile={certificate.file}"
        channel = make_channel("email", settings(smtp_url=good), HandClock())
        assert channel.test(None) == []
        assert channel.test("an@xa.gov.vn") == []
        assert len(sink.mails) == 1
        wrong = make_channel("email", settings(smtp_url=good.replace("pw", "no")), HandClock())
        (fault,) = wrong.test(None)
        assert "không nhận tên hoặc mật khẩu" in fault
        sink.faults.recipients["an@xa.gov.vn"] = "550 5.1.1 no"
        assert channel.test("an@xa.gov.vn")


def test_a_password_in_the_open_is_warned_of() -> None:
    url = "smtp://an:pw@mail.invalid:25"
    assert Connector(parse_smtp_url(url), "x", 1).warnings()
    assert not Connector(parse_smtp_url(url + "?starttls=yes"), "x", 1).warnings()
    assert not Connector(parse_smtp_url("smtp://an:pw@127.0.0.1"), "x", 1).warnings()


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"smtp_url": "http://x"},
        {"smtp_url": "smtp://u:bimat@x:port"},
        {"smtp_url": "smtp://u:bimat@x?startls=yes"},
        {"smtp_url": "smtp://u:bimatế@x"},
        {"smtp_url": "smtp://x", "mail_from": "không phải địa chỉ"},
    ],
)
def test_wrong_settings_are_refused_without_the_password(given: dict[str, str]) -> None:
    with pytest.raises(SettingsError) as caught:
        make_channel("email", settings(**given), HandClock())
    assert "bimat" not in str(caught.value)


def test_secrets_and_people_stay_out_of_repr() -> None:
    shown = repr(parse_smtp_url("smtp://u:bimat@x")) + repr(mail(1))
    assert "bimat" not in shown
    assert "nhan1" not in shown


@pytest.mark.parametrize(
    ("step", "code", "reply", "expected"),
    [
        ("rcpt", 550, b"5.1.1 unknown", (True, False, True)),
        ("rcpt", 550, b"no", (True, False, True)),
        ("rcpt", 554, b"5.1.10 null MX", (True, False, True)),
        ("rcpt", 554, b"5.7.1 policy", (True, False, False)),
        ("rcpt", 452, b"4.2.2 mailbox full", (False, False, False)),
        ("body", 554, b"spam", (True, False, False)),
        ("mail", 530, b"5.7.0 auth", (False, True, False)),
        ("mail", 552, b"5.3.4 too big", (True, False, False)),
        ("mail", 451, b"later", (False, False, False)),
        ("data", 421, b"closing", (False, True, False)),
    ],
)
def test_what_a_reply_means(
    step: str, code: int, reply: bytes, expected: tuple[bool, bool, bool]
) -> None:
    error = refusal(step, code, reply)
    assert (error.permanent, error.channel_down, error.address_dead) == expected
