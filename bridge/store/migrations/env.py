"""Alembic's entry point. It only ever runs on the connection that `bridge/store/migrate.py` hands it."""

from alembic import context

from bridge.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
