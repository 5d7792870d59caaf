"""Ids that leave the database in a link, a mail, a webhook or the trail are never used again (SQLite)"""

from collections.abc import Sequence

from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

TABLES = (
    "contact", "obligation", "submission", "finding", "deadline", "extension", "message",
    "consolidation_run", "audit_event", "outgoing_event", "user_account", "api_token", "webhook",
)  # fmt: skip


def upgrade() -> None:
    """PostgreSQL's sequences never go back. SQLite gives the highest id anew once its row is gone, unless the
    table was made otherwise: each is made again, its rows as they are."""
    if op.get_bind().dialect.name != "sqlite":
        return
    for table in TABLES:
        with op.batch_alter_table(
            table, recreate="always", table_kwargs={"sqlite_autoincrement": True}
        ):
            pass


def downgrade() -> None:
    """The tables serve the earlier program as they are."""
