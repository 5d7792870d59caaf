"""Personal links: signed, expiring, bound to one agency and one contact.

A link says who it was sent to and where it leads; it opens nothing that the agency may not see. The
dashboard checks it with `verify`, signs nobody in on a plain GET (mail scanners follow links), and
keeps its own list of revoked ids.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from plan.errors import RefusedError
from plan.keys.secret import derived_key

LIFETIME = timedelta(days=60)
PATH = "/l/"
WORKBOOK, OUTLINE = "bieu-mau", "de-cuong"
"""What follows a link (`…/bieu-mau`) to lead straight to the blank workbook or the outline."""
MAIL = "thu-"
"""And to a mail that waits to be confirmed: `…/thu-12`."""

_MAC_BYTES = 18  # 144 bits: beyond guessing, and 24 characters without padding
_PURPOSE = "personal link"
_COMPACT = json.JSONEncoder(separators=(",", ":"))


class LinkError(RefusedError):
    """The link is not ours, was altered, or has run out; says so without saying which part."""


@dataclass(frozen=True)
class LinkClaim:
    """What a link says. `expires_at` is a UTC instant, to the second."""

    plan: str
    agency: str
    contact_id: int | None
    obligation: str
    """`agency/deliverable`; empty: the agency's own page."""
    expires_at: datetime


class Linker:
    """Makes and checks the links of one installation (its base address and its secret)."""

    def __init__(self, base_url: str, secret: str) -> None:
        self.base_url = self._base = base_url.rstrip("/")
        self._key = derived_key(secret, _PURPOSE)

    def personal_link(
        self, plan: str, agency: str, contact_id: int | None, obligation: str, now: datetime
    ) -> str:
        """The whole address, good for `LIFETIME` from `now`."""
        expires = int((now + LIFETIME).timestamp())
        token = self._token([plan, agency, contact_id, obligation, expires])
        return f"{self._base}{PATH}{token}"

    def url(self, claim: LinkClaim) -> str:
        return f"{self._base}{PATH}{self.token(claim)}"

    def token(self, claim: LinkClaim) -> str:
        expires = int(claim.expires_at.timestamp())
        return self._token([claim.plan, claim.agency, claim.contact_id, claim.obligation, expires])

    def _token(self, fields: list[str | int | None]) -> str:
        body = _encode(_COMPACT.encode(fields).encode())
        return f"{body}.{self._mac(body)}"

    def verify(self, token: str, now: datetime) -> LinkClaim:
        """What the token says. Raises `LinkError` when it is forged, altered or run out at `now`."""
        claim = self.read(token)
        if claim is None:
            raise LinkError("Đường dẫn không đúng. Hãy mở lại từ thư nhắc gần nhất.")
        if now >= claim.expires_at:
            raise LinkError("Đường dẫn đã hết hạn. Hãy dùng đường dẫn trong thư nhắc gần nhất.")
        return claim

    def read(self, token: str) -> LinkClaim | None:
        """What a token of ours says, run out or not; None: it is none of ours."""
        body, _, mac = token.partition(".")
        same = hmac.compare_digest(self._mac(body).encode(), mac.encode())
        return _read(body) if same else None

    def digest(self, text: str) -> str:
        """A short keyed digest of `text` (32 characters), for ids that no other installation makes."""
        made = hmac.digest(self._key, b"id:" + text.encode(), "sha256")
        return base64.b32encode(made[:20]).decode().lower()

    def _mac(self, body: str) -> str:
        return _encode(hmac.digest(self._key, body.encode(), "sha256")[:_MAC_BYTES])


def token_id(token: str) -> str:
    """What a list of used or revoked links keeps of a token: enough to know it, not to use it."""
    return hashlib.sha256(token.encode()).hexdigest()[:32]


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _read(body: str) -> LinkClaim:
    try:
        padded = body + "=" * (-len(body) % 4)
        plan, agency, contact, obligation, expires = json.loads(base64.urlsafe_b64decode(padded))
        return LinkClaim(plan, agency, contact, obligation, datetime.fromtimestamp(expires, UTC))
    except (
        ValueError,
        TypeError,
        binascii.Error,
    ):  # pragma: no cover - only we can sign such a body
        raise LinkError("Đường dẫn không đúng. Hãy mở lại từ thư nhắc gần nhất.") from None
