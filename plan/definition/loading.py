"""Reading a plan's folder into a `PlanDefinition`, with file and line of every value.

A plan is a folder with `plan.yaml`. Any field of `PlanDefinition` may stand in `plan.yaml` or be the
whole content of a file of its own name beside it (`agencies.yaml`); appendices may also be one file
each in `appendices/`. The format is described in `docs/plan-format.md`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plan.definition.faults import Fault, Place, PlanFaults, Positions, near, shape
from plan.definition.model import PlanDefinition
from plan.definition.yaml_lines import KeyPath, YamlFile, read_yaml

MAIN = "plan.yaml"
FOLDER = "appendices"
FIELDS = frozenset(PlanDefinition.model_fields)

__all__ = ["Fault", "PlanFaults", "Positions", "ReadPlan", "load_definition", "read_plan"]


@dataclass(frozen=True)
class ReadPlan:
    """A plan as far as it could be read.

    `data` are the values as written; `unreadable` names the top-level fields of files that could not
    be read, `damaged` those and the ones that lost something.
    """

    definition: PlanDefinition | None
    data: dict[str, Any]
    positions: Positions
    faults: tuple[Fault, ...]
    unreadable: frozenset[str]
    damaged: frozenset[str]
    as_written: Callable[[KeyPath], KeyPath]
    """A path in `definition` as a path in `data` (items that could not be read are left out)."""


def load_definition(path: Path | str) -> tuple[PlanDefinition, Positions]:
    """The plan in this folder (or beside this `plan.yaml`) and where its values are written.

    Raises `PlanFaults` with every fault of the files and of the values' shape. What the parts say
    about each other is checked by `plan.definition.checks.check_plan`, not here.
    """
    read = read_plan(path)
    if read.faults or read.definition is None:
        raise PlanFaults(read.faults)
    return read.definition, read.positions


def read_plan(path: Path | str) -> ReadPlan:
    """Read as much of a plan as can be read; never raises for what the files say."""
    main = Path(path) if Path(path).is_file() else Path(path) / MAIN
    files = _Files(main)
    files.read()
    positions = Positions(files.data, files.places)
    shaped = shape(files.data, positions, frozenset(files.unreadable)) if files.found else None
    faults = [*files.faults(positions), *(shaped.faults if shaped else [])]
    return ReadPlan(
        shaped.definition if shaped else None,
        files.data,
        positions,
        tuple(sorted(set(faults))),
        frozenset(files.unreadable),
        frozenset(shaped.damaged if shaped else FIELDS),
        shaped.as_written if shaped else _unchanged,
    )


def _unchanged(path: KeyPath) -> KeyPath:
    return path


class _Files:
    """Joins the files of a folder into one tree of values."""

    def __init__(self, main: Path) -> None:
        self.main = main
        self.data: dict[str, Any] = {}
        self.places: dict[KeyPath, Place] = {(): Place(str(main), 0)}
        self.unreadable: set[str] = set()
        self.found = main.is_file()
        self.pending: list[tuple[str, int, KeyPath, str]] = []

    def faults(self, positions: Positions) -> Iterator[Fault]:
        for file, line, path, message in self.pending:
            yield Fault(file, line, positions.named(path), message)

    def read(self) -> None:
        if not self.found:
            what = "tệp" if self.main.parent.is_dir() else "thư mục"
            missing = self.main if self.main.parent.is_dir() else self.main.parent
            self.say(missing, f"Không có {what} này; kế hoạch là một thư mục có tệp {MAIN}.")
            return
        self.take_main()
        for file in sorted(self.main.parent.iterdir()):
            if file.is_file() and file.name != self.main.name:
                self.take_part(file)
        self.take_appendices(self.main.parent / FOLDER)

    def take_main(self) -> None:
        value = self.take(self.main, ())
        if value is None:
            # Anything might have stood in it, so nothing is missing for sure.
            self.unreadable |= FIELDS
        elif not isinstance(value, dict):
            self.say(self.main, "Tệp phải là các cặp «khóa: giá trị».", 1)
            self.unreadable |= FIELDS
        else:
            self.data.update(value)

    def take_part(self, file: Path) -> None:
        if file.suffix not in {".yaml", ".yml"}:
            return
        name = file.stem
        if file.suffix == ".yml" or name not in FIELDS:
            message = "Tệp tên lạ, không được đọc; tên phải là một trường của kế hoạch, đuôi .yaml."
            self.say(file, message + near(name, FIELDS))
            return
        if name in self.data:
            line = self.places[(name,)].line
            self.say(file, f"«{name}» đã có ở {self.main.name} dòng {line}; chỉ để ở một nơi.")
            return
        value = self.take(file, (name,))
        if value is None:
            self.unreadable.add(name)
        else:
            self.data[name] = value

    def take_appendices(self, folder: Path) -> None:
        files = sorted(folder.glob("*.yaml"), key=_natural)
        if not files:
            return
        if "appendices" in self.data:
            self.say(folder, f"Phụ lục đã có ở tệp khác; chỉ để trong thư mục {FOLDER}/.")
            return
        self.places[("appendices",)] = Place(str(folder), 0)
        found = self.data["appendices"] = []
        for file in files:
            value = self.take(file, ("appendices", len(found)))
            if value is None:
                self.unreadable.add("appendices")
            else:
                found.append(value)

    def take(self, file: Path, under: KeyPath) -> Any:
        read = read_yaml(file)
        self.remember(read, file, under)
        if read.readable and read.value is None:
            self.say(file, "Tệp trống.")
        return read.value

    def remember(self, read: YamlFile, file: Path, under: KeyPath) -> None:
        name = str(file)
        named = under if read.readable else under[:1]
        self.pending += [(name, t.line, (*named, *t.path), t.message) for t in read.troubles]
        if read.readable:
            self.places.update({(*under, *p): Place(name, line) for p, line in read.lines.items()})

    def say(self, file: Path, message: str, line: int = 0) -> None:
        self.pending.append((str(file), line, (), message))


def _natural(file: Path) -> list[int | str]:
    """PL2 before PL10."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", file.stem)]
