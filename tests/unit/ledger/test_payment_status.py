"""What an order's money amounts to."""

import pytest

from souk.modules.ledger.domain import PaymentStatus, payment_status


@pytest.mark.parametrize(
    ("held", "released", "refunded", "status"),
    [
        (0, 0, 0, PaymentStatus.UNPAID),
        (99, 0, 0, PaymentStatus.PARTIALLY_PAID),
        (100, 0, 0, PaymentStatus.HELD),
        (100, 40, 0, PaymentStatus.HELD),
        (100, 100, 0, PaymentStatus.RELEASED),
        (100, 0, 1, PaymentStatus.PARTIALLY_REFUNDED),
        (100, 99, 1, PaymentStatus.PARTIALLY_REFUNDED),
        (100, 0, 100, PaymentStatus.REFUNDED),
        (99, 0, 99, PaymentStatus.REFUNDED),
    ],
)
def test_follows_from_what_came_and_went(held, released, refunded, status) -> None:
    assert payment_status(100, held=held, released=released, refunded=refunded) is status


def test_says_that_a_bank_has_taken_it_back_whatever_else_happened() -> None:
    found = payment_status(100, held=100, released=100, refunded=1, charged_back=1)

    assert found is PaymentStatus.CHARGED_BACK
