"""The table of tampers: what somebody with every right to the database, but without the key, can do to the
trail and the tables behind it; each is found, or said to be beyond reach."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session, col, select
from typer.testing import CliRunner

from flows.cli import app
from plan.calendar import local_day
from plan.database import reading, writing
from plan.keys.trail import keys_of
from plan.ledger import audit, names
from plan.ledger.audit import signed_text, verify
from plan.ledger.trail_check import anchor, anchors_in, differences
from plan.models import AuditEvent, AuditHead, TrailName
from plan.queries.lookup import find_obligation
from plan.settings import get_settings
from tests.conftest import PLAN_ID, at
from tests.support.ledger_rows import BEHIND_STATE, REPORT, SYSTEM, play_for_trail


def rows(session: Session) -> list[AuditEvent]:
    return list(session.exec(select(AuditEvent).order_by(col(AuditEvent.id))).all())


def edit(session: Session) -> None:
    rows(session)[3].written_as = "Kẻ lạ"


def delete(session: Session) -> None:
    session.delete(rows(session)[3])


def put_another_person_there(session: Session) -> None:
    rows(session)[3].person_id = 1 if rows(session)[3].person_id != 1 else 2


def rename(session: Session) -> None:
    session.exec(select(TrailName)).all()[-1].name = "Kẻ lạ"


def take_a_name_out(session: Session) -> None:
    """As `dondoc person delete` does, but nobody's name for it in the trail."""
    names.erase(session, session.exec(select(TrailName)).all()[-1:])


def sign_a_name_by_another_key(session: Session) -> None:
    row = session.exec(select(TrailName)).all()[-1]
    row.name, row.key, row.mac = "Kẻ lạ", "abc", "0" * 64


def insert(session: Session) -> None:
    last = rows(session)[-1]
    row = AuditEvent(
        **last.model_dump(exclude={"id"}) | {"previous_hash": last.hash, "hash": "0" * 64}
    )
    session.add(row)


def cut(session: Session) -> None:
    session.delete(rows(session)[-1])


def cut_and_mend_the_head(session: Session) -> None:
    *_, before, last = rows(session)
    head = session.exec(select(AuditHead)).one()
    head.rows, head.hash = head.rows - 1, before.hash
    session.delete(last)


def cut_and_delete_the_head(session: Session) -> None:
    session.delete(rows(session)[-1])
    session.delete(session.exec(select(AuditHead)).one())


def chain_anew(session: Session, key: str | None = None) -> None:
    """Everything worked out again, without the key, in the old unkeyed manner or with a guess."""
    found = rows(session)
    found[3].written_as = "Kẻ lạ"
    previous = audit.GENESIS
    for row in found:
        row.previous_hash = f"{row.id}"  # not twice the same, while they change
    session.flush()
    for row in found:
        row.previous_hash, row.key = previous, row.key if key is None else key
        row.hash = hashlib.sha256(signed_text(row).encode()).hexdigest()
        previous = row.hash
    head = session.exec(select(AuditHead)).one()
    head.hash, head.key = previous, head.key if key is None else key


def chain_anew_unkeyed(session: Session) -> None:
    chain_anew(session, "")
    session.exec(select(AuditHead)).one().mac = ""


TAMPERS: list[Callable[[Session], None]] = [
    edit, put_another_person_there, rename, take_a_name_out, sign_a_name_by_another_key, delete,
    insert, cut, cut_and_mend_the_head, cut_and_delete_the_head, chain_anew,
    chain_anew_unkeyed,
]  # fmt: skip


@pytest.mark.parametrize("tamper", TAMPERS, ids=lambda one: one.__name__)
def test_a_tampered_trail_is_found(loaded: Engine, tamper: Callable[[Session], None]) -> None:
    play_for_trail(loaded)
    with reading(loaded) as session:
        assert list(verify(session)) == []
        assert list(differences(session)) == []
    with writing(loaded) as session:
        tamper(session)
    with reading(loaded) as session:
        assert list(verify(session))


def test_a_head_that_was_deleted_is_told_of_even_after_more_was_written(loaded: Engine) -> None:
    play_for_trail(loaded)
    with writing(loaded) as session:
        cut_and_delete_the_head(session)
    with writing(loaded) as session:
        audit.record(
            session,
            plan_id="",
            actor=SYSTEM,
            event="later",
            subject="x",
            now=at("2020-04-29 10:00"),
        )
    with reading(loaded) as session:
        [broken] = verify(session)
        assert "đuôi sổ có thể đã bị cắt" in broken.why


def test_an_older_database_put_back_is_beyond_the_chain_and_found_by_an_anchor(
    loaded: Engine,
) -> None:
    """Cut to a state that once was, head and signature included: whole in itself."""
    with reading(loaded) as session:
        then = session.exec(select(AuditHead)).one().model_dump()
    play_for_trail(loaded)
    with reading(loaded) as session:
        anchors = anchors_in(anchor(session, local_day(at("2020-04-28 23:00"))))
    with writing(loaded) as session:
        for row in rows(session)[then["rows"] :]:
            session.delete(row)
        head = session.exec(select(AuditHead)).one()
        for name, value in then.items():
            setattr(head, name, value)
    with reading(loaded) as session:
        assert list(verify(session)) == []
        [broken] = verify(session, anchors)
    assert "chỉ còn" in broken.why


def test_anchors_of_every_day_hold(loaded: Engine) -> None:
    mail = ""
    for letters in ("a", "bc"):
        with reading(loaded) as session:
            mail += f"Mốc của sổ: {anchor(session, local_day(at('2020-04-28 23:00')))}\n\n"
        if letters == "a":
            play_for_trail(loaded, letters)
    with reading(loaded) as session:
        assert len(anchors_in(mail)) == 2
        assert list(verify(session, anchors_in(mail))) == []
        forged = dict.fromkeys(anchors_in(mail), "0" * 64)
        assert len(list(verify(session, forged))) == 2


def test_rows_written_before_are_sealed_as_they_are(loaded: Engine) -> None:
    """As an earlier program left them: no key, no signature."""
    play_for_trail(loaded)
    with writing(loaded) as session:
        chain_anew_unkeyed(session)
    with writing(loaded) as session:
        assert audit.seal(session)
        assert not audit.seal(session)
    with reading(loaded) as session:
        assert list(verify(session)) == []
        last = rows(session)[-1]
        assert (last.event, last.before["rows"]) == (
            audit.SEALED,
            last.id and len(rows(session)) - 1,
        )
    with writing(loaded) as session:
        rows(session)[2].written_as = "Kẻ lạ"
    with reading(loaded) as session:
        assert list(verify(session))


def test_a_new_key_goes_on_and_the_old_one_still_verifies(
    loaded: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    play_for_trail(loaded, "a")
    with reading(loaded) as session:
        old = keys_of(session).current
    monkeypatch.setenv("DONDOC_TRAIL_KEY", "khoa-moi khoa-so-cua-cac-bai-thu")
    get_settings.cache_clear()
    with writing(loaded) as session:
        audit.record(
            session,
            plan_id="",
            actor=SYSTEM,
            event="later",
            subject="x",
            now=at("2020-04-29 10:00"),
        )
    with reading(loaded) as session:
        assert keys_of(session).current != old
        assert {row.key for row in rows(session)} == {old, keys_of(session).current}
        assert list(verify(session)) == []
    monkeypatch.setenv("DONDOC_TRAIL_KEY", "khoa-moi")  # the old one is lost
    get_settings.cache_clear()
    with reading(loaded) as session:
        [told] = verify(session)
    assert f"ký bằng khóa {old}, không có ở đây" in told.why


def test_a_new_secret_key_needs_the_old_one_as_the_trails(
    loaded: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As docs/operations.md has it: without a key of its own, the trail is sealed by the installation's."""

    def given(secret: str, trail: str = "") -> None:
        monkeypatch.setenv("DONDOC_SECRET_KEY", secret)
        monkeypatch.setenv("DONDOC_TRAIL_KEY", trail)
        get_settings.cache_clear()

    def go_on() -> list[str]:
        with writing(loaded) as session:
            audit.record(
                session, plan_id="", actor=SYSTEM, event="test", subject="x",
                now=at("2020-04-29 10:00"),
            )  # fmt: skip
        with reading(loaded) as session:
            return [one.why for one in verify(session)]

    loading_key = get_settings().trail_key.get_secret_value()
    given("khóa-cũ", f"khóa-cũ {loading_key}")
    assert go_on() == []
    given("khóa-mới", f"khóa-mới khóa-cũ {loading_key}")
    assert go_on() == []
    given("khóa-mới")
    assert any("không có ở đây" in why for why in go_on())


def test_the_key_stands_beside_the_database_and_not_in_it(
    monkeypatch: pytest.MonkeyPatch, engine: Engine, tmp_path: Path
) -> None:
    monkeypatch.delenv("DONDOC_TRAIL_KEY")
    get_settings.cache_clear()
    play_for_trail(engine)
    path = Path(str(engine.url.database)).with_name("trail.key")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_bytes() not in Path(str(engine.url.database)).read_bytes()


def test_the_command_takes_anchors_and_names_rows(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    play_for_trail(engine)
    monkeypatch.setenv("DONDOC_DATABASE_URL", str(engine.url))
    get_settings.cache_clear()
    line = CliRunner().invoke(app, ["audit", "anchor"]).output
    kept = tmp_path / "mốc.txt"
    kept.write_text(line, "utf-8")
    said = CliRunner().invoke(app, ["audit", "verify", "--against", str(kept)])
    assert (said.exit_code, "Khớp 1 mốc" in said.output) == (0, True)
    with writing(engine) as session:
        owed = find_obligation(session, PLAN_ID, REPORT).id
        session.connection().execute(text(BEHIND_STATE), {"owed": owed})
    said = CliRunner().invoke(app, ["audit", "verify"])
    assert said.exit_code == 1
    assert f"Bảng obligation, dòng {owed} ({REPORT})" in said.output
    kept.write_text("không có gì", "utf-8")
    assert CliRunner().invoke(app, ["audit", "verify", "--against", str(kept)]).exit_code == 2
