"""What pydantic says about a plan's shape, told in Vietnamese with the line; and what is left of it.

A plan with a bad value somewhere is still checked as far as it can be: the smallest part that cannot
be read (a value with a default, else an item of a list, else a whole section) is left out, and the
section is remembered as damaged so that nothing is concluded from what is missing there.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from plan.definition import PlanDefinition
from plan.faults import Fault, Positions, near
from plan.yamlfiles import KeyPath

ROUNDS = 8
"""Leaving a part out can make another fault visible; each round goes one level deeper."""

SENTENCES: Mapping[str, str] = {
    "missing": "Thiếu «{key}».",
    "extra_forbidden": "Không có khóa «{key}».{hint}",
    "string_type": "Phải là chữ, đang là {value}; nếu là số, hãy đặt trong ngoặc kép.",
    "string_pattern_mismatch": "«{value}» không đúng dạng {pattern}.",
    "string_too_short": "Không được để trống.",
    "list_type": "Phải là danh sách (mỗi mục một dòng bắt đầu bằng «-»).",
    "tuple_type": 'Phải là một cặp, ví dụ ["07:00", "11:30"].',
    "dict_type": "Phải là các cặp «khóa: giá trị».",
    "model_type": "Phải là các cặp «khóa: giá trị».",
    "too_short": "Phải có ít nhất {min_length} mục.",
    "too_long": "Chỉ được có {max_length} mục.",
    "int_type": "«{value}» không phải số nguyên.",
    "int_parsing": "«{value}» không phải số nguyên.",
    "int_from_float": "«{value}» không phải số nguyên.",
    "float_type": "«{value}» không phải số.",
    "float_parsing": "«{value}» không phải số.",
    "bool_type": "«{value}» phải là true hoặc false.",
    "bool_parsing": "«{value}» phải là true hoặc false.",
    "date_type": "«{value}» không phải ngày; hãy viết dạng 2020-04-30.",
    "date_parsing": "«{value}» không phải ngày; hãy viết dạng 2020-04-30.",
    "date_from_datetime_parsing": "«{value}» không phải ngày; hãy viết dạng 2020-04-30.",
    "date_from_datetime_inexact": "«{value}» không phải ngày; hãy viết dạng 2020-04-30.",
    "enum": "«{value}» không hợp lệ; phải là một trong: {expected}.{hint}",
    "literal_error": "«{value}» không hợp lệ; phải là một trong: {expected}.{hint}",
}
PATTERNS = {
    r"^[a-z0-9]+(-[a-z0-9]+)*$": "mã (chữ thường không dấu, số, nối bằng «-»)",
    r"^([01]\d|2[0-3]):[0-5]\d$": "giờ HH:MM, ví dụ 07:00",
    r"^PL[0-9A-Za-z]+$": "mã phụ lục, ví dụ PL1",
}


@dataclass
class Shaped:
    """What could be read. `damaged` names the top-level fields something was left out of."""

    definition: PlanDefinition | None = None
    faults: list[Fault] = field(default_factory=list)
    damaged: set[str] = field(default_factory=set)


def shape(data: Mapping[str, Any], positions: Positions, unreadable: frozenset[str]) -> Shaped:
    """Validate a plan's values, leaving out what is wrong; every fault is told once.

    `unreadable` are fields whose file could not be read: that they are missing is no second fault.
    """
    shaped = Shaped(damaged=set(unreadable))
    rest = copy.deepcopy(dict(data))
    for _ in range(ROUNDS):
        try:
            shaped.definition = PlanDefinition.model_validate(rest)
        except ValidationError as error:
            _note(error, shaped, positions, unreadable)
            paths = [detail["loc"] for detail in error.errors(include_url=False)]
            if not _leave_out(rest, paths, shaped.damaged):
                break
            continue
        break
    shaped.faults = sorted(set(shaped.faults))
    return shaped


def _note(
    error: ValidationError, shaped: Shaped, positions: Positions, unreadable: frozenset[str]
) -> None:
    for detail in error.errors(include_url=False):
        path = detail["loc"]
        if detail["type"] == "missing" and path and path[0] in unreadable:
            continue
        shaped.faults.append(positions.fault(_place(detail), sentence(detail)))


def _place(detail: ErrorDetails) -> KeyPath:
    """A missing key is told at the part it is missing from."""
    path = detail["loc"]
    return path[:-1] if detail["type"] == "missing" else path


def sentence(detail: ErrorDetails) -> str:
    """One pydantic error as a Vietnamese sentence."""
    context = detail.get("ctx", {})
    path = detail["loc"]
    key = str(path[-1]) if path else ""
    expected = str(context.get("expected", "")).replace("'", "").replace(" or ", ", ")
    known = _keys_at(path) if detail["type"] == "extra_forbidden" else expected.split(", ")
    wrong = key if detail["type"] == "extra_forbidden" else str(detail["input"])
    template = SENTENCES.get(detail["type"], "Giá trị «{value}» không hợp lệ.")
    return template.format(
        key=key,
        value=_shown(detail["input"]),
        pattern=PATTERNS.get(context.get("pattern", ""), "quy định"),
        min_length=context.get("min_length", 1),
        max_length=context.get("max_length", 1),
        expected=expected,
        hint=near(wrong, known),
    )


def _shown(value: Any) -> str:
    if isinstance(value, (dict, list)):
        return "một danh sách" if isinstance(value, list) else "một nhóm khóa"
    text = "trống" if value is None else str(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _keys_at(path: KeyPath) -> list[str]:
    """Keys allowed where this path ends, by walking the models."""
    model: Any = PlanDefinition
    for step in path[:-1]:
        if isinstance(step, int):
            continue
        found = model.model_fields.get(step) if model is not None else None
        model = _model_in(found.annotation) if found is not None else None
    return list(model.model_fields) if model is not None else []


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in get_args(annotation):
        found = _model_in(part)
        if found is not None:
            return found
    return None


def _leave_out(rest: dict[str, Any], paths: list[KeyPath], damaged: set[str]) -> bool:
    """Take the wrong parts out, deepest and last first so that numbers stay right."""
    changed = False
    for path in sorted(set(paths), key=lambda path: [_rank(step) for step in path], reverse=True):
        for end in range(len(path), 0, -1):
            if _removable(path[:end]) and _remove(rest, path[:end]):
                changed = True
                damaged.add(str(path[0]))
                break
    return changed


def _rank(step: str | int) -> tuple[int, str]:
    return (step, "") if isinstance(step, int) else (-1, step)


def _removable(path: KeyPath) -> bool:
    """An item of a list, or a key that may be absent."""
    if isinstance(path[-1], int):
        return True
    if path[-1] not in _keys_at(path):
        return True
    return not _required(path)


def _required(path: KeyPath) -> bool:
    model: Any = PlanDefinition
    for step in path[:-1]:
        if not isinstance(step, int) and model is not None and step in model.model_fields:
            model = _model_in(model.model_fields[step].annotation)
    return model is not None and bool(model.model_fields[path[-1]].is_required())


def _remove(rest: Any, path: KeyPath) -> bool:
    for step in path[:-1]:
        try:
            rest = rest[step]
        except (KeyError, IndexError, TypeError):
            return False
    try:
        del rest[path[-1]]
    except (KeyError, IndexError, TypeError):
        return False
    return True
