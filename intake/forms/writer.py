"""The pen a blank workbook is written with: texts, keys, input cells with their hints and limits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from intake.forms.layout import address
from intake.forms.style import Styles
from intake.workbook.cells import NOT_APPLICABLE, safe_cell_text
from intake.workbook.template import NOTE, FigureLine, Template
from intake.workbook.xlsx import Place
from plan.definition.appendices import ValueType
from plan.ledger.filing import ReadValue

Prefill = Mapping[tuple[str, str], ReadValue]

_STYLE = {
    ValueType.count: "count",
    ValueType.percent: "percent",
    ValueType.flag: "flag",
    ValueType.choice: "choice",
    ValueType.text: "text",
}
_HINT = {
    ValueType.count: "Số nguyên, từ 0 trở lên. Không phát sinh thì ghi 0.",
    ValueType.percent: "Tỷ lệ phần trăm từ 0 đến 100, ví dụ 98,5 (không gõ dấu %).",
    ValueType.flag: "Ghi 1 nếu có, 0 nếu không.",
    ValueType.choice: "Chọn trong danh sách.",
    ValueType.text: "Ghi ngắn gọn; có thể để trống.",
}
_OR_NOT_APPLICABLE = f" Không thuộc phạm vi: ghi «{NOT_APPLICABLE}» và nêu lý do ở cột Ghi chú."
_REFUSAL = {
    ValueType.count: "Ô này chỉ nhận số nguyên từ 0 trở lên (không gõ chữ, không gõ đơn vị)",
    ValueType.percent: "Ô này chỉ nhận số từ 0 đến 100",
    ValueType.flag: "Ô này chỉ nhận 1 (có) hoặc 0 (không)",
    ValueType.choice: "Hãy chọn một mục trong danh sách",
}
_TITLE_LIMIT, _TEXT_LIMIT = 32, 255


class Pen:
    """Writes one sheet. `sheet` is XlsxWriter's."""

    def __init__(self, sheet: Any, styles: Styles, template: Template, prefill: Prefill) -> None:
        self.sheet, self.styles, self.template, self.prefill = sheet, styles, template, prefill
        self.inputs: dict[ValueType, list[Place]] = {}
        """Input cells by type, for the colours of a wrong one."""
        self.heights: dict[int, float] = {}
        """Points by row, as far as they were set; hidden ones 0."""
        self._limited: dict[str, tuple[FigureLine, list[Place]]] = {}

    def agency_name(self, agency: str) -> str:
        return self.template.agency_names.get(agency, agency)

    def text(self, row: int, column: int, text: str, style: str) -> None:
        """A locked text, or an empty cell with a format."""
        if text:
            self.sheet.write_string(row, column, text, self.styles[style])
        else:
            self.sheet.write_blank(row, column, None, self.styles[style])

    def high(self, row: int, points: float) -> None:
        """A row's height."""
        self.sheet.set_row(row, points)
        self.heights[row] = points

    def hide(self, row: int) -> None:
        self.sheet.set_row(row, None, None, {"hidden": True})
        self.heights[row] = 0

    def key(self, row: int, column: int, key: str) -> None:
        self.sheet.write_string(row, column, key, self.styles["key"])

    def impossible(self, row: int, column: int, reason: str) -> None:
        """A cell where no figure can exist: greyed, locked, its reason shown when it is chosen."""
        self.text(row, column, NOT_APPLICABLE, "impossible")
        hint = {
            "validate": "any",
            "input_title": NOT_APPLICABLE,
            "input_message": reason[:_TEXT_LIMIT],
        }
        self.sheet.data_validation(row, column, row, column, hint)

    def part_unit(self, line: FigureLine) -> str:
        """The unit of a percentage's parts: what is being counted, out of their own words."""
        words = line.label.lower()
        return next(
            (unit for unit in ("hồ sơ", "văn bản", "dịch vụ", "người") if unit in words), "số lượng"
        )

    # --- what is filled in

    def figure(self, place: Place, line: FigureLine, period: str, *, ratio: str = "") -> None:
        """An input cell, with what is known already, and its limits. `ratio`: it computes itself."""
        required = ratio and line.indicator.ratio is not None and line.indicator.ratio.required
        style = self.styles["computed" if required else _STYLE[line.type]]
        known = self.prefill.get((line.name, period))
        if ratio and (known is None or self._has_parts(line, period)):
            self.sheet.write_formula(*place, ratio, style, self._result(line, period))
        else:
            self._known(place, known, style)
        self.inputs.setdefault(line.type, []).append(place)
        if not required:
            self._limited.setdefault(line.name, (line, []))[1].append(place)

    def write_limits(self) -> None:
        """One data validation a line, over all its cells."""
        for line, places in self._limited.values():
            first, *others = areas(places)
            options = limits(line, first[:2])
            if others:
                options["other_cells"] = [list(area) for area in others]
            self.sheet.data_validation(*first, options)

    def _result(self, line: FigureLine, period: str) -> float | str:
        """What the percentage's formula will give, so that the file says it before it is computed."""
        parts = [self.prefill.get((f"{line.name}#{part}", period)) for part in "nd"]
        numbers = [one.number for one in parts if one is not None and one.number is not None]
        if len(numbers) < 2 or numbers[1] <= 0:
            return ""
        return round(100 * numbers[0] / numbers[1], 2)

    def _has_parts(self, line: FigureLine, period: str) -> bool:
        return all((f"{line.name}#{part}", period) in self.prefill for part in "nd")

    def _known(self, place: Place, known: ReadValue | None, style: Any) -> None:
        if known is None:
            self.sheet.write_blank(*place, None, style)
        elif known.not_applicable:
            self.sheet.write_string(*place, NOT_APPLICABLE, style)
        elif known.number is not None:
            self.sheet.write_number(*place, known.number, style)
        else:
            self.sheet.write_string(*place, safe_cell_text(known.text or ""), style)

    def note(self, row: int, column: int, line: FigureLine) -> str:
        """The note's cell: what was noted, or the reason of a «Không áp dụng»; gives its text."""
        known = self.prefill.get((line.whole, NOTE)) if not line.part else None
        text = known.text or "" if known else self._reasons(line)
        text = safe_cell_text(text)
        self.text(row, column, text, "note")
        return text

    def _reasons(self, line: FigureLine) -> str:
        found = [
            value.text or ""
            for (name, period), value in self.prefill.items()
            if name == line.name
            and value.not_applicable
            and period not in line.indicator.not_applicable
        ]
        return "; ".join(dict.fromkeys(found))


Area = tuple[int, int, int, int]


def areas(places: Iterable[Place]) -> list[Area]:
    """Cells as rectangles of one row: first row, first column, last row, last column."""
    found: list[Area] = []
    for row, column in sorted(places):
        last = found[-1] if found else None
        if last is not None and (last[0], last[3] + 1) == (row, column):
            found[-1] = (row, last[1], row, column)
        else:
            found.append((row, column, row, column))
    return found


def limits(line: FigureLine, place: Place) -> dict[str, Any]:
    """The data validation of an input cell, with a hint and a refusal in Vietnamese."""
    kind = line.type
    hint = _HINT[kind]
    if line.indicator.note and not line.part:
        hint = f"{line.indicator.note} {hint}"
    if kind is not ValueType.text:
        hint += _OR_NOT_APPLICABLE
    options: dict[str, Any] = {
        "input_title": f"{line.name}"[:_TITLE_LIMIT],
        "input_message": _cut(hint),
    }
    if kind is ValueType.text:
        return {**options, "validate": "any"}
    refusal = f"{_REFUSAL[kind]}, hoặc «{NOT_APPLICABLE}» kèm lý do ở cột Ghi chú."
    return {
        **options,
        **_LIMITS[kind](line, address(place)),
        "error_title": "Chưa đúng",
        "error_message": _cut(refusal),
    }


def _cut(text: str) -> str:
    return text if len(text) <= _TEXT_LIMIT else f"{text[: _TEXT_LIMIT - 1]}…"


def _whole(_line: FigureLine, cell: str) -> dict[str, Any]:
    number = f"AND(ISNUMBER({cell}),{cell}>=0,{cell}=INT({cell}))"
    return {
        "validate": "custom",
        "value": f'=IF(ISNUMBER({cell}),{number},{cell}="{NOT_APPLICABLE}")',
    }


def _hundred(_line: FigureLine, cell: str) -> dict[str, Any]:
    number = f"AND({cell}>=0,{cell}<=100)"
    return {
        "validate": "custom",
        "value": f'=IF(ISNUMBER({cell}),{number},{cell}="{NOT_APPLICABLE}")',
    }


def _one_or_zero(_line: FigureLine, _cell: str) -> dict[str, Any]:
    return {"validate": "list", "source": ["1", "0", NOT_APPLICABLE]}


def _choice(line: FigureLine, _cell: str) -> dict[str, Any]:
    return {"validate": "list", "source": [*line.indicator.choices, NOT_APPLICABLE]}


_LIMITS = {
    ValueType.count: _whole,
    ValueType.percent: _hundred,
    ValueType.flag: _one_or_zero,
    ValueType.choice: _choice,
}
