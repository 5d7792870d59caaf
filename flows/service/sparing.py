"""What strangers could make grow without end: the log, and the files this process has open."""

from __future__ import annotations

import logging
from collections import OrderedDict
from contextlib import suppress

A_MINUTE = 60.0
MOST_ALIKE = 60
"""Lines a minute that differ only in what was filled in; more are counted and told once."""
MOST_KINDS = 500
MOST_FILES = 65_536


class Sparing(logging.Filter):
    """Lets through so many lines of one kind a minute, then how many there were beside them."""

    def __init__(self) -> None:
        super().__init__()
        self._kinds: OrderedDict[tuple[str, int, str], tuple[float, int]] = OrderedDict()
        """When its minute began, and how many came in it; the kinds heard of last."""

    def filter(self, record: logging.LogRecord) -> bool:
        kind = (record.name, record.levelno, str(record.msg))
        since, count = self._kinds.pop(kind, (record.created, 0))
        unsaid = 0
        if not 0 <= record.created - since < A_MINUTE:
            unsaid, since, count = max(count - MOST_ALIKE, 0), record.created, 0
        self._kinds[kind] = (since, count + 1)
        if len(self._kinds) > MOST_KINDS:
            self._kinds.popitem(last=False)
        if unsaid:
            record.msg = f"{record.getMessage()} (trước đó {unsaid} dòng như thế không ghi)"
            record.args = ()
        return count < MOST_ALIKE


def open_many_files(most: int = MOST_FILES) -> None:
    """Raise this process's limit on open files towards what the system lets it have."""
    try:
        import resource
    except ImportError:  # Windows knows no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = most if hard == resource.RLIM_INFINITY else min(most, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
