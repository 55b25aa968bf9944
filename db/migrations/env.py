"""Alembic's entry: runs the migrations on the connection that db.migrate hands over, in its transaction."""

from alembic import context

from db.schema import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,   # SQLite alters a table by copying it
)
context.run_migrations()
