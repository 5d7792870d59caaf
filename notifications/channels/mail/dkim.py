"""DKIM signing (RFC 6376), when the settings name a key. Needs the extra `dondoc[dkim]`."""

from __future__ import annotations

from pathlib import Path

from notifications.channels.mail.mime import Signer
from plan.errors import SettingsError

# What a reader sees or answers to; a relay changes none of these.
SIGNED = [
    b"from",
    b"to",
    b"subject",
    b"date",
    b"message-id",
    b"reply-to",
    b"references",
    b"mime-version",
    b"content-type",
]


def dkim_signer(selector: str, domain: str, key_file: Path | None) -> Signer | None:
    """A function from a mail to its DKIM-Signature header line(s); None when nothing is set.

    Raises `SettingsError` when only part is set, the key cannot be read or the library is missing.
    """
    if not (selector or domain or key_file):
        return None
    if not (selector and domain and key_file):
        raise SettingsError(
            "Ký DKIM cần đủ DONDOC_DKIM_SELECTOR, DONDOC_DKIM_DOMAIN và DONDOC_DKIM_KEY_FILE."
        )
    try:
        import dkim
    except ImportError:
        raise SettingsError("Ký DKIM cần cài thêm: pip install dondoc[dkim]") from None
    try:
        key = key_file.read_bytes()
        dkim.crypto.parse_pem_private_key(key)
    except (OSError, ValueError, dkim.crypto.UnparsableKeyError):
        raise SettingsError(f"Không đọc được khóa DKIM «{key_file}» (cần PEM, RSA).") from None
    name, zone = selector.encode(), domain.encode("idna")

    def sign(mail: bytes) -> bytes:
        signature: bytes = dkim.sign(mail, name, zone, key, include_headers=_present(mail))
        return signature

    return sign


def _present(mail: bytes) -> list[bytes]:
    head = b"\r\n" + mail.partition(b"\r\n\r\n")[0].lower()
    return [name for name in SIGNED if b"\r\n" + name + b":" in head]
