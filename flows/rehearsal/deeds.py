"""What agencies and Sở Nội vụ do in a rehearsal, each by the program's own doors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, time

from sqlmodel import col, select

from flows.rehearsal.script import Act, Deed
from flows.rehearsal.stage import Stage
from intake.conference import HeldConference
from intake.forms.report import build_reports
from intake.forms.workbook import build_workbook
from intake.reassign import move_submission
from intake.samples.figures import Figures, figures_of, invent
from intake.samples.reports import Writer, filled_report
from intake.samples.world import world_of
from intake.submit import (
    Filed,
    ReceiptDetails,
    SubmissionContext,
    file_conference,
    file_duty,
    file_nil,
    submit_files,
)
from plan import ledger
from plan.calendar import local_day, local_instant
from plan.database import reading, writing
from plan.definition.model import DeliverableKind
from plan.models import AgencyName, Extension, Finding, Submission
from plan.queries.lookup import agency_names, find_agency, find_obligation, find_plan
from plan.queries.progress import ObligationView, obligations
from plan.states import Actor, Role, State
from plan.text import date_words

REVIEWER = Actor("Phòng Cải cách hành chính", Role.coordinator, origin="rehearsal")
NARRATIVE = (DeliverableKind.report, DeliverableKind.proposals)
MISSING = "tồn tại"
"""The wrong file is a report without its shortcomings."""
Words = Iterator[str]
File = tuple[str, bytes]


def submit(stage: Stage, act: Act, seed: int) -> Words:
    """The agency's clerk hands the whole package in at once; what was drafted for her goes by name."""
    yield from _hand_in(stage, act.agency, _package(stage, act, seed))
    for name in act.obligations:
        if (draft := _draft(stage, name)) is not None:
            yield from _hand_in(stage, act.agency, [draft], only=name)


def submit_wrong(stage: Stage, act: Act, seed: int) -> Words:
    """A report with its required sections empty, and last year's figures missing."""
    spoilt = _package(stage, act, seed, skip=MISSING, spoilt=True)
    yield from _hand_in(stage, act.agency, spoilt)


def submit_paper(stage: Stage, act: Act, seed: int) -> Words:
    """The package came by post: Sở Nội vụ records it with the day it truly came."""
    assert act.day is not None
    came = local_instant(act.day, time(15, 0))
    files = _package(stage, act, seed)
    filed = submit_files(
        _submission(
            stage,
            Actor("Văn thư Sở Nội vụ", Role.coordinator, origin="rehearsal"),
            ReceiptDetails(
                via="paper", reference=f"Công văn đến ngày {date_words(act.day)}", received_at=came
            ),
        ),
        act.agency,
        files,
    )
    yield f"{name_of(stage, act.agency)}: bản giấy đến {date_words(act.day)}, nay vào sổ. {_told(filed)}"


def submit_none(stage: Stage, act: Act, _seed: int) -> Words:
    """A nil return: «không phát sinh», with its reason."""
    reason = "Nội dung đã lồng ghép trong báo cáo tổng kết, không phát sinh văn bản riêng"
    for name in act.obligations:
        file_nil(
            _submission(stage, _clerk(stage, act.agency)),
            name,
            reason,
        )
        yield f"{name_of(stage, act.agency)}: không phát sinh «{name}»"


def hold_conference(stage: Stage, act: Act, _seed: int) -> Words:
    """A conference held and reported."""
    assert act.day is not None
    for name in act.obligations:
        filed = file_conference(
            _submission(stage, _clerk(stage, act.agency)),
            name,
            HeldConference(act.day, "Hội trường UBND", 120),
            minutes=("bien-ban.txt", f"Biên bản hội nghị {date_words(act.day)}\n".encode()),
        )
        yield f"{name_of(stage, act.agency)}: hội nghị ngày {date_words(act.day)}. {_told([filed])}"


def file_evidence(stage: Stage, act: Act, _seed: int) -> Words:
    """A standing duty is done: the document that says so, by its number."""
    on = date_words(local_day(stage.clock()))
    for name in act.obligations:
        filed = file_duty(
            _submission(stage, _clerk(stage, act.agency)),
            name,
            evidence=f"Công văn ngày {on} của {name_of(stage, act.agency)}",
        )
        yield f"{name_of(stage, act.agency)}: đã làm, kèm minh chứng. {_told([filed])}"


def move_evidence(stage: Stage, act: Act, _seed: int) -> Words:
    """What came under the wrong duty goes to the right one; both numbers stay in the trail."""
    wrong, right = act.obligations
    with reading(stage.engine) as session:
        number = find_obligation(session, stage.plan_id, wrong).submissions
    move_submission(
        _submission(stage, REVIEWER),
        wrong,
        number,
        right,
        reason="Nộp nhầm chỗ",
    )
    yield f"Sở Nội vụ chuyển bản nộp từ {wrong} sang {right}"


def ask_extension(stage: Stage, act: Act, _seed: int) -> Words:
    assert act.day is not None
    for name in act.obligations:
        with writing(stage.engine) as session:
            ledger.ask_extension(
                session,
                find_obligation(session, stage.plan_id, name).id or 0,
                until=act.day,
                reason="Cán bộ phụ trách đang cách ly y tế",
                actor=_clerk(stage, act.agency),
                now=stage.clock(),
            )
    yield f"{name_of(stage, act.agency)}: xin gia hạn đến hết {date_words(act.day)}"


def decide_extension(stage: Stage, act: Act, _seed: int) -> Words:
    """Granted, for whatever is still asked."""
    with reading(stage.engine) as session:
        asked = list(session.exec(select(Extension).where(Extension.state == "asked")))
    for request in asked:
        with writing(stage.engine) as session:
            ledger.decide_extension(
                session, request.id or 0, granted=True, actor=REVIEWER, now=stage.clock()
            )
    if asked:
        yield f"Sở Nội vụ cho {name_of(stage, act.agency)} gia hạn đến hết {date_words(asked[0].until)}"


def review(stage: Stage, _act: Act, _seed: int) -> Words:
    """Accept whatever waits; a warning is explained by its agency first."""
    for view in _views(stage):
        if view.state is State.submitted:
            _explain(stage, view)
            with writing(stage.engine) as session:
                ledger.accept(session, view.row_id, actor=REVIEWER, now=stage.clock())
            yield f"Sở Nội vụ nhận {view.id}"


DEEDS: dict[Deed, Callable[[Stage, Act, int], Words]] = {
    Deed.submit: submit,
    Deed.submit_wrong: submit_wrong,
    Deed.submit_nil: submit_none,
    Deed.submit_paper: submit_paper,
    Deed.hold_conference: hold_conference,
    Deed.file_duty: file_evidence,
    Deed.move_duty: move_evidence,
    Deed.ask_extension: ask_extension,
    Deed.decide_extension: decide_extension,
    Deed.review: review,
}


# --- the clerk's desk --------------------------------------------------------------------------


def _submission(stage: Stage, actor: Actor, how: ReceiptDetails | None = None) -> SubmissionContext:
    """Handed in at the rehearsal's moment."""
    how = how or ReceiptDetails()
    return SubmissionContext(stage.engine, stage.store, stage.plan_id, actor, stage.clock(), how)


def _clerk(stage: Stage, agency: str) -> Actor:
    who = f"Văn thư {_named(stage, agency).short}"
    return Actor(who, Role.agency, frozenset({agency}), origin="rehearsal")


def _hand_in(stage: Stage, agency: str, files: Sequence[File], only: str = "") -> Words:
    if not files:
        return
    filed = submit_files(
        _submission(stage, _clerk(stage, agency)),
        agency,
        files,
        only=only,
    )
    yield f"{name_of(stage, agency)}: nộp {len(files)} tệp. {_told(filed)}"


def _told(filed: Sequence[Filed]) -> str:
    errors = sum(f.severity == "error" for one in filed for f in one.findings)
    warnings = sum(f.severity == "warning" for one in filed for f in one.findings)
    numbers = ", ".join(_numbered(one) for one in filed if one.number)
    return f"{numbers or 'chưa ghi được gì'}: {errors} lỗi, {warnings} cảnh báo"


def _numbered(one: Filed) -> str:
    return f"{one.obligation} lần {one.number}{' (đã có)' if one.repeated else ''}"


def name_of(stage: Stage, code: str) -> str:
    """What an agency is called on the clock's day."""
    return _named(stage, code).name


def _named(stage: Stage, code: str) -> AgencyName:
    with reading(stage.engine) as session:
        agency = find_agency(session, stage.plan_id, code)
        names = agency_names(session, stage.plan_id, local_day(stage.clock()))
        return names[agency.id or 0]


def _views(stage: Stage) -> list[ObligationView]:
    with reading(stage.engine) as session:
        return obligations(session, find_plan(session, stage.plan_id), stage.clock())


def writer_of(stage: Stage, agency: str, seed: int) -> Writer:
    """Who writes the agency's reports, out of the plan's own world."""
    world = world_of(stage.definition.id)
    return Writer(name_of(stage, agency), agency, world, _province(stage, seed))


def _package(
    stage: Stage, act: Act, seed: int, *, skip: str = "", spoilt: bool = False
) -> list[File]:
    """The files for those of the obligations that are not accepted yet: one workbook and a document
    each, drafts left out."""
    views = {view.id: view for view in _views(stage)}
    open_ = [name for name in act.obligations if views[name].state is not State.accepted]
    own = [views[name] for name in open_ if _draft(stage, name) is None]
    narratives = {view.deliverable for view in own if view.kind in NARRATIVE}
    files: list[File] = []
    on = local_day(stage.clock())
    writer = writer_of(stage, act.agency, seed)
    for blank in build_reports(
        stage.definition, act.agency, on=on, written_at=stage.clock().astimezone(UTC)
    ):
        if blank.deliverable in narratives:
            data = filled_report(blank.data, writer, seed=seed, written_at=stage.clock(), skip=skip)
            files.append((blank.filename, data))
    if any(view.kind == DeliverableKind.appendix for view in own):
        files.append(
            (f"bieu-so-lieu-{act.agency}.xlsx", _workbook(stage, act.agency, seed, spoilt))
        )
    return files


def _draft(stage: Stage, obligation: str) -> File | None:
    """What consolidation drafted for this obligation and the office hands in as it stands; a
    compilation is material, not a draft."""
    for output in stage.definition.outputs:
        path = stage.out / "output" / output.filename
        if output.delivers == obligation and output.kind != "compilation" and path.exists():
            return output.filename, path.read_bytes()
    return None


def _workbook(stage: Stage, agency: str, seed: int, spoilt: bool) -> bytes:
    figures = figures_of(stage.definition, agency, _province(stage, seed))
    if spoilt:
        figures = dict(list(figures.items())[::2])
    return build_workbook(
        stage.definition, agency, on=local_day(stage.clock()), deadlines={}, prefill=figures
    )


_FIGURES: dict[tuple[int, int], Figures] = {}


def _province(stage: Stage, seed: int) -> Figures:
    """The whole province's figures, invented once a rehearsal."""
    key = (id(stage.definition), seed)
    if key not in _FIGURES:
        _FIGURES[key] = invent(stage.definition, seed)
    return _FIGURES[key]


def _explain(stage: Stage, view: ObligationView) -> None:
    with writing(stage.engine) as session:
        for finding in session.exec(
            select(Finding)
            .join(Submission, col(Submission.id) == Finding.submission_id)
            .where(
                Submission.obligation_id == view.row_id,
                Submission.state == "received",
                Finding.severity == "warning",
            )
        ).all():
            ledger.explain(
                session,
                finding.id or 0,
                explanation="Số liệu đã được đối chiếu với báo cáo năm; chênh lệch do sắp xếp tổ chức",
                actor=_clerk(stage, view.agency),
                now=stage.clock(),
            )
