"""Certificates and signatures of a rehearsal: made for it, trusted by it, kept nowhere else."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.timestamps import TimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

_LIST = x509.DistributionPoint(
    [x509.UniformResourceIdentifier("http://thu-hoi.dien-tap.example/goc.crl")], None, None, None
)
_ANSWERS = x509.AccessDescription(
    AuthorityInformationAccessOID.OCSP,
    x509.UniformResourceIdentifier("http://thu-hoi.dien-tap.example/"),
)
_BEGAN, _LASTS = datetime(2019, 1, 1, tzinfo=UTC), timedelta(days=365 * 40)


@dataclass(frozen=True)
class Holder:
    """Somebody with a certificate."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

    @property
    def pem(self) -> bytes:
        """The certificate as a trust store keeps it."""
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
    lasts: timedelta = _LASTS,
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | None = None,
    usage: x509.ExtendedKeyUsage | None = None,
) -> Holder:
    """A root without `issuer`, else one it vouches for. `key`: its own, none: a new one; `usage`: what alone
    the certificate is for."""
    key = key or ec.generate_private_key(ec.SECP256R1())
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
        .not_valid_before(_BEGAN)
        .not_valid_after(_BEGAN + lasts)
        .add_extension(x509.BasicConstraints(ca=root, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(True, True, False, False, False, root, root, False, False), critical=True
        )
    )
    if usage is not None:
        build = build.add_extension(usage, critical=True)
    if issuer is not None:  # as real ones do; nothing is fetched from there
        build = build.add_extension(x509.CRLDistributionPoints([_LIST]), critical=False)
        build = build.add_extension(x509.AuthorityInformationAccess([_ANSWERS]), critical=False)
    return Holder(build.sign(issuer.key if issuer else key, hashes.SHA256()), key)


def signer_of(who: Holder) -> signers.SimpleSigner:
    """What signs for `who`."""
    return signers.SimpleSigner(
        signing_cert=who.asn1,
        signing_key=who.asn1_key,
        cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call] # the library has no types
    )


def signed(
    data: bytes, who: Holder, field: str = "ChuKy", stamper: TimeStamper | None = None
) -> bytes:
    """The PDF with one more signature, of `who`, by the machine's clock: the virtual one moves no signer."""
    signer = signer_of(who)
    made = signers.sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(data)),
        signers.PdfSignatureMetadata(field_name=field, md_algorithm="sha256"),
        signer=signer,
        timestamper=stamper,
    )
    return bytes(made.getvalue())
