"""Drafts kept in the database: taken in, answered, changed, published as a plan. Each is one transaction.

Two people may work on a draft at once: every change names the version it was made on, and is refused when
somebody else was quicker, with nothing lost of what they had.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, select

from drafting.answers import Answer, answered, by_ids_now
from drafting.document import UnreadableError
from drafting.edits import carried, edited, empty_edits, ids_now
from drafting.first_round import clear_part
from drafting.grammar.names import agency_key
from drafting.plan_folder import definition_of
from drafting.revision.definition import revised
from drafting.revision.rows import AMEND, amendment_of, next_year_of
from drafting.settings import with_settings
from plan.amending.amend import Amended, amend_plan
from plan.calendar import UnknownYearError, WorkingCalendar
from plan.definition.model import PlanDefinition
from plan.directory.agencies import read_directory
from plan.directory.entries import Entry
from plan.errors import NotFoundError, RefusedError
from plan.importing.obligations import AmendedBy
from plan.importing.plan import load_plan
from plan.ledger import audit
from plan.ledger.core import require_open
from plan.models import AgencyName, Plan, PlanDraft
from plan.queries.definitions import definition_of as plan_definition
from plan.states import Actor

MOST_DRAFTS = 200
MOST_STEPS_BACK = 10
NO_DOCUMENT = ""
"""The hash of a draft made of a plan: there is no document in the store."""


def take_in(
    session: Session,
    made: dict[str, Any],
    *,
    filename: str,
    sha256: str,
    actor: Actor,
    now: datetime,
) -> PlanDraft:
    """Keep a draft that was read of a document; groups answered for an earlier plan are known already."""
    draft = PlanDraft(
        filename=filename[:200],
        sha256=sha256,
        made=made,
        answers=_remembered(session, made),
        edits=empty_edits(),
        created_by=actor.name,
        created_at=now,
        updated_by=actor.name,
        updated_at=now,
    )
    session.add(draft)
    session.flush()
    _record(session, draft, "draft.read", actor, now, {"sha256": sha256})
    return draft


def draft_plan(
    session: Session, plan: Plan, *, start: date | None, actor: Actor, now: datetime
) -> PlanDraft:
    """A plan on the desk: to be amended, or (`start`: the local day of issue) as another that begins then.

    RefusedError for a closed plan to be amended, and for a year whose days off nobody knows."""
    definition = plan_definition(plan)
    if start is None:
        require_open(session, plan.id)
        made, name = amendment_of(definition, plan.definition_hash), f"Sửa đổi {plan.number}"
    else:
        years = range(definition.issued_on.year - 1, start.year + 2)
        try:
            calendar = WorkingCalendar.build(years, definition.calendar)
            made = next_year_of(definition, start, calendar)
        except UnknownYearError as unknown:
            raise RefusedError(str(unknown)) from None
        name = f"Từ {plan.number}"
    return take_in(session, made, filename=name, sha256=NO_DOCUMENT, actor=actor, now=now)


def _remembered(session: Session, made: Mapping[str, Any]) -> dict[str, Any]:
    """Who a group is was said for an earlier plan: the newest answer stands again, and is shown."""
    asked = {one["id"] for one in made["questions"] if one["id"].startswith("group-")}
    if not asked:
        return {}
    known: dict[str, Any] = {}
    rows = session.exec(
        select(PlanDraft.answers).order_by(col(PlanDraft.id).desc()).limit(MOST_DRAFTS)
    )
    for answers in rows:
        for key in asked & answers.keys():
            known.setdefault(key, answers[key])
    return known


def directory_names(session: Session, today: date) -> list[str]:
    """Every agency's name as of a local date, of all plans, each once and in the plans' order."""
    statement = (
        select(AgencyName.agency_id, AgencyName.name)
        .where(AgencyName.valid_from <= today)
        .order_by(col(AgencyName.agency_id), col(AgencyName.valid_from))
    )
    newest = dict(session.exec(statement).all())  # the last of each agency stays
    return list(dict.fromkeys(newest.values()))


def drafts(session: Session) -> list[PlanDraft]:
    """The newest first, published ones included."""
    statement = select(PlanDraft).order_by(col(PlanDraft.id).desc()).limit(MOST_DRAFTS)
    return list(session.exec(statement))


def find_draft(session: Session, draft_id: int) -> PlanDraft:
    draft = session.get(PlanDraft, draft_id)
    if draft is None:
        known = session.exec(select(PlanDraft.id).limit(MOST_DRAFTS))
        raise NotFoundError("bản soạn", str(draft_id), [str(one) for one in known])
    return draft


def as_it_stands(draft: PlanDraft) -> dict[str, Any]:
    """The draft with what people changed and answered; its questions are those still open.

    An answer that no longer fits (its rows were changed by hand since) is left aside."""
    work = edited(draft.made, draft.edits)
    return answered_where_asked(work, draft.answers)


def answers_given(draft: PlanDraft) -> list[tuple[str, str, Any]]:
    """Every answer that stands: the question's id, its text (empty: it is not asked any more), the answer."""
    asked: dict[str, str] = {}
    answered_where_asked(edited(draft.made, draft.edits), draft.answers, asked)
    return [(key, asked.get(key, ""), said) for key, said in draft.answers.items()]


def answered_where_asked(
    work: dict[str, Any], answers: Mapping[str, Answer], seen: dict[str, str] | None = None
) -> dict[str, Any]:
    """As `drafting.answers.answered`, for answers of which some may have no question any more. `seen`: takes
    down every question on the way, its text by its id."""
    made, left = answered(work, {}), dict(answers)
    while left:
        asked = {one["id"] for one in made["questions"]}
        if seen is not None:
            seen |= {one["id"]: one["text"] for one in made["questions"]}
        now = {key: value for key, value in left.items() if key in asked}
        if not now:
            return made
        made = answered(made, now)
        left = {key: value for key, value in left.items() if key not in now}
    return made


@dataclass(frozen=True)
class DraftStep:
    """One change of a draft."""

    words: str = ""
    """What was done, for who takes it back."""
    answers: Mapping[str, Answer | None] = field(default_factory=dict)
    """Question id → answer; None: the answer is taken back."""
    edits: dict[str, Any] | None = None
    """None: as they are."""


def change(
    session: Session,
    draft_id: int,
    version: int,
    *,
    actor: Actor,
    now: datetime,
    step: DraftStep,
) -> PlanDraft:
    """Answer questions or change rows. RefusedError with a sentence when the change cannot be read, or when
    the draft is not the one that was looked at any more."""
    draft = _locked(session, draft_id, version)
    before = {"answers": draft.answers, "edits": draft.edits, "words": step.words}
    draft.before = [*draft.before, before][-MOST_STEPS_BACK:]
    kept = dict(draft.answers)
    for key, answer in step.answers.items():
        kept.pop(key, None)
        if answer is not None:
            kept[key] = answer
    draft.answers = kept
    if step.edits is not None:
        draft.edits = step.edits
    try:
        as_it_stands(draft)
    except UnreadableError as refused:
        raise RefusedError(str(refused)) from None
    return _kept(session, draft, actor, now)


def step_back(session: Session, draft_id: int, version: int, *, actor: Actor, now: datetime) -> str:
    """Take the last change back, whatever it was; what was done, in its own words. RefusedError: there is
    none left."""
    draft = _locked(session, draft_id, version)
    if not draft.before:
        raise RefusedError("Không còn việc nào để hoàn tác.")
    *earlier, last = draft.before
    draft.answers, draft.edits, draft.before = last["answers"], last["edits"], earlier
    _kept(session, draft, actor, now)
    return str(last["words"])


def _kept(session: Session, draft: PlanDraft, actor: Actor, now: datetime) -> PlanDraft:
    draft.version += 1
    draft.updated_by, draft.updated_at = actor.name, now
    session.add(draft)
    session.flush()
    return draft


def read_again(
    session: Session,
    draft_id: int,
    version: int,
    made: dict[str, Any],
    *,
    actor: Actor,
    now: datetime,
) -> PlanDraft:
    """The document read anew with columns that a person named: answers stay, and what was set of the rows
    that are the same."""
    draft = _locked(session, draft_id, version)
    ids = ids_now(draft.made["obligations"], made["obligations"], draft.edits)
    draft.made = made
    step = DraftStep(answers=by_ids_now(draft.answers, ids), edits=carried(draft.edits, ids))
    found = change(session, draft_id, version, actor=actor, now=now, step=step)
    found.before = []  # its rows bore other ids
    return found


def _locked(session: Session, draft_id: int, version: int) -> PlanDraft:
    statement = select(PlanDraft).where(PlanDraft.id == draft_id).with_for_update()
    draft = session.exec(statement.execution_options(populate_existing=True)).first()
    if draft is None:
        raise NotFoundError("bản soạn", str(draft_id), [])
    if draft.plan_id:
        raise RefusedError("Bản soạn này đã thành kế hoạch; sửa tiếp ở kế hoạch ấy.")
    if draft.version != version:
        raise RefusedError(
            f"{draft.updated_by} vừa sửa bản soạn này; hãy xem lại rồi làm tiếp. Chưa ghi gì."
        )
    return draft


def publish(session: Session, draft_id: int, version: int, *, actor: Actor, now: datetime) -> str:
    """Make the plan of a draft without open questions; it is loaded as «nháp». Gives its id."""
    draft = _locked(session, draft_id, version)
    definition = definition_as_drafted(draft, standing(session))
    if amends(draft):
        raise RefusedError("Bản này sửa một kế hoạch đã có; hãy xem thay đổi rồi ban hành sửa đổi.")
    taken = set(session.exec(select(Plan.id)))
    if definition.id in taken:
        free = next(
            name
            for number in range(2, len(taken) + 3)
            if (name := f"{definition.id}-{number}") not in taken
        )
        definition = definition.model_copy(update={"id": free})
    try:
        load_plan(session, definition, actor=actor, now=now)
    except UnknownYearError as unknown:
        raise RefusedError(
            f"Chưa biết ngày nghỉ lễ của năm {unknown.year}: hãy ghi các ngày ấy ở «Thiết lập nhắc», mục "
            f"ngày nghỉ, như «01/01/{unknown.year}: nghỉ, Tết Dương lịch», rồi tạo lại kế hoạch."
        ) from None
    draft.plan_id, draft.version = definition.id, draft.version + 1
    draft.before = []  # no step of it can be taken back any more
    draft.updated_by, draft.updated_at = actor.name, now
    session.add(draft)
    _record(session, draft, "draft.published", actor, now, {"plan": definition.id})
    return definition.id


def amends(draft: PlanDraft) -> str:
    """The id of the plan that a draft amends; empty: it makes a new one."""
    basis = draft.made.get("basis") or {}
    return str(basis.get("plan", "")) if basis.get("kind") == AMEND else ""


def standing(session: Session) -> dict[str, Entry]:
    """The directory's agencies that stand, by `agency_key` of their names; of two that bear one, neither."""
    found: dict[str, list[Entry]] = defaultdict(list)
    for entry in read_directory(session).values():
        if entry.names and not entry.valid_to:
            found[agency_key(entry.names[-1].name)].append(entry)
    return {key: entries[0] for key, entries in found.items() if len(entries) == 1}


def definition_as_drafted(
    draft: PlanDraft, directory: Mapping[str, Entry] | None = None
) -> PlanDefinition:
    """The plan as the draft says it (`directory`: `standing`). RefusedError while questions are open, and
    with what is not sound."""
    return _definition(draft, as_it_stands(draft), directory)


def definition_so_far(draft: PlanDraft, today: date) -> PlanDefinition:
    """The plan of the rows that no question is open about, as of a local day. RefusedError when none is."""
    return _definition(draft, clear_part(as_it_stands(draft), today), None)


def _definition(
    draft: PlanDraft, work: dict[str, Any], directory: Mapping[str, Entry] | None
) -> PlanDefinition:
    try:
        copied = bool(draft.made.get("basis"))
        found = revised(draft.made, work) if copied else definition_of(work, directory)
        return with_settings(found, draft.made, draft.edits)
    except UnreadableError as refused:
        raise RefusedError(str(refused)) from None


def amend(
    session: Session, draft_id: int, version: int, *, amended_by: AmendedBy, now: datetime
) -> Amended:
    """Let the plan that a draft amends say what the draft says."""
    draft = _locked(session, draft_id, version)
    plan_id = amends(draft)
    if not plan_id:
        raise RefusedError("Bản soạn này không sửa kế hoạch nào.")
    done = amend_plan(
        session,
        plan_id,
        definition_as_drafted(draft),
        seen=draft.made["basis"]["seen"],
        amended_by=amended_by,
        now=now,
    )
    draft.plan_id, draft.version = plan_id, draft.version + 1
    draft.before = []  # no step of it can be taken back any more
    draft.updated_by, draft.updated_at = amended_by.actor.name, now
    session.add(draft)
    detail = {"plan": plan_id, "version": done.version}
    _record(session, draft, "draft.published", amended_by.actor, now, detail)
    return done


def discard(session: Session, draft_id: int, version: int, *, actor: Actor, now: datetime) -> None:
    """Throw a draft away; the document stays in the store."""
    draft = _locked(session, draft_id, version)
    _record(session, draft, "draft.discarded", actor, now, {"filename": draft.filename})
    session.delete(draft)
    session.flush()


def known_agencies(session: Session) -> list[tuple[str, str]]:
    """Kind and name of the directory's agencies that stand, the most recent name of each, to choose from."""
    entries = read_directory(session).values()
    return [(one.kind, one.names[-1].name) for one in entries if one.names and not one.valid_to]


def _record(
    session: Session,
    draft: PlanDraft,
    event: str,
    actor: Actor,
    now: datetime,
    detail: dict[str, Any],
) -> None:
    audit.record(
        session,
        plan_id=draft.plan_id,
        actor=actor,
        event=event,
        subject=f"draft/{draft.id}",
        now=now,
        after=detail,
    )
