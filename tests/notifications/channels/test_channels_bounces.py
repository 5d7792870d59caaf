"""Mails that came back: reading notifications, and the mailbox they lie in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.mail.imap import parse_imap_url
from notifications.channels.base import SendError
from notifications.channels.mail.bounces import Bounce, parse_dsn, read_bounces
from plan.errors import SettingsError
from tests.standins import FakeImap

DSN = """From: MAILER-DAEMON@mx.dondoc.example
To: noreply@dondoc.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain; charset=utf-8

Thư không gửi được.

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.dondoc.example

Final-Recipient: rfc822; An@Xa.gov.vn
Original-Recipient: rfc822;an@xa.gov.vn
Action: failed
Status: 5.1.1 (unknown)
Diagnostic-Code: smtp; 550 5.1.1 no such user

Final-Recipient: rfc822; day@xa.gov.vn
Action: delayed
Status: 4.2.2

--b1
Content-Type: {kind}

From: noreply@dondoc.example
Message-ID: <r7@dondoc.example>
Subject: x

{body}
--b1--
"""
WHOLE = DSN.format(kind="message/rfc822", body="Nội dung\n").encode()
HEAD = DSN.format(kind="text/rfc822-headers", body="").encode()
PLAIN = b"From: an@xa.gov.vn\r\nSubject: Hoi\r\n\r\nXin chao\r\n"


@pytest.mark.parametrize("raw", [WHOLE, HEAD, WHOLE.replace(b"\n", b"\r\n")])
def test_reads_whom_what_and_which_mail(raw: bytes) -> None:
    failed, delayed = parse_dsn(raw)
    assert failed == Bounce("an@xa.gov.vn", "5.1.1", "failed", "<r7@dondoc.example>")
    assert delayed == Bounce("day@xa.gov.vn", "4.2.2", "delayed", "<r7@dondoc.example>")
    assert failed.dead
    assert not delayed.dead
    assert "an@xa" not in repr(failed)


def test_other_mails_are_none_of_ours() -> None:
    assert parse_dsn(PLAIN) == []
    assert parse_dsn(b"") == []
    no_status = WHOLE.replace(b"message/delivery-status", b"text/plain")
    assert parse_dsn(no_status) == []


def test_a_success_notice_is_no_failure() -> None:
    (first, _) = parse_dsn(WHOLE.replace(b"Action: failed", b"Action: delivered"))
    assert not first.dead


@given(cut=st.integers(0, len(WHOLE)), junk=st.binary(max_size=40))
def test_a_broken_notification_never_raises(cut: int, junk: bytes) -> None:
    for bounce in parse_dsn(WHOLE[:cut] + junk + WHOLE[cut:]):
        assert bounce.action
    parse_dsn(WHOLE[:cut])


def test_the_mailbox_is_read_once_and_other_mails_left() -> None:
    found: list[Bounce] = []
    with FakeImap({"1": WHOLE, "2": PLAIN, "5": HEAD}) as imap:
        assert read_bounces(imap.url, 5, found.append) == 4
        assert imap.seen == {"1", "5"}
        assert read_bounces(imap.url, 5, found.append) == 0
    assert [b.address for b in found] == ["an@xa.gov.vn", "day@xa.gov.vn"] * 2


def test_what_could_not_be_recorded_comes_again() -> None:
    found: list[Bounce] = []

    def fail(_: Bounce) -> None:
        raise RuntimeError("no database")

    with FakeImap({"1": WHOLE}) as imap:
        with pytest.raises(RuntimeError):
            read_bounces(imap.url, 5, fail)
        assert imap.seen == set()
        assert read_bounces(imap.url, 5, found.append) == 2


def test_a_wrong_password_and_a_closed_port_are_the_channels_fault() -> None:
    with FakeImap({"1": WHOLE}) as imap:
        with pytest.raises(SendError) as caught:
            read_bounces(imap.url.replace("pw", "bimat"), 5, print)
        url = imap.url
    assert caught.value.channel_down
    assert "bimat" not in str(caught.value)
    with pytest.raises(SendError):
        read_bounces(url, 5, print)


def test_imap_urls() -> None:
    box = parse_imap_url("imaps://an%40x:p%2Fw@mail.x.vn/Thu%20tra?cafile=/ca.pem")
    assert (box.user, box.password, box.port, box.folder) == ("an@x", "p/w", 993, "Thu tra")
    assert (box.tls, box.cafile) == (True, "/ca.pem")
    assert "p/w" not in repr(box)
    for bad in (
        "http://a:b@c",
        "imaps://c",
        "imaps://a:bimat@c/B%E1%BA%ADt",
        "imaps://a:bimat@c:port",
    ):
        with pytest.raises(SettingsError) as caught:
            parse_imap_url(bad)
        assert "bimat" not in str(caught.value)
