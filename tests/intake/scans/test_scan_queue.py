"""The queue of scanned pages: one reader a page, killed or not; each settled once, its words beside it."""

from __future__ import annotations

import base64
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from intake.copies.pictures import pictures_of
from intake.files.store import Store, StoreAwayError, StoreError
from intake.programs import running as programs
from intake.programs import tesseract
from intake.scans import queue, work
from intake.scans.work import kept_page, read_waiting
from intake.submit import SubmissionContext, submit_files
from plan.database import reading, writing
from plan.models import ScanPage
from plan.states import Actor, Role
from tests.conftest import PLAN_ID, at
from tests.pdf_writing import sheet_as_pdf
from tests.scanning import photo, scanned, tsv
from tests.support.workbook_samples import full

NOW = at("2020-04-20 09:00")
FILE = "ab" * 32
CLERK = Actor("Văn thư", Role.agency, frozenset({"stp"}))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "tep"))


@pytest.fixture
def can_read(monkeypatch: pytest.MonkeyPatch) -> Callable[[str | None], None]:
    """A machine that says the same of every page."""

    def says(table: str | None) -> None:
        monkeypatch.setattr(tesseract, "installed", lambda: True)
        monkeypatch.setattr(tesseract, "table_of_words", lambda _png: table)

    return says


def enqueue(engine: Engine, pages: int = 3, file: str = FILE) -> None:
    with writing(engine) as session:
        queue.enqueue(session, file, range(1, pages + 1), NOW)


def rows(engine: Engine) -> list[ScanPage]:
    with reading(engine) as session:
        return list(session.exec(select(ScanPage).order_by(ScanPage.sha256, ScanPage.page)))


def test_each_page_is_one_readers_though_many_ask_at_once(any_engine: Engine) -> None:
    enqueue(any_engine, 12)

    def take_all(_reader: int) -> list[int]:
        taken = []
        while (mine := queue.claim_page(any_engine, NOW)) is not None:
            taken.append(mine.page)
        return taken

    with ThreadPoolExecutor(4) as pool:
        taken = [page for pages in pool.map(take_all, range(4)) for page in pages]
    assert sorted(taken) == list(range(1, 13))


def test_a_killed_readers_page_is_anothers_after_a_while_and_no_longer_its_own(
    any_engine: Engine,
) -> None:
    enqueue(any_engine, 1)
    killed = queue.claim_page(any_engine, NOW)
    assert killed is not None
    assert queue.claim_page(any_engine, NOW + queue.LEASE) is None
    later = NOW + queue.LEASE + timedelta(seconds=1)
    mine = queue.claim_page(any_engine, later)
    assert mine is not None
    assert not queue.settle(any_engine, killed, later, words_sha256="0" * 64)
    assert queue.settle(any_engine, mine, later, words_sha256=FILE, confidence=90)
    assert not queue.settle(any_engine, mine, later, why="again")
    (row,) = rows(any_engine)
    assert (row.state, row.words_sha256, row.confidence) == ("read", FILE, 90)


def test_the_same_file_handed_in_twice_is_read_once(any_engine: Engine) -> None:
    enqueue(any_engine)
    mine = queue.claim_page(any_engine, NOW)
    assert mine is not None
    queue.settle(any_engine, mine, NOW, words_sha256=FILE)
    enqueue(any_engine)
    assert [row.state for row in rows(any_engine)] == ["read", "waiting", "waiting"]
    with reading(any_engine) as session:
        done = queue.progress_of(session, [FILE, "cd" * 32])
    assert done == {FILE: queue.Progress(3, 1, 0)}


# --- filed, then read ------------------------------------------------------------------------------


def hand_in(engine: Engine, store: Store, name: str, data: bytes) -> str:
    """The hash of a file handed in for the appendix."""
    (filed,) = submit_files(
        SubmissionContext(engine, store, PLAN_ID, CLERK, NOW),
        "stp",
        [(name, data)],
        only="stp/appendix-2",
    )
    assert filed.number == 1
    return store.put(data)


def scan() -> bytes:
    made = pictures_of(sheet_as_pdf(full("stp"), "PL2"))
    assert made is not None
    return made


def test_a_scan_that_is_filed_waits_and_is_read_beside_itself(
    engine: Engine, store: Store, can_read: Callable[[str | None], None]
) -> None:
    data = scan()
    file = hand_in(engine, store, "quet.pdf", data)
    assert [(row.sha256, row.page, row.state) for row in rows(engine)] == [(file, 1, "waiting")]
    (page,) = scanned(sheet_as_pdf(full("stp"), "PL2"))
    can_read(tsv(page, scale=300 / 72))
    done = read_waiting(engine, store, lambda: NOW)
    assert (done.read, done.failed) == (1, 0)
    (row,) = rows(engine)
    kept = kept_page(store, row.words_sha256)
    assert (row.state, row.confidence, kept.text) == ("read", 96, page.text)
    assert store.get(file) == data


def test_without_the_program_nothing_is_taken(
    engine: Engine, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(engine, store, "anh.png", photo())
    monkeypatch.setattr(tesseract, "installed", lambda: False)
    assert read_waiting(engine, store, lambda: NOW) == work.Round()
    assert [row.state for row in rows(engine)] == ["waiting"]


def test_a_page_that_cannot_be_read_says_why_and_holds_up_no_other(
    engine: Engine, store: Store, can_read: Callable[[str | None], None]
) -> None:
    hand_in(engine, store, "anh.png", photo())
    enqueue(engine, 1)  # a file that the store has lost
    can_read(None)
    done = read_waiting(engine, store, lambda: NOW)
    assert (done.read, done.failed) == (0, 2)
    assert all(row.state == "failed" and row.why for row in rows(engine))


@pytest.mark.parametrize("away", [OSError("…"), StoreAwayError("Nơi lưu tệp không có tệp nào.")])
@pytest.mark.parametrize("door", ["get", "put"])
def test_where_the_store_is_away_every_page_waits(
    engine: Engine,
    store: Store,
    can_read: Callable[[str | None], None],
    monkeypatch: pytest.MonkeyPatch,
    away: Exception,
    door: str,
) -> None:
    hand_in(engine, store, "anh.png", photo())
    enqueue(engine, 1, store.put(photo(400, 300)))
    can_read("")

    def fails(_given: object) -> bytes:
        raise away

    with monkeypatch.context() as patched:
        patched.setattr(store, door, fails)
        done = read_waiting(engine, store, lambda: NOW)
    assert (done.read, done.failed) == (0, 0)
    assert "ơi lưu tệp" in done.stopped
    assert {(row.state, row.claimed_by) for row in rows(engine)} == {("waiting", "")}
    assert read_waiting(engine, store, lambda: NOW).read == 2


def test_words_that_a_store_does_not_keep_fail_no_page(
    engine: Engine,
    store: Store,
    can_read: Callable[[str | None], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hand_in(engine, store, "anh.png", photo())
    can_read("")

    def fails(_data: bytes) -> str:
        raise StoreError("Đọc lại khác bản đã ghi.")

    monkeypatch.setattr(store, "put", fails)
    assert read_waiting(engine, store, lambda: NOW).stopped == "Đọc lại khác bản đã ghi."
    assert [row.state for row in rows(engine)] == ["waiting"]


def test_pages_that_failed_wait_once_more_when_asked(any_engine: Engine) -> None:
    enqueue(any_engine, 2)
    for words in ("", FILE):
        mine = queue.claim_page(any_engine, NOW)
        assert mine is not None
        queue.settle(any_engine, mine, NOW, words_sha256=words, why="" if words else "hỏng")
    assert queue.again(any_engine) == 1
    assert [(row.state, row.why, row.read_at) for row in rows(any_engine)] == [
        ("waiting", "", None),
        ("read", "", NOW),
    ]
    assert queue.again(any_engine) == 0


def test_a_page_taken_over_is_not_released_by_who_had_it(any_engine: Engine) -> None:
    enqueue(any_engine, 1)
    killed = queue.claim_page(any_engine, NOW)
    mine = queue.claim_page(any_engine, NOW + 2 * queue.LEASE)
    assert killed is not None
    assert mine is not None
    queue.release(any_engine, killed)
    assert rows(any_engine)[0].claimed_by == mine.claim


def test_a_round_ends_when_its_time_does(
    engine: Engine, store: Store, can_read: Callable[[str | None], None]
) -> None:
    hand_in(engine, store, "anh.png", photo())
    can_read("")
    assert read_waiting(engine, store, lambda: NOW, may_go_on=lambda: False) == work.Round()
    assert read_waiting(engine, store, lambda: NOW).read == 1
    assert rows(engine)[0].confidence is None


def test_a_page_lying_on_its_side_is_set_upright_and_read_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = []
    upward = (
        "5\t1\t1\t1\t1\t1\t100\t500\t20\t80\t90\tmột\n5\t1\t1\t1\t1\t2\t100\t300\t20\t80\t90\thai"
    )

    def say(png: bytes) -> str:
        turns.append(base64.b64encode(png)[:8])
        return upward

    monkeypatch.setattr(tesseract, "table_of_words", say)
    page = work.read_page(photo(900, 600), 1)
    assert (len(turns), page.turn) == (2, 90)
    assert page.width < page.height


@pytest.mark.slow
@pytest.mark.skipif(not tesseract.installed(), reason="needs Tesseract with Vietnamese")
def test_tesseract_reads_a_page_within_its_guard(tmp_path: Path) -> None:
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("L", (1240, 600), 255)
    ImageDraw.Draw(image).text((100, 200), "TONG SO 1234", font=ImageFont.load_default(90), fill=0)
    image.save(tmp_path / "a.png")
    page = work.read_page((tmp_path / "a.png").read_bytes(), 1)
    assert "1234" in page.text
    assert page.confidence is not None
    assert page.confidence > 50


@pytest.mark.slow
@pytest.mark.skipif(not tesseract.installed(), reason="needs Tesseract with Vietnamese")
def test_tesseract_keeps_its_bounds() -> None:
    picture = base64.b64decode(
        work.picture_of(work.PICTURE, photo(3000, 3000), 1, 0, work.Limits())["png"]
    )
    assert tesseract.table_of_words(picture, programs.Bounds(seconds=60, megabytes=32)) is None
