"""What pydantic says about a plan's shape, told in Vietnamese with the line; and what is left of it.

A plan with a bad value somewhere is still checked as far as it can be: the smallest part that cannot
be read (a value with a default, else an item of a list, else a whole section) is left out, and the
section is remembered as damaged so that nothing is concluded from what is missing there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from plan.definition.model import PlanDefinition
from plan.definition.yaml_lines import KeyPath
from plan.errors import DondocError
from plan.text import number_words

# --- A fault of a plan's files, and where every value of a plan is written.


@dataclass(frozen=True, order=True)
class Fault:
    """One thing wrong: file, 1-based line (0: the whole file), path in the plan, what to do."""

    file: str
    line: int
    path: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.path}: {self.message}" if self.path else f"{place}: {self.message}"


class PlanFaults(DondocError):  # noqa: N818 - it is the faults, and is printed as such
    """A plan that cannot be used; carries every fault, in the order of files and lines."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = sorted(set(faults))
        listed = "\n".join(str(fault) for fault in self.faults)
        super().__init__(f"Kế hoạch có {number_words(len(self.faults))} lỗi:\n{listed}")


@dataclass(frozen=True)
class Place:
    """A file and a 1-based line in it (0: the whole file)."""

    file: str
    line: int


class Positions:
    """File and line of every value of a plan, by its path (`("agencies", 0, "id")`)."""

    def __init__(self, data: Mapping[str, Any], places: Mapping[KeyPath, Place]) -> None:
        self._data = data
        self._places = places

    def at(self, *path: str | int) -> Place:
        """Where the value stands; for one that is not written, the nearest part around it."""
        for end in range(len(path), -1, -1):
            if path[:end] in self._places:
                return self._places[path[:end]]
        return Place("", 0)

    def fault(self, path: KeyPath, message: str) -> Fault:
        """The fault at this path, with its place and the path in readable form."""
        place = self.at(*path)
        return Fault(place.file, place.line, self.named(path), message)

    def named(self, path: KeyPath) -> str:
        """The path with ids in place of numbers: `deliverables[district-report].due.words`."""
        words, here = "", self._data
        for step in path:
            here = _into(here, step)
            if isinstance(step, int):
                words += f"[{_name(here) or step}]"
            else:
                words += f".{step}" if words else step
        return words


def near(name: str, known: Iterable[str]) -> str:
    """« Có phải «x» không?» for the known name nearest to this one, or nothing."""
    close = get_close_matches(name, sorted(set(known)), n=1, cutoff=0.5)
    return f" Có phải «{close[0]}» không?" if close else ""


def _into(value: Any, step: str | int) -> Any:
    try:
        return value[step]
    except (KeyError, IndexError, TypeError):
        return None


def _name(value: Any) -> str:
    if not isinstance(value, dict):
        return ""
    for key in ("id", "code", "key"):
        if isinstance(value.get(key), str):
            return str(value[key])
    return ""


ROUNDS = 8
"""Leaving a part out can make another fault visible; each round goes one level deeper."""

STANDINS: Mapping[str, Any] = {
    "id": "thieu",
    "number": "?",
    "title": "?",
    "issued_on": "1900-01-01",
    "issuer": "thieu",
    "coordinator": "thieu",
    "agencies": [],
    "milestones": [],
    "deliverables": [],
    "reminders": {"rungs": [], "office_hours": []},
}
"""In place of a required field that cannot be read, so that the rest can still be looked at."""

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

    rest: Any = None
    definition: PlanDefinition | None = None
    faults: list[Fault] = field(default_factory=list)
    damaged: set[str] = field(default_factory=set)

    def as_written(self, path: KeyPath) -> KeyPath:
        """A path in the definition as a path in the files, which may have more items."""
        here, steps = self.rest, []
        for step in path:
            listed = isinstance(here, _Items) and isinstance(step, int) and step < len(here)
            steps.append(here.written[step] if listed else step)
            here = _inside(here, step)
        return tuple(steps)


class _Items(list[Any]):
    """A list that remembers each item's number in the file while items are left out."""

    def __init__(self, items: list[Any]) -> None:
        super().__init__(_tracked(item) for item in items)
        self.written = list(range(len(items)))

    def drop(self, index: int) -> None:
        del self[index]
        del self.written[index]


def _tracked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _tracked(child) for key, child in value.items()}
    return _Items(value) if isinstance(value, list) else value


def _inside(value: Any, step: str | int) -> Any:
    if isinstance(value, _Items) and isinstance(step, int) and step < len(value):
        return value[step]
    return value.get(step) if isinstance(value, dict) else None


def shape(data: Mapping[str, Any], positions: Positions, unreadable: frozenset[str]) -> Shaped:
    """Validate a plan's values, leaving out what is wrong; every fault is told once.

    `unreadable` are fields whose file could not be read: that they are missing is no second fault.
    """
    shaped = Shaped(rest=_tracked(dict(data)), damaged=set(unreadable))
    for _ in range(ROUNDS):
        try:
            shaped.definition = PlanDefinition.model_validate(shaped.rest)
            break
        except ValidationError as error:
            details = error.errors(include_url=False)
        _note(details, shaped, positions, unreadable)
        if not _leave_out(shaped, details):
            break
    shaped.faults = sorted(set(shaped.faults))
    return shaped


def _note(
    details: list[ErrorDetails], shaped: Shaped, positions: Positions, unreadable: frozenset[str]
) -> None:
    for detail in details:
        path = detail["loc"]
        missing = detail["type"] == "missing"
        if missing and path and path[0] in unreadable:
            continue
        # A missing key is told at the part it is missing from.
        written = shaped.as_written(path[:-1] if missing else path)
        shaped.faults.append(positions.fault(written, sentence(detail)))


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
    """Keys allowed beside the one this path ends with."""
    model = _model_at(path[:-1])
    return list(model.model_fields) if model is not None else []


def _model_at(path: KeyPath) -> type[BaseModel] | None:
    """The model whose keys stand at this path, by walking the models."""
    model: type[BaseModel] | None = PlanDefinition
    for step in path:
        if isinstance(step, int) or model is None:
            continue
        field = model.model_fields.get(step)
        model = _model_in(field.annotation) if field is not None else None
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in get_args(annotation):
        found = _model_in(part)
        if found is not None:
            return found
    return None


def _leave_out(shaped: Shaped, details: list[ErrorDetails]) -> bool:
    """Take the wrong parts out, last first so that the numbers before them stay right."""
    changed = False
    paths = {_smallest_removable(detail["loc"]) for detail in details}
    for path in sorted(paths, key=lambda path: [_rank(step) for step in path], reverse=True):
        removed = len(path) > 1 and _remove(shaped.rest, path)
        changed = removed or _stand_in(shaped.rest, path) or changed
    # An unknown key takes nothing away that is part of a plan.
    shaped.damaged |= {
        str(detail["loc"][0])
        for detail in details
        if detail["loc"] and detail["type"] != "extra_forbidden"
    }
    return changed


def _stand_in(rest: dict[str, Any], path: KeyPath) -> bool:
    """A top-level field that cannot be saved: its default, or what stands in for it."""
    name = str(path[0])
    rest.pop(name, None)
    if name in STANDINS:
        rest[name] = _tracked(STANDINS[name])
    return True


def _rank(step: str | int) -> tuple[int, str]:
    return (step, "") if isinstance(step, int) else (-1, step)


def _smallest_removable(path: KeyPath) -> KeyPath:
    """An item of a list, or a key that may be absent; else the whole top-level field."""
    for end in range(len(path), 1, -1):
        if isinstance(path[end - 1], int) or not _required(path[:end]):
            return path[:end]
    return path[:1]


def _required(path: KeyPath) -> bool:
    model = _model_at(path[:-1])
    field = model.model_fields.get(str(path[-1])) if model is not None else None
    return field is not None and field.is_required()


def _remove(rest: Any, path: KeyPath) -> bool:
    for step in path[:-1]:
        rest = _inside(rest, step)
    last = path[-1]
    if isinstance(rest, _Items) and isinstance(last, int) and last < len(rest):
        rest.drop(last)
        return True
    return isinstance(rest, dict) and rest.pop(last, rest) is not rest
