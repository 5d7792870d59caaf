"""What each column of a draft's task tables was taken for: shown, and changed by a person."""

from __future__ import annotations

from starlette.responses import Response

from dashboard.auth.viewer import OFFICE
from dashboard.web.request import Visit, number_in
from dashboard.web.routing import Pages
from drafting import workshop
from drafting.document import UnreadableError
from drafting.service import draft_safely
from plan.errors import RefusedError

pages = Pages()
ROLE_WORDS = {
    "": "không dùng",
    "no": "số thứ tự",
    "key": "mã việc",
    "task": "việc phải làm",
    "owner": "cơ quan chủ trì",
    "partner": "cơ quan phối hợp",
    "time": "thời hạn",
    "start": "ngày bắt đầu",
    "product": "sản phẩm",
    "kind": "loại sản phẩm",
    "to": "nơi nhận",
    "note": "ghi chú",
}
"""What a person may say that a column holds."""


def columns_of(made: dict[str, object]) -> list[tuple[str, str]]:
    """Every head of the task tables with its role, each head once."""
    found: dict[str, str] = {}
    for table in made.get("tables", ()):  # type: ignore[attr-defined] # JSON of a draft
        for one in table["columns"]:
            if one["head"].strip():
                found.setdefault(one["head"], one["role"])
    return list(found.items())


@pages.post("/soan/{draft}/cot", may=OFFICE)
def name_columns(visit: Visit) -> Response:
    """The document is read again in the guarded process, with what was said of its columns."""
    key, version = number_in(visit.param("draft")), number_in(visit.text("ban", 10))
    draft = workshop.find_draft(visit.session, key)
    heads = columns_of(draft.made)
    roles = {
        head: said
        for at, (head, _) in enumerate(heads)
        if (said := visit.text(f"cot-{at}", 20)) in ROLE_WORDS
    }
    visit.count_sending()
    data, name = visit.site.store.get(draft.sha256), draft.filename
    visit.let_go()
    try:
        made = draft_safely(data, name, roles=roles)
    except UnreadableError as refused:
        raise RefusedError(f"{refused} Chưa đổi gì.") from None
    with visit.writing() as session:
        workshop.read_again(session, key, version, made, actor=visit.who.actor, now=visit.now)
    found = len(made["obligations"])
    return visit.redirect(f"/soan/{key}", f"Đã đọc lại bảng theo các cột đã chọn: {found} việc.")
