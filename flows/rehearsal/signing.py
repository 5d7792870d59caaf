"""Certificates and signatures of a rehearsal: made for it, trusted by it, kept nowhere else."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

_BEGAN, _LASTS = datetime(2019, 1, 1, tzinfo=UTC), timedelta(days=365 * 40)


@dataclass(frozen=True)
class Holder:
    """Somebody with a certificate."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        """The certificate as a trust store keeps it."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)


def holder(name: str, organisation: str, issuer: Holder | None = None) -> Holder:
    """A root without `issuer`, else one it vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
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
        .not_valid_after(_BEGAN + _LASTS)
        .add_extension(x509.BasicConstraints(ca=root, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(True, True, False, False, False, root, root, False, False), critical=True
        )
    )
    return Holder(build.sign(issuer.key if issuer else key, hashes.SHA256()), key)


def signed(data: bytes, who: Holder) -> bytes:
    """The PDF with a signature of `who`, by the machine's clock: the virtual one moves no signer."""
    der = who.certificate.public_bytes(serialization.Encoding.DER)
    key = who.key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    signer = signers.SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(der),
        signing_key=asn1_keys.PrivateKeyInfo.load(key),
        cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]
    )
    made = signers.sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(data)),
        signers.PdfSignatureMetadata(field_name="ChuKy", md_algorithm="sha256"),
        signer=signer,
    )
    return bytes(made.getvalue())
