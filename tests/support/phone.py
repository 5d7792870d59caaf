"""A phone's authenticator, as a person signing in has one."""

from __future__ import annotations

from datetime import datetime

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from dashboard.auth.credentials import DIGITS, STEP_SECONDS


def code_at(secret: bytes, now: datetime) -> str:
    """The code the phone shows at `now`."""
    totp = TOTP(secret, DIGITS, SHA1(), STEP_SECONDS)
    return totp.generate(int(now.timestamp())).decode()
