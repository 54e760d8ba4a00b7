"""The schema goes up, down and up again, and is what the models say."""

from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Engine, Integer, Table, text

from souk.core import migrations
from souk.core.db import Base, make_engine
from tests.support.stack import Databases

from .robots.schema import load_models

# Everything that a migration can leave behind in the schema, by kind and name.
_LEFT = text(
    """
    SELECT kind || ' ' || name FROM (
        SELECT 'relation', relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
        UNION ALL
        SELECT 'function', proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION ALL
        SELECT 'type', typname FROM pg_type
        WHERE typnamespace = 'public'::regnamespace AND typtype IN ('d', 'e')
    ) AS everything(kind, name)
    WHERE name NOT LIKE 'alembic_version%' ORDER BY 1
    """
)


@pytest.fixture
def empty(databases: Databases) -> Iterator[Engine]:
    """An engine on a database without tables."""
    url = databases.empty()
    engine = make_engine(url, pool_size=2)
    yield engine
    engine.dispose()
    databases.drop(url)


def objects(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.execute(_LEFT).scalars())


def differences(engine: Engine) -> list[object]:
    """What autogenerate would write into a new migration."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))


def test_goes_up_and_down_and_up_again(empty: Engine) -> None:
    migrations.upgrade(empty)
    first = objects(empty)

    migrations.downgrade(empty, "base")
    assert objects(empty) == []

    migrations.upgrade(empty)
    assert objects(empty) == first


def test_goes_down_and_up_one_step_at_a_time(empty: Engine) -> None:
    scripts = ScriptDirectory.from_config(migrations.configuration())
    seen = {}
    for script in reversed(list(scripts.walk_revisions())):
        migrations.upgrade(empty, script.revision)
        seen[script.revision] = objects(empty)
    for script in scripts.walk_revisions():
        assert objects(empty) == seen[script.revision], script.revision
        migrations.downgrade(empty, str(script.down_revision or "base"))


def test_leaves_nothing_to_migrate_between_models_and_schema(engine: Engine) -> None:
    load_models()

    assert differences(engine) == []


_UNCHECKED = text("SELECT conname FROM pg_constraint WHERE NOT convalidated ORDER BY conname")


def test_leaves_no_check_that_was_not_made(engine: Engine) -> None:
    with engine.connect() as connection:
        assert list(connection.execute(_UNCHECKED).scalars()) == []


def test_reads_no_row_while_it_keeps_everybody_else_from_a_table(empty: Engine) -> None:
    migrations.upgrade(empty, "0012")

    with empty.connect() as connection:
        assert list(connection.execute(_UNCHECKED).scalars()) == [
            "ck_ledger_entry_flow",
            "ck_payment_attempt_leg_reimbursed",
            "ck_payment_attempt_leg_status",
            "ck_payment_effect_kind",
        ]


def test_takes_legs_from_code_that_knows_nothing_of_reimbursements(engine: Engine) -> None:
    default = text(
        "SELECT column_default FROM information_schema.columns"
        " WHERE table_name = 'payment_attempt_leg' AND column_name = 'reimbursed'"
    )
    with engine.connect() as connection:
        assert connection.execute(default).scalar_one() in ("0", "'0'::numeric")


def test_sees_a_table_when_no_migration_makes_it(engine: Engine) -> None:
    table = Table("forgotten", Base.metadata, Column("id", Integer, primary_key=True))
    try:
        assert any(
            "add_table" in str(one) and "forgotten" in str(one) for one in differences(engine)
        )
    finally:
        Base.metadata.remove(table)


def test_has_one_line_of_revisions() -> None:
    scripts = ScriptDirectory.from_config(migrations.configuration())

    assert len(scripts.get_heads()) == 1


def test_knows_that_nothing_is_pending_after_an_upgrade(engine: Engine) -> None:
    at, needed = migrations.pending(engine)

    assert at == needed
