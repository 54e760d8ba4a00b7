"""Alembic's environment: every module's tables, one transaction a migration.

The connection comes from the caller (`souk.core.migrations`), never from an ini file, so that
no address or password is written down.
"""

import importlib
import pkgutil

from alembic import context

import souk.core.idempotency
import souk.core.inbox
import souk.core.outbox
import souk.core.timers
import souk.modules
from souk.core.db import Base

for module in pkgutil.iter_modules(souk.modules.__path__, "souk.modules."):
    if importlib.util.find_spec(f"{module.name}.models") is not None:
        importlib.import_module(f"{module.name}.models")

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transaction_per_migration=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
