"""The address book is replaced whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from plan.contacts import import_contacts, list_contacts
from plan.database import reading, writing
from plan.errors import RefusedError
from plan.lookup import find_plan
from tests.conftest import PLAN_ID, at

HEAD = "agency,name,role,is_head,email,phone,zalo_user_id,zalo_chat_id\n"


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "danh-ba.csv"
    path.write_text(text, encoding="utf-8-sig")
    return path


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
