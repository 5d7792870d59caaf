"""The address book is replaced whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, event
from sqlmodel import select

from plan.contacts import (
    change_contact,
    import_contacts,
    list_contacts,
    places_of,
    replace_contacts,
    without_address,
)
from plan.database import reading, writing
from plan.definition.model import Contact as ContactPart
from plan.directory.people_file import FIELDS
from plan.directory.seats import person_of
from plan.errors import RefusedError
from plan.models import Contact
from plan.queries.lookup import find_plan
from plan.states import Actor, Role
from tests.conftest import PLAN_ID, at
from tests.support.contacts_file import HEAD, write


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """What is said to the database meanwhile."""
    told: list[str] = []

    def see(*given: object) -> None:
        told.append(str(given[2]))

    event.listen(engine, "before_cursor_execute", see)
    yield told
    event.remove(engine, "before_cursor_execute", see)


def test_it_replaces_the_agencies_it_names(engine: Engine, tmp_path: Path) -> None:
    path = write(
        tmp_path, HEAD + "an-lao,Lê Thị Hoa,Văn thư,,hoa@an-lao.example,0256 3 111 222,,\n"
    )
    with writing(engine) as session:
        before = list_contacts(session, find_plan(session, PLAN_ID))
        assert (
            import_contacts(session, find_plan(session, PLAN_ID), path, now=at("2020-02-01")) == 1
        )
    with reading(engine) as session:
        after = list_contacts(session, find_plan(session, PLAN_ID))
    assert [row["name"] for row in after if row["agency"] == "an-lao"] == ["Lê Thị Hoa"]
    others = [row for row in before if row["agency"] != "an-lao"]
    assert [row for row in after if row["agency"] != "an-lao"] == others


def test_every_bad_line_is_told_and_nothing_imported(engine: Engine, tmp_path: Path) -> None:
    path = write(
        tmp_path,
        HEAD
        + "an-lao,Lê Thị Hoa,,,hoa@an-lao.example,,,\n"
        + "an-lap,Ai Đó,,,,,,\n"
        + "van-canh,,,,,,,\n"
        + "van-canh,Bá,,có lẽ,không-phải-thư,12,,\n",
    )
    with pytest.raises(RefusedError) as refused, writing(engine) as session:
        import_contacts(session, find_plan(session, PLAN_ID), path, now=at("2020-02-01"))
    words = str(refused.value)
    assert "dòng 3: không có cơ quan «an-lap» (có phải «an-lao»?)" in words
    assert "dòng 4: thiếu tên" in words
    assert words.count("dòng 5:") == 3
    with reading(engine) as session:
        names = {row["name"] for row in list_contacts(session, find_plan(session, PLAN_ID))}
    assert "Lê Thị Hoa" not in names


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a,b\n1,2\n", "thiếu cột agency, name"),
        ("agency,name\nan-lao,Lê\n".encode("utf-16"), "không phải UTF-8"),
    ],
)
def test_a_file_of_the_wrong_kind_is_refused(
    engine: Engine, tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(RefusedError, match=words), writing(engine) as session:
        import_contacts(session, find_plan(session, PLAN_ID), path, now=at("2020-02-01"))


LINE = "an-lao,{name},{role},{head},{email},{phone},,"


def book(tmp_path: Path, *, ending: str = "\n", **cells: str) -> Path:
    """A file of one contact, given what differs from a plain one."""
    plain = {"name": "Lan", "role": "Phó", "head": "1", "email": "a@b.example", "phone": ""}
    path = tmp_path / "danh-ba.csv"
    path.write_bytes((HEAD + LINE.format(**plain | cells) + ending).encode())
    return path


@pytest.mark.parametrize(
    ("cells", "field", "value"),
    [
        ({"head": "Co\u0301"}, "is_head", True),  # NFD
        ({"name": '"Nguyễn Thị\nMẫu"'}, "name", "Nguyễn Thị Mẫu"),
        ({"name": '"Nguyễn Thị\r\nMẫu"'}, "name", "Nguyễn Thị Mẫu"),
        ({"name": "Nguyễn Thị\u2028Mẫu"}, "name", "Nguyễn Thị Mẫu"),
        ({"name": "Nguyễn Thị\u000bMẫu"}, "name", "Nguyễn Thị Mẫu"),
        ({"name": "Ngu" + "ye\u0302\u0303n"}, "name", "Nguyễn"),
        ({"email": "a@b.example\u200b"}, "email", "a@b.example"),
        ({"email": "\u00ada@b.example"}, "email", "a@b.example"),
        ({"phone": "(0256) 3822 222"}, "phone", "(0256) 3822 222"),
        ({"phone": "+84 905 000 111"}, "phone", "+84 905 000 111"),
        ({"ending": "\n,,,,,,,\n, ,,,,,,\n"}, "name", "Lan"),
    ],
)
def test_what_office_programs_leave_behind_is_read(
    engine: Engine, tmp_path: Path, cells: dict[str, str], field: str, value: object
) -> None:
    with writing(engine) as session:
        plan = find_plan(session, PLAN_ID)
        import_contacts(session, plan, book(tmp_path, **cells), now=at("2020-04-20 08:00"))
        [row] = [row for row in list_contacts(session, plan) if row["agency"] == "an-lao"]
    assert row[field] == value


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"phone": "905000111"}, "dòng 2: số điện thoại «905000111»"),
        ({"phone": "9.05E+08"}, "dòng 2: số điện thoại «9.05E+08»"),
        ({"name": "La\0n"}, "dòng 2: cột name có ký tự điều khiển"),
        ({"role": "Ph\x07ó"}, "dòng 2: cột role có ký tự điều khiển"),
        ({"role": "x" * 140_000}, "dòng 2: một ô dài quá 131.072 ký tự"),
        ({"name": '"Lan'}, "dòng 2: dấu ngoặc kép mở ra mà không đóng"),
        ({"name": '"Lan" Mẫu'}, "dòng 2: dấu ngoặc kép đặt sai chỗ"),
        ({"phone": ",,,thừa,,dư"}, "dòng 2: thừa ô «thừa», «dư» so với dòng tiêu đề"),
    ],
)
def test_what_cannot_be_read_is_named_by_its_line_and_nothing_imported(
    loaded: Engine, tmp_path: Path, cells: dict[str, str], words: str
) -> None:
    with reading(loaded) as session:
        before = list_contacts(session, find_plan(session, PLAN_ID))
    path = book(tmp_path, **cells)
    with writing(loaded) as session, pytest.raises(RefusedError) as refused:
        import_contacts(session, find_plan(session, PLAN_ID), path, now=at("2020-04-20 08:00"))
    assert words in str(refused.value)
    with reading(loaded) as session:
        assert list_contacts(session, find_plan(session, PLAN_ID)) == before


def test_who_cannot_be_reached_is_named(engine: Engine, tmp_path: Path) -> None:
    with writing(engine) as session:
        plan = find_plan(session, PLAN_ID)
        import_contacts(session, plan, book(tmp_path, email=""), now=at("2020-04-20 08:00"))
        assert without_address(session, plan) == ["an-lao: Lan"]


@pytest.mark.parametrize(
    "text",
    [
        (HEAD + "an-lao,Lan,Phó,có,a@b.example,,,\n").replace(",", "\t"),
        "sep=;\r\n" + (HEAD + "an-lao,Lan,Phó,có,a@b.example,,,\n").replace(",", ";"),
        (HEAD + "an-lao,Lan,Phó,có,a@b.example,,,\n").replace("agency,name", "Agency, Name "),
        "sep=\t\n" + (HEAD + "an-lao,Lan,Phó,có,a@b.example,,,\n").replace(",", "\t"),
    ],
)
def test_as_spreadsheets_write_it(engine: Engine, tmp_path: Path, text: str) -> None:
    """Tabs, Excel's own «sep=» line, headings with capitals and blanks."""
    with writing(engine) as session:
        plan = find_plan(session, PLAN_ID)
        assert import_contacts(session, plan, write(tmp_path, text), now=at("2020-02-01")) == 1
        found = [row for row in list_contacts(session, plan) if row["agency"] == "an-lao"]
    assert [(row["name"], row["is_head"]) for row in found] == [("Lan", True)]


@pytest.mark.parametrize(
    ("name", "coding"),
    [
        ("NguyÔn ThÞ MÉu", "TCVN3"),
        ("TrÇn V¨n §oµn", "TCVN3"),
        ("Nguyeãn Thò Maãu", "VNI"),
        ("Traàn Vaên Ñoaøn", "VNI"),
    ],
)
def test_names_from_before_unicode_are_refused_with_their_line(
    engine: Engine, tmp_path: Path, name: str, coding: str
) -> None:
    """«NguyÔn ThÞ MÉu» in UTF-8: the letters of a .VnTime font, saved as they stand."""
    lines = ["an-lao,Lan,Phó,1,a@b.example,,,", f"an-lao,{name},Phó,1,c@b.example,,,"]
    path = write(tmp_path, HEAD + "\n".join(lines) + "\n")
    with pytest.raises(RefusedError, match=rf"dòng 3.*{coding}"), writing(engine) as session:
        import_contacts(session, find_plan(session, PLAN_ID), path, now=at("2020-02-01"))


@pytest.mark.parametrize("email", ["đầu-mối@an-lao.example", "lan@an-lão.example"])
def test_a_line_is_named_as_the_file_counts_it(engine: Engine, tmp_path: Path, email: str) -> None:
    path = write(tmp_path, "sep=,\n" + HEAD + f"an-lao,Lan,Phó,1,{email},,,\n")
    with pytest.raises(RefusedError, match=r"dòng 3: .*có chữ có dấu"), writing(engine) as session:
        import_contacts(session, find_plan(session, PLAN_ID), path, now=at("2020-02-01"))


def test_two_who_change_one_contact_do_not_undo_each_other(engine: Engine) -> None:
    """The second sends back what the form showed before the first saved."""
    actor, now = Actor("Bình", Role.coordinator), at("2020-02-01")
    with writing(engine) as session:
        row = session.exec(select(Contact)).first()
        assert row is not None
        key, shown = row.id or 0, person_of(session, row).version
        form = {name: getattr(row, name) for name in FIELDS[1:]}
        first = form | {"phone": "0905 000 999"}
        change_contact(session, PLAN_ID, key, first, actor=actor, now=now, seen=shown)
    second = form | {"email": "moi@b.example"}
    with pytest.raises(RefusedError, match="người khác sửa"), writing(engine) as session:
        change_contact(session, PLAN_ID, key, second, actor=actor, now=now, seen=shown)
    with writing(engine) as session:
        row = session.get_one(Contact, key)
        assert row.phone == "0905 000 999"
        again = {name: getattr(row, name) for name in FIELDS[1:]} | {"email": "moi@b.example"}
        change_contact(session, PLAN_ID, key, again, actor=actor, now=now, seen=shown + 1)
        assert (row.phone, row.email) == ("0905 000 999", "moi@b.example")


def test_what_is_there_is_read_once_however_many_agencies_a_file_names(engine: Engine) -> None:
    """Of each somebody stays with another number, somebody is new, the others are gone."""
    counted = []
    with writing(engine) as session:
        places = places_of(session, PLAN_ID)
        there = {
            row["agency"]: row["name"]
            for row in list_contacts(session, find_plan(session, PLAN_ID))
        }
        assert len(there) > 10
        for some in (sorted(there)[:2], sorted(there)):
            people = [
                one
                for code in some
                for one in (
                    ContactPart(agency=code, name=there[code], phone=f"0905 000 {len(some)}00"),
                    ContactPart(agency=code, name=f"Người Mới {len(some)}"),
                )
            ]
            with statements(engine) as told:
                assert replace_contacts(session, places, people, at("2020-02-01")) == len(people)
                session.flush()
            counted.append(sum(one.startswith(("SELECT", "DELETE")) for one in told))
        after = list_contacts(session, find_plan(session, PLAN_ID))
        wanted = {
            (code, name) for code in there for name in (there[code], f"Người Mới {len(there)}")
        }
        assert sorted((row["agency"], row["name"]) for row in after) == sorted(wanted)
    assert counted[0] == counted[1] < 20
