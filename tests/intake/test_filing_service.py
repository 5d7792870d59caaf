"""Handing in with a real ledger and a real store: filed, returned, filed again, accepted; never half."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from intake.compare import diff_submissions, find_submission
from intake.conference import HeldConference
from intake.earlier_figures import earlier_figures
from intake.files.store import Store, StoreError
from intake.recognise import recognise
from intake.submit import (
    Filed,
    ReceiptDetails,
    SubmissionContext,
    file_conference,
    file_duty,
    file_nil,
)
from plan import ledger
from plan.database import reading, writing
from plan.definition.model import PlanDefinition
from plan.errors import NotFoundError, RefusedError, UsageError
from plan.models import (
    Finding,
    Plan,
    Section,
    Submission,
    SubmissionFile,
    Value,
)
from plan.queries.definitions import definition_of
from plan.queries.lookup import find_obligation, find_plan
from plan.queries.progress import obligations
from plan.states import Actor
from tests.conftest import CLERK, PLAN_ID, REVIEWER, at
from tests.support.filings import CLERKS, DESK, NOW, hand_in, obligation, report, rows
from tests.support.report_writing import enough, fill
from tests.support.workbook_samples import edited, full


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "store"))


def test_a_workbook_touches_each_of_its_obligations(engine: Engine, store: Store) -> None:
    filed = hand_in(engine, store, "vpub", ("b.xlsx", full("vpub")))
    assert [(one.obligation, one.number, one.complete) for one in filed] == [
        ("vpub/appendix-3", 1, True),
        ("vpub/appendix-7", 1, True),
    ]
    values = rows(engine, Value)
    assert {
        v.indicator.split(".")[0] for v in values if v.submission_id == filed[0].submission_id
    } == {"PL3"}
    assert obligation(engine, "vpub/appendix-3").state == "submitted"


def test_bytes_are_kept_under_their_hash_before_they_are_filed(
    engine: Engine, store: Store, definition: PlanDefinition
) -> None:
    name, data = report(definition)
    hand_in(engine, store, "an-lao", (f"../{name}", data))
    [row] = rows(engine, SubmissionFile)
    assert (row.filename, row.kind, row.size) == (name, "report", len(data))
    assert row.sha256 == hashlib.sha256(data).hexdigest()
    assert store.get(row.sha256) == data


def test_nothing_is_filed_where_the_store_fails(
    engine: Engine, store: Store, definition: PlanDefinition, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(data: bytes) -> str:
        raise StoreError("đọc lại khác")

    monkeypatch.setattr(store, "put", broken)
    with pytest.raises(StoreError):
        hand_in(engine, store, "an-lao", report(definition))
    assert rows(engine, Submission) == []
    assert obligation(engine, "an-lao/district-report").state == "owed"


def test_sections_and_findings_stand_with_the_submission(
    engine: Engine, store: Store, definition: PlanDefinition
) -> None:
    [filed] = hand_in(engine, store, "an-lao", report(definition, "p1-iii-2"))
    assert not filed.complete
    assert [f.code for f in rows(engine, Finding) if f.severity == "error"] == [
        "report.section-empty"
    ]
    assert {s.node for s in rows(engine, Section)} > {"p1-i-1", "p3-3"}
    assert obligation(engine, "an-lao/district-report").state == "returned"


def test_the_whole_conversation(engine: Engine, store: Store, definition: PlanDefinition) -> None:
    """Faulty, mended, given back, handed in again, accepted: each numbered, the last one stands."""
    name = "an-lao/district-report"
    first = hand_in(engine, store, "an-lao", report(definition, "p3-1"))
    second = hand_in(engine, store, "an-lao", report(definition))
    key = int(obligation(engine, name).id or 0)
    with writing(engine) as session:
        ledger.give_back(session, key, reason="Bổ sung số liệu mục II.2", actor=REVIEWER, now=NOW)
    third = hand_in(engine, store, "an-lao", report(definition, "p1-i-1", enough("mới") + " Thêm."))
    with writing(engine) as session:
        accepted = ledger.accept(session, key, actor=REVIEWER, now=NOW)
    assert [one[0].number for one in (first, second, third)] == [1, 2, 3]
    assert accepted.number == 3
    assert [s.state for s in rows(engine, Submission)] == ["returned", "returned", "accepted"]
    refused = hand_in(engine, store, "an-lao", report(definition, "p1-i-1", enough("muộn")))
    assert [f.code for f in refused[0].findings if f.severity == "error"] == ["filing.refused"]
    assert refused[0].number == 0


def test_the_same_content_is_filed_once(
    engine: Engine, store: Store, definition: PlanDefinition
) -> None:
    file = report(definition)
    first = hand_in(engine, store, "an-lao", file)
    again = hand_in(engine, store, "an-lao", ("ten-khac.docx", file[1]))
    assert (again[0].number, again[0].repeated) == (1, True)
    assert not first[0].repeated
    assert len(rows(engine, Submission)) == 1


def test_one_refused_part_hinders_no_other(
    engine: Engine, store: Store, definition: PlanDefinition
) -> None:
    with writing(engine) as session:
        row = find_obligation(session, PLAN_ID, "vpub/appendix-3")
        ledger.waive(session, int(row.id or 0), reason="Chuyển kỳ sau", actor=REVIEWER, now=NOW)
    filed = {
        one.obligation: one for one in hand_in(engine, store, "vpub", ("b.xlsx", full("vpub")))
    }
    assert filed["vpub/appendix-3"].findings[-1].code == "filing.refused"
    assert filed["vpub/appendix-7"].complete


def test_a_refused_file_beside_a_good_one(
    engine: Engine, store: Store, definition: PlanDefinition
) -> None:
    filed = hand_in(engine, store, "an-lao", report(definition), ("virus.xlsx", b"MZ\x90"))
    assert [(one.obligation, one.number) for one in filed] == [
        ("", 0),
        ("an-lao/district-report", 1),
    ]
    assert filed[0].findings[0].code == "file.unknown"


def test_a_data_call_nobody_opened_is_not_filed(engine: Engine, store: Store) -> None:
    filed = hand_in(engine, store, "an-lao", ("b.xlsx", full("an-lao")))
    assert {one.number for one in filed} == {0}
    assert {one.findings[-1].code for one in filed} == {"filing.not-asked"}


def test_named_obligation_takes_nothing_else(engine: Engine, store: Store) -> None:
    filed = hand_in(engine, store, "vpub", ("b.xlsx", full("vpub")), only="vpub/appendix-7")
    assert [one.obligation for one in filed] == ["vpub/appendix-7"]


@pytest.mark.parametrize(
    ("only", "error"),
    [
        ("stp/appendix-2", UsageError),
        ("vpub/appendix-2", NotFoundError),
        ("vpub/khong-co", NotFoundError),
    ],
)
def test_a_wrong_obligation_is_refused_at_once(
    engine: Engine, store: Store, only: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        hand_in(engine, store, "vpub", ("b.xlsx", full("vpub")), only=only)
    assert rows(engine, Submission) == []


# --- what was filed before -------------------------------------------------------------------------


def accept(engine: Engine, *names: str) -> None:
    for name in names:
        with writing(engine) as session:
            key = int(find_obligation(session, PLAN_ID, name).id or 0)
            for finding in session.exec(select(Finding).where(Finding.severity == "warning")).all():
                finding.explanation = "Đã đối chiếu."
                session.add(finding)
            session.flush()
            ledger.accept(session, key, actor=REVIEWER, now=NOW)


def test_other_agencies_accepted_figures_are_known(engine: Engine, store: Store) -> None:
    hand_in(engine, store, "vpub", ("b.xlsx", full("vpub")))
    with reading(engine) as session:
        before = earlier_figures(session, find_plan(session, PLAN_ID), "snv")
    assert before.others("PL3.2", "2019") is None
    accept(engine, "vpub/appendix-3")
    with reading(engine) as session:
        after = earlier_figures(session, find_plan(session, PLAN_ID), "snv")
    assert after.others("PL3.2", "2019") == 12
    assert after.others("PL7.10", "2019") is None
    assert after.own == {}


def test_a_report_is_held_against_figures_filed_earlier(
    engine: Engine, store: Store, definition: PlanDefinition
) -> None:
    hand_in(engine, store, "vpub", ("b.xlsx", full("vpub")))
    data, _ = fill(
        definition,
        "vpub",
        "thematic-report",
        lambda node: (
            "Số dịch vụ công trực tuyến mức độ 3, mức độ 4 năm 2019 là 987 dịch vụ."
            if node == "p1-ii-2-1-dd"
            else enough(node)
        ),
    )
    [filed] = hand_in(engine, store, "vpub", ("a.docx", data))
    assert [f.indicator for f in filed.findings if f.code == "report.figure-differs"] == ["PL7.10"]


# --- how it came -----------------------------------------------------------------------------------


def test_paper_counts_from_when_the_office_had_it(
    engine: Engine, store: Store, definition: PlanDefinition
) -> None:
    came = at("2020-04-28 16:00")
    hand_in(
        engine,
        store,
        "an-lao",
        report(definition),
        now=at("2020-05-05 08:00"),
        actor=DESK,
        via="paper",
        reference="123/BC-UBND",
        received_at=came,
    )
    [row] = rows(engine, Submission)
    assert (row.received_at, row.recorded_at) == (came, at("2020-05-05 08:00"))
    assert (row.via, row.reference) == ("paper", "123/BC-UBND")
    with reading(engine) as session:
        plan = find_plan(session, PLAN_ID)
        [view] = [
            v
            for v in obligations(session, plan, at("2020-05-05 09:00"), agency="an-lao")
            if v.deliverable == "district-report"
        ]
    assert view.timeliness == "on_time"


@pytest.mark.parametrize(
    ("how", "actor", "error"),
    [
        (ReceiptDetails(via="paper"), DESK, UsageError),
        (ReceiptDetails(received_at=at("2020-04-21 09:00")), DESK, UsageError),
        (ReceiptDetails(received_at=at("2020-04-01 09:00")), CLERK, RefusedError),
    ],
)
def test_what_cannot_be_is_refused(
    engine: Engine, store: Store, how: ReceiptDetails, actor: Actor, error: type[Exception]
) -> None:
    """Paper without a number, a receipt in the future, an agency dating its own letter back."""
    with pytest.raises(error):
        SubmissionContext(engine, store, PLAN_ID, actor, NOW, how)


def test_another_agencys_clerk_is_refused(
    engine: Engine, store: Store, definition: PlanDefinition
) -> None:
    [filed] = hand_in(engine, store, "an-lao", report(definition), actor=CLERKS["stp"])
    assert (filed.number, filed.findings[-1].code) == (0, "filing.refused")


# --- conference, duty, nil -------------------------------------------------------------------------


def hold(
    engine: Engine,
    store: Store,
    day: str,
    now: str = "2020-06-01 09:00",
    place: str = "Hội trường huyện",
    attending: int = 80,
    minutes: tuple[str, bytes] | None = ("bb.pdf", b"%PDF-1.4"),
) -> Filed:
    return file_conference(
        SubmissionContext(engine, store, PLAN_ID, CLERK, at(now)),
        "an-lao/district-conference",
        HeldConference(date.fromisoformat(day), place, attending),
        minutes,
    )


@pytest.mark.parametrize(
    ("day", "codes"),
    [
        ("2020-04-15", []),
        ("2020-04-01", []),
        ("2020-04-29", []),
        ("2020-03-31", ["conference.early"]),
        ("2020-05-04", ["conference.late"]),
        ("2020-04-02", ["conference.day-off"]),  # Giỗ Tổ Hùng Vương
        ("2020-04-30", ["conference.day-off"]),  # in the window, and a holiday
        ("2020-04-18", ["conference.day-off"]),  # a Saturday
        ("2020-05-01", ["conference.late", "conference.day-off"]),
        ("2020-06-02", ["conference.not-yet", "conference.late"]),
    ],
)
def test_a_conference_against_its_window(
    engine: Engine, store: Store, day: str, codes: list[str]
) -> None:
    assert [one.code for one in hold(engine, store, day).findings] == codes


@pytest.mark.parametrize(
    ("facts", "code", "severity"),
    [
        ({"place": " "}, "conference.no-place", "error"),
        ({"attending": 0}, "conference.attending", "error"),
        ({"minutes": None}, "conference.no-minutes", "warning"),
    ],
)
def test_what_a_conference_lacks(
    engine: Engine, store: Store, facts: dict[str, object], code: str, severity: str
) -> None:
    filed = hold(engine, store, "2020-04-15", **facts)
    assert [(one.code, one.severity) for one in filed.findings] == [(code, severity)]


@pytest.mark.parametrize(
    ("day", "timeliness"),
    [("2020-04-15", "on_time"), ("2020-03-31", "on_time"), ("2020-05-04", "late")],
)
def test_a_conference_is_in_time_by_its_own_day(
    engine: Engine, store: Store, day: str, timeliness: str
) -> None:
    """Held in April and told in June is in time; the plan says «Trong tháng 4 tổ chức»."""
    hold(engine, store, day)
    with reading(engine) as session:
        plan = find_plan(session, PLAN_ID)
        views = obligations(session, plan, at("2020-06-02 09:00"), agency="an-lao")
    [view] = [one for one in views if one.deliverable == "district-conference"]
    assert view.timeliness == timeliness


def test_a_conference_can_be_given_back_and_accepted(engine: Engine, store: Store) -> None:
    hold(engine, store, "2020-04-15")
    key = int(obligation(engine, "an-lao/district-conference").id or 0)
    with writing(engine) as session:
        ledger.give_back(
            session, key, reason="Bổ sung thành phần", actor=REVIEWER, now=at("2020-06-02 09:00")
        )
    again = hold(engine, store, "2020-04-15", now="2020-06-03 09:00", attending=95)
    with writing(engine) as session:
        ledger.accept(session, key, actor=REVIEWER, now=at("2020-06-04 09:00"))
    assert again.number == 2
    assert rows(engine, Submission)[1].payload["attending"] == 95


def test_minutes_alone_do_not_report_a_conference(engine: Engine, store: Store) -> None:
    with pytest.raises(UsageError, match="cần ngày"):
        hand_in(engine, store, "an-lao", ("bb.pdf", b"%PDF-1.4"), only="an-lao/district-conference")


def test_a_duty_is_done_with_evidence(engine: Engine, store: Store) -> None:
    filed = file_duty(
        SubmissionContext(engine, store, PLAN_ID, CLERK, NOW),
        "an-lao/publicity",
        evidence="Bài viết ngày 10/4/2020",
        files=[("bai.pdf", b"%PDF-1.4")],
        done_on=date(2020, 4, 10),
    )
    [row] = rows(engine, Submission)
    assert (filed.number, row.kind) == (1, "duty")
    assert row.payload == {"evidence": "Bài viết ngày 10/4/2020", "done_on": "2020-04-10"}
    assert rows(engine, SubmissionFile)[0].kind == "unread"


def test_a_duty_without_evidence_is_refused(engine: Engine, store: Store) -> None:
    with pytest.raises(UsageError, match="minh chứng"):
        file_duty(
            SubmissionContext(engine, store, PLAN_ID, CLERK, NOW), "an-lao/publicity", evidence=" "
        )


@pytest.mark.parametrize("name", ["an-lao/district-report", "an-lao/district-conference"])
def test_only_a_duty_is_done_like_that(engine: Engine, store: Store, name: str) -> None:
    with pytest.raises(UsageError, match="không phải"):
        file_duty(SubmissionContext(engine, store, PLAN_ID, CLERK, NOW), name, evidence="x")


def test_nil_with_a_reason(engine: Engine) -> None:
    filed = file_nil(
        SubmissionContext(engine, None, PLAN_ID, CLERK, NOW),
        "an-lao/commendation-nominations",
        "Không có đề xuất",
    )
    assert (filed.number, filed.complete) == (1, True)
    assert rows(engine, Submission)[0].payload == {"reason": "Không có đề xuất"}
    with pytest.raises(UsageError, match="lý do"):
        file_nil(SubmissionContext(engine, None, PLAN_ID, CLERK, NOW), "an-lao/district-plan", "  ")


# --- two submissions compared ----------------------------------------------------------------------


def compare(
    engine: Engine, definition: PlanDefinition, name: str
) -> list[tuple[str, str, str, str]]:
    with reading(engine) as session:
        key = int(find_obligation(session, PLAN_ID, name).id or 0)
        pair = [find_submission(session, key, number) for number in (1, 2)]
        changes = diff_submissions(session, definition, *pair)
        assert diff_submissions(session, definition, pair[0], pair[0]) == []
        with pytest.raises(NotFoundError, match="lần nộp"):
            find_submission(session, key, 9)
    return [(one.kind, one.name, one.before, one.after) for one in changes]


def test_changed_cells_are_named(engine: Engine, store: Store, definition: PlanDefinition) -> None:
    hand_in(engine, store, "skhcn", ("b.xlsx", full("skhcn")))
    reading_ = recognise(full("skhcn"), "b", definition, "skhcn").workbook
    assert reading_ is not None
    place = reading_.places["PL7.14", "2019"]
    hand_in(engine, store, "skhcn", ("c.xlsx", edited(full("skhcn"), {place: 26})))
    found = compare(engine, definition, "skhcn/appendix-7")
    assert found[0] == ("cell", "PL7.14", "27", "26")
    assert [one[0] for one in found[1:]] == ["file", "file"]


def test_changed_sections_are_named(
    engine: Engine, store: Store, definition: PlanDefinition
) -> None:
    hand_in(engine, store, "an-lao", report(definition))
    hand_in(engine, store, "an-lao", report(definition, "p1-iii-3", "Bài học mới."))
    found = compare(engine, definition, "an-lao/district-report")
    assert found[0] == ("section", "p1-iii-3", enough("p1-iii-3").strip(), "Bài học mới.")


def test_changed_facts_are_named(engine: Engine, store: Store, definition: PlanDefinition) -> None:
    hold(engine, store, "2020-04-15")
    hold(engine, store, "2020-04-16")
    found = compare(engine, definition, "an-lao/district-conference")
    assert found == [("fact", "held_on", "2020-04-15", "2020-04-16")]


def test_plans_definition_is_what_was_loaded(engine: Engine, definition: PlanDefinition) -> None:
    with reading(engine) as session:
        plan = session.get_one(Plan, PLAN_ID)
        assert definition_of(plan) == definition
