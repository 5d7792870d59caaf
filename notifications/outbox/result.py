"""What a delivery did, in numbers of rows."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class DeliveryResult:
    """What a delivery did, as row ids; no addresses."""

    sent: list[int] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)
    """Will be tried again."""
    refused: list[int] = field(default_factory=list)
    fallbacks: list[int] = field(default_factory=list)
    """New messages on a person's next channel."""
    cancelled: list[int] = field(default_factory=list)
    """Nothing in them was owed any more, or their recipient is gone."""
    replaced: list[int] = field(default_factory=list)
    """May have arrived, but in words that are stale now: said again by a message with its own id."""
    unknown: list[int] = field(default_factory=list)
    """Left by a sender that died; queued again."""
    held: dict[str, str] = field(default_factory=dict)
    """Channels that take nothing, and what they said."""
    alarms: list[int] = field(default_factory=list)

    def add(self, other: DeliveryResult) -> None:
        """Counts another delivery of the same round with this one."""
        for name, found in vars(self).items():
            if isinstance(found, list):
                found.extend(getattr(other, name))
        self.held |= other.held

    @property
    def tried(self) -> int:
        return len(self.sent) + len(self.failed) + len(self.refused)
