"""Whether a mail is from whom it says: by what the office's own receiving server found (RFC 8601).

An address alone proves nothing: anybody can write one. Only results that bear the configured
authserv-id count, and of those the topmost header: the office's server puts its own on top, and removes
from mail that comes in whatever claims to be.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_COMMENT = re.compile(r"\([^()]*\)")
_PART = re.compile(r'([\w.-]+)\s*=\s*("[^"]*"|[^\s;]+)')


@dataclass(frozen=True)
class Trust:
    """`why` says in Vietnamese what it rests on, or what is missing."""

    ok: bool
    why: str


def weigh(results: Iterable[str], authserv_id: str, sender: str) -> Trust:
    """DMARC pass for the sender's domain, or DKIM or SPF pass for a domain aligned with it.

    `results`: the Authentication-Results headers, from the top. `sender`: the author's address.
    """
    if not authserv_id:
        return Trust(False, "Chưa đặt DONDOC_INBOX_AUTHSERV_ID nên không kiểm được người gửi.")
    found = next((one for one in map(_read, results) if one[0] == authserv_id.lower()), None)
    domain = sender.rpartition("@")[2].lower()
    if found is None or not domain:
        return Trust(False, "Máy chủ nhận thư không ghi kết quả kiểm tra người gửi.")
    methods = found[1]
    for method, result, named in methods:
        if method == "dmarc" and named.get("header.from", domain) == domain:
            # What DMARC says of the domain is final: the owner has said how its mail is told.
            if result == "pass":
                return Trust(True, f"DMARC đạt cho {domain}.")
            if result == "fail":
                return Trust(False, f"DMARC không đạt cho {domain}.")
    for method, result, named in methods:
        proven = _proven(method, named)
        if result == "pass" and proven and aligned(domain, proven):
            return Trust(True, f"{method.upper()} đạt cho {proven}.")
    return Trust(False, f"Không có DMARC, DKIM hay SPF đạt cho {domain}.")


def aligned(domain: str, proven: str) -> bool:
    """The same, or one beneath the other where the upper one is an organisation's own: it has three labels
    at least, so that `gov.vn` speaks for nobody."""
    if domain == proven:
        return True
    upper, lower = sorted((domain, proven), key=len)
    return lower.endswith("." + upper) and upper.count(".") >= 2


def _proven(method: str, named: dict[str, str]) -> str:
    """The domain a method speaks for."""
    if method == "dkim":
        return (named.get("header.d") or named.get("header.i", "")).rpartition("@")[2]
    if method == "spf":
        return named.get("smtp.mailfrom", "").rpartition("@")[2]
    return ""


def _read(header: str) -> tuple[str, list[tuple[str, str, dict[str, str]]]]:
    """authserv-id, then method, result and properties of each; comments mean nothing."""
    text, before = header, ""
    while text != before:
        before, text = text, _COMMENT.sub(" ", text)
    name, *parts = _split(text)
    return (name.split() or [""])[0].strip('"').lower(), [
        found for one in parts if (found := _method(one))
    ]


def _split(text: str) -> list[str]:
    """At semicolons outside quotes."""
    return re.split(r';(?=(?:[^"]*"[^"]*")*[^"]*$)', text)


def _method(text: str) -> tuple[str, str, dict[str, str]] | None:
    pairs = [(name.lower(), value.strip('"').lower()) for name, value in _PART.findall(text)]
    if not pairs:
        return None
    (method, result), *rest = pairs
    return method.partition("/")[0], result, dict(rest)
