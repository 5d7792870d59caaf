"""A small memory of finished work: for answers whose key alone is cheap, where `functools.lru_cache` would
hash or keep what they are made from (a session, a whole plan)."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TypeVar, cast

T = TypeVar("T")
CACHE_ENTRIES = 256


class Cache:
    """A small memory of finished work, the least recently used dropped first. For several threads:
    two that miss at once both do the work, and either result stands."""

    def __init__(self, entries: int = CACHE_ENTRIES) -> None:
        self._kept: OrderedDict[Hashable, object] = OrderedDict()
        self._entries = entries
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return cast(T, self._kept[key])
        made = make()
        self.put(key, made)
        return made

    def peek(self, key: Hashable) -> object:
        """What is kept under a key; None without anything."""
        with self._lock:
            return self._kept.get(key)

    def put(self, key: Hashable, made: object) -> None:
        with self._lock:
            self._kept[key] = made
            self._kept.move_to_end(key)
            while len(self._kept) > self._entries:
                self._kept.popitem(last=False)
