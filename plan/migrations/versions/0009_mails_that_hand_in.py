"""Mails that hand something in, and how far a mailbox was read"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import plan.models.columns

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    moment = plan.models.columns.UtcDateTime(timezone=True)
    op.create_table(
        "incoming_mail",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("sender_name", sa.String(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("received_at", moment, nullable=False),
        sa.Column("recorded_at", moment, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("plan_id", sa.String(), nullable=True),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("trusted", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.JSON(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("decided_at", moment, nullable=True),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("fingerprint"),
    )
    op.create_index("ix_incoming_mail_state", "incoming_mail", ["state", "id"])
    op.create_index("ix_incoming_mail_message_id", "incoming_mail", ["message_id"])
    op.create_index("ix_incoming_mail_plan_id", "incoming_mail", ["plan_id"])
    op.create_table(
        "mailbox",
        sa.Column("box", sa.String(), nullable=False),
        sa.Column("uid_validity", sa.BigInteger(), nullable=False),
        sa.Column("last_uid", sa.BigInteger(), nullable=False),
        sa.Column("read_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("box"),
    )


def downgrade() -> None:
    op.drop_table("mailbox")
    op.drop_table("incoming_mail")
