"""From located cells to values: types, «Không áp dụng» with its reason, percentages and their parts."""

from __future__ import annotations

from collections.abc import Iterator

from intake.files.findings import fault
from intake.workbook.cells import Ask, CellContent, Taken, is_plain_count, read_cell, show
from intake.workbook.grid import Located, Spot, has_content
from intake.workbook.template import NOTE, FigureLine
from intake.workbook.xlsx import Place, cell_name
from plan.definition.appendices import ValueType
from plan.ledger.filing import FoundFault, ReadValue
from plan.text import number_words

_FROM_TROUBLE = {
    "error": "value.cell_error",
    "uncached": "value.uncached",
    "zero": "value.doubtful_zero",
}
_CLOSE = 0.05
"""Percentage points a typed percentage may lie off its parts and still be a rounding."""

Key = tuple[str, str]


class SheetReader:
    """Reads every spot of one sheet. `findings` and `places` are complete after `read`."""

    def __init__(self, located: Located) -> None:
        self.located = located
        self.grid = located.grid
        self.findings: list[FoundFault] = list(located.findings)
        self.places: dict[Key, tuple[str, str]] = {}
        self._values: dict[Key, ReadValue] = {}
        self._spots: dict[Key, Spot] = {}
        self._asked: dict[Key, Ask] = {}
        self._pairs: dict[Key, tuple[float, float]] = {}
        self._told: set[str] = set()

    def read(self) -> None:
        """Every figure, then what figures say about each other within one percentage."""
        for spot in self.located.spots:
            self._read(spot)
        for key, spot in list(self._spots.items()):
            if spot.line.asks_parts:
                self._settle_percent(key)
        for key, ask in self._asked.items():
            self._ask(self._spots[key], ask)

    def values(self) -> Iterator[ReadValue]:
        """Values in the order of the sheet."""
        yield from self._values.values()

    def notes(self) -> Iterator[ReadValue]:
        """The text of each row's «Ghi chú», once."""
        seen: set[Place] = set()
        row_lines = self.located.sheet.row_lines
        for spot in self.located.spots:
            if spot.note is None or spot.note in seen or not spot.line.owed:
                continue
            seen.add(spot.note)
            text = self._note(spot)
            if not text:
                continue
            table_by_rows = spot.line.name in row_lines
            yield ReadValue(
                indicator=spot.line.whole if table_by_rows else spot.line.appendix,
                period=NOTE if table_by_rows else spot.period,
                text=text,
                file=self.located.file,
                sheet=self.grid.name,
                cell=cell_name(*spot.note),
            )

    # --- one cell

    def _read(self, spot: Spot) -> None:
        line, place = spot.line, spot.place
        key = (line.name, spot.period)
        content = self.grid.at(*place)
        if not line.fills:
            if has_content(content):
                self._not_ours(spot)
            return
        self._spots[key] = spot
        self.places[key] = (self.grid.name, cell_name(*place))
        if line.indicator.not_applicable and spot.period in line.indicator.not_applicable:
            self._impossible(spot, content, line.indicator.not_applicable[spot.period])
        elif line.type is ValueType.count and is_plain_count(content) and not self.grid.zeros:
            self._put(spot, content)  # type: ignore[arg-type]  # told by is_plain_count
        elif content is None or content == "" or self.grid.zeros:
            self._read_doubtful(spot, key, content)
        else:
            self._read_content(spot, content)

    def _read_doubtful(self, spot: Spot, key: Key, content: CellContent) -> None:
        """A blank, or what an .xls may say instead of one."""
        trouble = None
        if spot.line.type is not ValueType.text:
            trouble = self.grid.trouble(spot.place, content)
        if trouble:
            self._trouble(key, spot.line, trouble)
        elif content is not None and content != "":
            self._read_content(spot, content)

    def _read_content(self, spot: Spot, content: CellContent) -> None:
        line = spot.line
        if line.type is ValueType.percent and isinstance(content, float) and 0 < content <= 1:
            shown = self.grid.percent(spot.place)
            self._take(spot, read_cell(content, line, percent_format=shown))
        else:
            self._take(spot, read_cell(content, line))

    def _take(self, spot: Spot, found: Taken | Ask | None) -> None:
        if found is None:
            return
        if isinstance(found, Ask):
            self._asked[(spot.line.name, spot.period)] = found
            return
        if found.not_applicable:
            self._not_applicable(spot, found.text or self._note(spot))
            return
        self._put(spot, found.number, found.text)
        if found.remark is not None:
            self._ask(spot, found.remark)
        if found.pair is not None:
            self._pairs[(spot.line.name, spot.period)] = found.pair

    def _put(
        self,
        spot: Spot,
        number: float | None = None,
        text: str | None = None,
        not_applicable: bool = False,
        name: str = "",
    ) -> None:
        name = name or spot.line.name
        sheet, cell = self.places[(spot.line.name, spot.period)]
        self._values[(name, spot.period)] = ReadValue(
            name, spot.period, number, text, not_applicable, self.located.file, sheet, cell
        )

    def _not_ours(self, spot: Spot) -> None:
        """Figures in a heading, or in another agency's row: told once a row, never taken."""
        if spot.line.name in self._told:
            return
        self._told.add(spot.line.name)
        if spot.line.type is ValueType.header:
            self._say("row.header_filled", spot)
        else:
            self._say(
                "row.not_owed",
                spot,
                owner=self.located.owners.get(spot.line.filled_by, "cơ quan khác"),
            )

    def _impossible(self, spot: Spot, content: CellContent, reason: str) -> None:
        found = read_cell(content, spot.line) if has_content(content) else None
        if isinstance(found, Taken) and not found.not_applicable and found.number != 0:
            self._say("value.impossible", spot, reason=reason)
            return
        self._put(spot, text=reason, not_applicable=True)

    def _trouble(self, key: Key, line: FigureLine, trouble: str) -> None:
        # A percentage of ours is a formula; other programs may not keep its result. Its parts tell.
        if line.indicator.ratio and not line.part and trouble in ("uncached", "zero"):
            return
        content = show(self.grid.at(*self._spots[key].place))
        self._asked[key] = Ask(_FROM_TROUBLE[trouble], {"read": content or "#"})

    def _not_applicable(self, spot: Spot, reason: str) -> None:
        if not reason:
            self._say("value.no_reason", spot)
            return
        self._put(spot, text=reason, not_applicable=True)
        if not spot.line.indicator.may_be_not_applicable:
            self._say("value.not_applicable", spot, reason=reason)

    def _note(self, spot: Spot) -> str:
        content = self.grid.at(*spot.note) if spot.note else None
        return show(content) if has_content(content) else ""

    # --- percentages

    def _settle_percent(self, key: Key) -> None:
        """A percentage left blank, or written as a fraction, follows from its parts where both stand."""
        name, period = key
        pair = self._pairs.get(key)
        if pair is not None:
            self._put_pair(key, pair)
        parts = self._parts(name, period)
        if parts is None:
            return
        whole = 100 * parts[0] / parts[1]
        spot = self._spots[key]
        asked = self._asked.get(key)
        if asked is None and key not in self._values and whole <= 100:
            self._put(spot, number=whole)
        elif asked is not None and asked.code == "value.percent_fraction":
            self._settle_fraction(key, whole)

    def _settle_fraction(self, key: Key, whole: float) -> None:
        content = self.grid.at(*self._spots[key].place)
        if not isinstance(content, int | float):
            return
        if abs(content - whole) <= _CLOSE:
            del self._asked[key]
            self._put(self._spots[key], number=float(content))
        elif abs(100 * content - whole) <= _CLOSE:
            del self._asked[key]
            self._put(self._spots[key], number=whole)
            words = {"read": number_words(content), "number": number_words(round(whole, 2))}
            self._ask(self._spots[key], Ask("value.percent_from_parts", dict(words)))

    def _parts(self, name: str, period: str) -> tuple[float, float] | None:
        found = [self._values.get((f"{name}#{part}", period)) for part in "nd"]
        numbers = [one.number for one in found if one is not None and one.number is not None]
        if len(numbers) < 2 or numbers[1] <= 0:
            return None
        return numbers[0], numbers[1]

    def _put_pair(self, key: Key, pair: tuple[float, float]) -> None:
        """«12.345/12.300» in the percentage's own cell gives its parts, unless they stand elsewhere."""
        for part, number in zip("nd", pair, strict=True):
            name = f"{key[0]}#{part}"
            if (name, key[1]) not in self._values:
                self._put(self._spots[key], number=number, name=name)

    # --- findings

    def _ask(self, spot: Spot, ask: Ask) -> None:
        self._say(ask.code, spot, **ask.words)

    def _say(self, code: str, spot: Spot, **words: object) -> None:
        self.findings.append(
            fault(
                code,
                sheet=self.grid.name,
                cell=cell_name(*spot.place),
                indicator=spot.line.name,
                period=spot.period,
                shown=str(words.pop("read_as", "")) or show(self.grid.at(*spot.place)),
                **words,  # type: ignore[arg-type]  # words for the text, never a place
            )
        )
