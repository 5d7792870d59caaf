"""A mail read: its author, what it answers, its files, whether it may be believed. Whatever is sent."""

from __future__ import annotations

import random
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.mail.message import Mail
from intake.mail.opening import Bounds, open_mail
from intake.mail.placing import Duty, candidates, named_in, references
from intake.mail.trust import aligned, weigh
from tests.mail_samples import AUTHSERV, mail, zipped


def codes(raw: bytes, bounds: Bounds | None = None) -> list[str]:
    return [one.code for one in open_mail(Mail(raw), bounds).findings]


# --- head ------------------------------------------------------------------------------------------


def test_a_reply_is_read() -> None:
    raw = mail(
        ("Báo cáo tổng kết.docx", b"PK"),
        sender='"Nguyễn Thị Lan" <VanThu@AnLao.example>',
        answers="<dd-abcdefghij234567@snv.example>",
        headers={"References": "<t-1@snv.example> <dd-zzzzzzzzzz222222@snv.example>"},
    )
    read = Mail(raw)
    assert (read.sender, read.sender_name) == ("vanthu@anlao.example", "Nguyễn Thị Lan")
    assert read.answers[0] == "<dd-abcdefghij234567@snv.example>"
    assert references(read.answers) == ["dd-abcdefghij234567", "dd-zzzzzzzzzz222222"]
    assert [one.filename for one in read.attachments] == ["Báo cáo tổng kết.docx"]
    assert not read.automatic


def test_several_authors_are_nobody() -> None:
    assert not Mail(mail(sender="a@x.example, b@y.example")).sender


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Auto-Submitted", "auto-replied"),
        ("Auto-Submitted", "auto-generated (vacation)"),
        ("Precedence", "bulk"),
        ("List-Id", "<cchc.snv.example>"),
        ("X-Autoreply", "yes"),
        ("Return-Path", "<>"),
    ],
)
def test_what_no_person_wrote_is_known(name: str, value: str) -> None:
    assert Mail(mail(headers={name: value})).automatic


def test_auto_submitted_no_is_a_person() -> None:
    assert not Mail(mail(headers={"Auto-Submitted": "no"})).automatic


def test_another_route_leaves_the_fingerprint_another_content_does_not() -> None:
    raw = mail(("a.pdf", b"1"))
    routed = b"Received: from a by b\r\nX-Spam: no\r\n" + raw
    assert Mail(routed).fingerprint == Mail(raw).fingerprint
    # A scanner that gives every mail the same Message-ID.
    assert Mail(raw.replace(b"MQ==", b"Mg==")).fingerprint != Mail(raw).fingerprint


def test_a_forwarded_mail_is_one_attachment() -> None:
    made = EmailMessage()
    made["From"] = "a@x.example"
    made.set_content("xem thư kèm")
    inner = EmailMessage()
    inner["Subject"] = "báo cáo"
    inner.set_content("x")
    inner.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="bc.pdf")
    made.add_attachment(inner)
    assert open_mail(Mail(made.as_bytes())).files == [("bc.pdf", b"%PDF")]


# --- what it carries ---------------------------------------------------------------------------------


def test_a_zip_is_opened_and_litter_left() -> None:
    packed = zipped(
        [("bao cao/Biểu.xlsx", b"1"), ("phu luc/Biểu.xlsx", b"2"), ("__MACOSX/._x", b"3")]
    )
    opened = open_mail(Mail(mail(("nop.zip", packed))))
    assert opened.files == [("Biểu.xlsx", b"1"), ("Biểu-2.xlsx", b"2")]
    assert not opened.findings


def test_office_files_are_no_packages() -> None:
    book = zipped([("[Content_Types].xml", b"x")])
    assert open_mail(Mail(mail(("b.xlsx", book)))).files == [("b.xlsx", book)]


def test_a_bomb_is_named_and_never_unpacked_whole() -> None:
    bomb = zipped([("a.txt", b"0" * 3_000_000)])
    opened = open_mail(Mail(mail(("bom.zip", bomb))), Bounds(max_file=1_000_000))
    assert not opened.files
    assert [one.code for one in opened.findings] == ["mail.too-large"]


def test_layers_and_counts_are_bounded() -> None:
    nested = b"x"
    for _ in range(6):
        nested = zipped([("trong.zip" if nested != b"x" else "a.txt", nested)])
    assert codes(mail(("ngoai.zip", nested))) == ["mail.too-deep"]
    many = zipped([(f"{n}.txt", b"x") for n in range(60)])
    opened = open_mail(Mail(mail(("nhieu.zip", many))))
    assert len(opened.files) == 50
    assert "mail.too-many" in [one.code for one in opened.findings]


def test_what_cannot_be_read_is_named() -> None:
    locked = bytearray(zipped([("a.txt", b"x")]))
    locked[6] |= 1
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    assert codes(mail(("khoa.zip", bytes(locked)))) == ["mail.protected"]
    assert codes(mail(("winmail.dat", b"\x78\x9f\x3e\x22"))) == ["mail.winmail"]
    assert codes(mail(("a.rar", b"Rar!"))) == ["mail.archive"]
    assert codes(mail(("hong.zip", b"PK\x03\x04hong"))) == ["mail.archive"]
    assert codes(mail(("rong.docx", b""))) == ["mail.empty"]
    assert codes(mail(("thu.p7m", b"x"))) == ["mail.encrypted"]
    assert codes(mail(text="Tải: https://drive.google.com/file/d/1 nhé")) == ["mail.link"]
    assert codes(mail(("a.pdf", b"%PDF"), text="https://drive.google.com/file/d/1")) == []


@given(seed=st.integers(0, 1_000_000))
def test_a_mutated_mail_never_raises(seed: int) -> None:
    made = random.Random(seed)
    raw = bytearray(mail(("a.zip", zipped([("b.docx", b"PK")])), ("c.pdf", b"%PDF")))
    for _ in range(made.randint(1, 12)):
        place = made.randrange(len(raw))
        raw[place : place + made.randint(0, 4)] = made.randbytes(made.randint(0, 4))
    read = Mail(bytes(raw))
    open_mail(read)
    assert len(read.fingerprint) == 64
    assert isinstance(read.sender + read.subject + read.automatic, str)
    assert read.date is None or read.date.tzinfo
    weigh(read.headers("Authentication-Results"), AUTHSERV, read.sender)


# --- trust -------------------------------------------------------------------------------------------

FROM = "vanthu@anlao.binhdinh.gov.vn"


@pytest.mark.parametrize(
    ("result", "ok"),
    [
        ("mx; dmarc=pass (p=reject) header.from=anlao.binhdinh.gov.vn", True),
        ("mx 1; spf=fail smtp.mailfrom=x@y.example; dkim=pass header.d=binhdinh.gov.vn", True),
        ("mx; spf=pass smtp.mailfrom=bounce@anlao.binhdinh.gov.vn", True),
        ("mx; dkim=pass header.d=gov.vn", False),
        ("mx; dkim=pass header.d=attacker.example; spf=pass smtp.mailfrom=attacker.example", False),
        (
            "mx; dkim=pass header.d=binhdinh.gov.vn; dmarc=fail header.from=anlao.binhdinh.gov.vn",
            False,
        ),
        ("mx; none", False),
        ("other; dmarc=pass header.from=anlao.binhdinh.gov.vn", False),
        ('mx; dkim=fail reason="; dmarc=pass" header.d=anlao.binhdinh.gov.vn', False),
        ("mx; dkim=fail (dmarc=pass (dkim=pass)) header.d=anlao.binhdinh.gov.vn", False),
        ("mx; dmarc=pass header.from=attacker.example", False),
        ("", False),
    ],
)
def test_trust(result: str, ok: bool) -> None:
    assert weigh([result], "mx", FROM).ok is ok


def test_only_the_topmost_result_of_our_server_counts() -> None:
    forged = "mx; dmarc=pass header.from=anlao.binhdinh.gov.vn"
    assert not weigh(["mx; dmarc=fail", forged], "mx", FROM).ok
    assert not weigh([forged], "", FROM).ok


def test_alignment_needs_an_organisation() -> None:
    assert aligned("a.b.gov.vn", "b.gov.vn")
    assert aligned("b.gov.vn", "mail.b.gov.vn")
    assert not aligned("b.gov.vn", "gov.vn")
    assert not aligned("xb.gov.vn", "b.gov.vn")


# --- what it is about ----------------------------------------------------------------------------------

REPORT = Duty(
    1, "an-lao/district-report", "Báo cáo tổng kết Chương trình", "Báo cáo tổng kết", True
)
PLAN = Duty(2, "an-lao/district-plan", "Kế hoạch 2021 - 2030", "Kế hoạch CCHC", True)
DONE = Duty(3, "an-lao/appendix-2", "Thống kê Phụ lục 2", "Phụ lục 2", False)


def test_the_thread_then_the_subject_says_what_it_is_about() -> None:
    assert candidates([REPORT], "Re: abc", [REPORT, PLAN]) == [REPORT]
    assert candidates([REPORT, PLAN], "Re: bao cao tong ket", []) == [REPORT]
    assert candidates([REPORT, DONE], "Re: nhắc việc", []) == [REPORT]
    assert candidates([REPORT, PLAN], "Re: nhắc việc", []) == [REPORT, PLAN]
    assert candidates([], "Gửi KẾ HOẠCH CCHC huyện", [REPORT, PLAN]) == [PLAN]
    assert candidates([], "Gửi tài liệu", [REPORT, PLAN]) == []


def test_a_number_is_not_the_beginning_of_another() -> None:
    assert named_in("Phụ lục 21", [DONE]) == []
    assert named_in("nộp Phụ lục 2.", [DONE]) == [DONE]
