"""What agencies and Sở Nội vụ do in a rehearsal, each by the program's own doors."""

from __future__ import annotations

from collections.abc import Iterator

from plan.states import Actor, Role

REVIEWER = Actor("Phòng Cải cách hành chính", Role.coordinator, origin="rehearsal")
WRONG = "de-cuong-nham.docx"
Words = Iterator[str]
