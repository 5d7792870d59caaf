"""Alembic's entry: `plan.database.migrate` hands over its connection, already in a transaction."""

from typing import Any, Literal

from alembic import context
from sqlmodel.sql.sqltypes import AutoString

from plan.models import metadata


def render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """SQLModel's AutoString is plain String: scripts then need no SQLModel."""
    return "sa.String()" if kind == "type" and isinstance(item, AutoString) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
    render_item=render,
)
context.run_migrations()
