"""Gas of the operations, as `forge test` has measured and recorded it, against its targets."""

import pytest

from tests.contracts.gas import ROWS, Row


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_operation_meets_its_target_when_measured(row: Row) -> None:
    assert row.gas <= row.target
