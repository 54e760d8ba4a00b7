"""What a client is told of the cost of a way to pay."""

import pytest

from souk.modules.payments.domain.candidates import Cost
from souk.modules.payments.domain.explaining import cost_json


@pytest.mark.parametrize(
    ("gas", "told"),
    [
        (None, ["5025", "25", "25", None, "7"]),
        (0, ["5025", "25", "25", "0", "7"]),
        (3, ["5028", "28", "25", "3", "7"]),
    ],
)
def test_tells_each_part_of_the_cost_and_null_where_it_is_not_known(gas, told) -> None:
    parts = cost_json(Cost(price=5_000, spread=25, gas=gas, platform=7))

    assert list(parts) == ["total", "fee", "spread", "gas", "platform"]
    assert [part and part["amount"] for part in parts.values()] == told
