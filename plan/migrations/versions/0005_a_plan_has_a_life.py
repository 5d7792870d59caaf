"""A plan has a life: what has reached anybody, or taken anything in, is running; any other is a draft"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from plan.models.columns import UtcDateTime

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_RAN = """
UPDATE plan SET state = 'running', started_at = loaded_at
WHERE EXISTS (SELECT 1 FROM message WHERE message.plan_id = plan.id)
   OR EXISTS (SELECT 1 FROM obligation WHERE obligation.plan_id = plan.id AND obligation.submissions > 0)
"""


def upgrade() -> None:
    op.add_column("plan", sa.Column("state", sa.String(), nullable=False, server_default="draft"))
    op.add_column("plan", sa.Column("started_at", UtcDateTime(), nullable=True))
    op.add_column("plan", sa.Column("reminds_from", UtcDateTime(), nullable=True))
    op.add_column("plan", sa.Column("backlog", sa.String(), nullable=False, server_default="none"))
    op.execute(_RAN)


def downgrade() -> None:
    for name in ("backlog", "reminds_from", "started_at", "state"):
        op.drop_column("plan", name)
