"""The worker: bounded, warm, replaced when it dies, and good for nothing but reading."""

from __future__ import annotations

import os
import resource
import signal
import threading
from collections.abc import Iterator

import pytest

from intake.files.gate import Limits
from intake.sandbox import (
    READ_WORKBOOK,
    Sandbox,
    SandboxCrashError,
    SandboxTimeoutError,
    close_sandboxes,
    patience,
    read_safely,
)
from intake.workbook.reader import WorkbookReading, read_workbook
from tests.support.hostile_files import rows_of_formatting, wide_and_deep
from tests.support.workbook_samples import edited, full, plan


@pytest.fixture(scope="module", autouse=True)
def _workers() -> Iterator[None]:
    yield
    close_sandboxes()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    one = Sandbox(Limits())
    yield one
    one.close()


def ask(sandbox: Sandbox, data: bytes) -> dict[str, object]:
    answer: dict[str, object] = sandbox.run(
        READ_WORKBOOK, data, "a.xlsx", "stc", Limits(), shared=plan()
    )
    return answer


def pid(sandbox: Sandbox) -> int:
    assert sandbox._process is not None
    return sandbox._process.pid


@pytest.mark.parametrize("agency", ["snv", "stc"])
def test_the_same_answer_as_in_this_process(agency: str) -> None:
    data = edited(full(agency), {("PL5" if agency == "snv" else "PL6", "E9"): "KPS"})
    assert read_safely(data, "a.xlsx", plan(), agency) == read_workbook(
        data, "a.xlsx", plan(), agency
    )


def test_one_worker_reads_many_files(sandbox: Sandbox) -> None:
    ask(sandbox, full("stc"))
    first = pid(sandbox)
    ask(sandbox, b"nothing")
    ask(sandbox, full("stc"))
    assert pid(sandbox) == first


def test_a_dead_worker_is_replaced_and_the_next_file_is_read(sandbox: Sandbox) -> None:
    with pytest.raises(SandboxCrashError):
        ask(sandbox, wide_and_deep())
    assert ask(sandbox, full("stc"))["kind"] == "template"


def test_a_worker_killed_between_files_is_noticed(sandbox: Sandbox) -> None:
    ask(sandbox, full("stc"))
    first = pid(sandbox)
    assert sandbox._process is not None
    sandbox._process.kill()
    sandbox._process.wait()
    assert ask(sandbox, full("stc"))["kind"] == "template"
    assert pid(sandbox) != first


def test_what_earlier_files_took_is_no_fault_of_the_next(sandbox: Sandbox) -> None:
    ask(sandbox, full("stc"))
    first = pid(sandbox)
    resource.prlimit(first, resource.RLIMIT_AS, (1 << 20, 1 << 20))
    ask(sandbox, b"0" * (8 << 20))
    assert pid(sandbox) != first


def test_too_slow_is_told_and_the_next_file_is_read() -> None:
    limits = Limits(seconds=0.5, memory_mb=2_000, max_part=1 << 30, max_unpacked=1 << 30)
    reading = read_safely(rows_of_formatting(6_000_000), "nang.xlsx", plan(), "stc", limits)
    assert [one.code for one in reading.findings] == ["file.too_slow"]
    assert read_safely(full("stc"), "nhe.xlsx", plan(), "stc", limits).values


def test_a_small_limit_refuses_what_a_large_one_reads() -> None:
    heavy = rows_of_formatting()
    reading = read_safely(heavy, "nang.xlsx", plan(), "stc", Limits(memory_mb=80))
    assert [one.code for one in reading.findings] == ["file.too_heavy"]
    assert read_safely(heavy, "nang.xlsx", plan(), "stc").values


def test_only_functions_of_this_room_are_called(sandbox: Sandbox) -> None:
    with pytest.raises(RuntimeError, match="not in these rooms"):
        sandbox.run("os:getcwd")


def test_a_fault_of_the_function_is_told_and_the_worker_lives(sandbox: Sandbox) -> None:
    with pytest.raises(RuntimeError, match="TypeError"):
        sandbox.run("intake.workbook.numbers:read_words")
    assert sandbox.run("intake.workbook.numbers:read_words", "mười hai") == 12


def test_the_worker_knows_no_secret_and_writes_no_file(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DONDOC_SMTP_URL", "smtp://user:secret@host")
    ask(sandbox, full("stc"))
    with open(f"/proc/{pid(sandbox)}/environ", "rb") as file:
        assert b"secret" not in file.read()
    with open(f"/proc/{pid(sandbox)}/limits", encoding="ascii") as file:
        limits = {line[:25].strip(): line[25:].split()[0] for line in file.readlines()[1:]}
    assert limits["Max file size"] == "0"
    assert limits["Max core file size"] == "0"
    assert int(limits["Max address space"]) < 700 * 1024 * 1024


def test_threads_take_turns() -> None:
    found: list[WorkbookReading] = []

    def read(agency: str) -> None:
        found.append(read_safely(full(agency), "a.xlsx", plan(), agency))

    threads = [threading.Thread(target=read, args=(one,)) for one in ("stc", "stp", "skhcn") * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.agency for one in found) == sorted(["stc", "stp", "skhcn"] * 3)
    assert all(one.values for one in found)


@pytest.mark.slow
def test_a_good_file_is_read_though_the_machine_has_no_time_for_it(sandbox: Sandbox) -> None:
    """Stopped for a while, a worker uses no time of the processor: that is no fault of its file."""
    ask(sandbox, full("stc"))
    process = pid(sandbox)
    os.kill(process, signal.SIGSTOP)
    later = threading.Timer(Limits().seconds + 1, os.kill, (process, signal.SIGCONT))
    later.start()
    assert ask(sandbox, full("stc"))["values"]
    assert pid(sandbox) == process


def test_what_only_waits_is_ended_by_the_clock(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(sandbox, full("stc"))
    monkeypatch.setattr("intake.sandbox.LEAST_SECONDS", 0.0)
    monkeypatch.setattr("intake.sandbox.PATIENCE", 0.1)
    os.kill(pid(sandbox), signal.SIGSTOP)
    with pytest.raises(SandboxTimeoutError):
        ask(sandbox, full("stc"))


def test_the_clock_is_wide_only_where_the_processor_is_counted() -> None:
    assert patience(5.0, counts_processor=True) == 30
    assert patience(20.0, counts_processor=True) == 120
    assert patience(5.0, counts_processor=False) == 5.5
