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
