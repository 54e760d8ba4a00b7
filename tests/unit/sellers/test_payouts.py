"""To which wallet a store is paid."""

from hypothesis import given
from hypothesis import strategies as st

from souk.core.addresses import Address
from souk.modules.sellers.domain import PayoutWallets
from tests.support.account_builders import a_wallet

DEFAULT, OWN = a_wallet("default").address, a_wallet("own").address
WALLETS = PayoutWallets(DEFAULT, {8453: OWN})


def test_chain_with_a_wallet_of_its_own_is_paid_there_and_all_others_to_the_default() -> None:
    assert [WALLETS.on(chain_id) for chain_id in (8453, 1, 31337)] == [OWN, DEFAULT, DEFAULT]


def test_wallet_is_named_when_it_is_the_default_or_that_of_one_chain() -> None:
    strange = a_wallet("strange").address
    assert [WALLETS.named(wallet) for wallet in (DEFAULT, OWN, strange)] == [True, True, False]


_ADDRESSES = st.sampled_from([Address(f"0x{digit * 40}") for digit in "12345"])


@given(_ADDRESSES, st.dictionaries(st.integers(1, 9), _ADDRESSES), st.integers(1, 9))
def test_every_chain_is_paid_to_a_wallet_that_is_named(default, by_chain, chain_id) -> None:
    wallets = PayoutWallets(default, by_chain)
    assert wallets.named(wallets.on(chain_id))
