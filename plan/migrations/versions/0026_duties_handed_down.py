"""A duty handed down to an agency's own units is a plan one level below"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0026"
down_revision: str | None = "0025"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("plan", sa.Column("parent_obligation_id", sa.Integer(), nullable=True))
    op.create_index("ix_plan_parent_obligation_id", "plan", ["parent_obligation_id"], unique=True)


def downgrade() -> None:
    op.drop_index("ix_plan_parent_obligation_id", "plan")
    op.drop_column("plan", "parent_obligation_id")
