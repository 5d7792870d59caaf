"""What Sở Nội vụ decides about an obligation. Each is one call to the ledger, or to the room that reads
files first."""

from __future__ import annotations

from collections.abc import Callable

from sqlmodel import Session
from starlette.responses import Response

from dashboard.auth.viewer import OFFICE
from dashboard.web.request import MissingError, Visit, number_in
from dashboard.web.routing import Pages
from intake.reassign import move_submission
from intake.submit import SubmissionContext
from plan import ledger
from plan.errors import NotFoundError
from plan.models import Extension, Finding, Obligation, Submission
from plan.queries.lookup import find_obligation
from plan.states import Actor

pages = Pages()
BASE = "/nghia-vu/{agency}/{deliverable}"
EXPLAINED = "Đã ghi giải trình."


def locate(visit: Visit, session: Session) -> Obligation:
    """The obligation that the path names."""
    name = f"{visit.param('agency')}/{visit.param('deliverable')}"
    try:
        return find_obligation(session, visit.plan.id, name)
    except NotFoundError:
        raise MissingError from None


def back(visit: Visit, said: str) -> Response:
    path = f"/nghia-vu/{visit.param('agency')}/{visit.param('deliverable')}"
    return visit.redirect(path, said)


def _decide(visit: Visit, do: Callable[[Session, int], object], said: str) -> Response:
    with visit.writing() as session:
        row = locate(visit, session)
        assert row.id is not None
        do(session, row.id)
    return back(visit, said)


@pages.post(f"{BASE}/gia-han/{{extension}}", may=OFFICE)
def decide_extension(visit: Visit) -> Response:
    with visit.writing() as session:
        said = answer_request(visit, session, locate(visit, session), visit.who.actor)
    return back(visit, said)


def answer_request(visit: Visit, session: Session, row: Obligation, actor: Actor) -> str:
    """Grant or refuse the request of the path, if it is for this obligation, as the form says; what to tell
    whoever decided."""
    request = session.get(Extension, number_in(visit.param("extension")))
    if request is None or request.id is None or request.obligation_id != row.id:
        raise MissingError
    granted = visit.text("y-kien", 20) == "dong-y"
    ledger.decide_extension(
        session,
        request.id,
        granted=granted,
        actor=actor,
        now=visit.now,
        note=visit.text("ghi-chu"),
        document_number=visit.text("van-ban", 100),
    )
    return "Đã đồng ý gia hạn." if granted else "Đã trả lời không đồng ý gia hạn."


@pages.post(f"{BASE}/giai-trinh", may=OFFICE)
def explain(visit: Visit) -> Response:
    """An explanation of a warning, written down for the agency."""
    return _decide(visit, lambda session, key: explain_finding(visit, session, key), EXPLAINED)


def explain_finding(visit: Visit, session: Session, obligation_id: int) -> Finding:
    """Keep the form's explanation, if its finding belongs to this obligation."""
    finding = session.get(Finding, number_in(visit.text("phat-hien", 12)))
    submission = session.get(Submission, finding.submission_id) if finding else None
    if finding is None or finding.id is None or submission is None:
        raise MissingError
    if submission.obligation_id != obligation_id:
        raise MissingError
    return ledger.explain(
        session,
        finding.id,
        explanation=visit.text("noi-dung"),
        actor=visit.who.actor,
        now=visit.now,
    )


@pages.post(f"{BASE}/chuyen", may=OFFICE)
def move(visit: Visit) -> Response:
    """A submission that came to the wrong place goes to the right one, where it is checked again."""
    with visit.writing() as session:
        locate(visit, session)
    to, plan_id = visit.text("sang", 200), visit.plan.id
    visit.let_go()
    filed = move_submission(
        SubmissionContext(visit.site.engine, visit.site.store, plan_id, visit.who.actor, visit.now),
        f"{visit.param('agency')}/{visit.param('deliverable')}",
        number_in(visit.text("lan", 10)),
        to,
        reason=visit.text("ly-do"),
        limits=visit.site.limits,
    )
    faults = sum(one.severity == "error" for one in filed.findings)
    found = f"còn {faults} lỗi phải sửa" if faults else "không có lỗi nào"
    return visit.redirect(
        f"/nghia-vu/{filed.obligation}", f"Đã chuyển đến đây, lần {filed.number}; đọc lại: {found}."
    )
