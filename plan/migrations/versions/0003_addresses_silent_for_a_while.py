"""Addresses that take nothing for a while, beside those that take nothing for good; who follows the OA"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import plan.models.columns

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    moment = plan.models.columns.UtcDateTime(timezone=True)
    op.add_column("bad_address", sa.Column("until", moment, nullable=True))
    op.create_table(
        "zalo_follower",
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("followed_at", moment, nullable=True),
        sa.Column("unfollowed_at", moment, nullable=True),
        sa.Column("talked_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("user_id"),
    )


def downgrade() -> None:
    op.drop_table("zalo_follower")
    op.drop_column("bad_address", "until")
