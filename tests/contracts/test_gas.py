"""Gas of the operations, as `forge test` has measured and recorded it, against its targets.

The targets are those of an escrow with every guard; per order where a row is a batch.
"""

import json

import pytest

from tests.contracts.conftest import CONTRACTS

MEASURED = json.loads((CONTRACTS / "snapshots" / "escrow.json").read_text())


@pytest.mark.parametrize(
    ("row", "orders", "target"),
    [
        ("pay by allowance", 1, 74_500),
        ("pay by allowance, cart of 5", 5, 41_000),
        ("pay native coin", 1, 55_000),
        ("release with fee", 1, 57_000),
        ("refund", 1, 51_500),
        ("fulfil", 1, 33_500),
    ],
)
def test_operation_meets_its_target_when_measured(row: str, orders: int, target: int) -> None:
    assert int(MEASURED[row]) <= target * orders
