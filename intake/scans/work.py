"""Reading the scanned pages that wait: each drawn in the guarded process, read by Tesseract in another, its
words kept in the store beside the file.

A million pages are as many turns, one after the other; a round takes so many as its time allows.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine

from intake.files.gate import Limits
from intake.files.store import Store, StoreAwayError, StoreError
from intake.pdf.pages import Rule
from intake.programs import tesseract
from intake.sandbox import SandboxCrashError, SandboxTimeoutError, sandbox_for
from intake.scans import queue
from intake.scans.page import ScannedPage, page_as_data, page_from_data, turn_of, words_of
from plan.errors import DondocError

_NO_STORE = (
    "Không đọc, ghi được nơi lưu tệp nên dừng lại; các trang còn chờ sẽ được đọc ở lượt sau."
)
PICTURE = "intake.scans.picture:picture_as_data"
_NO_PICTURE = "Không mở được trang này thành ảnh (hỏng, hoặc quá lớn)."
_NOT_READ = "Máy không đọc xong trang này trong thời gian và bộ nhớ cho phép."


class UnreadablePageError(Exception):
    """The page cannot be read; the message is Vietnamese."""


@dataclass
class Round:
    """What a round came to, in pages."""

    read: int = 0
    failed: int = 0
    stopped: str = ""
    """Why it ended before its time, in Vietnamese; the page it was at waits again."""


def read_waiting(
    engine: Engine,
    store: Store,
    now: Callable[[], datetime],
    limits: Limits | None = None,
    may_go_on: Callable[[], bool] = lambda: True,
    on_page: Callable[[str], None] = lambda _words: None,
) -> Round:
    """Read what waits until nothing does or `may_go_on` says no; `on_page` hears of each, in Vietnamese.
    Nothing where Tesseract is not installed; where the store fails no page is to blame, and the round ends.
    Safe in several processes at once, and killed at any instant: a page is settled with its words kept, or
    waits again."""
    done = Round()
    while tesseract.installed() and may_go_on():
        mine = queue.claim_page(engine, now())
        if mine is None:
            break
        try:
            page = read_page(store.get(mine.sha256), mine.page, limits)
            kept = _kept(store, page)
        except (StoreAwayError, OSError) as problem:
            queue.release(engine, mine)
            done.stopped = str(problem) if isinstance(problem, StoreAwayError) else _NO_STORE
            on_page(done.stopped)
            break
        except (UnreadablePageError, DondocError) as problem:
            queue.settle(engine, mine, now(), why=str(problem))
            done.failed += 1
            on_page(f"Trang {mine.page}: {problem}")
            continue
        queue.settle(engine, mine, now(), words_sha256=kept, confidence=page.confidence)
        done.read += 1
        on_page(f"Trang {mine.page}: đã đọc.")
    return done


def _kept(store: Store, page: ScannedPage) -> str:
    """The hash its words are kept under. A store that does not take them fails, not the page."""
    try:
        return store.put(_as_bytes(page))
    except StoreError as problem:
        raise StoreAwayError(str(problem)) from problem


def read_page(data: bytes, number: int, limits: Limits | None = None) -> ScannedPage:
    """One page (from 1) of a scan or photo. Raises UnreadablePageError."""
    bounds = limits or Limits()
    page = _read(data, number, 0, bounds)
    turn = turn_of(page.words)
    # A page that lies on its side is read better set upright.
    return _read(data, number, turn, bounds) if turn else page


def _read(data: bytes, number: int, turn: int, limits: Limits) -> ScannedPage:
    picture = picture_of(PICTURE, data, number, turn, limits)
    table = tesseract.table_of_words(base64.b64decode(picture["png"]))
    if table is None:
        raise UnreadablePageError(_NOT_READ)
    words = tuple(words_of(table, picture["scale"]))
    rules = tuple(Rule(*rule) for rule in picture["rules"])
    width, height = picture["size"]
    return ScannedPage(number, width, height, words, rules, turn)


def picture_of(target: str, data: bytes, number: int, turn: int, limits: Limits) -> Any:
    """What a function of `intake.scans.picture` gives for a page. Raises UnreadablePageError."""
    try:
        return sandbox_for(limits).run(target, data, number, turn, lane="scan")
    except (SandboxTimeoutError, SandboxCrashError, RuntimeError) as problem:
        raise UnreadablePageError(_NO_PICTURE) from problem


def _as_bytes(page: ScannedPage) -> bytes:
    return json.dumps(page_as_data(page), ensure_ascii=False).encode()


def kept_page(store: Store, words_sha256: str) -> ScannedPage:
    """A page that was read, out of the store. Raises NotFoundError, StoreError."""
    return page_from_data(json.loads(store.get(words_sha256)))
