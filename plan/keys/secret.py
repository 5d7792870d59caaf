"""The installation's keys: `secret_key` signs personal links and encrypts what is kept encrypted;
`prefect_key` opens Prefect's API.

From the settings; without them, each is made once and kept in a file of the home, readable by its owner
alone. Every process of one installation must see the same ones.
"""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from plan.errors import SettingsError
from plan.settings import Settings

FILE = "secret.key"
PREFECT_FILE = "prefect.key"
_BYTES = 32


def secret_key(settings: Settings) -> str:
    """The secret as text; made on first use. Two processes that start at once get the same one."""
    given = settings.secret_key.get_secret_value()
    return given or kept_key(settings.home / FILE)


def prefect_key(settings: Settings) -> str:
    """What Prefect's API asks for, as `name:password`. `SettingsError` when the server is a shared one and
    no key was given: one made here would open nothing there."""
    if given := settings.prefect_key.get_secret_value():
        return given
    if settings.prefect_api_url:
        raise SettingsError(
            "Máy chủ Prefect dùng chung (DONDOC_PREFECT_API_URL) cần DONDOC_PREFECT_KEY=tên:mật-khẩu, "
            "giống nhau trên mọi máy."
        )
    return f"dondoc:{kept_key(settings.home / PREFECT_FILE)}"


def kept_key(path: Path) -> str:
    """A key kept in a file, made on first use, as text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _make(path)
    return path.read_text(encoding="ascii").strip()


def _make(path: Path) -> None:
    """Written beside, then linked into place: nobody ever reads half a key, and the first one wins."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
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
