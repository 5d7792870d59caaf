"""Draft reports as they are worked on in Word and signed; how much stands under a heading"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from plan.models.columns import UtcDateTime

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "report_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.String(), nullable=False),
        sa.Column("output", sa.String(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("document_number", sa.String(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("handed_by", sa.String(), nullable=False),
        sa.Column("handed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"]),
        sa.ForeignKeyConstraint(["run_id"], ["consolidation_run.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_report_version_run_id", "report_version", ["run_id"])
    op.create_table(
        "heading_choice",
        sa.Column("plan_id", sa.String(), nullable=False),
        sa.Column("output", sa.String(), nullable=False),
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"]),
        sa.PrimaryKeyConstraint("plan_id", "output", "node"),
    )


def downgrade() -> None:
    op.drop_table("heading_choice")
    op.drop_index("ix_report_version_run_id", table_name="report_version")
    op.drop_table("report_version")
