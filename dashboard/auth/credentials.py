"""One-time codes (RFC 6238: SHA-1, six digits, 30 s), the second factor of coordinators and
administrators.

Time here is real time even on a virtual clock: the phone knows no other.
"""

from __future__ import annotations

import base64
import hmac
import os
import re
import secrets
import unicodedata
from collections.abc import Sequence
from datetime import datetime

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from plan.errors import RefusedError

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


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, DIGITS, SHA1(), STEP_SECONDS)


# --- Passwords: Argon2id, as PHC strings. Checking one costs about 50 ms on purpose.

MEMORY_KIB, ITERATIONS, LANES = 19 * 1024, 2, 1
"""OWASP's first choice for Argon2id: 19 MiB, 2 iterations, 1 lane."""
LENGTH, SALT = 32, 16
SHORTEST, LONGEST = 12, 128


WEAKEST = 3
"""Of zxcvbn's 0 to 4: beyond some hundred million guesses, by lists of stolen passwords, words, names,
keyboards and dates."""
LOOKED_AT = 72
"""Letters of a password that are weighed: more only make it stronger."""
SHORT_WORD, OWN_LETTERS = 3, 6
"""Beside what is known of its owner, a password has at least so many letters of its own."""
OURS = ("dondoc", "donđốc", "binhdinh", "quynhon", "sonoivu", "ubnd", "matkhau", "vietnam")


def hash_password(password: str, about: Sequence[str] = ()) -> str:
    """The PHC string to keep. Refuses what is too short, too long, one character repeated, or easily guessed:
    a known password, or made of what is known of its owner (`about`: address, name)."""
    if len(password) < SHORTEST:
        raise RefusedError(
            f"Mật khẩu phải có ít nhất {SHORTEST} ký tự; một câu dễ nhớ là tốt nhất."
        )
    if len(password) > LONGEST:
        raise RefusedError(f"Mật khẩu dài quá {LONGEST} ký tự.")
    if len(set(password)) < 5:
        raise RefusedError("Mật khẩu lặp quá ít ký tự; hãy chọn một câu dễ nhớ.")
    if strength(password, about) < WEAKEST:
        raise RefusedError(
            "Mật khẩu này dễ đoán: đã có trong danh sách bị lộ, hoặc ghép từ tên, địa chỉ, ngày tháng, phím "
            "liền nhau. Hãy chọn một câu bốn, năm từ chỉ mình anh/chị nhớ."
        )
    return _kdf().derive_phc_encoded(password.encode())


def strength(password: str, about: Sequence[str] = ()) -> int:
    """zxcvbn's 0 (known to everybody) to 4."""
    from zxcvbn import zxcvbn  # its lists: only where a password is set

    known = [*OURS, *(word for text in about for word in re.split(r"[^\w]+", _bare(text)) if word)]
    rest = _bare(password).lower()
    for word in sorted({word.lower() for word in known if len(word) >= SHORT_WORD}, key=len)[::-1]:
        rest = rest.replace(word, "")
    if len(rest) < OWN_LETTERS:
        return 0
    # Without its marks a Vietnamese name is a word like another.
    ways = {password[:LOOKED_AT], _bare(password)[:LOOKED_AT]}
    return min(int(zxcvbn(way, user_inputs=known)["score"]) for way in ways)


def _bare(text: str) -> str:
    letters = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _kdf() -> Argon2id:
    return Argon2id(
        salt=os.urandom(SALT),
        length=LENGTH,
        iterations=ITERATIONS,
        lanes=LANES,
        memory_cost=MEMORY_KIB,
    )


_NOBODY = _kdf().derive_phc_encoded(os.urandom(LENGTH))


def check_password(password: str, kept: str) -> bool:
    """Whether it is the one kept. Without a kept one, the same work is done in vain: the time taken
    tells nobody whether an account exists."""
    try:
        Argon2id.verify_phc_encoded(password[:LONGEST].encode(), kept or _NOBODY)
    except InvalidKey:
        return False
    return bool(kept)
