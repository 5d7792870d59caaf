"""One round over all plans: what is due by plan, who is the same person, what a message speaks of"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

MARKS = ("email", "phone", "zalo_user_id", "zalo_chat_id")


def upgrade() -> None:
    op.create_index("ix_obligation_plan_next_check", "obligation", ["plan_id", "next_check_at"])
    op.drop_index("ix_obligation_next_check", table_name="obligation")
    for name in MARKS:
        op.create_index(f"ix_contact_{name}", "contact", [name])
    op.create_table(
        "message_plan",
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"]),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"]),
        sa.PrimaryKeyConstraint("message_id", "plan_id"),
    )
    op.create_index("ix_message_plan_plan", "message_plan", ["plan_id", "message_id"])


def downgrade() -> None:
    op.drop_table("message_plan")
    for name in MARKS:
        op.drop_index(f"ix_contact_{name}", table_name="contact")
    op.create_index("ix_obligation_next_check", "obligation", ["next_check_at"])
    op.drop_index("ix_obligation_plan_next_check", table_name="obligation")
