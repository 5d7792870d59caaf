"""Alembic's entry: `plan.database.migrate` hands over its connection, already in a transaction."""

from alembic import context

from plan.models import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
)
context.run_migrations()
