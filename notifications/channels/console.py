"""The console: for trying things out. Prints what would have been sent, reaches nobody."""

from __future__ import annotations

import sys
from typing import ClassVar, TextIO

from notifications.channels.base import Channel, Outgoing, Receipt, Session
from notifications.channels.registry import ChannelTools


class ConsoleSession(Session):
    def __init__(self, out: TextIO) -> None:
        self._out = out

    def send(self, outgoing: Outgoing) -> Receipt:
        """Prints the text part, or the short text where there is none."""
        body = outgoing.text or outgoing.short_text
        self._out.write(f"→ {outgoing.address}\n{outgoing.subject}\n\n{body}\n\n")
        self._out.flush()
        return Receipt(f"console-{outgoing.reference or outgoing.message_id}")


class ConsoleChannel(Channel):
    name: ClassVar[str] = "console"
    kind: ClassVar[str] = "any"

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out

    def open(self) -> ConsoleSession:
        return ConsoleSession(self._out or sys.stdout)

    def test(self, address: str | None) -> list[str]:  # noqa: ARG002 - prints to nobody
        """Cannot fail."""
        return []


def console_channel(_tools: ChannelTools) -> ConsoleChannel:
    """Needs no setting."""
    return ConsoleChannel()
