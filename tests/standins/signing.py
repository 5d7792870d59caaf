"""Test certificates and signed PDF files, as a rehearsal makes them: no key is kept anywhere."""

from __future__ import annotations

import io
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.timestamps import DummyTimeStamper

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
