"""A thousand spoilt PDF files and packages: an answer for each, nothing taken wrongly."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from documents.edxml import Attached, Letter, Organ
from documents.edxml_writing import write
from intake.mail.edoc import edoc_of, mail_of
from intake.mail.message import Mail
from intake.package import read_package
from intake.recognise import Content, recognise_safely
from tests.pdf_writing import sheet_as_pdf
from tests.standins.signing import holder, signed
from tests.support.workbook_samples import full, plan

pytestmark = pytest.mark.slow
ROUNDS = 500


def spoilt(data: bytes, seed: int) -> Iterator[bytes]:
    """The bytes with some turned, cut out, doubled."""
    chance = random.Random(seed)
    for _ in range(ROUNDS):
        made = bytearray(data)
        for _ in range(chance.randint(1, 20)):
            at, wide = chance.randrange(len(made)), chance.randint(1, 40)
            deed = chance.randrange(3)
            if deed == 0:
                made[at] = chance.randrange(256)
            elif deed == 1:
                del made[at : at + wide]
            else:
                made[at:at] = made[at : at + wide]
        yield bytes(made)


@pytest.mark.timeout(900)
def test_spoilt_files_are_read_kept_or_refused() -> None:
    """What is still read gives figures that stand in the file's own cells, or none."""
    good = signed(sheet_as_pdf(full("stp"), "PL2"), holder("Ai đó", "Sở Tư pháp"))
    wanted = {
        (v.indicator, v.period): v.number
        for part in read_package([("a.pdf", good)], plan(), "stp").parts
        for v in part.values
    }
    assert len(wanted) == 78
    read = 0
    for data in spoilt(good, 20):
        found = recognise_safely(data, "a.pdf", plan(), "stp")
        assert found.content in (Content.report, Content.unread, Content.refused)
        assert found.content is Content.report or found.findings
        read += found.content is Content.report
    assert 0 < read < ROUNDS


@pytest.mark.timeout(600)
def test_spoilt_packages_are_read_or_wait_for_a_person() -> None:
    good = write(Letter(Organ("H08.12"), attachments=(Attached("a.xlsx", full("stp")),)))
    for data in spoilt(good, 21):
        edoc = edoc_of(Mail(mail_of(data)))
        assert edoc is not None
        assert edoc.organ or edoc.refused or edoc.status
