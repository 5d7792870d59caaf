"""How long flows and tasks try. Prefect's retries are for the database and Prefect itself; a message
that was not taken is tried again by the outbox, by its own rules."""

from __future__ import annotations

from typing import TypedDict

from prefect.tasks import exponential_backoff

FLOW_SECONDS = 3600
"""A run that hangs longer is failed, so that the next one may start."""
SLOT_SECONDS = 60
"""A killed run holds its turn on a channel no longer."""
TURN_SECONDS = 120
"""How long a run waits for its turn on a channel that another run is sending on."""


class Retry(TypedDict):
    """Options of a task that is tried again."""

    retries: int
    retry_delay_seconds: list[float]
    retry_jitter_factor: float
    persist_result: bool


RETRY: Retry = {
    "retries": 3,
    "retry_delay_seconds": exponential_backoff(backoff_factor=4)(3),
    "retry_jitter_factor": 0.5,
    "persist_result": False,
}
