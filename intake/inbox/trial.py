"""A mail whose reading did not come to an end several times is opened in the guarded process first: one that
ends its reader ends it there, and a person looks; where it opens, the program was ended by others."""

from __future__ import annotations

from intake.files.gate import Limits
from intake.mail.message import Mail
from intake.mail.opening import Bounds, open_mail
from intake.sandbox import SandboxCrashError, SandboxTimeoutError, sandbox_for

TARGET = "intake.inbox.trial:opened_as_data"


def opens(raw: bytes, bounds: Bounds, limits: Limits | None = None) -> bool:
    """Whether the whole mail can be opened within the limits of one file."""
    try:
        sandbox_for(limits or Limits()).run(TARGET, raw, bounds)
    except (SandboxTimeoutError, SandboxCrashError, RuntimeError):
        return False
    return True


def opened_as_data(raw: bytes, bounds: Bounds) -> list[str]:
    """All of a mail that this program opens itself, the files left to their own readers; their names."""
    mail = Mail(raw)
    opened = open_mail(mail, bounds)
    said = (mail.sender, mail.subject, mail.automatic, *mail.answers)
    return [*said, *(name for name, _ in opened.files)]
