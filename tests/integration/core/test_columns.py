"""Columns on a real database: what goes in comes out."""

import pytest
from sqlalchemy import literal, select

from souk.core.db import AmountColumn


@pytest.mark.pitfall("P19")
@pytest.mark.parametrize("amount", [0, 2**53 + 1, 2**64, 2**256 - 1, 1 - 2**256])
def test_amount_column_keeps_every_digit(engine, amount):
    with engine.connect() as connection:
        assert connection.scalar(select(literal(amount, AmountColumn()))) == amount
