"""Signed letters that were sent, and packages that leave for the document axis"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from plan.models.columns import UtcDateTime

revision: str = "0034"
down_revision: str | None = "0033"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

INDEXES = (
    ("signed_letter", "plan_id"),
    ("signed_letter", "number"),
    ("signed_letter", "edoc_id"),
    ("letter_receiver", "agency_id"),
    ("edoc_package", "taken_at"),
    ("incoming_mail", "letter_id"),
)


def upgrade() -> None:
    op.create_table(
        "signed_letter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("signer", sa.String(), nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("signatures", sa.JSON(), nullable=False),
        sa.Column("edoc_id", sa.String(), nullable=False),
        sa.Column("sent_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("sent_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("plan_id", "number", "issued_on"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "letter_receiver",
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("organ", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"]),
        sa.ForeignKeyConstraint(["letter_id"], ["signed_letter.id"]),
        sa.PrimaryKeyConstraint("letter_id", "agency_id"),
    )
    op.create_table(
        "edoc_package",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=True),
        sa.Column("mail_id", sa.Integer(), nullable=True),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("made_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("taken_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("taken_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["letter_id"], ["signed_letter.id"]),
        sa.ForeignKeyConstraint(["mail_id"], ["incoming_mail.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("letter_id"),
        sa.UniqueConstraint("mail_id", "code"),
        sqlite_autoincrement=True,
    )
    op.add_column("incoming_mail", sa.Column("letter_id", sa.Integer(), nullable=True))
    for table, column in INDEXES:
        op.create_index(f"ix_{table}_{column}", table, [column])


def downgrade() -> None:
    op.drop_index("ix_incoming_mail_letter_id", "incoming_mail")
    op.drop_column("incoming_mail", "letter_id")
    for table in ("edoc_package", "letter_receiver", "signed_letter"):
        op.drop_table(table)
