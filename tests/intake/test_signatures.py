"""Signatures in PDF files, with certificates made here: what is told of them, and what is not."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from intake.copies.facts import signed_later
from intake.files.gate import Limits
from intake.package import Package, Recogniser, read_package
from intake.pdf.signatures import Signature, read_roots, signatures_of
from intake.recognise import recognise, recognise_safely
from plan.definition.model import PlanDefinition
from plan.ledger.filing import FoundFault
from tests.pdf_pen import PdfPen
from tests.pdf_writing import report_as_pdf, varied
from tests.standins.signing import (
    Holder,
    carrying,
    holder,
    revocation_list,
    signed,
    signed_with,
    status_of,
    turned,
)
from tests.support.report_writing import fill

AGENCY, REPORT = "hoai-an", "district-report"
ROOT = holder("Gốc chuyên dùng Chính phủ", "Ban Cơ yếu Chính phủ")
WHO = holder("Nguyễn Văn A", "UBND huyện Hoài Ân", ROOT)
PLAIN = PdfPen().page().text(85, 100, "Báo cáo của huyện").save()


def one(data: bytes, *roots: Holder) -> Signature:
    (found,) = signatures_of(data, [root.pem for root in roots])
    return found


def test_who_signed_when_what_and_by_whose_word() -> None:
    before = datetime.now(UTC).replace(microsecond=0)  # noqa: TID251 - the signer's clock is the machine's
    found = one(signed(PLAIN, WHO), ROOT)
    assert (found.signer, found.organisation) == ("Nguyễn Văn A", "UBND huyện Hoài Ân")
    assert (found.intact, found.whole, found.changes) == (True, True, "none")
    assert (found.chain, found.anchor) == ("trusted", "Gốc chuyên dùng Chính phủ")
    assert found.moment is not None
    assert before <= found.moment < before + timedelta(minutes=5)
    assert not found.stamped


def test_a_time_stamp_is_told_from_the_signers_clock() -> None:
    authority = holder("Dấu thời gian", "Ban Cơ yếu Chính phủ", ROOT, stamps=True)
    assert one(signed(PLAIN, WHO, stamper=authority), ROOT).stamped


def test_without_a_store_or_with_another_nothing_is_said_for_the_certificate() -> None:
    data = signed(PLAIN, WHO)
    assert (one(data).chain, one(data).anchor) == ("no-store", "")
    assert one(data, holder("Gốc khác", "Ai đó")).chain == "unknown"
    assert one(data).intact


def test_a_certificate_that_had_run_out_when_it_signed() -> None:
    old = holder("Nguyễn Văn B", "UBND huyện", ROOT, lasts=timedelta(days=30))
    assert one(signed(PLAIN, old), ROOT).chain == "expired"


def test_bytes_changed_under_a_signature() -> None:
    data = bytearray(signed(PLAIN, WHO))
    data[data.index(b"/Times") + 1] = ord("X")
    assert not one(bytes(data), ROOT).intact


def test_a_file_changed_after_signing_and_one_signed_again() -> None:
    edited = one(turned(signed(PLAIN, WHO)), ROOT)
    assert (edited.intact, edited.whole, edited.changes) == (True, False, "other")
    first, second = signatures_of(signed(signed(PLAIN, WHO), WHO, "Ky2"), [ROOT.pem])
    assert (first.whole, first.changes) == (False, "allowed")
    assert (second.whole, second.changes) == (True, "none")


def test_the_same_bytes_give_the_same_facts() -> None:
    data = signed(PLAIN, WHO)
    assert signatures_of(data, [ROOT.pem]) == signatures_of(data, [ROOT.pem])


@pytest.mark.parametrize("seed", range(40))
def test_a_spoilt_signature_is_told_and_breaks_nothing(seed: int) -> None:
    data = bytearray(signed_once())
    chance = random.Random(seed)
    for _ in range(chance.randint(1, 30)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    for found in signatures_of(bytes(data), [ROOT.pem]):
        assert found.problem or not found.intact or found.signer


_ONCE: list[bytes] = []


def signed_once() -> bytes:
    if not _ONCE:
        _ONCE.append(signed(PLAIN, WHO))
    return _ONCE[0]


# --- revocation, as far as the file carries it ------------------------------------------------------

MADE = datetime(2026, 1, 5, tzinfo=UTC)
"""Before anything here is signed: a list may be made long before, or just when one signs."""
BEFORE, LONG_AFTER = MADE - timedelta(days=3), datetime(2090, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("gone", "chain"), [(BEFORE, "revoked"), (LONG_AFTER, "trusted"), (None, "trusted")]
)
def test_a_list_in_the_file_says_whether_the_certificate_was_revoked(
    gone: datetime | None, chain: str
) -> None:
    revoked = [WHO] if gone else []
    made = revocation_list(ROOT, *revoked, at=MADE, on=gone or BEFORE)
    found = one(carrying(signed_once(), lists=[made]), ROOT)
    assert (found.chain, found.intact, found.changes) == (chain, True, "allowed")


@pytest.mark.parametrize(("gone", "chain"), [(BEFORE, "revoked"), (None, "trusted")])
def test_an_answer_in_the_file_says_the_same(gone: datetime | None, chain: str) -> None:
    answer = status_of(ROOT, WHO, at=MADE, gone_since=gone)
    assert one(carrying(signed_once(), answers=[answer]), ROOT).chain == chain


def test_a_list_made_after_the_signing_counts_too() -> None:
    later = datetime.now(UTC) + timedelta(days=1)  # noqa: TID251 - the signer's clock is the machine's
    made = revocation_list(ROOT, WHO, at=later, on=BEFORE)
    assert one(carrying(signed_once(), lists=[made]), ROOT).chain == "revoked"
    clean = revocation_list(ROOT, at=later, on=BEFORE)
    assert one(carrying(signed_once(), lists=[clean]), ROOT).chain == "trusted"


def test_a_list_that_the_signature_itself_carries_counts_too() -> None:
    made = revocation_list(ROOT, WHO, at=MADE, on=BEFORE)
    assert one(signed_with(PLAIN, WHO, ROOT, made), ROOT).chain == "revoked"


def test_a_list_of_somebody_else_says_nothing() -> None:
    stranger = holder("Gốc khác", "Ai đó")
    made = revocation_list(stranger, WHO, at=MADE, on=BEFORE)
    assert one(carrying(signed_once(), lists=[made]), ROOT).chain != "revoked"


# --- the store -------------------------------------------------------------------------------------


def test_the_store_is_a_folder_of_files(tmp_path: Path) -> None:
    (tmp_path / "goc.pem").write_bytes(ROOT.pem + holder("Gốc 2", "Y").pem)
    (tmp_path / "doc.txt").write_text("không phải chứng thư")
    (tmp_path / "hong.crt").write_bytes(b"hong")
    roots = read_roots(str(tmp_path))
    assert len(roots) == 2
    assert signatures_of(signed_once(), roots)[0].chain == "trusted"
    assert read_roots("") == read_roots(str(tmp_path / "khong-co")) == ()


# --- what is said ----------------------------------------------------------------------------------


def read(
    definition: PlanDefinition,
    data: bytes,
    trust: Path | None = None,
    recogniser: Recogniser = recognise,
) -> Package:
    limits = Limits(trust_store=str(trust) if trust else "")
    files = [("ky.pdf", data)]
    return read_package(files, definition, AGENCY, limits=limits, recogniser=recogniser)


def about(found: Package) -> Sequence[FoundFault]:
    return [f for f in found.all_findings() if f.code.startswith("signature.")]


@pytest.fixture(scope="module")
def report(definition: PlanDefinition) -> bytes:
    return report_as_pdf(fill(definition, AGENCY, REPORT, varied)[0])


@pytest.fixture(scope="module")
def asking(definition: PlanDefinition) -> PlanDefinition:
    """The plan, if it asked for signed reports."""
    parts = [one.model_copy(update={"signed": one.id == REPORT}) for one in definition.deliverables]
    return definition.model_copy(update={"deliverables": parts})


def test_facts_name_the_store_and_are_no_verdict(
    definition: PlanDefinition, report: bytes, tmp_path: Path
) -> None:
    store = tmp_path / "kho-goc"
    store.mkdir()
    (store / "goc.pem").write_bytes(ROOT.pem)
    data = signed(report, WHO)
    (told,) = about(read(definition, data, store))
    assert (told.severity, told.code, told.file) == ("note", "signature.facts", "ky.pdf")
    assert "«Nguyễn Văn A» (UBND huyện Hoài Ân)" in told.message
    assert "«Gốc chuyên dùng Chính phủ» trong kho tin cậy «kho-goc»" in told.message
    assert "không phải kết luận pháp lý" in told.message
    safely = read(definition, data, store, recognise_safely)
    assert about(safely) == [told]
    assert [one.data for one in safely.files] == [data]


def test_a_signature_is_missed_only_where_the_plan_asks_for_it(
    definition: PlanDefinition, asking: PlanDefinition, report: bytes
) -> None:
    assert about(read(definition, report)) == []
    (told,) = about(read(asking, report))
    assert (told.severity, told.code) == ("warning", "signature.missing")
    assert [f.code for f in about(read(asking, signed(report, WHO)))] == ["signature.facts"]


def test_a_broken_one_does_not_count_and_is_told(asking: PlanDefinition, report: bytes) -> None:
    data = bytearray(signed(report, WHO))
    data[data.index(b"/Times") + 1] = ord("X")
    codes = [f.code for f in about(read(asking, bytes(data)))]
    assert codes == ["signature.facts", "signature.broken", "signature.missing"]


def test_a_file_signed_after_it_was_handed_in(definition: PlanDefinition, report: bytes) -> None:
    (file,) = read(definition, signed(report, WHO)).files
    at = file.signatures[0].moment
    assert at is not None
    assert [f.code for f in signed_later([file], at - timedelta(minutes=1))] == ["signature.later"]
    assert list(signed_later([file], at)) == []
