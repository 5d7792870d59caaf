"""A sending is filed once, however often it is sent"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("submission", sa.Column("key", sa.String(), nullable=True))
    op.create_index("ix_submission_key", "submission", ["obligation_id", "key"], unique=True)


def downgrade() -> None:
    op.drop_index("ix_submission_key", table_name="submission")
    op.drop_column("submission", "key")
