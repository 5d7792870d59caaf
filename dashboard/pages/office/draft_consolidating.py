"""Who takes in what a drafted plan asks for, and what is consolidated of it."""

from __future__ import annotations

from starlette.responses import Response

from dashboard.auth.viewer import OFFICE, STAFF
from dashboard.web.request import Visit, number_in
from dashboard.web.routing import Pages
from drafting import workshop
from drafting.consolidating import (
    MAKINGS,
    TakenIn,
    gathered,
    may_draft,
    offered,
    outlined,
    products,
    taken_in,
)
from drafting.document import UnreadableError
from drafting.edits import KINDS
from drafting.settings import set_drafted, set_taken_in
from plan.errors import RefusedError
from plan.models import PlanDraft
from plan.text import number_words

pages = Pages()
LINES = 100
"""Rows on a page; each has two fields of a form."""


@pages.get("/soan/{draft}/tong-hop", may=STAFF)
def show(visit: Visit) -> Response:
    draft = _draft(visit)
    work = workshop.as_it_stands(draft)
    rows = list(products(work))
    count = max(1, -(-len(rows) // LINES))
    number = min(visit.page_number(), count)
    kinds = [kind for kind in KINDS if any(row["kind"] == kind for row in rows)]
    able = {kind: offered([kind], outlined=outlined(work)) for kind in kinds}
    made = gathered(work)
    return visit.render(
        "draft_consolidating.html",
        draft=draft,
        plan=work["plan"],
        rows=rows[(number - 1) * LINES : number * LINES],
        number=number,
        count=count,
        said=taken_in(draft.edits),
        nothing=TakenIn(),
        kinds={kind: KINDS[kind] for kind in kinds},
        able=able,
        makings=MAKINGS,
        outputs=[(one, list(may_draft(work, one))) for one in made],
        outlined=outlined(work),
        agencies=sorted({name for _, name in workshop.known_agencies(visit.session)}),
        may_edit=_may_edit(visit, draft),
    )


def _may_edit(visit: Visit, draft: PlanDraft) -> bool:
    whole = not draft.plan_id and not draft.made.get("basis")
    return visit.may_act and visit.who.role in OFFICE and whole


def _draft(visit: Visit) -> PlanDraft:
    return workshop.find_draft(visit.session, number_in(visit.param("draft")))


@pages.post("/soan/{draft}/tong-hop", may=OFFICE)
def save(visit: Visit) -> Response:
    """The rows of a page, one by one; what each output drafts."""
    draft = _draft(visit)
    rows = [row["id"] for row in products(workshop.as_it_stands(draft))]
    said = {row: _said(visit, row) for row in rows if f"vao-{row}" in visit.form}
    drafted = {
        key.removeprefix("la-"): visit.text(key, 20) for key in visit.form if key.startswith("la-")
    }
    return _kept(visit, draft, said, drafted, "Đã ghi ai nhận, ai tổng hợp.")


def _said(visit: Visit, name: str) -> TakenIn:
    return TakenIn(visit.text(f"nhan-{name}", 200), visit.text(f"vao-{name}", 20))


@pages.post("/soan/{draft}/tong-hop/theo-loai", may=OFFICE)
def save_by_kind(visit: Visit) -> Response:
    """The same for every row of a kind at once."""
    draft, kind = _draft(visit), visit.text("loai", 20)
    work = workshop.as_it_stands(draft)
    rows = [row["id"] for row in products(work) if row["kind"] == kind]
    said = _said(visit, "loai")
    if said.into and said.into not in {
        one.kind for one in offered([kind], outlined=outlined(work))
    }:
        raise RefusedError(
            f"Từ «{KINDS.get(kind, kind)}» không làm được {MAKINGS[said.into].words}"
            if said.into in MAKINGS
            else "Hãy chọn một loại tổng hợp."
        )
    done = f"Đã ghi cho {number_words(len(rows))} việc loại {KINDS.get(kind, kind)}."
    return _kept(visit, draft, dict.fromkeys(rows, said), {}, done)


def _kept(
    visit: Visit, draft: PlanDraft, said: dict[str, TakenIn], drafted: dict[str, str], done: str
) -> Response:
    if draft.made.get("basis"):
        raise RefusedError("Kế hoạch chép từ kế hoạch khác giữ các bản tổng hợp của kế hoạch ấy.")
    try:
        edits = set_drafted(set_taken_in(draft.edits, said), drafted)
    except UnreadableError as refused:
        raise RefusedError(f"{refused} Chưa ghi gì.") from None
    key, version = number_in(visit.param("draft")), number_in(visit.text("ban", 10))
    with visit.writing() as session:
        actor, step = visit.who.actor, workshop.DraftStep(done, edits=edits)
        workshop.change(session, key, version, actor=actor, now=visit.now, step=step)
    page = number_in(visit.text("trang", 10))
    return visit.redirect(f"/soan/{key}/tong-hop" + (f"?trang={page}" if page > 1 else ""), done)
