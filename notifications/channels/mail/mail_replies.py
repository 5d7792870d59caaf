"""What a mail server's answer means for a message, by the step it answers: a table, no I/O.

RFC 5321 §4.2 (4xx: try again, 5xx: do not) and RFC 3463 (enhanced codes `5.1.1`).
"""

from __future__ import annotations

import re
from datetime import timedelta

from notifications.channels.base import SendError

_ENHANCED = re.compile(r"\A\s*([245]\.\d{1,3}\.\d{1,3})\b")
_ADDRESS = re.compile(r"<?[^\s<>]+@[^\s<>]+>?")

# Refusals at RCPT or after the text that are about the mailbox, not about this mail.
DEAD_CODES = frozenset({521, 550, 551, 553, 556})
DEAD_STATUS = re.compile(r"5\.1\.\d+|5\.2\.1|5\.4\.1")
# What passes by itself, or is about this mail only: a mailbox that is full or takes nothing for the
# moment (x.2.x), a route (x.4.x), policy and content (x.7.x, x.6.x). Tried again the next day.
FOR_A_WHILE = timedelta(days=1)

# At MAIL FROM a refusal is about us (not signed in, sender not allowed), so about every mail;
# these alone are about the one mail (too large, text not allowed).
ABOUT_ONE_MAIL = frozenset({552, 554, 555})


def refusal(step: str, code: int, reply: bytes) -> SendError:
    """The answer `code reply` at a step ("mail", "rcpt", "data", "body") as a `SendError`."""
    words = plain_words(reply)
    shown = _status(words) or str(code)
    if code == 421:
        return SendError(shown, words, permanent=False, channel_down=True)
    if code < 500:
        return SendError(shown, words, permanent=False)
    if step == "mail" and code not in ABOUT_ONE_MAIL:
        return SendError(shown, words, permanent=False, channel_down=True)
    named = step in ("rcpt", "body")
    dead = named and (dead_status(shown) if "." in shown else code in DEAD_CODES)
    silent_for = FOR_A_WHILE if step == "rcpt" and not dead else None
    return SendError(shown, words, permanent=True, address_dead=dead, silent_for=silent_for)


def dead_status(status: str) -> bool:
    """Whether an enhanced status says that there is no such mailbox: no mail will ever arrive."""
    return DEAD_STATUS.fullmatch(status) is not None


def plain_words(reply: bytes) -> str:
    """The server's words on one line, with addresses hidden: they go into records and logs."""
    text = " ".join(reply.decode("utf-8", "replace").split())
    return _ADDRESS.sub("●●●", text)[:500]


def _status(words: str) -> str:
    found = _ENHANCED.match(words)
    return found.group(1) if found else ""
