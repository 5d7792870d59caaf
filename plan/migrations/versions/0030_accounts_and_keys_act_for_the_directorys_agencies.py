"""Accounts and keys act for agencies of the directory: what they said is read anew (`place_accounts`)"""

from collections.abc import Sequence

revision: str = "0030"
down_revision: str | None = "0029"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """No table changes. The agencies may have no place in the directory yet: `plan.database` gives them one
    first, then reads the codes."""


def downgrade() -> None:
    """Nothing to take back: the directory's code is the first plan's."""
