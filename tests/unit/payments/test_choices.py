"""What a client asked for, and what it leaves to us."""

import pytest

from souk.core.addresses import ZERO_ADDRESS, MalformedAddress
from souk.modules.payments.domain import (
    CardChoice,
    CryptoWish,
    EscrowChoice,
    PaymentMethod,
    PayWay,
    choose,
)
from souk.modules.payments.errors import ChoiceIncomplete
from tests.support.account_builders import a_wallet

WALLET, DOLLAR = a_wallet("bruno").address, a_wallet("dollar").address
M = PaymentMethod
WHOLE = {"chain_id": 1, "token": DOLLAR, "wallet": WALLET}


def test_pays_the_coin_by_calls_when_nothing_else_is_said() -> None:
    choice = choose(M.ESCROW, chain_id=1, wallet=WALLET)

    assert choice == EscrowChoice(chain_id=1, token=ZERO_ADDRESS, wallet=WALLET)


@pytest.mark.parametrize(("missing", "pointer"), [("chain_id", "/chain_id"), ("wallet", "/wallet")])
def test_asks_for_what_escrow_has_to_be_told(missing, pointer) -> None:
    given = {name: value for name, value in WHOLE.items() if name != missing}

    with pytest.raises(ChoiceIncomplete) as refused:
        choose(M.ESCROW, **given)

    assert refused.value.context == {"pointer": pointer}


@pytest.mark.parametrize("left", ["chain_id", "token", "wallet"])
def test_leaves_to_us_what_crypto_does_not_name(left) -> None:
    given = {name: value for name, value in WHOLE.items() if name != left}

    assert choose(M.CRYPTO, **given) == CryptoWish(**given)


def test_leaves_nothing_to_us_when_crypto_names_it_all() -> None:
    choice = choose(M.CRYPTO, **WHOLE)

    assert choice == EscrowChoice(method=M.CRYPTO, chain_id=1, token=DOLLAR, wallet=WALLET)


def test_takes_no_name_for_an_address() -> None:
    with pytest.raises(MalformedAddress):
        choose(M.CRYPTO, token="vitalik.eth")


def test_counts_for_a_card_only_what_is_of_cards() -> None:
    assert choose(M.STRIPE, **WHOLE, saved_method="pm_1") == CardChoice(
        method=M.STRIPE, saved_method="pm_1"
    )


@pytest.mark.parametrize(
    ("wish", "allowed"),
    [
        (CryptoWish(), True),
        (CryptoWish(chain_id=1, token=DOLLAR, wallet=WALLET, way=PayWay.CALLS), True),
        (CryptoWish(chain_id=2), False),
        (CryptoWish(token=ZERO_ADDRESS), False),
        (CryptoWish(wallet=DOLLAR), False),
        (CryptoWish(way=PayWay.PERMIT), False),
    ],
)
def test_knows_what_it_may_come_to(wish, allowed) -> None:
    choice = EscrowChoice(method=M.CRYPTO, **WHOLE)

    assert wish.allows(choice) is allowed
    assert not wish.allows(EscrowChoice(**WHOLE))
    assert not wish.allows(CardChoice(method=M.STRIPE))
