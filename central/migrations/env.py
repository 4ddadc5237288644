"""Run by ``Database.migrate`` inside its own transaction."""

from alembic import context

from central.tables import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True
)
context.run_migrations()
