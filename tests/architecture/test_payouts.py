"""No place assumes that a seller has one wallet."""

import pytest

from .robots.payouts import find_chosen_wallets
from .robots.tree import MODULES, listing, snippet, sources


def found(line: str, path: str = f"{MODULES}/payments/service/draft.py") -> str:
    return listing(find_chosen_wallets([snippet(f"def f(order):\n    return {line}\n", path)]))


def test_asks_one_function_to_which_wallet_a_seller_is_paid() -> None:
    assert listing(find_chosen_wallets(sources("backend/souk"))) == ""


@pytest.mark.parametrize(
    "line",
    [
        "order.payout_wallet",
        "seller.profile.payout_wallet == wallet",
        "order.payouts.default",
        "order.payouts.by_chain.get(1)",
        "order.payout_wallets['1']",
    ],
)
def test_flags_a_wallet_when_it_is_chosen_elsewhere(line: str) -> None:
    assert "chooses a seller's wallet" in found(line)


@pytest.mark.parametrize("line", ["order.payouts.on(1)", "LegPlan(payouts=order.payouts)"])
def test_passes_code_when_it_asks_or_only_carries_them(line: str) -> None:
    assert found(line) == ""


def test_passes_the_rows_that_keep_them() -> None:
    assert found("row.payout_wallet", f"{MODULES}/orders/repository/orders.py") == ""
