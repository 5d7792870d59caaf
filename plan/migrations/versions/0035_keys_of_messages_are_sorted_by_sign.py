"""Keys of messages are sorted by sign, whatever language the database sorts by (PostgreSQL)"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0035"
down_revision: str | None = "0034"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """The index is made anew; the rows stay as they are."""
    _sort_by("C")


def downgrade() -> None:
    _sort_by("default")


def _sort_by(collation: str) -> None:
    """SQLite sorts by sign always."""
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("message", "dedupe_key", type_=sa.String(collation=collation))
