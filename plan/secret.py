"""The installation's secret: signs personal links, encrypts what is kept encrypted.

From `DONDOC_SECRET_KEY`; without it, made once and kept in `secret.key` of the home, readable by its
owner alone. Every process of one installation must see the same one.
"""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from plan.settings import Settings

FILE = "secret.key"
_BYTES = 32


def secret_key(settings: Settings) -> str:
    """The secret as text; made on first use. Two processes that start at once get the same one."""
    given = settings.secret_key.get_secret_value()
    return given or _kept(settings.home / FILE)


def _kept(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _make(path)
    return path.read_text(encoding="ascii").strip()


def _make(path: Path) -> None:
    """Written beside, then linked into place: nobody ever reads half a key, and the first one wins."""
    draft = path.with_name(f"{FILE}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(_BYTES))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def derived_key(secret: str, purpose: str) -> bytes:
    """32 bytes for one purpose; knowing one tells nothing of another."""
    derive = HKDF(algorithm=SHA256(), length=_BYTES, salt=None, info=purpose.encode())
    return derive.derive(secret.encode())


def box(secret: str, purpose: str) -> Fernet:
    """What encrypts and opens values kept in the database for one purpose."""
    return Fernet(base64.urlsafe_b64encode(derived_key(secret, purpose)))
