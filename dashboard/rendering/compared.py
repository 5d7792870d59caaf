"""Two submissions side by side: figures on the drawn sheet, the rest as lines. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dashboard.rendering.helpers import PAYLOAD_WORDS
from dashboard.rendering.sheet import Key
from dashboard.table import Table
from intake.compare import Change
from plan.definition.model import PlanDefinition

KINDS: Mapping[str, str] = {
    "cell": "Số liệu",
    "section": "Mục báo cáo",
    "fact": "Thông tin",
    "file": "Tệp",
}
BLANK = "trống"


@dataclass(frozen=True)
class DifferenceLine:
    """One difference, in words."""

    kind: str
    what: str
    before: str
    after: str


def marks(changes: Sequence[Change]) -> dict[Key, str]:
    """What stood in each changed cell before, for the drawn sheet; a ratio's parts mark their figure."""
    found: dict[Key, str] = {}
    for one in changes:
        if one.kind == "cell":
            name, _, part = one.name.partition("#")
            before = f"trước: {one.before or BLANK}"
            if part:
                found.setdefault((name, one.period), "khác tử số hoặc mẫu số")
            else:
                found[name, one.period] = before
    return found


def lines(changes: Sequence[Change]) -> list[DifferenceLine]:
    """All but the figures."""
    found = [_line(one) for one in changes if one.kind not in ("cell", "file")]
    return [*found, *_files(changes)]


def _line(one: Change) -> DifferenceLine:
    if one.kind == "section":
        gone = "\n".join(line[2:] for line in one.lines() if line.startswith("- "))
        come = "\n".join(line[2:] for line in one.lines() if line.startswith("+ "))
        return DifferenceLine(KINDS["section"], one.place or "Phần khác", gone, come)
    return DifferenceLine(
        KINDS["fact"], PAYLOAD_WORDS.get(one.name, "Thông tin khác"), one.before, one.after
    )


def _files(changes: Sequence[Change]) -> list[DifferenceLine]:
    """A file of the same name with other content is one line, not two."""
    gone = {one.before for one in changes if one.kind == "file" and one.before}
    come = {one.after for one in changes if one.kind == "file" and one.after}
    return [
        DifferenceLine(
            KINDS["file"],
            name,
            "có" if name in gone else "",
            ("nội dung khác" if name in gone else "thêm mới") if name in come else "",
        )
        for name in dict.fromkeys([*sorted(gone), *sorted(come)])
    ]


def change_table(definition: PlanDefinition, changes: Sequence[Change]) -> Table:
    """Everything, to take away."""
    labels = {
        f"{appendix.code}.{indicator.code}": f"{appendix.heading}: {indicator.label}"
        for appendix in definition.appendices
        for table in appendix.tables
        for indicator in table.indicators
    }
    cells = [
        (
            KINDS["cell"],
            labels.get(one.name.partition("#")[0], one.place),
            one.period,
            one.place,
            one.before,
            one.after,
        )
        for one in changes
        if one.kind == "cell"
    ]
    rest = [(one.kind, one.what, "", "", one.before, one.after) for one in lines(changes)]
    heads = ("Loại", "Nội dung", "Kỳ", "Trang, ô", "Trước", "Sau")
    return Table("Khác nhau giữa hai lần nộp", heads, [*cells, *rest])
