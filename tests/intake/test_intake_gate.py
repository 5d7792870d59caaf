"""Bad and hostile files: each is refused or told of, nothing raises, nothing runs."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.files.findings import FAULTS
from intake.files.gate import Limits, Refused, read_upload, safe_filename, sniff
from intake.sandbox import close_sandboxes, read_safely
from intake.workbook.template import template_for
from plan.settings import Settings
from tests.support.hostile_files import REFUSED, TOLD, rows_of_formatting
from tests.support.workbook_samples import figures, full, plan


@pytest.fixture(scope="module", autouse=True)
def _workers() -> Iterator[None]:
    yield
    close_sandboxes()


@pytest.mark.parametrize("name", list(REFUSED))
def test_refused_with_a_sentence(name: str) -> None:
    make, code = REFUSED[name]
    reading = read_safely(make(), f"{name}.xlsx", plan(), "stc")
    assert reading.kind == "refused"
    assert [one.code for one in reading.findings] == [code]
    assert reading.findings[0].severity == "error"
    assert reading.findings[0].file == safe_filename(f"{name}.xlsx")
    assert reading.values == ()


@pytest.mark.parametrize("name", list(TOLD))
def test_told_of_and_the_figures_still_read(name: str) -> None:
    make, code = TOLD[name]
    reading = read_safely(make(), "bieu.xlsx", plan(), "stc")
    assert code in {one.code for one in reading.findings}
    assert (
        len(reading.values) == len(figures(template_for(plan(), "stc"))) + 1
    )  # and one «Không áp dụng»


def test_a_million_formatted_rows_do_not_hide_the_figures() -> None:
    reading = read_safely(rows_of_formatting(), "bieu.xlsx", plan(), "stc")
    clean = read_safely(full("stc"), "bieu.xlsx", plan(), "stc")
    assert reading == clean
    assert clean.values


def test_a_part_that_lies_about_its_size_is_never_unpacked() -> None:
    from tests.support.hostile_files import lying_bomb

    assert read_safely(lying_bomb(), "bieu.xlsx", plan(), "stc").values


def test_two_gigabytes_of_zeros_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "zeros.xlsx"
    with path.open("wb") as file:
        file.truncate(2 << 30)
    with pytest.raises(Refused) as refused:
        read_upload(path, Limits(max_bytes=1_000_000))
    assert refused.value.finding.code == "file.too_large"


def test_too_many_bytes_never_reach_the_worker() -> None:
    reading = read_safely(
        b"PK" + b"\0" * 2_000_000, "to.xlsx", plan(), "stc", Limits(max_bytes=1_000_000)
    )
    assert reading.findings[0].code == "file.too_large"


def test_upload_within_the_limit_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "bieu.xlsx"
    path.write_bytes(b"x" * 1000)
    assert read_upload(path, Limits(max_bytes=1000)) == b"x" * 1000


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../../etc/passwd", "passwd"),
        ("C:\\Users\\a\\PL6.xlsx", "PL6.xlsx"),
        ("PL6.xlsx\0.exe", "PL6.xlsx.exe"),
        ("bao\u202exslx.exe", "baoxslx.exe"),
        ("  ", "tep-khong-ten"),
        ("..", "tep-khong-ten"),
        ("", "tep-khong-ten"),
        ("Phụ lục 6 (sửa lần 2).xlsx", "Phụ lục 6 (sửa lần 2).xlsx"),
    ],
)
def test_names_are_for_eyes_only(name: str, shown: str) -> None:
    assert safe_filename(name) == shown


@given(st.text(max_size=400))
def test_no_name_is_a_path(name: str) -> None:
    shown = safe_filename(name)
    assert shown
    assert len(shown) <= 170
    assert not set("/\\\0\n") & set(shown)
    assert shown not in (".", "..")


@given(st.binary(max_size=300))
def test_sniffing_never_raises(data: bytes) -> None:
    sniff(data)
    sniff(b"PK\x03\x04" + data)


def test_limits_are_settings() -> None:
    settings = Settings(
        max_upload_bytes=10, intake_seconds=1.5, intake_memory_mb=64, intake_max_sheets=3
    )
    limits = Limits.from_settings(settings)
    assert (limits.max_bytes, limits.seconds, limits.memory_mb, limits.max_sheets) == (
        10,
        1.5,
        64,
        3,
    )


def test_every_message_is_given_the_words_it_has_room_for() -> None:
    room = Path(__file__).parent.parent.parent / "intake"
    calls = [
        node
        for path in room.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "fault"
    ]
    known = [
        (str(call.args[0].value), {word.arg for word in call.keywords})
        for call in calls
        if call.args and isinstance(call.args[0], ast.Constant)
    ]
    assert len(known) > 40
    for code, words in known:
        if None not in words:  # handed on as they came
            wanted = {name for _, name, _, _ in Formatter().parse(FAULTS[code].message) if name}
            assert wanted <= words | {"sheet"}, code


def test_every_code_stands_in_the_table_and_is_used() -> None:
    room = Path(__file__).parent.parent.parent / "intake"
    source = "\n".join(path.read_text(encoding="utf-8") for path in room.rglob("*.py"))
    unused = [code for code in FAULTS if f'"{code}"' not in source]
    assert unused == []
    assert all(text.message.endswith((".", "…")) for text in FAULTS.values())
