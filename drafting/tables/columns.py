"""A table's columns: what a head says its column holds."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from drafting.tables.grid import ORDINAL, GridRow
from drafting.words import fold

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
        r"^(?:các )?chỉ (?:tiêu|số)|đơn vị tính|đvt|^điểm|thang điểm|tiêu chí|số điểm|tỷ lệ|mục tiêu$"
        r"|^đơn vị$")),
    ("owner", re.compile(r"chủ trì.*phối hợp|thực hiện.*phối hợp")),
    ("partner", re.compile(
        r"phối hợp|tham gia|cùng (?:thực hiện|làm|triển khai)"
        r"|thẩm tra|thẩm định|^(?:cơ quan |đơn vị |bộ phận )?hỗ trợ(?: thực hiện)?$")),
    ("draft", re.compile(r"soạn thảo")),
    ("owner", re.compile(
        r"chủ trì|đầu mối|cơ quan thực hiện|đơn vị thực hiện|cơ quan trình|phân công|trách nhiệm"
        r"|^(?:các )?(?:sở|bộ|ban|phòng)(?:, | - |/)(?:ban, )?(?:ngành|ban|đơn vị|địa phương)"
        r"(?:, (?:đơn vị|địa phương))?$"
        r"|(?:người|bộ phận|nhóm|tổ|ban|phòng)(?:,? \S+)? (?:thực hiện|phụ trách)|^phụ trách"
        r"|chịu trách nhiệm|(?:cơ quan|đơn vị)(?:[ ,/]*(?:cơ quan|đơn vị"
        r"|địa phương|tổ chức))*(?: được giao| tham mưu| báo cáo| xử lý| thực hiện| triển khai)?$")),
    ("start", re.compile(r"^(?:thời gian |thời điểm |ngày )?bắt đầu|^từ(?: ngày)?$")),
    ("time", re.compile(r"kết thúc|^đến(?: ngày)?$|thời gian|thời hạn|tiến độ|hạn |^hạn|hoàn thành"
        r"|lộ trình|thời điểm|^năm$|ngày |^(?:tháng|qu[ýí]|tuần|ngày|mốc)$|^tháng/năm$")),
    ("product", re.compile(r"sản phẩm|kết quả|hồ sơ|hình thức văn bản|đầu ra|loại văn bản|^kpi")),
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
_LONGEST_HEAD = 40
_FINISH = re.compile(r"hoàn thành|thời hạn|^hạn|ban hành|trình|dự kiến|kết thúc|báo cáo|tiến độ")

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
        served = [role in self.roles for role in ("owner", "time")]
        return "task" in self.roles and (
            all(served) or (any(served) and "target" not in self.roles)
        )


def role_of(head: str, roles: Roles = NO_ROLES) -> str:
    """What a column's head says it holds; empty: unknown, or of no account."""
    low = " ".join(fold(head).split()).strip(" .:*()")
    if low in roles:
        return roles[low]
    return next((role for role, pattern in ROLES if low and pattern.search(low)), "")


def find_head(grid: Sequence[GridRow], said: Roles = NO_ROLES) -> tuple[Columns, int] | None:
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
        under = _heads_under(grid[end], heads, roles, said) if end < len(grid) else None
        if under is not None:
            heads, end = under, end + 1
            roles = [role_of(head, said) for head in heads]
        elif end < len(grid) and _is_second_head(grid[end], roles):
            heads = [
                " ".join(dict.fromkeys(part for part in (a, b.text) if part))
                for a, b in zip(heads, grid[end].cells, strict=False)
            ]
            below = [role_of(cell.text, said) for cell in grid[end].cells]
            roles = [
                under or role_of(head, said) or old
                for under, head, old in zip(below, heads, roles, strict=False)
            ]
            end += 1
        if end < len(grid) and all(
            re.fullmatch(r"\(?\d{1,2}\)?|\([a-z]\)", cell.text.strip())
            for cell in grid[end].cells
            if cell.lines
        ):
            end += 1
        best = (count, _columns(heads, roles), end)
    return (best[1], best[2]) if best else None


_DIVIDED = ("owner", "partner", "time", "start")


def _heads_under(
    line: GridRow, heads: Sequence[str], roles: Sequence[str], said: Roles
) -> list[str] | None:
    """The heads with «Chủ trì», «Phối hợp» in the place of the one they stand under («Phân công thực hiện»),
    where the file does not say which that is: the first head of such a role."""
    below = [cell.text for cell in line.cells if cell.lines]
    kinds = [role_of(text, said) for text in below]
    if not 2 <= len(below) < len(heads) or len(below) != len(line.cells):
        return None
    if any(kind not in _DIVIDED for kind in kinds) or any(
        len(text) > _LONGEST_HEAD for text in below
    ):
        return None
    at = next((at for at, role in enumerate(roles) if role in kinds), None)
    return [*heads[:at], *below, *heads[at + 1 :]] if at is not None else None


def _is_second_head(line: GridRow, roles: Sequence[str]) -> bool:
    if len(line.cells) != len(roles):
        return False
    below = [
        role_of(cell.text) for cell in line.cells if cell.lines
    ]  # where the file tells of no merged cells
    if not any(line.carried) and (line.cells[0].lines or not below or not all(below)):
        return False
    return all(
        len(cell.text) < 60 and not ORDINAL.match(fold(cell.text).strip())
        for cell in line.cells
        if cell.lines
    )


def _columns(heads: Sequence[str], roles: Sequence[str]) -> Columns:
    """The roles made unlike each other; a drafter owes a paper that nobody is named to hand in."""
    final = list(roles)
    if "draft" in final and "owner" not in final:
        final[final.index("draft")] = "owner"
    main = _main_time(heads, final)
    final = [
        "also-time" if role == "time" and at != main else role for at, role in enumerate(final)
    ]
    for at, role in enumerate(final):
        if role and role in final[:at] and role not in ("note", "money", "partner", "also-time"):
            final[at] = "extra"
    if "task" not in final and "product" in final and "target" not in final:
        final[final.index("product")] = (
            "task"  # what is to be handed in is all that is said of the task
        )
    if "task" not in final:
        unknown = [at for at, role in enumerate(final) if not role]
        if unknown and ("owner" in final or "time" in final) and "target" not in final:
            final[unknown[0]] = "task"
    time = final.index("time") if "time" in final else None
    finish = time is not None and bool(_FINISH.search(fold(heads[time])))
    return Columns(tuple(final), finish, tuple(heads))


_OF_REPORTS = re.compile(r"(?:hạn|thời gian|ngày)\b.*\bbáo cáo")


def _main_time(heads: Sequence[str], roles: Sequence[str]) -> int | None:
    """Of several columns of times the one a task is due by: one of its end before one of its work, and one of
    reports only where there is no other."""
    times = [at for at, role in enumerate(roles) if role == "time"]
    of_tasks = [at for at in times if not reports_in(heads[at])] or times
    ending = [at for at in of_tasks if _FINISH.search(fold(heads[at]))]
    return next(iter(ending or of_tasks), None)


def reports_in(head: str) -> bool:
    """Whether a column says when to report: «Thời hạn báo cáo»."""
    return bool(_OF_REPORTS.search(fold(head)))


def goes_on_with(grid: Sequence[GridRow], columns: Columns) -> bool:
    """Whether a table without heads goes on with the columns of the one before."""
    widths = [len(line.cells) for line in grid]
    return bool(widths) and max(widths) == len(columns.roles)
