"""Telling other programs through webhooks: the dashboard's queue, and the HTTP client it is handed."""

from __future__ import annotations

from collections.abc import Mapping

import httpx

from dashboard import webhooks
from flows.clock import real_clock
from flows.turn import Tools
from plan.secret import secret_key

SECONDS = 15.0


def tell_other_systems(tools: Tools) -> int:
    """Queue and send what is due; gives how many were taken. Nothing leaves on a virtual clock.

    In real time: a receiver judges a signature's age by its own clock.
    """
    if tools.settings.clock:
        return 0
    now = real_clock()
    webhooks.queue(tools.engine, now)
    done = webhooks.deliver(tools.engine, post, secret_key(tools.settings), now)
    return done["done"]


def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """POST, give the status. Follows no redirect. OSError when nobody answers."""
    try:
        return httpx.post(url, content=body, headers=dict(headers), timeout=SECONDS).status_code
    except httpx.HTTPError as error:
        raise OSError(str(error)) from error
