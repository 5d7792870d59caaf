"""Versions of a plan: what each plan says today is its first"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from plan.models.columns import UtcDateTime

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "plan_version",
        sa.Column("plan_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("definition_hash", sa.String(), nullable=False),
        sa.Column("document_number", sa.String(), nullable=False),
        sa.Column("document_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"]),
        sa.PrimaryKeyConstraint("plan_id", "number"),
    )
    op.execute(
        "INSERT INTO plan_version (plan_id, number, definition, definition_hash, document_number, reason, "
        "made_by, made_at) SELECT id, 1, definition, definition_hash, '', '', 'dondoc', loaded_at FROM plan"
    )


def downgrade() -> None:
    op.drop_table("plan_version")
