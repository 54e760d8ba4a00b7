"""Which accounts and tokens the rail is asked about for a caller."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from souk.core.addresses import Address
from souk.core.principal import Principal
from souk.modules.ledger.service import Ledger
from souk.modules.payments.domain import ChainMoney, Credit, FactKind, Outcome, Pending
from souk.modules.payments.service import Credits, Offers
from tests.support.account_builders import a_wallet, an_account
from tests.support.payment_builders import CHAIN_ID, DOLLAR, MONEY, QUOTES, a_paid_shop, reached
from tests.support.seller_builders import sellers_on


@dataclass
class EmptyKeeper:
    """A `CreditKeeper` that keeps nothing and remembers what it was asked."""

    accounts: list[Address] = field(default_factory=list)
    tokens: list[Address] = field(default_factory=list)

    def waiting(
        self, chain_id: int, accounts: Sequence[Address], tokens: Collection[Address] = ()
    ) -> Sequence[Credit]:
        self.accounts += accounts
        self.tokens += tokens
        return []

    def withdraw(self, chain_id: int, token: Address, *, account: Address, to: Address) -> Outcome:
        return Pending(token)


def credits_on(uow, keeper: EmptyKeeper, money: ChainMoney = MONEY) -> Credits:
    offers = Offers({CHAIN_ID: money}, QUOTES)
    return Credits(uow, sellers_on(uow), Ledger(), offers, keeper)


def a_caller(*wallets: str) -> Principal:
    proved = tuple(a_wallet(name).address for name in wallets)
    return Principal(account_id="acc_1", session_id="ses_1", wallets=proved)


def test_asks_about_no_more_than_twenty_wallets_the_first_ones(uow) -> None:
    keeper, caller = EmptyKeeper(), a_caller(*(f"wallet {n}" for n in range(25)))

    credits_on(uow, keeper).waiting(caller, CHAIN_ID)

    assert tuple(keeper.accounts) == caller.wallets[:20]


def test_asks_about_any_wallet_that_the_caller_names(uow) -> None:
    keeper, caller = EmptyKeeper(), a_caller(*(f"wallet {n}" for n in range(25)))

    credits_on(uow, keeper).waiting(caller, CHAIN_ID, Address(caller.wallets[24]))

    assert keeper.accounts == [caller.wallets[24]]


def asked_tokens(uow, account_id: str) -> list[Address]:
    """The tokens that an account's credits are looked for in, now that none is listed."""
    keeper = EmptyKeeper()
    caller = Principal(account_id=account_id, session_id="ses_1")
    credits_on(uow, keeper, replace(MONEY, tokens={})).waiting(caller, CHAIN_ID)
    return keeper.tokens


def test_asks_about_a_token_that_left_the_list_for_the_buyer_who_paid_in_it(uow) -> None:
    shop, _leg = a_paid_shop(uow)

    assert asked_tokens(uow, shop.buyer.account_id) == [DOLLAR]


def test_asks_about_a_token_that_left_the_list_for_the_seller_who_was_paid_in_it(uow) -> None:
    shop, leg = a_paid_shop(uow)
    shop.observe(reached(leg, FactKind.SETTLED))

    assert asked_tokens(uow, shop.checkout.orders[0].seller_account_id) == [DOLLAR]


def test_asks_nobody_else_about_it(uow) -> None:
    a_paid_shop(uow)

    assert asked_tokens(uow, an_account(uow, "somebody").account_id) == []
