"""How long to wait before another try: longer after every failure, up to a bound."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

_MOST_STEPS = 64
"""By then every bound is reached; a power of more would leave what a float holds."""


@dataclass(frozen=True)
class Backoff:
    """`first` after one failure, `growth` times as long after each further one, never over `longest`."""

    first: timedelta
    longest: timedelta
    growth: float = 2

    def after(self, failures: int) -> timedelta:
        """The pause after so many failures in a row, 1 or more."""
        factor = self.growth ** min(failures - 1, _MOST_STEPS)
        return self.longest if factor >= self.longest / self.first else self.first * factor
