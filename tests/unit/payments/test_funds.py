"""What a wallet lacks to pay a bill, in numbers and words."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from souk.core.addresses import ZERO_ADDRESS
from souk.core.money import Asset, Money
from souk.modules.payments.domain import PayWay
from souk.modules.payments.domain.funds import (
    Bill,
    BlockRead,
    GasFees,
    GasToPay,
    Lack,
    LackKind,
    TokenFunds,
    WalletFunds,
    WalletKind,
    about,
    lacks,
)
from tests.support.account_builders import a_wallet
from tests.support.clock import START

ETH = Asset("eip155:1/slip44:60", 18, "ETH")
DOLLAR = Asset("eip155:1/erc20:0x", 6, "tUSD")
TOKEN, ESCROW = a_wallet("token").address, a_wallet("escrow").address
GWEI = 10**9
GAS_PRICE = 21 * GWEI
PLENTY = 10**18


def funds(
    balance: int | None = 100 * 10**6, allowed: int | None = 10**12, **changes: object
) -> WalletFunds:
    """A wallet that can pay what the tests ask, at 21 gwei a gas."""
    plain = WalletFunds(
        chain_id=1,
        wallet=a_wallet("bruno").address,
        kind=WalletKind.KEY,
        delegate=None,
        coin=PLENTY,
        tokens={TOKEN: TokenFunds(balance=balance, allowances={ESCROW: allowed})},
        fees=GasFees(base_fee=10 * GWEI, tip=GWEI),
        block=BlockRead(number=1, hash="0x01", at=START),
    )
    return replace(plain, **changes)


def bill(amount: int = 10 * 10**6, **changes: object) -> Bill:
    """Ten dollars by calls."""
    plain = Bill(
        way=PayWay.CALLS,
        price=Money(amount, DOLLAR),
        token=TOKEN,
        spender=ESCROW,
        gas=GasToPay(pay=100_000, approve=50_000),
        coin=ETH,
    )
    return replace(plain, **changes)


def coin_bill(amount: int) -> Bill:
    return bill(price=Money(amount, ETH), token=ZERO_ADDRESS, spender=None)


def said(found: tuple[Lack, ...]) -> list[str]:
    return [lack.says for lack in found]


def test_lacks_nothing_when_the_wallet_can_pay() -> None:
    assert lacks(funds(balance=10 * 10**6, allowed=10 * 10**6), bill()) == ()


def test_says_how_much_more_it_needs() -> None:
    (lack,) = lacks(funds(balance=6_800_000), bill())

    assert (lack.kind, lack.amount) == (LackKind.BALANCE, Money(3_200_000, DOLLAR))
    assert lack.says == "needs 3.2 tUSD more"
    assert lack.blocks


@pytest.mark.parametrize("allowed", [0, 9_999_999, None])
def test_needs_an_allowance_first_when_it_does_not_suffice(allowed) -> None:
    (lack,) = lacks(funds(allowed=allowed), bill())

    assert (lack.kind, lack.says) == (LackKind.ALLOWANCE, "needs an allowance of 10 tUSD first")
    assert not lack.blocks


def test_needs_no_allowance_in_a_way_that_takes_none() -> None:
    assert lacks(funds(allowed=0), bill(way=PayWay.AUTHORIZATION, spender=None)) == ()


def test_says_about_how_much_coin_the_gas_takes() -> None:
    (lack,) = lacks(funds(coin=0), bill())

    assert (lack.kind, lack.amount) == (LackKind.GAS, Money(100_000 * GAS_PRICE, ETH))
    assert lack.says == "needs about 0.0021 ETH more for gas"


@pytest.mark.parametrize(("allowed", "approvals"), [(10**12, 0), (0, 1), (5, 2)])
def test_counts_the_gas_of_each_call_before_the_payment(allowed, approvals) -> None:
    enough = (100_000 + approvals * 50_000) * GAS_PRICE
    kinds = [
        [lack.kind for lack in lacks(funds(allowed=allowed, coin=coin), bill())]
        for coin in (enough, enough - 1)
    ]

    assert LackKind.GAS not in kinds[0]
    assert LackKind.GAS in kinds[1]


def test_pays_gas_from_what_the_price_leaves_of_the_coin() -> None:
    gas = 100_000 * GAS_PRICE

    assert lacks(funds(coin=500 + gas), coin_bill(500)) == ()
    (lack,) = lacks(funds(coin=500 + gas - 1), coin_bill(500))
    assert (lack.kind, lack.amount.amount) == (LackKind.GAS, 1)


def test_needs_coin_for_price_and_gas_when_there_is_too_little_for_the_price() -> None:
    found = lacks(funds(coin=400), coin_bill(500))

    assert [lack.kind for lack in found] == [LackKind.BALANCE, LackKind.GAS]
    assert [lack.amount.amount for lack in found] == [100, 100_000 * GAS_PRICE]


def test_asks_a_contract_for_no_gas_because_its_sender_pays() -> None:
    assert lacks(funds(coin=0, kind=WalletKind.CONTRACT), bill()) == ()


@pytest.mark.parametrize(
    ("kind", "can"),
    [(WalletKind.KEY, True), (WalletKind.DELEGATED, True), (WalletKind.CONTRACT, False)],
)
def test_lets_only_a_key_sign_a_permit(kind, can) -> None:
    found = lacks(funds(kind=kind), bill(way=PayWay.PERMIT, spender=None))

    assert (found == ()) is can


def test_knows_nothing_when_the_token_does_not_say() -> None:
    (lack,) = lacks(funds(balance=None), bill())

    assert lack.kind is LackKind.UNREADABLE
    assert lack.says == "cannot be asked for its tUSD; pay in another asset"


def test_says_everything_that_is_missing_at_once() -> None:
    assert said(lacks(funds(balance=0, allowed=0, coin=0), bill())) == [
        "needs 10 tUSD more",
        "needs an allowance of 10 tUSD first",
        "needs about 0.0032 ETH more for gas",
    ]


@given(st.integers(1, 10**30))
def test_rounds_up_to_two_digits(amount) -> None:
    rounded = about(Money(amount, ETH)).amount

    assert amount <= rounded < amount * 1.11 + 1
    assert len(str(rounded).rstrip("0")) <= 2
