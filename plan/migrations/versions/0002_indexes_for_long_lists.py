"""Indexes for long lists: in the order of agencies, and by day"""

from collections.abc import Sequence

from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_index(
        "ix_obligation_plan_agency", "obligation", ["plan_id", "agency_id", "id"], unique=False
    )
    op.create_index(
        "ix_obligation_plan_last_day", "obligation", ["plan_id", "last_day"], unique=False
    )


def downgrade() -> None:
    op.drop_index("ix_obligation_plan_last_day", table_name="obligation")
    op.drop_index("ix_obligation_plan_agency", table_name="obligation")
