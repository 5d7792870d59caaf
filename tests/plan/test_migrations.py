"""The migrations make what the models say, on both databases."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from plan.database import HEAD, MIGRATIONS, migrate, migrated
from plan.errors import SettingsError
from plan.models import metadata


def test_head_is_the_newest_script() -> None:
    assert ScriptDirectory(str(MIGRATIONS)).get_heads() == [HEAD]


def test_migrating_gives_the_models(any_engine: Engine) -> None:
    with any_engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    assert migrated(any_engine)


def test_migrating_again_changes_nothing(any_engine: Engine) -> None:
    migrate(any_engine)
    assert migrated(any_engine)


def test_an_empty_database_is_not_migrated(empty_engine: Engine) -> None:
    assert not migrated(empty_engine)


def test_an_older_program_refuses_a_later_database(any_engine: Engine) -> None:
    """Rolled back without restoring: said at once, nothing touched."""
    with any_engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SettingsError, match="bản mới hơn"):
        migrate(any_engine)
    assert not migrated(any_engine)


INSIDE = {
    "attempt", "link_revocation", "link_use", "rung_claim", "directory_absence",  # known to nobody
    "milestone", "deliverable",  # known by their codes
}  # fmt: skip
"""Tables whose ids never leave the database."""


def test_an_id_that_left_the_database_is_never_used_again(any_engine: Engine) -> None:
    """In links (contacts, drafts, files), mails, webhooks and the trail: the newest row's too, once it is
    gone. A new table has to say which it is."""
    if any_engine.dialect.name == "sqlite":
        with any_engine.connect() as connection:
            rows = connection.execute(
                text("SELECT name, sql FROM sqlite_master WHERE type='table'")
            )
            made = {str(row[0]): str(row[1]) for row in rows}
        numbered = {
            table.name for table in metadata.sorted_tables if table.autoincrement_column is not None
        }
        reused = {name for name in numbered if "AUTOINCREMENT" not in made[name]}
        assert reused == INSIDE
    add = text(
        "INSERT INTO user_account (email, name, role, agencies, password_hash, totp_secret, totp_step, "
        "subject, created_at, sessions_from) VALUES (:email, 'x', 'leader', '[]', '', :none, 0, '', "
        "'2020-01-01', '2020-01-01')"
    )
    with any_engine.begin() as connection:
        connection.execute(add, {"email": "a", "none": b""})
        first = connection.execute(text("SELECT max(id) FROM user_account")).scalar_one()
        connection.execute(text("DELETE FROM user_account"))
        connection.execute(add, {"email": "b", "none": b""})
        assert connection.execute(text("SELECT max(id) FROM user_account")).scalar_one() > first


def test_a_migration_leaves_the_foreign_keys_held(any_engine: Engine) -> None:
    if any_engine.dialect.name == "sqlite":
        with any_engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1


def test_keys_looked_for_by_their_beginning_are_sorted_by_sign(any_engine: Engine) -> None:
    """«alarm:x:» to «alarm:x;» is a range only where «:» comes before «;»: in no language's order it does."""
    if any_engine.dialect.name == "postgresql":
        sorted_by = text(
            "SELECT collation_name FROM information_schema.columns "
            "WHERE table_name = 'message' AND column_name = 'dedupe_key'"
        )
        with any_engine.connect() as connection:
            assert connection.execute(sorted_by).scalar_one() == "C"
