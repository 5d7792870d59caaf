"""The directory as a file: what is new, changed and gone is told before; a bad line leaves all as it was."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from dashboard.rendering.export import exported
from dashboard.table import Table
from intake.tables import read_table
from plan.contacts import import_contacts, list_contacts, preview_contacts
from plan.database import reading, writing
from plan.definition.directories import directory_names
from plan.definition.directories import read_directory as read_shipped
from plan.directory.agencies import compare, end_agency, read_directory, rows_of, write_agencies
from plan.directory.csv_file import read_csv
from plan.directory.entries import HEADS, Entry, Name, from_lines, from_plan
from plan.directory.questions import answer
from plan.errors import RefusedError
from plan.models import DirectoryAgency
from plan.queries.lookup import find_plan
from plan.states import Actor, Role
from tests.conftest import PLAN_ID, at
from tests.support.contacts_file import HEAD, write

NOW = at("2020-04-20 08:00")
OFFICE = Actor("Bình", Role.coordinator)


def book(tmp_path: Path, rows: list[dict[str, str]]) -> Path:
    path = tmp_path / "danh-ba.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, HEADS.words, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def take_in(session: Session, entries: list[Entry]) -> list[str]:
    done = write_agencies(session, entries, source="x", actor=OFFICE, now=NOW)
    return [one.words() for one in done]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_what_is_taken_out_is_taken_in_again_as_it_was(
    loaded: Engine, tmp_path: Path, form: str
) -> None:
    with reading(loaded) as session:
        there = read_directory(session)
    table = Table("Cơ quan", list(HEADS.words.values()), rows_of(there.values()))
    path = tmp_path / f"danh-ba.{form}"
    path.write_bytes(bytes(exported(table, form).body))
    assert compare(there, from_lines(read_table(path, HEADS), there)) == []


def test_a_file_is_told_before_it_is_taken_in(loaded: Engine, tmp_path: Path) -> None:
    rows = [
        {"code": "an-lao", "name": "UBND huyện An Lão", "short": "An Lão", "kind": "huyện"},
        {"code": "xa-moi", "name": "UBND xã Mới", "kind": "xã", "parent": "an-lao"},
    ]
    with writing(loaded) as session:
        there = read_directory(session)
        entries = from_lines(read_csv(book(tmp_path, rows), HEADS), there)
        told = [one.words() for one in compare(there, entries)]
        assert "Mới: xa-moi, UBND xã Mới" in told
        assert "Đổi: an-lao, UBND huyện An Lão: Tên gọi khác (bỏ trống)" in told
        assert any(words.startswith("Không có trong tệp: van-canh") for words in told)
        assert len(take_in(session, entries)) == 2
        assert read_directory(session)["xa-moi"].parent == "an-lao"
        assert "van-canh" in read_directory(session)
        assert take_in(session, entries) == []


def columns(tmp_path: Path, text: str, form: str) -> Path:
    """A file with these columns alone."""
    path = tmp_path / f"vai-cot.{form}"
    head, *rows = [line.split(";") for line in text.splitlines()]
    path.write_bytes(bytes(exported(Table("Cơ quan", head, rows), form).body))
    return path


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_what_a_file_has_no_column_for_stays(loaded: Engine, tmp_path: Path, form: str) -> None:
    """An agency with two names by day, of which the file has one; one that was merged since."""
    with writing(loaded) as session:
        end_agency(session, "an-lao", ["van-canh"], date(2025, 6, 30), actor=OFFICE, now=NOW)
        before = read_directory(session)
        assert len(before["hoai-nhon"].names) == 2
        few = "Mã;Tên\nan-lao;UBND huyện An Lão\nhoai-nhon;UBND thị xã Hoài Nhơn"
        few += "\nxa-moi;UBND xã Mới"
        entries = from_lines(read_table(columns(tmp_path, few, form), HEADS), before)
        assert take_in(session, entries) == ["Mới: xa-moi, UBND xã Mới"]
        more = "Mã;Tên;Loại;Tên gọi khác\nan-lao;UBND huyện An Lão;huyện miền núi;"
        entries = from_lines(read_table(columns(tmp_path, more, form), HEADS), before)
        assert take_in(session, entries) == [
            "Đổi: an-lao, UBND huyện An Lão: Loại, Tên gọi khác (bỏ trống)"
        ]
        assert read_directory(session)["an-lao"].successors == ("van-canh",)


def test_a_name_that_a_file_with_days_leaves_out_is_told(loaded: Engine, tmp_path: Path) -> None:
    with reading(loaded) as session:
        there = read_directory(session)
    old, new = there["hoai-nhon"].names
    row = {"code": "hoai-nhon", "name": new.name, "short": new.short}
    entries = from_lines(read_csv(book(tmp_path, [row]), HEADS), there)
    [told] = [one.words() for one in compare(there, entries) if one.change == "changed"]
    assert f"Tên (bỏ «{old.name}»)" in told


def test_a_directory_that_ships_wipes_nothing_that_was_noted_since(loaded: Engine) -> None:
    with writing(loaded) as session:
        shipped = read_shipped("binh-dinh-2020")
        take_in(session, from_plan(shipped, read_directory(session)))
        end_agency(session, "an-lao", ["van-canh"], date(2025, 6, 30), actor=OFFICE, now=NOW)
        known = read_directory(session)["stc"]
        noted = replace(
            known,
            organ_id="H08.12",
            aliases=(*known.aliases, "Sở TC tỉnh"),
            names=[*known.names, Name(date(2025, 3, 1), "Sở Tài chính và Kế hoạch", "STCKH")],
        )
        second = Entry("huyen-van-canh", names=[Name(None, "UBND H. Vân Canh", "VC")])
        take_in(session, [noted, second])
        answer(session, ["huyen-van-canh = van-canh: một"], actor=OFFICE, now=NOW)
        before = read_directory(session)
        assert take_in(session, from_plan(shipped, before)) == []
        assert read_directory(session) == before


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"code": "Xã Mới"}, "phải là chữ thường không dấu"),
        ({"name": ""}, "thiếu tên cơ quan"),
        ({"organ_id": "H8"}, "không đúng dạng H08.12"),
        ({"parent": "an-la"}, "không có cơ quan «an-la» (có phải «an-lao»?)"),
        ({"parent": "xa-moi"}, "cấp trên đi vòng: xa-moi › xa-moi"),
        ({"valid_from": "30/02/2020"}, "không phải ngày hợp lệ"),
        (
            {"valid_from": "01/07/2025", "valid_to": "30/06/2025", "became": "kết thúc"},
            "trước ngày",
        ),
        ({"became": "biến mất", "valid_to": "30/06/2025"}, "không phải là một kết cục"),
        (
            {"became": "sáp nhập", "valid_to": "30/06/2025"},
            "hãy ghi «Cơ quan kế tục»|«Cơ quan kế tục»",
        ),
        ({"valid_to": "30/06/2025"}, "phải ghi cả hai"),
        ({"code": "an-lao", "name": "UBND xã An Lão"}, "mã «an-lao» đang là «UBND huyện An Lão»"),
    ],
)
def test_a_bad_line_is_named_with_what_to_do(
    loaded: Engine, tmp_path: Path, cells: dict[str, str], words: str
) -> None:
    path = book(tmp_path, [{"code": "xa-moi", "name": "UBND xã Mới"} | cells])
    with reading(loaded) as session, pytest.raises(RefusedError) as refused:
        from_lines(read_csv(path, HEADS), read_directory(session))
    assert "Chưa nhập gì" in str(refused.value)
    assert "dòng 2: " in str(refused.value)
    assert any(one in str(refused.value) for one in words.split("|"))


def test_a_cycle_a_code_twice_and_a_merger_before_its_successor(tmp_path: Path) -> None:
    end = {"valid_to": "30/06/2025", "became": "sáp nhập", "successors": "c"}
    rows = [
        {"code": "a", "name": "A", "parent": "b", "organ_id": "H08.01"},
        {"code": "b", "name": "B", "parent": "a", "organ_id": "H08.01"},
        {"code": "c", "name": "C", "valid_from": "01/01/2026"},
        {"code": "d", "name": "D"} | end,
    ]
    with pytest.raises(RefusedError) as refused:
        from_lines(read_csv(book(tmp_path, rows), HEADS), {})
    words = str(refused.value)
    assert "dòng 2: cấp trên đi vòng: a › b › a" in words
    assert "dòng 3: mã định danh «H08.01» đã là của «a»" in words
    assert "dòng 5: sáp nhập vào «c» trước khi có «c» (01/01/2026)" in words


def test_an_agency_ends_only_with_who_follows(loaded: Engine) -> None:
    with writing(loaded) as session:
        with pytest.raises(RefusedError, match="không có cơ quan «khong-co»"):
            end_agency(session, "an-lao", ["khong-co"], date(2025, 6, 30), actor=OFFICE, now=NOW)
        end_agency(session, "an-lao", ["van-canh"], date(2025, 6, 30), actor=OFFICE, now=NOW)
        row = session.get_one(DirectoryAgency, "an-lao")
        assert (row.became, row.valid_to) == ("merged", date(2025, 6, 30))


def test_the_directories_that_ship_stand_side_by_side(loaded: Engine) -> None:
    """«an-lao» of 2025 is a commune: it does not become the district of 2020."""
    with writing(loaded) as session:
        for name in directory_names():
            take_in(session, from_plan(read_shipped(name), read_directory(session)))
        there = read_directory(session)
        assert there["an-lao"].kind == "huyện"
        assert there["an-lao-2"].names[-1].name == "UBND xã An Lão"
        assert there["an-lao-2"].parent == "ubnd-tinh-2"
        communes = [one for one in there.values() if one.kind in ("xã", "phường")]
        assert len(communes) == 135
        for name in directory_names():
            assert take_in(session, from_plan(read_shipped(name), read_directory(session))) == []


# --- people --------------------------------------------------------------------------------------


def test_people_are_told_before_they_are_taken_in(loaded: Engine, tmp_path: Path) -> None:
    with writing(loaded) as session:
        plan = find_plan(session, PLAN_ID)
        path = write(tmp_path, HEAD + "an-lao,Lê Thị Hoa,Văn thư,,hoa@an-lao.example,,,\n")
        told = preview_contacts(session, plan, path)
        assert [one.change for one in told] == ["new"] + ["gone"] * (len(told) - 1)
        import_contacts(session, plan, path, now=NOW)
        path = write(tmp_path, HEAD + "an-lao,Lê Thị Hoa,Phó,,hoa@an-lao.example,,,\n")
        [one] = preview_contacts(session, plan, path)
        assert (one.change, one.fields) == ("changed", ("role",))


def test_what_a_file_of_people_has_no_column_for_stays(loaded: Engine, tmp_path: Path) -> None:
    with writing(loaded) as session:
        plan = find_plan(session, PLAN_ID)
        full = "an-lao,Lê Thị Hoa,Văn thư,1,hoa@an-lao.example,0905 000 111,,\n"
        import_contacts(session, plan, write(tmp_path, HEAD + full), now=NOW)
        path = write(tmp_path, "agency,name,phone\nan-lao,Lê Thị Hoa,\n")
        [one] = preview_contacts(session, plan, path)
        assert (one.change, one.fields) == ("changed", ("phone (bỏ trống)",))
        import_contacts(session, plan, path, now=NOW)
        [row] = [one for one in list_contacts(session, plan) if one["agency"] == "an-lao"]
        assert (row["email"], row["role"], row["is_head"], row["phone"]) == (
            "hoa@an-lao.example", "Văn thư", True, "",
        )  # fmt: skip


def test_one_mailbox_of_two_people_in_two_agencies_is_asked_about(
    loaded: Engine, tmp_path: Path
) -> None:
    lines = "an-lao,Lê Thị Hoa,,,chung@x.example,,,\nvan-canh,Trần Văn Nam,,,chung@x.example,,,\n"
    path = write(tmp_path, HEAD + lines)
    with (
        writing(loaded) as session,
        pytest.raises(RefusedError, match="dòng 3: Trần Văn Nam") as told,
    ):
        import_contacts(session, find_plan(session, PLAN_ID), path, now=NOW)
    assert "Lê Thị Hoa (an-lao, dòng 2)" in str(told.value)
