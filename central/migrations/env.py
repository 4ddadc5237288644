"""Run by ``Database.migrate`` inside its own transaction."""

from alembic import context

from central import tables_field  # noqa: F401 - the tables of visits at home are in the same metadata
from central.tables import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True
)
context.run_migrations()
