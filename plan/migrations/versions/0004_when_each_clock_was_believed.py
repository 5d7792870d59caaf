"""When each machine's clock was last believed"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import plan.models.columns

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "clock_mark",
        sa.Column("boot", sa.String(), nullable=False),
        sa.Column("at", plan.models.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("up", sa.Float(), nullable=False),
        sa.Column("doubted", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("boot"),
    )


def downgrade() -> None:
    op.drop_table("clock_mark")
