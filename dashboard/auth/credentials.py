"""One-time codes (RFC 6238: SHA-1, six digits, 30 s), the second factor of coordinators and
administrators.

Time here is real time even on a virtual clock: the phone knows no other.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from datetime import datetime

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

STEP_SECONDS = 30
DIGITS = 6
DRIFT = 1
"""Steps a phone's clock may be off, either way."""
ISSUER = "Đôn Đốc"


def new_secret() -> bytes:
    return secrets.token_bytes(20)


def secret_words(secret: bytes) -> str:
    """Base32 in groups of four, for typing into a phone."""
    text = base64.b32encode(secret).decode()
    return " ".join(text[i : i + 4] for i in range(0, len(text), 4))


def enrolment_uri(secret: bytes, account: str) -> str:
    """`otpauth://…`, what the QR code holds."""
    return _totp(secret).get_provisioning_uri(account, ISSUER)


def matching_step(secret: bytes, code: str, now: datetime, after: int) -> int | None:
    """The time step this code belongs to, if it is one of those around `now` and later than `after`
    (a code works once); else None."""
    digits = code.replace(" ", "")
    current = int(now.timestamp()) // STEP_SECONDS
    for step in range(current - DRIFT, current + DRIFT + 1):
        expected = _totp(secret).generate(step * STEP_SECONDS)
        if hmac.compare_digest(expected, digits.encode()) and step > after:
            return step
    return None


def code_at(secret: bytes, now: datetime) -> str:
    """The code a phone would show."""
    return _totp(secret).generate(int(now.timestamp())).decode()


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, DIGITS, SHA1(), STEP_SECONDS)
