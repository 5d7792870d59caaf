"""A run keeps the hash of its inputs"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0032"
down_revision: str | None = "0031"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_UNCHANGED = """
UPDATE consolidation_run SET set_hash = (
    SELECT s.set_hash FROM output_state s
    WHERE s.plan_id = consolidation_run.plan_id AND s.output = consolidation_run.output
)
WHERE EXISTS (
    SELECT 1 FROM output_state s
    WHERE s.plan_id = consolidation_run.plan_id AND s.output = consolidation_run.output
      AND s.last_number = consolidation_run.number
) AND NOT EXISTS (
    SELECT 1 FROM run_input i
    WHERE i.plan_id = consolidation_run.plan_id AND i.output = consolidation_run.output
      AND (i.first_run > consolidation_run.number OR i.last_run = consolidation_run.number)
)
"""
"""Of an output's newest run, where nothing has come or gone since. Any other run is followed by one that
differs, or gets its hash when it is asked for again."""


def upgrade() -> None:
    op.add_column(
        "consolidation_run", sa.Column("set_hash", sa.String(), nullable=False, server_default="")
    )
    op.execute(_UNCHANGED)


def downgrade() -> None:
    op.drop_column("consolidation_run", "set_hash")
