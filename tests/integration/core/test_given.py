"""Rows that a statement is given as one parameter."""

from decimal import Decimal

import pytest
from sqlalchemy import Column, MetaData, Table, Text, select, text
from sqlalchemy.dialects.postgresql import JSONB

from souk.core.db import AmountColumn, InstantColumn, given, insert_given
from tests.support.clock import START

KEPT = Table(
    "kept",
    MetaData(),
    Column("id", Text, primary_key=True),
    Column("amount", AmountColumn),
    Column("at", InstantColumn),
    Column("about", JSONB),
)
UINT256 = 2**256 - 1


@pytest.fixture
def kept(session):
    session.execute(
        text(
            "CREATE TEMPORARY TABLE kept (id text PRIMARY KEY, amount numeric(78, 0),"
            " at timestamptz, about jsonb DEFAULT '{}') ON COMMIT DROP"
        )
    )
    return session


@pytest.mark.pitfall("P19")
def test_rows_are_stored_as_they_were_given(kept):
    rows = [
        {"id": "a", "amount": UINT256, "at": START, "about": {"title": "a 'b' \\ \u00e9"}},
        {"id": "b", "amount": 0, "at": None, "about": {}},
    ]

    kept.execute(insert_given(KEPT, "rows"), {"rows": given(rows)})

    found = kept.execute(select(KEPT).order_by(KEPT.c.id)).mappings()
    assert [dict(row) for row in found] == rows


def test_what_a_row_leaves_out_is_empty(kept):
    kept.execute(insert_given(KEPT, "rows"), {"rows": given([{"id": "a"}])})

    assert kept.execute(select(KEPT)).one() == ("a", None, None, None)


def test_some_columns_come_from_elsewhere(kept):
    statement = insert_given(KEPT, "rows", id=select(text("'b'")).scalar_subquery())

    kept.execute(statement, {"rows": given([{"id": "a"}])})

    assert kept.execute(select(KEPT.c.id)).scalar_one() == "b"


@pytest.mark.parametrize("value", [Decimal(1), b"x", START.replace(tzinfo=None)])
def test_given_refuses_what_would_not_come_back_as_it_was(value):
    with pytest.raises(TypeError):
        given([{"amount": value}])
