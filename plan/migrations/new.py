"""`make migration M="what changed"`: write the next migration from the difference to the models."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config

from plan.database import HEAD, MIGRATIONS, migrate, open_engine


def write(message: str) -> None:
    """Compare a freshly migrated database with the models and write a script for what differs.

    Then raise `plan.database.HEAD` by hand: the test that compares the two says so.
    """
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{Path(folder) / 'empty.db'}")
        migrate(engine)
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        with engine.execution_options(dondoc_writes=True).begin() as connection:
            config.attributes["connection"] = connection
            following = f"{int(HEAD) + 1:04d}" if any(MIGRATIONS.glob("versions/0*.py")) else HEAD
            command.revision(config, message, autogenerate=True, rev_id=following)
        engine.dispose()


if __name__ == "__main__":
    write(" ".join(sys.argv[1:]) or "change")
