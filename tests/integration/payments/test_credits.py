"""Which accounts and tokens the rail is asked about for a caller."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from souk.core.addresses import Address
from souk.core.principal import Principal
from souk.modules.payments.domain import Credit, Outcome, Pending
from souk.modules.payments.service import Credits, Offers
from tests.support.account_builders import a_wallet
from tests.support.payment_builders import CHAIN_ID, MONEY, QUOTES


@dataclass
class EmptyKeeper:
    """A `CreditKeeper` that keeps nothing and remembers what it was asked."""

    accounts: list[Address] = field(default_factory=list)

    def waiting(self, chain_id: int, accounts: Sequence[Address]) -> Sequence[Credit]:
        self.accounts += accounts
        return []

    def withdraw(self, chain_id: int, token: Address, *, account: Address, to: Address) -> Outcome:
        return Pending(token)


def a_caller(*wallets: str) -> Principal:
    proved = tuple(a_wallet(name).address for name in wallets)
    return Principal(account_id="acc_1", session_id="ses_1", wallets=proved)


def test_asks_about_no_more_than_twenty_wallets_the_first_ones() -> None:
    keeper, caller = EmptyKeeper(), a_caller(*(f"wallet {n}" for n in range(25)))

    Credits(Offers({CHAIN_ID: MONEY}, QUOTES), keeper).waiting(caller, CHAIN_ID)

    assert tuple(keeper.accounts) == caller.wallets[:20]


def test_asks_about_any_wallet_that_the_caller_names() -> None:
    keeper, caller = EmptyKeeper(), a_caller(*(f"wallet {n}" for n in range(25)))

    service = Credits(Offers({CHAIN_ID: MONEY}, QUOTES), keeper)
    service.waiting(caller, CHAIN_ID, Address(caller.wallets[24]))

    assert keeper.accounts == [caller.wallets[24]]
