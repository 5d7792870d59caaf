"""One directory of agencies and people for all plans"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from plan.models.columns import UtcDateTime

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

AGENCY = "directory_agency.code"
PLACES = (
    ("agency", "directory_code", "VARCHAR", AGENCY),
    ("contact", "directory_id", "INTEGER", "directory_contact.id"),
)


def upgrade() -> None:
    """The tables. Who stands in them is worked out after every migration (`plan.directory.placing`)."""
    op.create_table(
        "directory_agency",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("organ_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("parent", sa.String(), nullable=False),
        sa.Column("aliases", sa.JSON(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("became", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code"),
    )
    op.create_index("ix_directory_agency_organ_id", "directory_agency", ["organ_id"])
    op.create_table(
        "directory_name",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("short", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["code"], [AGENCY]),
        sa.PrimaryKeyConstraint("code", "valid_from"),
    )
    op.create_table(
        "directory_successor",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("successor", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["code"], [AGENCY]),
        sa.ForeignKeyConstraint(["successor"], [AGENCY]),
        sa.PrimaryKeyConstraint("code", "successor"),
    )
    op.create_table(
        "directory_apart",
        sa.Column("one", sa.String(), nullable=False),
        sa.Column("other", sa.String(), nullable=False),
        sa.Column("said_by", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["one"], [AGENCY]),
        sa.ForeignKeyConstraint(["other"], [AGENCY]),
        sa.PrimaryKeyConstraint("one", "other"),
    )
    _people()
    for table, column, kind, target in PLACES:
        # Made by hand: Alembic can give SQLite no column that refers to a table, without making it again.
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN {column} {kind} REFERENCES {_reference(target)}"
        )
        op.create_index(f"ix_{table}_{column}", table, [column])


def _reference(target: str) -> str:
    table, _, column = target.partition(".")
    return f"{table} ({column})"


def _people() -> None:
    op.create_table(
        "directory_contact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("is_head", sa.Boolean(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("zalo_user_id", sa.String(), nullable=False),
        sa.Column("zalo_chat_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["code"], [AGENCY]),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_directory_contact_code", "directory_contact", ["code"])
    op.create_table(
        "directory_absence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("substitute_id", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=False),
        sa.Column("noted_by", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["directory_contact.id"]),
        sa.ForeignKeyConstraint(["substitute_id"], ["directory_contact.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_directory_absence_contact_id", "directory_absence", ["contact_id"])


def downgrade() -> None:
    for table, column, _, _ in PLACES:
        op.drop_index(f"ix_{table}_{column}", table_name=table)
        with op.batch_alter_table(table) as batch:
            batch.drop_column(column)
    for table in (
        "directory_absence",
        "directory_contact",
        "directory_apart",
        "directory_successor",
        "directory_name",
        "directory_agency",
    ):
        op.drop_table(table)
