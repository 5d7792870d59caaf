"""The trail says who by number; names stand in a table of their own"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Rows that are there keep the name in them: it is part of what their hash covers."""
    op.create_table(
        "trail_name",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("mac", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_trail_name", "trail_name", ["account", "name"])
    op.add_column("audit_event", sa.Column("person_id", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.execute(
        "UPDATE audit_event SET actor = (SELECT name FROM trail_name WHERE id = person_id) "
        "WHERE person_id IS NOT NULL"
    )
    op.drop_column("audit_event", "person_id")
    op.drop_table("trail_name")
