"""Passwords: Argon2id, as PHC strings. Checking one costs about 50 ms on purpose."""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from plan.errors import RefusedError

MEMORY_KIB, ITERATIONS, LANES = 19 * 1024, 2, 1
"""OWASP's first choice for Argon2id: 19 MiB, 2 iterations, 1 lane."""
LENGTH, SALT = 32, 16
SHORTEST, LONGEST = 12, 256


def hash_password(password: str) -> str:
    """The PHC string to keep. Refuses what is too short, too long, or one character repeated."""
    if len(password) < SHORTEST:
        raise RefusedError(
            f"Mật khẩu phải có ít nhất {SHORTEST} ký tự; một câu dễ nhớ là tốt nhất."
        )
    if len(password) > LONGEST:
        raise RefusedError(f"Mật khẩu dài quá {LONGEST} ký tự.")
    if len(set(password)) < 5:
        raise RefusedError("Mật khẩu lặp quá ít ký tự; hãy chọn một câu dễ nhớ.")
    return _kdf().derive_phc_encoded(password.encode())


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
