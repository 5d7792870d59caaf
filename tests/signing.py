"""Test certificates and signed PDF files, made when asked for: no key is kept anywhere."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime, timedelta

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

LONG = timedelta(days=365 * 20)
BEGAN = datetime(2019, 1, 1)


@dataclass(frozen=True)
class Holder:
    """Somebody with a certificate."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def asn1(self) -> asn1_x509.Certificate:
        der = self.certificate.public_bytes(serialization.Encoding.DER)
        return asn1_x509.Certificate.load(der)

    @property
    def asn1_key(self) -> asn1_keys.PrivateKeyInfo:
        der = self.key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return asn1_keys.PrivateKeyInfo.load(der)


def holder(
    name: str,
    organisation: str,
    issuer: Holder | None = None,
    *,
    lasts: timedelta = LONG,
    stamps: bool = False,
) -> Holder:
    """A root without `issuer`, else one it vouches for; `stamps`: a time-stamping authority."""
    # The library's time stamper for tests knows RSA only; elliptic keys are made faster.
    key = (
        rsa.generate_private_key(65537, 2048) if stamps else ec.generate_private_key(ec.SECP256R1())
    )
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, name),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
        ]
    )
    root = issuer is None
    build = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(BEGAN)
        .not_valid_after(BEGAN + lasts)
        .add_extension(x509.BasicConstraints(ca=root, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(True, True, False, False, False, root, root, False, False), critical=True
        )
    )
    if stamps:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        build = build.add_extension(usage, critical=True)
    return Holder(build.sign(issuer.key if issuer else key, hashes.SHA256()), key)


def signed(data: bytes, who: Holder, field: str = "Ky1", stamper: Holder | None = None) -> bytes:
    """The file with one more signature, made by the machine's clock."""
    signer = signers.SimpleSigner(
        signing_cert=who.asn1, signing_key=who.asn1_key, cert_registry=SimpleCertificateStore()
    )
    stamps = DummyTimeStamper(tsa_cert=stamper.asn1, tsa_key=stamper.asn1_key) if stamper else None
    made = signers.sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(data)),
        signers.PdfSignatureMetadata(field_name=field, md_algorithm="sha256"),
        signer=signer,
        timestamper=stamps,
    )
    return bytes(made.getvalue())


def turned(data: bytes) -> bytes:
    """The file with its first page turned in a later revision, as somebody does who edits it."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    page = writer.root["/Pages"]["/Kids"][0]
    page["/Rotate"] = generic.NumberObject(90)
    writer.update_container(page)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
