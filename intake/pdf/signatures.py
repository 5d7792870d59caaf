"""Digital signatures in a PDF file: who signed, when, what is covered, whether it was changed since.

    for one in signatures_of(data, roots): …

Facts, never a legal verdict. Certificates are looked for in `roots`, which the operator gave as files; none
is fetched, and of revocation only what the file itself carries is known. A chain is judged at the moment of
signing as the file tells it (the signer's own clock), so that the same bytes give the same facts on any day.
Bytes are only read. Run it in the guarded process for a file from outside. By pyHanko (MIT).
"""

from __future__ import annotations

import io
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

ROOT_ENDINGS = frozenset({".pem", ".crt", ".cer"})
MOST_SIGNATURES = 20
_MOST_ROOTS = 200

Changes = Literal["none", "allowed", "other", "unknown"]
Chain = Literal["trusted", "unknown", "expired", "revoked", "no-store"]


@dataclass(frozen=True)
class Signature:
    """What one signature says, and what was found of it.

    `signed_at` (UTC, ISO 8601) by the signer's clock or, with `stamped`, by a time stamp that holds; empty:
    not said. `intact`: the bytes it covers are as they were signed. `whole`: it covers the whole file.
    `changes`: what was done to the file afterwards (`allowed`: more signatures, filled fields). `anchor`: the
    root its chain leads to. `problem`: why it could not be looked into.
    """

    signer: str = ""
    organisation: str = ""
    signed_at: str = ""
    stamped: bool = False
    intact: bool = False
    whole: bool = False
    changes: Changes = "unknown"
    chain: Chain = "no-store"
    anchor: str = ""
    problem: str = ""

    @property
    def moment(self) -> datetime | None:
        """`signed_at` as an instant."""
        return datetime.fromisoformat(self.signed_at) if self.signed_at else None


def has_signatures(data: bytes) -> bool:
    """Whether a PDF may bear one: cheap, and right for every file that does and was not packed afterwards."""
    return b"/ByteRange" in data


def read_roots(folder: str) -> tuple[bytes, ...]:
    """The certificates in the operator's folder, as files; none for no folder."""
    if not folder or not Path(folder).is_dir():
        return ()
    files = sorted(one for one in Path(folder).iterdir() if one.suffix.lower() in ROOT_ENDINGS)
    return tuple(one.read_bytes() for one in files[:_MOST_ROOTS])


def signatures_of(data: bytes, roots: Sequence[bytes]) -> tuple[Signature, ...]:
    """Every signature in the file, oldest first; empty for none and for what is no PDF."""
    if not has_signatures(data):
        return ()
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.pdf_utils.reader import PdfFileReader

    try:
        reader = PdfFileReader(io.BytesIO(data), strict=False)
        embedded = reader.embedded_regular_signatures[:MOST_SIGNATURES]
    except (PdfError, ValueError, KeyError, TypeError, RecursionError):
        return (Signature(problem="không mở được phần chữ ký của tệp"),)
    anchors = [one for data in roots for one in certificates_in(data)]
    return tuple(_signature(reader, one, anchors) for one in embedded)


def certificates_in(data: bytes) -> list[Any]:
    """The certificates in a file, PEM (several) or DER; empty for what is none."""
    from asn1crypto import pem, x509

    try:
        ders = (
            [der for _, _, der in pem.unarmor(data, multiple=True)] if pem.detect(data) else [data]
        )
        found = [x509.Certificate.load(der) for der in ders]
        return [one for one in found if one.subject is not None]
    except (ValueError, TypeError):
        return []


def _signature(reader: Any, embedded: Any, anchors: list[Any]) -> Signature:
    from pyhanko.sign.validation import async_validate_pdf_signature

    try:
        context = _context(reader, anchors, _moment(embedded), _carried(embedded))
        status = _at_once(async_validate_pdf_signature(embedded, context))
    except Exception as problem:  # a hostile signature may break the library anywhere
        return Signature(problem=f"không kiểm tra được ({type(problem).__name__})")
    subject = status.signing_cert.subject.native
    stamp = status.timestamp_validity
    stamped = bool(stamp is not None and stamp.intact and stamp.valid)
    at = stamp.timestamp if stamped else status.signer_reported_dt
    return Signature(
        signer=_said(subject, "common_name"),
        organisation=_said(subject, "organization_name", "organizational_unit_name"),
        signed_at=at.astimezone(UTC).isoformat() if at is not None else "",
        stamped=stamped,
        intact=bool(status.intact and status.valid),
        whole=status.coverage is not None and status.coverage.name == "ENTIRE_FILE",
        changes=_changes(status),
        chain=_chain(status, anchors),
        anchor=_anchor(status),
    )


def _at_once(work: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine that awaits nothing, as nothing is fetched: no event loop, which would want
    sockets that the guarded process has no right to."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    work.close()
    raise RuntimeError("would have waited")


def _moment(embedded: Any) -> datetime | None:
    """When it was signed, as the file tells it; the certificate's first day where it tells nothing."""
    embedded.compute_integrity_info()
    told: datetime | None = embedded.self_reported_timestamp
    if told is not None and told.tzinfo is not None:
        return told
    first: datetime = embedded.signer_cert.not_valid_before
    return first


def _carried(embedded: Any) -> dict[str, list[Any]]:
    """What the signature itself carries of revocation (Adobe's attribute, ISO 32000-2, 12.8.3.3.2)."""
    carried = [
        attribute["values"][0]
        for attribute in embedded.signer_info["signed_attrs"]
        if attribute["type"].native == "adobe_revocation_info_archival"
    ]
    return {
        given: [entry for one in carried for entry in (one[name] or ())]
        for given, name in (("crls", "crl"), ("ocsps", "ocsp"))
    }


def _context(
    reader: Any, anchors: list[Any], moment: datetime | None, carried: dict[str, list[Any]]
) -> Any:
    """What a chain is judged with: the roots given, and what signature and file carry of revocation."""
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.sign.validation import DocumentSecurityStore
    from pyhanko_certvalidator import ValidationContext

    settings: dict[str, Any] = {
        "trust_roots": anchors,
        "allow_fetching": False,
        "revocation_mode": "soft-fail",
        # A list made after the signing says what was revoked before it; signers often fetch it just then.
        "retroactive_revinfo": True,
        "moment": moment,
        **carried,
    }
    try:
        store = DocumentSecurityStore.read_dss(reader)
        return store.as_validation_context(settings)
    except (PdfError, ValueError, KeyError):
        return ValidationContext(**settings)


def _said(subject: dict[str, Any], *names: str) -> str:
    for name in names:
        value = subject.get(name)
        if value:
            return ", ".join(value) if isinstance(value, list) else str(value)
    return ""


_LEVELS: dict[str, Changes] = {
    "NONE": "none",
    "LTA_UPDATES": "allowed",
    "FORM_FILLING": "allowed",
    "ANNOTATIONS": "allowed",
    "OTHER": "other",
}


def _changes(status: Any) -> Changes:
    level = status.modification_level
    return _LEVELS.get(level.name, "unknown") if level is not None else "unknown"


def _chain(status: Any, anchors: list[Any]) -> Chain:
    if not anchors:
        return "no-store"
    if status.revoked:
        return "revoked"
    if status.trusted:
        return "trusted"
    indication = getattr(status.trust_problem_indic, "name", "")
    return "expired" if indication.startswith("OUT_OF_BOUNDS") else "unknown"  # ETSI EN 319 102-1


def _anchor(status: Any) -> str:
    path = status.validation_path
    if path is None:
        return ""
    return _said(path.first.subject.native, "common_name", "organization_name")


def signatures_as_data(data: bytes, roots: Sequence[bytes]) -> list[list[Any]]:
    """`signatures_of` as plain data, for the way between processes."""
    return [list(vars(one).values()) for one in signatures_of(data, roots)]
