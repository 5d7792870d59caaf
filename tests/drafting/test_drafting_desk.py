"""From a document to a plan that runs, on the pages: questions once, rows changed by hand, published as a
draft."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import docx
import pytest
from sqlmodel import col, select

from dashboard.pages.office.draft_view import passages_of
from drafting import workshop
from drafting.document import UnreadableError
from drafting.edits import added_row, changed_row, dropped_row, edited, empty_edits, joined_rows
from drafting.service import draft_as_data
from plan.database import reading, writing
from plan.errors import RefusedError
from plan.models import Obligation, Plan, PlanDraft
from plan.states import PlanState
from tests.browser.support import Browser, Dash, dashboard_at
from tests.conftest import REVIEWER, at
from tests.support.drafts import TEXT, fields

NOW = at("2027-01-06 08:00")


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    return draft_as_data(TEXT.encode(), "ke-hoach.txt")


@pytest.fixture(scope="module")
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    opened = dashboard_at(tmp_path_factory.mktemp("desk"))
    yield opened
    opened.engine.dispose()


# --- edits -----------------------------------------------------------------------------------------


def row_of(made: dict[str, Any], words: str) -> dict[str, Any]:
    return next(row for row in made["obligations"] if words in row["span"])


def test_a_row_changed_by_hand_is_read_as_strictly_as_the_document(made: dict[str, Any]) -> None:
    row = row_of(made, "chuyển đổi số")
    edits = changed_row(empty_edits(), row["id"], {"due_words": "trước ngày 15/7/2027"})
    again = row_of(edited(made, edits), "chuyển đổi số")
    assert again["due"]["date"] == "2027-07-15"
    assert row_of(made, "chuyển đổi số") == row  # what was read stays
    for words in ("ngày mai", "31/02/2027"):
        with pytest.raises(UnreadableError, match="hạn"):
            edited(made, changed_row(edits, row["id"], {"due_words": words}))


def test_what_is_left_out_can_be_taken_in_again(made: dict[str, Any]) -> None:
    row = made["obligations"][0]
    edits = dropped_row(empty_edits(), row["id"], dropped=True)
    without = edited(made, edits)
    assert row["id"] not in {one["id"] for one in without["obligations"]}
    assert row["id"] in {one["id"] for one in without["dropped"]}
    back = edited(made, dropped_row(edits, row["id"], dropped=False))
    assert back["obligations"] == made["obligations"]


def test_a_row_split_off_keeps_its_sentence(made: dict[str, Any]) -> None:
    row = row_of(made, "Kế hoạch kiểm tra")
    edits = added_row(empty_edits(), made, row["id"], "Tổ chức kiểm tra")
    extra = edited(made, edits)["obligations"][-1]
    assert (extra["span"], extra["owners"]) == (row["span"], row["owners"])


def test_of_two_unread_sentences_at_one_place_the_chosen_one_becomes_a_row() -> None:
    unread = [{"place": "đoạn 2", "span": span} for span in ("Hồ sơ một.", "Hồ sơ hai.")]
    edits = added_row(
        empty_edits(), {"obligations": [], "unread": unread}, "đoạn 2", "", "Hồ sơ hai"
    )
    assert edits["added"][0]["text"] == "Hồ sơ hai."


def test_two_rows_joined_are_owed_by_the_owners_of_both(made: dict[str, Any]) -> None:
    one, other = row_of(made, "Kế hoạch kiểm tra"), row_of(made, "chuyển đổi số")
    edits = joined_rows(empty_edits(), made["obligations"], other["id"], one["id"])
    joined = edited(made, edits)
    assert row_of(joined, "Kế hoạch kiểm tra")["owners"] == [*one["owners"], *other["owners"]]
    assert row_of(joined, "Kế hoạch kiểm tra")["due"] == one["due"]
    assert [row["id"] for row in joined["dropped"]] == [other["id"]]
    for row, into in ((one["id"], one["id"]), (one["id"], "n99")):
        with pytest.raises(UnreadableError, match="một việc khác"):
            joined_rows(empty_edits(), made["obligations"], row, into)


def test_rows_are_joined_on_the_page(dash: Dash) -> None:
    client = dash.client("coordinator")
    desk = dash.post(client, "/soan", van__ban=TEXT).headers["location"]
    assert dash.post(client, f"{desk}/gop", ban="1", dong="n2", vao="n1").status_code == 303
    page = client.get(desk).text
    assert 'id="r-n2"' not in page
    assert 'id="r-n1"' in page
    assert "Lấy lại" in page


def test_every_passage_of_the_document_stands_on_the_desk(made: dict[str, Any]) -> None:
    shown = {one.span for one in passages_of(made, made)}
    for kind in ("obligations", "context", "unread"):
        assert {one["span"] for one in made[kind]} <= shown


# --- two people, two plans ---------------------------------------------------------------------------


def taken(dash: Dash, made: dict[str, Any]) -> PlanDraft:
    with writing(dash.engine) as session:
        return workshop.take_in(
            session, made, filename="a.txt", sha256="0" * 64, actor=REVIEWER, now=NOW
        )


def test_passages_stand_in_the_order_of_a_word_file() -> None:
    """A table between its neighbours, not where its number would put it."""
    file = docx.Document()
    file.add_paragraph("KẾ HOẠCH")
    file.add_paragraph("Đọc sách năm 2027")
    file.add_paragraph("1. Sở Nội vụ báo cáo kết quả trước ngày 15/6/2027.")
    table = file.add_table(2, 4)
    heads = ("STT", "Nhiệm vụ", "Cơ quan chủ trì", "Thời hạn")
    for row, cells in enumerate((heads, ("1", "Báo cáo giữa năm", "Sở Y tế", "Quý II/2027"))):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    file.add_paragraph("2. Sở Tài chính báo cáo kinh phí trước ngày 30/6/2027.")
    kept = io.BytesIO()
    file.save(kept)
    made = draft_as_data(kept.getvalue(), "ke-hoach.docx")
    spans = [one.span for one in passages_of(made, made)]
    said = ("Sở Nội vụ", "Báo cáo giữa năm", "Sở Tài chính")
    order = [next(at for at, span in enumerate(spans) if words in span) for words in said]
    assert order == sorted(order)


def test_the_slower_of_two_is_told_and_loses_nothing_of_the_other(
    dash: Dash, made: dict[str, Any]
) -> None:
    draft = taken(dash, made)
    first, second = made["obligations"][0]["id"], made["obligations"][1]["id"]
    with writing(dash.engine) as session:
        workshop.change(
            session,
            draft.id or 0,
            1,
            actor=REVIEWER,
            now=NOW,
            step=workshop.DraftStep(edits=dropped_row(draft.edits, first, dropped=True)),
        )
    with writing(dash.engine) as session, pytest.raises(RefusedError, match="vừa sửa"):
        workshop.change(
            session,
            draft.id or 0,
            1,
            actor=REVIEWER,
            now=NOW,
            step=workshop.DraftStep(edits=dropped_row(draft.edits, second, dropped=True)),
        )
    with reading(dash.engine) as session:
        assert workshop.find_draft(session, draft.id or 0).edits["dropped"] == [first]


def test_who_a_group_is_is_remembered_for_the_next_plan(dash: Dash, made: dict[str, Any]) -> None:
    group = next(one["id"] for one in made["questions"] if one["id"].startswith("group-"))
    draft = taken(dash, made)
    with writing(dash.engine) as session:
        workshop.change(
            session,
            draft.id or 0,
            1,
            actor=REVIEWER,
            now=NOW,
            step=workshop.DraftStep(answers={group: ["Sở Y tế", "Sở Xây dựng"]}),
        )
    assert taken(dash, made).answers[group] == ["Sở Y tế", "Sở Xây dựng"]


# --- the whole way, on the pages ---------------------------------------------------------------------


def test_from_the_text_to_a_draft_plan_without_touching_a_file(dash: Dash) -> None:
    client = dash.client("coordinator")
    answer = dash.post(client, "/soan", van__ban=TEXT)
    assert answer.status_code == 303
    desk = answer.headers["location"]
    rounds = 0
    while asked := fields(page := client.get(desk).text):
        rounds += 1
        assert rounds < 6, asked
        version = re.search(r'name="ban" value="(\d+)"', page)
        assert version is not None
        data = {"ban": version[1]}
        for key, choices in asked:
            data[f"hoi-{key}"] = choices[0] if choices else ""
            if key.startswith(("group-", "owner-")):
                data[f"khac-{key}"] = "Sở Y tế\nSở Xây dựng"
            elif not choices:
                data[f"khac-{key}"] = "Sở Nội vụ"
        assert dash.post(client, f"{desk}/tra-loi", **data).status_code == 303
    version = re.search(r'name="ban" value="(\d+)"', page)
    assert version is not None
    made = dash.post(client, f"{desk}/thanh-ke-hoach", ban=version[1])
    assert "/ke-hoach?ma=" in made.headers["location"]
    with reading(dash.engine) as session:
        plan = session.exec(select(Plan).where(Plan.number == "12/KH-UBND")).one()
        days = session.exec(
            select(Obligation.last_day)
            .where(Obligation.plan_id == plan.id, col(Obligation.last_day).is_not(None))
            .order_by(col(Obligation.last_day))
        ).all()
    assert plan.state == PlanState.draft
    assert [f"{day:%d/%m}" for day in days if day] == ["14/03", "29/06", "30/11", "30/11", "09/12"]
    again = dash.post(client, f"{desk}/thanh-ke-hoach", ban=str(int(version[1]) + 1))
    assert "thành kế hoạch" in client.get(desk).text
    assert again.status_code != 200


@pytest.mark.parametrize("name", ["kế hoạch.docx", "bảng.xlsx"])
def test_a_file_under_a_password_is_told_from_an_old_word_file(name: str) -> None:
    old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000)
    locked = old + "EncryptedPackage".encode("utf-16-le") + bytes(400)
    assert "bỏ mật khẩu" in draft_as_data(locked, name)["refused"]
    assert "lưu lại" in draft_as_data(old, name)["refused"]


STORY = "Ngày xưa ở một làng kia có người con gái đi chợ về gặp anh nông dân cày ruộng bên sông.\n"


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("truyện.txt", STORY * 3_000, "hầu như không nhắc cơ quan nào"),
        ("truyện.txt", f"KẾ HOẠCH\nCuộc đời\n{STORY * 12_000}", "hầu như không nhắc cơ quan nào"),
        (
            "báo cáo.txt",
            "BÁO CÁO\nKết quả năm 2026\n1. Sở Nội vụ đã ban hành 12 văn bản.",
            "là một báo cáo",
        ),
        (
            "bảng.csv",
            "STT,Nhiệm vụ,Cơ quan chủ trì\n" + "1,Báo cáo,Sở A\n" * 100_000,
            "hơn 20.000 dòng",
        ),
        ("rỗng.docx", " ", "Tệp rỗng"),
        ("lạ.bin", "\x01\x02", "Chưa đọc được loại tệp này"),
    ],
    ids=["novel", "novel-that-says-plan", "report", "long-table", "empty", "unknown"],
)
def test_what_is_no_plan_is_said_and_nothing_is_stored(
    dash: Dash, name: str, data: str, said: str
) -> None:
    client = dash.client("coordinator")
    before = len(list(dash.home.rglob("*")))
    dash.post(client, "/soan", files={"tep": (name, data.encode())})
    assert said in client.get("/soan").text
    with reading(dash.engine) as session:
        assert name not in session.exec(select(PlanDraft.filename)).all()
    assert len(list(dash.home.rglob("*"))) == before


def test_a_file_that_is_no_plan_is_refused_in_a_sentence(dash: Dash) -> None:
    client: Browser = dash.client("coordinator")
    answer = dash.post(client, "/soan", van__ban="Chào anh chị.")
    assert answer.status_code != 500
    with reading(dash.engine) as session:
        kept = session.exec(select(PlanDraft).where(PlanDraft.filename == "van-ban-dan.txt")).all()
    assert all("12/KH-UBND" in str(one.made["plan"]) for one in kept)
