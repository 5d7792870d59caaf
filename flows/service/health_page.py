"""`/health`: what `dondoc doctor` finds, asked by machines every few seconds and so remembered."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from flows.service.health import examine

if TYPE_CHECKING:
    from dashboard.web.monitoring import Check as PageCheck
    from flows.service.serve import Service

KEEP_SECONDS = 30.0


class Health:
    """The checks of a running service; whoever asks while they are being made waits for them."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lock = threading.Lock()
        self._found: Sequence[PageCheck] = ()
        self._until = 0.0

    def checks(self) -> Sequence[PageCheck]:
        """(what, whether it is well, in words what it is or what to do)."""
        if not self._service.ready or self._service.tools is None:
            return [("Khởi động", False, "Dịch vụ đang khởi động hoặc đang dừng.")]
        with self._lock:
            if time.monotonic() >= self._until:
                found = examine(self._service.settings, self._service.tools)
                self._found = [
                    (one.name, one.ok, f"{one.words} {one.what_to_do}".strip()) for one in found
                ]
                self._until = time.monotonic() + KEEP_SECONDS
            return self._found
