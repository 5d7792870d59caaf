"""The mail writer against the standard library's reader: what goes in comes out, nothing else."""

from __future__ import annotations

import contextlib
import email
import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from notifications.channels.base import Attachment, Outgoing, SendError
from notifications.channels.mail.dkim import dkim_signer
from notifications.channels.mail.mime import Composer
from notifications.channels.mime_words import address, encoded_words, header
from plan.errors import SettingsError

SENDER = "Sở Nội vụ tỉnh Bình Định <noreply@dondoc.example>"
COMPOSER = Composer(SENDER, "Điều phối viên <dieuphoi@dondoc.example>")
AT = datetime(2020, 4, 20, 2, 0, tzinfo=UTC)

texts = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=300)
lines = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=200
)


def outgoing(**given: object) -> Outgoing:
    fields: dict[str, object] = {
        "message_id": 7,
        "channel": "email",
        "address": "nhan@xa.gov.vn",
        "subject": "Nhắc việc",
        "text": "Kính gửi\n",
        "reference": "r-7",
        "date": AT,
    }
    return Outgoing(**(fields | given))  # type: ignore[arg-type]


def read(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    for part in message.walk():
        assert not part.defects
    return message


def same_blanks(text: str) -> str:
    """Readers may join blanks at a fold; words and their order must stand."""
    return " ".join(text.split())


def test_reads_back_as_written() -> None:
    ics = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
    raw = COMPOSER.compose(
        outgoing(
            subject="[KH 04] Còn 3 ngày làm việc: Báo cáo tổng kết và Kế hoạch CCHC 2021–2030",
            text="Kính gửi Ủy ban nhân dân\nBáo cáo\n",
            html="<p>Kính gửi <b>Ủy ban</b></p>",
            headers={
                "Message-ID": "<m7@dondoc.example>",
                "References": "<m1@dondoc.example> <m2@dondoc.example>",
                "X-Dondoc-Plan": "04/KH-UBND",
            },
            attachments=(
                Attachment("Hạn nộp.ics", "text/calendar; method=PUBLISH; charset=utf-8", ics),
            ),
        )
    )
    mail = read(raw)
    assert mail["Subject"] == (
        "[KH 04] Còn 3 ngày làm việc: Báo cáo tổng kết và Kế hoạch CCHC 2021–2030"
    )
    sender = mail["From"].addresses[0]
    assert (sender.display_name, sender.addr_spec) == (
        "Sở Nội vụ tỉnh Bình Định",
        "noreply@dondoc.example",
    )
    assert mail["Reply-To"].addresses[0].display_name == "Điều phối viên"
    assert mail["To"] == "nhan@xa.gov.vn"
    assert parsedate_to_datetime(mail["Date"]) == AT
    assert mail["Message-ID"] == "<m7@dondoc.example>"
    assert mail["References"] == "<m1@dondoc.example> <m2@dondoc.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Dondoc-Plan"] == "04/KH-UBND"
    assert mail["List-Unsubscribe"] is None
    body = mail.get_body(("plain",))
    html = mail.get_body(("html",))
    assert body is not None
    assert html is not None
    assert body.get_content().splitlines() == ["Kính gửi Ủy ban nhân dân", "Báo cáo"]
    assert html.get_content().splitlines() == ["<p>Kính gửi <b>Ủy ban</b></p>"]
    (attached,) = mail.iter_attachments()
    assert attached.get_filename() == "Hạn nộp.ics"
    assert attached.get_content_type() == "text/calendar"
    assert attached.get_param("method") == "PUBLISH"
    assert attached.get_payload(decode=True) == ics


@given(subject=lines, text=texts, html=texts, blob=st.binary(max_size=300))
def test_any_text_survives(subject: str, text: str, html: str, blob: bytes) -> None:
    raw = COMPOSER.compose(
        outgoing(
            subject=subject,
            text=text,
            html=html,
            attachments=(Attachment("a.bin", "application/octet-stream", blob),),
        )
    )
    mail = read(raw)
    assert same_blanks(mail["Subject"] or "") == same_blanks(subject)
    body = mail.get_body(("plain",))
    assert body is not None
    assert (body.get_payload(decode=True) or b"").decode().replace("\r\n", "\n") == ended(text)
    if html:
        rich = mail.get_body(("html",))
        assert rich is not None
        assert (rich.get_payload(decode=True) or b"").decode().replace("\r\n", "\n") == ended(html)
    (attached,) = mail.iter_attachments()
    assert attached.get_payload(decode=True) == blob


def ended(text: str) -> str:
    return text if text.endswith("\n") else text + "\n"


@given(subject=lines, text=texts, html=texts)
def test_bytes_fit_the_wire(subject: str, text: str, html: str) -> None:
    raw = COMPOSER.compose(outgoing(subject=subject, text=text, html=html))
    assert raw.isascii()
    assert raw.endswith(b"\r\n")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 998


@given(value=st.text(max_size=120))
def test_a_value_never_becomes_a_header(value: str) -> None:
    """Whatever stands in subject, a header or a file name: the same header names, or a refusal."""
    plain = read(COMPOSER.compose(outgoing(headers={"X-Note": "a"}))).keys()
    for attempt in ({"subject": value}, {"headers": {"X-Note": value}}):
        with contextlib.suppress(SendError):
            raw = COMPOSER.compose(outgoing(**({"headers": {"X-Note": "a"}} | attempt)))
            assert read(raw).keys() == plain


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\x00", "\x0b", "\x7f"])
@pytest.mark.parametrize(
    "where", ["subject", "X-Note", "Reply-To", "Message-ID", "address", "file"]
)
def test_control_characters_are_refused(end: str, where: str) -> None:
    evil = f"a{end}Bcc: b@c.d"
    given: dict[str, object] = {
        "subject": {"subject": evil},
        "address": {"address": f"a@b.c{end}RCPT TO:<b@c.d>"},
        "file": {"attachments": (Attachment(evil, "text/plain", b""),)},
    }.get(where, {"headers": {where: evil}})
    with pytest.raises(SendError) as caught:
        COMPOSER.compose(outgoing(**given))
    assert caught.value.permanent


@pytest.mark.parametrize(
    "name", ["Bcc", "to", "FROM", "Content-Type", "Subject", "Bad Name", "", "Ế"]
)
def test_headers_that_are_ours_or_none_are_refused(name: str) -> None:
    with pytest.raises(SendError):
        COMPOSER.compose(outgoing(headers={name: "x"}))


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "a",
        "@b.c",
        "a@",
        "a b@c.d",
        "<a@b.c>",
        "a@b.c, d@e.f",
        "a@b@c.d",
        "x" * 251 + "@b.c",
        "a@ế\u2028.vn",
    ],
)
def test_bad_addresses_are_dead(bad: str) -> None:
    with pytest.raises(SendError) as caught:
        address(bad)
    assert caught.value.address_dead
    assert len(bad) < 4 or bad not in str(caught.value)


def test_domain_goes_as_idna_and_local_part_as_it_is() -> None:
    assert address("an@bìnhđịnh.vn") == "an@xn--bnhnh-tsa5xi88s.vn"
    raw = COMPOSER.compose(outgoing(address="bình@x.vn"))
    assert "To: bình@x.vn\r\n".encode() in raw


@given(value=lines)
@example(value="aế" * 60)
def test_encoded_words_are_short_and_whole(value: str) -> None:
    for number, word in enumerate(encoded_words(value, 9).split("\r\n ")):
        assert len(word) + (9 if number == 0 else 1) <= 78
        if word:
            email.header.decode_header(word)[0][0].decode("utf-8")


def test_long_ascii_is_folded_at_blanks() -> None:
    references = " ".join(f"<message-{n}@dondoc.example>" for n in range(20))
    line = header("References", references)
    assert max(map(len, line.split("\r\n"))) <= 78
    assert read(line.encode() + b"\r\n")["References"] == references
    with pytest.raises(SendError):
        header("X-Long", "a" * 1200)


def test_what_looks_encoded_is_encoded() -> None:
    raw = COMPOSER.compose(outgoing(subject="=?utf-8?b?QmNj?="))
    assert read(raw)["Subject"] == "=?utf-8?b?QmNj?="


def test_message_id_is_stable() -> None:
    one, two = outgoing(), outgoing(text="khác")
    assert COMPOSER.message_id(one) == COMPOSER.message_id(two) == "<r-7@dondoc.example>"
    assert read(COMPOSER.compose(one))["Message-ID"] == "<r-7@dondoc.example>"


def test_names_with_specials_are_quoted() -> None:
    composer = Composer('"Nguyen, An (SNV) \\"A\\"" <an@x.vn>')
    sender = read(composer.compose(outgoing()))["From"].addresses[0]
    assert (sender.display_name, sender.addr_spec) == ('Nguyen, An (SNV) "A"', "an@x.vn")


def test_dkim_signature_verifies(tmp_path: Path) -> None:
    import dkim
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    (tmp_path / "dkim.pem").write_bytes(pem)
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    import base64

    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
    sign = dkim_signer("mail", "dondoc.example", tmp_path / "dkim.pem")
    raw = Composer(SENDER, sign=sign).compose(outgoing(html="<p>Kính gửi</p>"))
    assert raw.startswith(b"DKIM-Signature:")
    assert dkim.verify(raw, dnsfunc=lambda *_args, **_kw: record)
    assert not dkim.verify(raw.replace(b"To: nhan", b"To: khac"), dnsfunc=lambda *_a, **_k: record)


def test_half_a_dkim_setting_is_refused(tmp_path: Path) -> None:
    assert dkim_signer("", "", None) is None
    with pytest.raises(SettingsError):
        dkim_signer("mail", "", None)
    (tmp_path / "bad.pem").write_text("không phải khóa", encoding="utf-8")
    for file in (tmp_path / "none.pem", tmp_path / "bad.pem"):
        with pytest.raises(SettingsError):
            dkim_signer("mail", "x.vn", file)
