"""A draft edited in Word, handed back, compared with a newer one, signed; how much stands under a heading."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import docx
import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from consolidation.claim import RunRequest
from consolidation.report_work import beside, choose, sign, signed, take_in, working
from consolidation.runs import RunResult, consolidate, find_run
from documents.contents import heading_level
from flows.store_check import where_used
from intake.files.store import Store
from plan.database import reading, writing
from plan.errors import RefusedError, UsageError
from plan.ledger.filing import ReadSection
from plan.models import AuditEvent
from plan.queries.lookup import find_plan
from plan.states import Actor, Role
from tests.conftest import PLAN_ID, at
from tests.support.consolidation_kit import hand_in, take_back

REPORT = "provincial-report"
HER = Actor("Trần Thị Mai", Role.coordinator, origin="cli")
NOW, LATER = at("2020-05-01 08:00"), at("2020-05-06 08:00")
NODE = "p1-iii-1"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "store"))


def drafted(engine: Engine, store: Store, now=NOW) -> tuple[RunResult, bytes]:
    run = consolidate(
        engine, store, PLAN_ID, REPORT, RunRequest("by-hand", "x", as_of=now, now=now)
    )
    return run, store.get(run.files[0].sha256)


def edited(data: bytes) -> bytes:
    """Her own paragraph under «Những kết quả tích cực»."""
    document = docx.Document(io.BytesIO(data))
    heading = next(
        p for p in document.paragraphs if heading_level(p) and "kết quả tích cực" in p.text
    )
    after = document.paragraphs[[p._p for p in document.paragraphs].index(heading._p) + 1]
    after.insert_paragraph_before("Lời của người viết báo cáo.")
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def keep(session: Session, store: Store, data: bytes, name: str = "sua.docx", **more: int) -> None:
    take_in(session, store, PLAN_ID, REPORT, name, data, actor=HER, now=NOW, **more)


def test_what_came_in_since_stands_beside_her_text_which_stays(
    province: Engine, store: Store
) -> None:
    _, first = drafted(province, store)
    hers = edited(first)
    with writing(province) as session:
        keep(session, store, hers)
        assert beside(session, store, PLAN_ID, REPORT) == []
    with writing(province) as session:
        take_back(session, "quy-nhon/district-report", NOW)
        said = [
            ReadSection(NODE, "Quy Nhơn rút ngắn 45% thời gian giải quyết 128 thủ tục đất đai.")
        ]
        hand_in(session, "quy-nhon/district-report", at("2020-05-05 08:00"), sections=said)
    drafted(province, store, LATER)
    with reading(province) as session:
        found = beside(session, store, PLAN_ID, REPORT)
        version = working(session, PLAN_ID, REPORT)
    at_heading = next(one for one in found if "kết quả tích cực" in one.where)
    assert "128 thủ tục đất đai" in at_heading.come
    assert "Lời của người viết báo cáo." in at_heading.hers
    assert version is not None
    assert store.get(version.sha256) == hers


def test_the_next_edit_is_taken_for_one_of_the_same_draft_unless_said_otherwise(
    province: Engine, store: Store
) -> None:
    first, data = drafted(province, store)
    with writing(province) as session:
        keep(session, store, data)
        choose(session, find_plan(session), REPORT, NODE, "none", actor=HER, now=NOW)
    second, _ = drafted(province, store, LATER)
    with writing(province) as session:
        keep(session, store, data, "lan-2.docx")
        assert working(session, PLAN_ID, REPORT).run_id == first.run_id  # type: ignore[union-attr]
        keep(session, store, data, "lan-3.docx", run_number=second.number)
        assert working(session, PLAN_ID, REPORT).run_id == second.run_id  # type: ignore[union-attr]


def under(data: bytes, words: str) -> str:
    lines, inside = [], False
    for one in docx.Document(io.BytesIO(data)).paragraphs:
        if heading_level(one):
            inside = words in one.text
        elif inside:
            lines.append(one.text)
    return "\n".join(lines)


def test_she_chooses_how_much_stands_under_a_heading(province: Engine, store: Store) -> None:
    _, brief = drafted(province, store)
    made = {"brief": under(brief, "kết quả tích cực")}
    for detail in ("full", "none"):
        with writing(province) as session:
            choose(session, find_plan(session), REPORT, NODE, detail, actor=HER, now=NOW)
        run, data = drafted(province, store)
        assert run.created  # another choice, another draft
        made[detail] = under(data, "kết quả tích cực")
    assert "Ở địa phương: " in made["brief"]
    assert made["full"].count("UBND huyện") >= 8
    assert "Ở địa phương" not in made["full"]
    assert "địa phương" not in made["none"]
    with writing(province) as session:
        choose(session, find_plan(session), REPORT, NODE, "brief", actor=HER, now=NOW)
    again, data = drafted(province, store)
    assert not again.created
    assert data == brief


def test_signing_keeps_number_day_and_file_and_freezes_the_draft(
    province: Engine, store: Store
) -> None:
    run, data = drafted(province, store)
    with writing(province) as session:
        keep(session, store, data)
        row = sign(
            session,
            store,
            PLAN_ID,
            REPORT,
            "bao-cao-da-ky.pdf",
            b"%PDF-1.7 ...",
            number=" 120/BC-UBND ",
            on=date(2020, 6, 18),
            actor=HER,
            now=LATER,
        )
        assert (row.document_number, row.signed_on) == ("120/BC-UBND", date(2020, 6, 18))
        assert find_run(session, PLAN_ID, REPORT, run.number).final
        assert where_used(session, row.sha256)
    with writing(province) as session:
        kept = signed(session, PLAN_ID, REPORT)
        assert kept is not None
        assert store.get(kept.sha256).startswith(b"%PDF")
        events = [one.event for one in session.exec(select(AuditEvent))]
        assert {"report.working", "report.signed", "run.finalised"} <= set(events)
        with pytest.raises(RefusedError, match="đã ký"):
            sign(
                session,
                store,
                PLAN_ID,
                REPORT,
                "x.pdf",
                b"%PDF",
                number="121/BC-UBND",
                on=date(2020, 6, 19),
                actor=HER,
                now=LATER,
            )


def test_what_cannot_be_done_says_why(province: Engine, store: Store) -> None:
    agency = Actor("Văn thư", Role.agency, frozenset({"an-lao"}), origin="cli")
    with writing(province) as session:
        with pytest.raises(RefusedError, match="hãy tổng hợp trước"):
            keep(session, store, edited_blank())
        with pytest.raises(RefusedError, match=r"không đọc được"):
            keep(session, store, b"no zip")
        with pytest.raises(RefusedError, match="Chưa có bản nào đang sửa"):
            beside(session, store, PLAN_ID, REPORT)
        plan = find_plan(session)
        with pytest.raises(RefusedError, match="không có mục"):
            choose(session, plan, REPORT, "p9", "none", actor=HER, now=NOW)
        with pytest.raises(UsageError, match="brief, full, none"):
            choose(session, plan, REPORT, NODE, "half", actor=HER, now=NOW)
        with pytest.raises(RefusedError, match="Vai trò"):
            choose(session, plan, REPORT, NODE, "none", actor=agency, now=NOW)


def edited_blank() -> bytes:
    out = io.BytesIO()
    docx.Document().save(out)
    return out.getvalue()
