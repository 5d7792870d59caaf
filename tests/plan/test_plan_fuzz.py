"""Whatever a plan's files hold, checking them ends in faults that can be read, never in a crash."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import plan
from plan.definition.checks import check, check_plan
from plan.definition.loading import read_plan

SOURCE = Path(plan.__file__).parent / "04-kh-ubnd-2020"
DATA: dict[str, Any] = read_plan(SOURCE).data
QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]

junk = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["snv", "district", "PL1", "PL1.1", "2020-04-30", "07:00", "[PL1.1] > 1"]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.sampled_from(["id", "code", "words", "inherits"]), st.text(max_size=3)),
)


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every path in a plan's values."""
    found = [path] if path else []
    children = value.items() if isinstance(value, dict) else enumerate(value)
    if isinstance(value, (dict, list)):
        for key, child in children:
            found += (
                places(child, (*path, key)) if isinstance(child, (dict, list)) else [(*path, key)]
            )
    return found


PLACES = places(DATA)
spoilings = st.lists(st.tuples(st.sampled_from(PLACES), junk), min_size=1, max_size=6)


def spoilt(changes: list[tuple[tuple[str | int, ...], Any]]) -> Any:
    data = copy.deepcopy(DATA)
    for path, value in changes:
        here: Any = data
        for step in path[:-1]:
            here = here[step] if _reaches(here, step) else None
        if _reaches(here, path[-1]):
            here[path[-1]] = value
    return data


def _reaches(value: Any, step: str | int) -> bool:
    if isinstance(value, list):
        return isinstance(step, int) and step < len(value)
    return isinstance(value, dict) and step in value


def ends_in_readable_faults(folder: Path, changes: list[tuple[tuple[str | int, ...], Any]]) -> None:
    # JSON is YAML: a whole plan in one file.
    (folder / "plan.yaml").write_text(json.dumps(spoilt(changes), default=str), encoding="utf-8")
    checked = check(folder)
    for fault in checked.faults:
        assert fault.file.startswith(str(folder))
        assert fault.message
        assert "{" not in fault.message.replace("{left}", "").replace("{right}", "")
    if checked.definition is None:
        assert checked.faults


@given(changes=spoilings)
@settings(max_examples=6, deadline=None, suppress_health_check=QUIET)
def test_spoilt_values(tmp_path: Path, changes: list[tuple[tuple[str | int, ...], Any]]) -> None:
    ends_in_readable_faults(tmp_path, changes)


@pytest.mark.slow
@given(changes=spoilings)
@settings(max_examples=300, deadline=None, suppress_health_check=QUIET)
def test_many_spoilt_values(
    tmp_path: Path, changes: list[tuple[tuple[str | int, ...], Any]]
) -> None:
    ends_in_readable_faults(tmp_path, changes)


@given(st.binary(max_size=300))
@settings(deadline=None, suppress_health_check=QUIET)
def test_any_bytes(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "plan.yaml").write_bytes(content)
    assert check_plan(tmp_path)


def test_the_plan_in_one_file_is_the_same_plan(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(json.dumps(DATA, default=str), encoding="utf-8")
    checked = check(tmp_path)
    assert checked.faults == []
    assert checked.definition == read_plan(SOURCE).definition
