"""Packages of the document axis: ours written and read again, the forms in use read, attacks refused."""

from __future__ import annotations

import base64
import random
from contextlib import suppress
from datetime import UTC, date, datetime

import pytest

from documents.edxml import (
    NAMESPACE,
    Attached,
    EdxmlError,
    Letter,
    Organ,
    Reference,
    Status,
    looks_like,
    read,
)
from documents.edxml_writing import document_id, write

LETTER = Letter(
    sender=Organ("H08.12", "Sở Tư pháp", "UBND tỉnh", "139 Lê Hồng Phong", "stp@example.vn"),
    to=(Organ("H08.09", "Sở Nội vụ"), Organ("H08", "UBND tỉnh")),
    number="12",
    notation="BC-STP",
    place="Bình Định",
    promulgated_on=date(2020, 4, 20),
    type_name="Báo cáo",
    subject="Kết quả cải cách hành chính & «một cửa»",
    content="Kính gửi",
    signer="Nguyễn Văn A",
    due_on=date(2020, 4, 30),
    document_id="H08.12,2020/04/20,12/BC-STP",
    responds_to=(Reference("H08.09", "4", "KH-UBND", date(2020, 1, 20), "H08,2020/01/20,4/KH"),),
    sent_at=datetime(2020, 4, 20, 1, 30, tzinfo=UTC),
    attachments=(
        Attached("bc.docx", b"PK\x03\x04..."),
        Attached("biểu số 2.xlsx", bytes(range(256))),
    ),
)
STATUS = Status(
    Organ("H08.09", "Sở Nội vụ"),
    Reference("H08.12", "12", "BC-STP", date(2020, 4, 20), "H08.12,2020/04/20,12/BC-STP"),
    "03",
    "Đã vào sổ",
    datetime(2020, 4, 20, 2, 0, tzinfo=UTC),
    "Trần Thị B",
)


@pytest.mark.parametrize("package", [LETTER, STATUS])
def test_what_is_written_is_read(package: Letter | Status) -> None:
    data = write(package)
    assert looks_like(data)
    assert read(data) == package
    assert write(package) == data


def test_an_id_is_made_of_sender_day_and_number() -> None:
    assert document_id(LETTER) == LETTER.document_id


def test_codes_that_are_not_known_are_shown() -> None:
    assert STATUS.words == "đã tiếp nhận"
    assert Status(Organ("x"), Reference(), "77").words == "mã 77"


# --- the forms in use ------------------------------------------------------------------------------

BODY = base64.b64encode(b"noi dung").decode()


def variant(text: str) -> Letter:
    found = read(text.encode())
    assert isinstance(found, Letter)
    return found


def test_another_root_an_older_namespace_no_prefix() -> None:
    found = variant(
        f"""<EdXMLEnvelope xmlns="http://www.go.vn/eDoc"><EdXMLHeader><MessageHeader>
        <From><OrganId>H08.12</OrganId><OrganName>Sở Tư pháp</OrganName></From>
        <Code><CodeNumber>12</CodeNumber><CodeNotation>BC-STP</CodeNotation></Code>
        <PromulgationInfo><PromulgationDate>20/04/2020</PromulgationDate></PromulgationInfo>
        <Subject>Báo cáo</Subject></MessageHeader></EdXMLHeader>
        <Attachments><Attachment><AttachmentName>bc.docx</AttachmentName>{BODY}
        <ContentTransferEncoded>{BODY}</ContentTransferEncoded></Attachment></Attachments>
        </EdXMLEnvelope>"""
    )
    assert (found.sender.id, found.reference) == ("H08.12", "12/BC-STP")
    assert found.promulgated_on == date(2020, 4, 20)
    assert found.attachments == (Attached("bc.docx", b"noi dung"),)


def test_a_flat_header_with_a_prefix() -> None:
    found = variant(
        f"""<e:edXML xmlns:e="{NAMESPACE}"><e:edXMLHeader>
        <e:From><e:OrganId> H08.12 </e:OrganId></e:From><e:Subject>A
        B</e:Subject></e:edXMLHeader></e:edXML>"""
    )
    assert (found.sender.id, found.subject, found.attachments) == ("H08.12", "A B", ())


def test_only_the_letters_own_number_is_its_number() -> None:
    found = variant(
        """<edXML><MessageHeader><From><OrganId>X</OrganId></From><ResponseFor><OrganId>Y</OrganId>
        <Code>12/ABC</Code></ResponseFor></MessageHeader></edXML>"""
    )
    assert found.reference == ""
    assert found.responds_to == (Reference("Y", "12/ABC"),)


# --- refused ---------------------------------------------------------------------------------------

BOMB = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    "<edXML><From><OrganId>&b;</OrganId></From></edXML>"
)
OUTSIDE = (
    '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><edXML><Subject>&a;</Subject></edXML>'
)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (BOMB, "thực thể"),
        (OUTSIDE, "thực thể"),
        ("<edXML><From>", "hỏng"),
        ("", "hỏng"),
        ("<html><From><OrganId>X</OrganId></From></html>", "không phải gói edXML"),
        ("<edXML><MessageHeader/></edXML>", "mã cơ quan gửi"),
        ("<edXML><MessageStatus/></edXML>", "mã trạng thái"),
        (
            "<edXML><From><OrganId>X</OrganId></From><Attachment><AttachmentName>a.docx</AttachmentName>"
            "<ContentTransferEncoded>???</ContentTransferEncoded></Attachment></edXML>",
            "base64",
        ),
        (
            f"<edXML><From><OrganId>X</OrganId></From>{'<Attachment/>' * 60}</edXML>",
            "quá 50 tệp",
        ),
    ],
)
def test_what_is_no_package_is_refused_with_a_sentence(text: str, why: str) -> None:
    with pytest.raises(EdxmlError, match=why):
        read(text.encode())


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-le"])
def test_an_entity_in_another_coding_is_refused_too(coding: str) -> None:
    with pytest.raises(EdxmlError):
        read(BOMB.encode(coding))


def test_a_thousand_mutations_are_read_or_refused() -> None:
    data, chance = write(LETTER), random.Random(20)
    for _ in range(1000):
        spoilt = bytearray(data)
        for _ in range(chance.randint(1, 8)):
            at = chance.randrange(len(spoilt))
            spoilt[at : at + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 3))
        with suppress(EdxmlError):
            read(bytes(spoilt))
