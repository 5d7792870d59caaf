"""What is returned may have a day of its own by which to mend it"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("obligation", sa.Column("mend_by", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("obligation", "mend_by")
