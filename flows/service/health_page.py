"""`/health`: what `dondoc doctor` finds, asked by machines every few seconds and so remembered."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from flows.schedule import environment
from flows.service.health import Check, Exam, examine

if TYPE_CHECKING:
    from dashboard.web.monitoring import Check as PageCheck
    from dashboard.web.system import System, WorkLine
    from flows.service.serve import Service

KEEP_SECONDS = 30.0


class Health:
    """The checks of a running service; whoever asks while they are being made waits for them."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lock = threading.Lock()
        self._found: Sequence[Check] = ()
        self._until = 0.0

    def checks(self) -> Sequence[PageCheck]:
        """(what, whether it is well, in words what it is or what to do)."""
        return [(one.name, one.ok, f"{one.words} {one.what_to_do}".strip()) for one in self.lines()]

    def lines(self) -> Sequence[Check]:
        """Every check, at most so old."""
        if not self._service.ready or self._service.tools is None:
            return [Check("Khởi động", False, "Dịch vụ đang khởi động hoặc đang dừng.")]
        with self._lock:
            if time.monotonic() >= self._until:
                self._found = examine(self._service.settings, self._service.tools)
                self._until = time.monotonic() + KEEP_SECONDS
            return self._found

    def system(self) -> System:
        """What the page «Hệ thống» shows."""
        from dashboard.web.system import CheckLine, System

        settings = self._service.settings
        return System(
            checks=lambda: [CheckLine(**vars(one)) for one in self.lines()],
            works=self._works,
            prefect_url=environment.pages_url(settings),
        )

    def _works(self) -> Sequence[WorkLine]:
        """The jobs with when each ran and will run; while Prefect does not answer, only the latter."""
        from dashboard.web.system import WorkLine

        if self._service.tools is None:
            return []
        exam = Exam(self._service.settings, self._service.tools)
        there = {one.name: one for one in exam.deployed} if exam.prefect_up else {}
        return [
            WorkLine(
                words=job.title or job.words,
                last_at=there[job.full_name].last_ran_at if job.full_name in there else None,
                next_at=job.moments[0] if job.moments else None,
                fault="đến giờ mà không chạy"
                if job.full_name in there and there[job.full_name].overdue
                else "",
            )
            for job in exam.jobs
        ]
