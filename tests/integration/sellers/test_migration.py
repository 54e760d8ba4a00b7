"""Stores that were open before their standing was kept."""

import pytest
from sqlalchemy import text

from souk.core import migrations
from souk.core.db import make_engine

_OPENED = """
INSERT INTO account (id, roles, created_at) VALUES (:account, '{seller}', now());
INSERT INTO seller (id, account_id, handle, name, payout_wallet, status, version, created_at,
                    updated_at)
VALUES (:seller, :account, 'figs', 'Figs', '0x', 'suspended', 1, now(), now());
"""
_NAMES = {
    "account": "acc_01h455vb4pex5vsknk084sn02q",
    "seller": "sel_01h455vb4pex5vsknk084sn02q",
}


@pytest.fixture
def engine(databases):
    """A database as it was before, with one suspended store."""
    url = databases.empty()
    engine = make_engine(url, pool_size=2)
    migrations.upgrade(engine, "0035")
    with engine.begin() as connection:
        for statement in filter(str.strip, _OPENED.split(";")):
            connection.execute(text(statement), _NAMES)
    yield engine
    engine.dispose()
    databases.drop(url)


def test_history_begins_with_how_the_store_stands(engine):
    migrations.upgrade(engine)
    with engine.connect() as connection:
        steps = connection.execute(
            text("SELECT aspect, to_state, mover FROM seller_standing_history ORDER BY aspect")
        )
        assert [tuple(step) for step in steps] == [
            ("status", "suspended", "system"),
            ("verification", "unverified", "system"),
        ]


def test_store_moves_on_from_there(engine):
    migrations.upgrade(engine)
    move = text(
        "INSERT INTO seller_standing_history SELECT 'sst_x', seller_id, aspect, 2, to_state,"
        " 'approved', 'staff', NULL, 'appealed', '{}', now() FROM seller_standing_history"
        " WHERE aspect = 'status'"
    )
    with engine.begin() as connection:
        connection.execute(move)
        connection.execute(text("UPDATE seller SET status = 'approved'"))
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT status FROM seller")) == "approved"
