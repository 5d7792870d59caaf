"""Ids of drafts, agencies, files, mails and calls of webhooks are never used again either (SQLite)"""

from collections.abc import Sequence

from alembic import op

revision: str = "0024"
down_revision: str | None = "0023"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

TABLES = (
    "plan_draft", "incoming_mail", "submission_file", "calendar_key", "report_version",
    "webhook_delivery", "agency",
)  # fmt: skip


def upgrade() -> None:
    """As 0010 did for the tables of then; PostgreSQL's sequences never go back."""
    if op.get_bind().dialect.name != "sqlite":
        return
    for table in TABLES:
        with op.batch_alter_table(
            table, recreate="always", table_kwargs={"sqlite_autoincrement": True}
        ):
            pass


def downgrade() -> None:
    """The tables serve the earlier program as they are."""
