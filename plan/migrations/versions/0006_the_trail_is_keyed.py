"""The trail's rows are keyed, its end is signed"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    for table, column in (("audit_event", "key"), ("audit_head", "key"), ("audit_head", "mac")):
        op.add_column(table, sa.Column(column, sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    for table, column in (("audit_event", "key"), ("audit_head", "key"), ("audit_head", "mac")):
        op.drop_column(table, column)
