"""Task tables: one obligation for each row.

Columns are known by their heads and, where the file does not say which columns a cell stands in, by what
the cells hold. Merged cells carry down; a row that spans the table is a group's title; lines in a cell pair
with lines in the next. A table without a task column and an owner or time column is no task table: nothing
is owed in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from drafting.agencies import agencies_at, agencies_in, split_names
from drafting.blocks import owners_of_label
from drafting.document import Cell, Row, Table
from drafting.due import NONE, Due, Time
from drafting.hand_ins import deliverable_of, kind_of
from drafting.labels import labels_of
from drafting.rows import Obligation
from drafting.sentences import recipients_of, subject_of
from drafting.times import find_times, read_slot
from drafting.words import TARGET, fold

ROLES = (
    ("no", re.compile(r"^(?:tt|stt|số tt|số thứ tự|no\.?|#|thứ tự)$")),
    ("key", re.compile(r"số phiếu|^mã(?:$| (?:số|việc|nhiệm vụ|phiếu|công việc|hồ sơ|định danh))|^id$")),
    ("given", re.compile(
        r"^(?:ngày|thời gian|thời điểm|người|đơn vị|cơ quan|lãnh đạo)(?: \S+)? (?:giao|tạo|cập nhật)"
        r"(?:$| việc| nhiệm vụ)|^ngày (?:văn bản|ban hành|ký|hoàn thành thực tế)$"
        r"|^(?:số|ký hiệu|văn bản)(?: \S+){0,3} (?:giao|chỉ đạo)(?:$| việc| nhiệm vụ)"
        r"|^số(?:/| và )?ký hiệu")),
    ("kind", re.compile(r"^(?:phân )?loại(?:$| sản phẩm| việc| nhiệm vụ| hình)")),
    ("to", re.compile(r"nơi nhận|(?:cơ quan|đơn vị) nhận|gửi (?:đến|về|cho)")),
    ("state", re.compile(r"trạng thái|tình trạng|tình hình|độ khẩn|độ mật")),
    ("money", re.compile(r"kinh phí|nguồn vốn|nguồn lực|dự toán")),
    ("target", re.compile(
        r"^(?:các )?chỉ tiêu|đơn vị tính|đvt|^điểm|thang điểm|tiêu chí|số điểm|tỷ lệ|mục tiêu$"
        r"|^đơn vị$")),
    ("owner", re.compile(r"chủ trì.*phối hợp|thực hiện.*phối hợp")),
    ("partner", re.compile(r"phối hợp|tham gia|thẩm tra|thẩm định")),
    ("draft", re.compile(r"soạn thảo")),
    ("owner", re.compile(
        r"chủ trì|đầu mối|cơ quan thực hiện|đơn vị thực hiện|cơ quan trình|phân công|trách nhiệm"
        r"|người thực hiện|chịu trách nhiệm|(?:cơ quan|đơn vị)(?:[ ,/]*(?:cơ quan|đơn vị"
        r"|địa phương|tổ chức))*(?: được giao| tham mưu| báo cáo| xử lý| thực hiện| triển khai)?$")),
    ("time", re.compile(r"thời gian|thời hạn|tiến độ|hạn |^hạn|hoàn thành|lộ trình|thời điểm|^năm$|ngày ")),
    ("product", re.compile(r"sản phẩm|kết quả|hồ sơ|hình thức văn bản|đầu ra|loại văn bản")),
    ("note", re.compile(r"ghi chú|lưu ý|căn cứ|địa điểm|quy mô|đối tượng|số lượng|thành phần")),
    ("task", re.compile(
        r"nhiệm vụ|nội dung|công việc|hoạt động|tên văn bản|đầu việc|giải pháp|tên đề án|đề án"
        r"|chương trình|văn bản|dự án|yêu cầu|sự kiện|hạng mục|tên ")),
)  # fmt: skip
"""What a column's head says it holds; the first that fits. To add one, put its word into its line."""

KINDS = {
    "báo cáo": "report",
    "đề xuất": "proposals",
    "kiến nghị": "proposals",
    "kế hoạch": "plan",
    "chương trình": "plan",
    "đề án": "plan",
    "văn bản": "document",
    "hội nghị": "conference",
    "tập huấn": "conference",
    "phụ lục": "appendix",
    "phụ lục số liệu": "appendix",
    "nhiệm vụ": "duty",
}
"""What a column «Loại» calls a kind."""
_FINISH = re.compile(r"hoàn thành|thời hạn|^hạn|ban hành|trình|dự kiến|kết thúc|báo cáo|tiến độ")
_ORDINAL = re.compile(
    r"^(?:\(?\d{1,3}(?:\.\d{1,3})*\)?[.)]?|[ivxlc]{1,6}\.?|[a-zđ][.)]?|[a-zđ]{1,2}\.\d{1,2}|-|\+)$"
)
_ROMAN = re.compile(r"^(?:[ivxlc]{1,6}|[a-zđ])[.)]?$")
_GROUP_TITLE = re.compile(r"^(?:[ivxlc]{1,6}\s*[.)/-]\s+\S|[A-ZĐ]\.\s)", re.IGNORECASE)
_CUT = re.compile(r"(?:…|\.{3})\s*$")
_EMPTY = re.compile(r"^(?:[-–.…_/x]*|nt|như trên)$")


Roles = Mapping[str, str]
NO_ROLES: Roles = {}


@dataclass
class Columns:
    """What stands in which column."""

    roles: tuple[str, ...]
    finish: bool
    """The time column names the end, not the period."""
    heads: tuple[str, ...]

    def as_data(self) -> list[dict[str, str]]:
        """Head and role of each column, to be shown and changed."""
        return [
            {"head": head, "role": role} for head, role in zip(self.heads, self.roles, strict=False)
        ]

    def at(self, role: str) -> int | None:
        """The first column of a role."""
        return self.roles.index(role) if role in self.roles else None

    @property
    def tasks(self) -> bool:
        """Whether these are a task table's columns."""
        return (
            "task" in self.roles
            and ("owner" in self.roles or "time" in self.roles)
            and "target" not in self.roles
        )


@dataclass
class TableReading:
    """What came of a table."""

    obligations: list[Obligation]
    columns: Columns | None
    unread: list[Row]
    context: list[Row]


def read_table(
    table: Table,
    block: int,
    source: str,
    year: int | None,
    before: Columns | None = None,
    roles: Roles = NO_ROLES,
) -> TableReading:
    """The obligations of a table.

    `before`: the columns of the table before, which it may go on with. `roles`: what a person says that a
    head names, by the head; it goes before `ROLES`.
    """
    grid = _grid(table)
    found = _head(grid, roles)
    columns, start = found if found is not None else (before, 0)
    if columns is None or not columns.tasks or (found is None and not _fits(grid, columns)):
        return TableReading([], columns if found else None, [], list(table.rows))
    rows = grid[start:]
    rows = _aligned(rows, columns, year) if table.ragged else _rejoined(rows, columns)
    return _read(rows, columns, table.rows[:start], block, source, year)


# --- the grid --------------------------------------------------------------------------------------


@dataclass
class _Line:
    """A row with its cells in their columns."""

    cells: list[Cell]
    row: Row
    carried: list[bool]
    """Which cells stand in a merged cell that began further up."""
    shared: bool = False
    """Whether it shares merged cells with the row above."""


def _grid(table: Table) -> list[_Line]:
    """The rows with every square filled: spans laid out, merged cells carried down."""
    lines: list[_Line] = []
    hanging: dict[int, tuple[int, Cell]] = {}
    for row in table.rows:
        cells: list[Cell] = []
        carried: list[bool] = []
        waiting = list(row.cells)
        while waiting or len(cells) in hanging:
            at = len(cells)
            if at in hanging:
                left, cell = hanging.pop(at)
                cells.append(cell)
                carried.append(True)
                if left > 1:
                    hanging[at] = (left - 1, cell)
                continue
            cell = waiting.pop(0)
            for step in range(max(1, min(cell.colspan, 60))):
                shown = cell if step == 0 else Cell((), bold=cell.bold)
                cells.append(shown)
                carried.append(False)
                if cell.rowspan > 1:
                    hanging[at + step] = (cell.rowspan - 1, shown)
        lines.append(_Line(cells, row, carried, any(carried)))
    return lines


def role_of(head: str, roles: Roles = NO_ROLES) -> str:
    """What a column's head says it holds; empty: unknown, or of no account."""
    low = " ".join(fold(head).split()).strip(" .:*()")
    if low in roles:
        return roles[low]
    return next((role for role, pattern in ROLES if low and pattern.search(low)), "")


def _head(grid: Sequence[_Line], said: Roles = NO_ROLES) -> tuple[Columns, int] | None:
    """The columns, and the row after the heads. Heads may stand in two rows."""
    best: tuple[int, Columns, int] | None = None
    for at, line in enumerate(grid[:6]):
        heads = [cell.text for cell in line.cells]
        if sum(len(head) > 90 for head in heads):
            continue
        roles = [role_of(head, said) for head in heads]
        count = len({role for role in roles if role})
        if count < 2 or (best is not None and count <= best[0]):
            continue
        end = at + 1
        if end < len(grid) and _is_second_head(grid[end], roles):
            heads = [
                " ".join(dict.fromkeys(part for part in (a, b.text) if part))
                for a, b in zip(heads, grid[end].cells, strict=False)
            ]
            roles = [role_of(head, said) or old for head, old in zip(heads, roles, strict=False)]
            end += 1
        if end < len(grid) and all(
            re.fullmatch(r"\(?\d{1,2}\)?|\([a-z]\)", cell.text.strip())
            for cell in grid[end].cells
            if cell.lines
        ):
            end += 1
        best = (count, _columns(heads, roles), end)
    return (best[1], best[2]) if best else None


def _is_second_head(line: _Line, roles: Sequence[str]) -> bool:
    if not any(line.carried) or len(line.cells) != len(roles):
        return False
    return all(
        len(cell.text) < 60 and not _ORDINAL.match(fold(cell.text).strip())
        for cell in line.cells
        if cell.lines
    )


def _columns(heads: Sequence[str], roles: Sequence[str]) -> Columns:
    """The roles made unlike each other: of «cơ quan trình» and «cơ quan soạn thảo» the first leads."""
    final = list(roles)
    if "draft" in final:
        at = final.index("draft")
        final[at] = "partner" if "owner" in final else "owner"
    first_partner = final.index("partner") if "partner" in final else None
    for at, role in enumerate(final):
        if role and role in final[:at] and role not in ("note", "money"):
            final[at] = "also-time" if role == "time" else "extra"
    if "task" not in final and "product" in final and "target" not in final:
        final[final.index("product")] = (
            "task"  # what is to be handed in is all that is said of the task
        )
    if "task" not in final:
        unknown = [at for at, role in enumerate(final) if not role]
        if unknown and ("owner" in final or "time" in final) and "target" not in final:
            final[unknown[0]] = "task"
    if "owner" not in final and first_partner is not None and "draft" not in roles:
        pass
    time = final.index("time") if "time" in final else None
    finish = time is not None and bool(_FINISH.search(fold(heads[time])))
    return Columns(tuple(final), finish, tuple(heads))


def _fits(grid: Sequence[_Line], columns: Columns) -> bool:
    """Whether a table without heads goes on with the columns of the one before."""
    widths = [len(line.cells) for line in grid]
    return bool(widths) and max(widths) == len(columns.roles)


# --- ragged rows -----------------------------------------------------------------------------------


def _kind(text: str, year: int | None) -> str:
    """What a cell looks like it holds."""
    low = fold(text).strip()
    if not low or _EMPTY.match(low):
        return "empty"
    if _ORDINAL.match(low):
        return "no"
    if (
        len(low) < 90
        and not agencies_at(text)
        and read_slot(text, finish=True, year=year).due.type != "none"
    ):
        return "time"
    named = agencies_at(text)
    if named is not None and (agencies_in(text) or len(text[named.end :].strip()) < 12):
        return "agency"
    return "text"


_FITS = {
    "no": ("no",),
    "owner": ("agency",),
    "partner": ("agency", "empty"),
    "time": ("time", "empty"),
    "task": ("text",),
}


def _aligned(rows: Sequence[_Line], columns: Columns, year: int | None) -> list[_Line]:
    """Rows whose cells stand in their columns; rows that were split at an empty cell joined."""
    joined: list[_Line] = []
    for line in rows:
        before = joined[-1] if joined else None
        if before is not None and _goes_on(before, line, columns, year):
            before.cells = [*before.cells, Cell(), *line.cells]
            continue
        joined.append(_Line(list(line.cells), line.row, list(line.carried)))
    return [_placed(line, columns, year) for line in joined]


def _rejoined(rows: Sequence[_Line], columns: Columns) -> list[_Line]:
    """Rows of which a part of the task stands in a row of its own, joined again."""
    joined: list[_Line] = []
    task = columns.at("task") or 0
    for line in rows:
        text = line.cells[task].text if task < len(line.cells) else ""
        alone = text and not any(cell.lines for at, cell in enumerate(line.cells) if at != task)
        before = joined[-1].cells[task].text if joined and task < len(joined[-1].cells) else ""
        if (
            alone
            and before
            and (text[0].islower() or not before.rstrip().endswith((".", ";", ":")))
            and not text.isupper()
            and not line.cells[task].bold
        ):
            cells = list(joined[-1].cells)
            cells[task] = Cell((f"{before} {text}",), bold=cells[task].bold)
            row = Row((*joined[-1].row.cells, *line.row.cells), joined[-1].row.place)
            joined[-1] = _Line(cells, row, joined[-1].carried, joined[-1].shared)
        else:
            joined.append(line)
    return joined


def _goes_on(before: _Line, line: _Line, columns: Columns, year: int | None) -> bool:
    """Whether a row is the rest of the one before, after an empty cell."""
    width = len(before.cells) + 1 + len(line.cells)
    if width > len(columns.roles) or len(before.cells) < 2 or not line.cells:
        return False
    first = _kind(line.cells[0].text, year)
    if first in ("no", "text") or _kind(before.cells[0].text, year) != "no":
        return False
    role = columns.roles[len(before.cells) + 1]
    return first in _FITS.get(role, ())


def _placed(line: _Line, columns: Columns, year: int | None) -> _Line:
    """A short row laid into the columns so that most cells stand where such things stand."""
    width, cells = len(columns.roles), line.cells
    if len(cells) >= width:
        return _Line(cells[:width], line.row, [False] * width)
    if len(cells) == 1 or (len(cells) == 2 and _kind(cells[0].text, year) == "no"):
        return line
    kinds = [_kind(cell.text, year) for cell in cells]
    offset = 0 if kinds[0] == "no" and columns.roles[0] == "no" else columns.at("task") or 0
    slots = _best_slots(kinds, columns.roles, offset)
    placed: list[Cell] = [Cell()] * width
    for cell, slot in zip(cells, slots, strict=True):
        placed[slot] = cell
    return _Line(placed, line.row, [False] * width, shared=offset > 0)


def _best_slots(kinds: Sequence[str], roles: Sequence[str], offset: int) -> list[int]:
    """Columns for cells, in order, that fit best what they hold."""
    best: tuple[int, list[int]] = (-10_000, list(range(offset, offset + len(kinds))))

    def score(slot: int, kind: str) -> int:
        fits = _FITS.get(roles[slot])
        return 0 if fits is None else 3 if kind in fits else -2

    def search(cell: int, slot: int, total: int, chosen: list[int]) -> None:
        nonlocal best
        if cell == len(kinds):
            if total > best[0]:
                best = (total, list(chosen))
            return
        for at in range(slot, len(roles) - (len(kinds) - cell) + 1):
            chosen.append(at)
            search(cell + 1, at + 1, total + score(at, kinds[cell]) - (at - slot), chosen)
            chosen.pop()

    search(0, offset, 0, [])
    return best[1]


# --- rows into obligations -------------------------------------------------------------------------


def _read(
    rows: Sequence[_Line],
    columns: Columns,
    heads: Sequence[Row],
    block: int,
    source: str,
    year: int | None,
) -> TableReading:
    reading = TableReading([], columns, [], list(heads))
    group, group_title, count = "", "", 0
    above: _Line | None = None
    for line in rows:
        title = _group_of(line)
        if title is not None:
            mark, group_title = title
            group, count, above = mark or group, 0, None
            reading.context.append(line.row)
            continue
        if not any(cell.lines for cell in line.cells):
            continue
        count += 1
        number = _number(line, columns) or str(count)
        place = ".".join(part for part in (source, group, number) if part)
        shared = above if _shares(line, columns) else None
        made = list(_row(line, shared, columns, block, place, group_title, year))
        if made:
            reading.obligations += made
        else:
            reading.unread.append(line.row)
        if shared is None or not above:
            above = line
        else:
            above = _Line(
                [
                    cell if cell.lines else old
                    for cell, old in zip(line.cells, above.cells, strict=False)
                ],
                line.row,
                line.carried,
            )
    return reading


def _group_of(line: _Line) -> tuple[str, str] | None:
    """The mark and title of a row that only heads the rows under it."""
    filled = [cell.text.strip() for cell in line.cells if cell.lines]
    if not filled or len(filled) > 2:
        return None
    if len(filled) == 2:
        mark, title = fold(filled[0]).strip(), filled[1]
        if _ORDINAL.match(mark) and _kind(title, None) == "agency" and len(line.cells) <= 2:
            return filled[0].strip(" .)"), title
        if _ORDINAL.match(mark) and (
            _ROMAN.match(mark) or title.isupper() or any(cell.bold for cell in line.cells)
        ):
            return filled[0].strip(" .)"), title
        return None
    text = filled[0]
    if _kind(text, None) == "agency" and len(line.cells) > 1:
        return "", text
    if (
        _GROUP_TITLE.match(text)
        or text.isupper()
        or line.cells[0].bold
        or (len(line.cells) == 1 and len(text) < 200 and not text.endswith((".", ";")))
    ):
        numbered = re.match(r"([IVXLC]{1,6}|[A-ZĐ])\s*[.)/-]", text)
        return (numbered[1] if numbered else ""), text
    return None


def _number(line: _Line, columns: Columns) -> str:
    at = columns.at("no")
    text = line.cells[at].text.strip(" .)(") if at is not None and at < len(line.cells) else ""
    return text if _ORDINAL.match(fold(text)) else ""


def _shares(line: _Line, columns: Columns) -> bool:
    """Whether a row has no number of its own: what is missing in it stands in the row above."""
    return (columns.at("no") is not None and not _number(line, columns)) or any(line.carried)


def _cell(line: _Line | None, columns: Columns, role: str) -> Cell:
    at = columns.at(role)
    if line is None or at is None or at >= len(line.cells):
        return Cell()
    cell = line.cells[at]
    return Cell() if _EMPTY.match(fold(cell.text).strip()) else cell


def _row(
    line: _Line,
    above: _Line | None,
    columns: Columns,
    block: int,
    source: str,
    section: str,
    year: int | None,
) -> Iterator[Obligation]:
    """The obligations of one row."""
    task = _cell(line, columns, "task")
    if not task.lines:
        return
    owner, partner = _cell(line, columns, "owner"), _cell(line, columns, "partner")
    time, product = _cell(line, columns, "time"), _cell(line, columns, "product")
    if above is not None:
        owner = owner if owner.lines else _cell(above, columns, "owner")
        time = time if time.lines else _cell(above, columns, "time")
        product = product if product.lines else _cell(above, columns, "product")
    span = line.row.text
    named_kind = KINDS.get(fold(_cell(line, columns, "kind").text).strip(), "")
    for tasks, owners, partners, times in _pairs(task, owner, partner, time):
        names, helpers, doubt = _owners(owners)
        helpers = helpers + tuple(name for name in _names(partners) if name not in helpers)
        if not names:
            subject = subject_of(tasks)
            names = subject.owners if subject else ()
        if not names and _kind(section, year) == "agency":
            names = split_names(re.sub(r"^[IVXLC\d]+[.)]\s*", "", section))
        for when in _times(times, columns.finish, year):
            found = Obligation(
                text=tasks,
                owners=names,
                cooperating=helpers,
                deliverable=deliverable_of(tasks),
                kind=named_kind
                or (kind_of(tasks, product.text) if not _reports(when) else "report"),
                due=when.due if when else NONE,
                due_words=when.words if when else "",
                source=source,
                span=span,
                block=block,
                place=line.row.place,
                to=_names(_cell(line, columns, "to").text) or recipients_of(tasks),
                product=product.text,
                section=section,
                from_table=True,
                key=_cell(line, columns, "key").text,
            )
            if _CUT.search(tasks):
                found.ask("what", "Nội dung bị cắt ở «…»: hãy ghi đủ theo phiếu giao việc.")
            if not names:
                found.ask(
                    "owner", "Dòng này chưa ghi cơ quan chủ trì: giao cho ai, hay không theo dõi?"
                )
            if doubt:
                found.ask("owner", doubt, names)
            if when is not None and when.doubt:
                found.ask("time", when.doubt)
            yield found


def _pairs(task: Cell, owner: Cell, partner: Cell, time: Cell) -> list[tuple[str, str, str, str]]:
    """Lines of cells that stand beside each other; one whole row where they do not pair."""
    count = len(owner.lines)
    if count > 1 and len(task.lines) == count and all(len(line) > 15 for line in task.lines):
        partners = partner.lines if len(partner.lines) == count else (partner.text,) * count
        times = time.lines if len(time.lines) == count else (time.text,) * count
        return list(zip(task.lines, owner.lines, partners, times, strict=True))
    return [(task.text, "\n".join(owner.lines), "\n".join(partner.lines), "\n".join(time.lines))]


def _owners(text: str) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """Owners and partners of an owner cell, and a doubt."""
    flat = " ".join(text.split())
    if not flat:
        return (), (), ""
    labels = labels_of(flat)
    if labels and labels[0].kind in ("owner", "partner"):
        by = {label.kind: split_names(label.value) for label in labels}
        return by.get("owner", ()), by.get("partner", ()), ""
    names, partners = owners_of_label(flat)
    if names:
        return names, partners, ""
    named = agencies_at(flat)
    if named is not None and named.end < len(flat):
        rest = flat[named.end :].strip(" .;,")
        if re.match(r"(?:thúc đẩy|theo dõi|chủ trì|báo cáo|tổng hợp|thực hiện)", fold(rest)):
            return named.names, (), ""
    return (
        tuple(part.strip(" -;,.") for part in text.split("\n") if part.strip(" -;,."))
        if "\n" in text and len(text) < 200
        else (flat,),
        (),
        "",
    )


def _names(text: str) -> tuple[str, ...]:
    if not text.strip() or fold(text).strip() in ("không", "-"):
        return ()
    flat = " ".join(text.split())
    return agencies_in(flat) or split_names(flat)


_SEGMENT = re.compile(r"\n|;\s+|\.\s+(?=[A-ZĐ])|\s+[-+]\s+(?=[A-ZĐ])")


def _times(text: str, finish: bool, year: int | None) -> list[Time | None]:
    """The times of a cell: several only where two parts of it name days, or a report stands by routine."""
    flat = " ".join(text.split())
    if not flat.strip(" -+;."):
        return [None]
    parts = [part.strip(" -+;") for part in _SEGMENT.split(text) if part.strip(" -+;.")]
    readings = [read_slot(part, finish=finish, year=year) for part in parts]
    timed = list(
        _distinct([one for one in readings if one.due.timed and (one.due.day or one.due.at)])
    )
    if len(timed) > 1:
        return list(timed)
    whole = read_slot(flat, finish=finish, year=year)
    routine = re.match(r"thường xuyên\s*[,;]", fold(flat))
    if routine and "báo cáo" in fold(flat) and whole.due.type == "recurring":
        return [Time(0, routine.end(), "Thường xuyên", Due("ongoing")), whole]
    return [whole]


def _distinct(times: Sequence[Time]) -> Iterator[Time]:
    seen: list[tuple[Due, str]] = []
    for time in times:
        if (time.due, fold(time.words)) not in seen:
            seen.append((time.due, fold(time.words)))
            yield time


def _reports(when: Time | None) -> bool:
    return when is not None and "báo cáo" in fold(when.words)


def is_target(text: str) -> bool:
    """Whether a row is a figure to be reached."""
    return bool(TARGET.match(fold(text)))


__all__ = ["Columns", "TableReading", "find_times", "is_target", "read_table", "role_of"]
