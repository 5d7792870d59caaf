"""The trail knows people by their account as well as by name"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.add_column(
        "audit_event", sa.Column("account", sa.String(), nullable=False, server_default="")
    )


def downgrade() -> None:
    op.drop_column("audit_event", "account")
