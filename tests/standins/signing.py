"""Test certificates and signed PDF files, as a rehearsal makes them: no key is kept anywhere."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime, timedelta

from asn1crypto import crl, ocsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509 import ocsp as x509_ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko_certvalidator import ValidationContext

from flows.rehearsal import signing
from flows.rehearsal.signing import Holder

LONG = timedelta(days=365 * 20)


def holder(
    name: str,
    organisation: str,
    issuer: Holder | None = None,
    *,
    lasts: timedelta = LONG,
    stamps: bool = False,
) -> Holder:
    """A root without `issuer`, else one it vouches for; `stamps`: a time-stamping authority."""
    if not stamps:
        return signing.holder(name, organisation, issuer, lasts=lasts)
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    # The library's time stamper for tests knows RSA only; elliptic keys are made faster.
    key = rsa.generate_private_key(65537, 2048)
    return signing.holder(name, organisation, issuer, lasts=lasts, key=key, usage=usage)


def signed(data: bytes, who: Holder, field: str = "Ky1", stamper: Holder | None = None) -> bytes:
    """The file with one more signature, made by the machine's clock."""
    stamps = DummyTimeStamper(tsa_cert=stamper.asn1, tsa_key=stamper.asn1_key) if stamper else None
    return signing.signed(data, who, field, stamps)


def turned(data: bytes) -> bytes:
    """The file with its first page turned in a later revision, as somebody does who edits it."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    page = writer.root["/Pages"]["/Kids"][0]
    page["/Rotate"] = generic.NumberObject(90)
    writer.update_container(page)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


# --- what is carried along of revocation -----------------------------------------------------------


def revocation_list(root: Holder, *gone: Holder, at: datetime, on: datetime) -> crl.CertificateList:
    """The root's list as of `at`, on which these stand as revoked since `on` (both UTC)."""
    build = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(root.certificate.subject)
        .last_update(at)
        .next_update(at + LONG)
    )
    for one in gone:
        row = x509.RevokedCertificateBuilder().serial_number(one.certificate.serial_number)
        build = build.add_revoked_certificate(row.revocation_date(on).build())
    made = build.sign(root.key, hashes.SHA256())
    return crl.CertificateList.load(made.public_bytes(serialization.Encoding.DER))


def status_of(
    root: Holder, who: Holder, *, at: datetime, gone_since: datetime | None = None
) -> ocsp.OCSPResponse:
    """The root's answer as of `at` about a certificate: good, or revoked since then (UTC)."""
    revoked = x509_ocsp.OCSPCertStatus.REVOKED if gone_since else x509_ocsp.OCSPCertStatus.GOOD
    build = x509_ocsp.OCSPResponseBuilder().add_response(
        cert=who.certificate,
        issuer=root.certificate,
        algorithm=hashes.SHA1(),  # RFC 6960 names the certificate by it; nothing is signed with it
        cert_status=revoked,
        this_update=at,
        next_update=at + LONG,
        revocation_time=gone_since,
        revocation_reason=None,
    )
    named = build.responder_id(x509_ocsp.OCSPResponderEncoding.NAME, root.certificate)
    made = named.sign(root.key, hashes.SHA256())
    return ocsp.OCSPResponse.load(made.public_bytes(serialization.Encoding.DER))


def carrying(
    data: bytes,
    lists: Sequence[crl.CertificateList] = (),
    answers: Sequence[ocsp.OCSPResponse] = (),
) -> bytes:
    """A signed file with these in its store of validation data (PAdES, ETSI EN 319 142-1)."""
    out = io.BytesIO(data)
    (one,) = PdfFileReader(out).embedded_regular_signatures
    DocumentSecurityStore.add_dss(
        out, one.pkcs7_content, crls=list(lists), ocsps=list(answers), force_write=True
    )
    return out.getvalue()


def signed_with(data: bytes, who: Holder, root: Holder, gone: crl.CertificateList) -> bytes:
    """A file whose signature itself carries the list, as Acrobat makes one."""

    class Carrying(ValidationContext):
        @property
        def crls(self) -> list[crl.CertificateList]:
            return [gone]

    asked = signers.PdfSignatureMetadata(
        field_name="Ky1",
        md_algorithm="sha256",
        embed_validation_info=True,
        validation_context=Carrying(trust_roots=[root.asn1], allow_fetching=False),
    )
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    made = signers.sign_pdf(writer, asked, signer=signing.signer_of(who))
    return bytes(made.getvalue())
