"""What Sở Nội vụ urges by hand is counted beside the ladder"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "urging",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.String(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("spoke_to", sa.String(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("urged_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"]),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"]),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_urging_plan_id", "urging", ["plan_id"])
    op.create_index("ix_urging_agency_id", "urging", ["agency_id"])
    op.create_table(
        "urging_obligation",
        sa.Column("urging_id", sa.Integer(), nullable=False),
        sa.Column("obligation_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["urging_id"], ["urging.id"]),
        sa.ForeignKeyConstraint(["obligation_id"], ["obligation.id"]),
        sa.PrimaryKeyConstraint("urging_id", "obligation_id"),
    )
    op.create_index("ix_urging_obligation_obligation_id", "urging_obligation", ["obligation_id"])


def downgrade() -> None:
    op.drop_table("urging_obligation")
    op.drop_table("urging")
