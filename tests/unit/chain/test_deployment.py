"""What deployments rest on that no chain has to be asked for."""

from pathlib import Path

import pytest
from eth_account import Account
from eth_utils.crypto import keccak

from souk.adapters.evm.deployment.create2 import (
    FACTORY,
    FACTORY_CODE,
    FACTORY_SENDER,
    FACTORY_TRANSACTION,
)
from souk.adapters.evm.deployment.errors import FeeTooHigh
from souk.adapters.evm.deployment.sending import Fees, Sent, coin, replacing
from souk.adapters.evm.network_file import NetworksMisdescribed, read_networks
from souk.core.addresses import checksum_address

GWEI = 10**9
CONTRACTS = Path(__file__).resolve().parents[3] / "contracts"


def a_sent(most: int, tip: int) -> Sent:
    return Sent(
        chain_id=1,
        contract=FACTORY,
        transaction="0x12",
        nonce=0,
        max_fee_per_gas=most,
        max_priority_fee_per_gas=tip,
        raw="0x",
    )


def test_knows_who_sent_the_factory_by_its_made_up_signature() -> None:
    assert Account.recover_transaction(FACTORY_TRANSACTION) == FACTORY_SENDER


def test_knows_where_that_puts_the_factory() -> None:
    # RLP of the sender and nonce 0.
    creation = b"\xd6\x94" + bytes.fromhex(FACTORY_SENDER[2:]) + b"\x80"
    assert checksum_address("0x" + keccak(creation)[12:].hex()) == FACTORY


def test_knows_the_code_that_the_factory_transaction_leaves() -> None:
    # Its constructor copies 69 bytes, from the 14th on.
    assert len(FACTORY_CODE) == 69
    assert FACTORY_CODE in FACTORY_TRANSACTION


def test_lets_a_transaction_be_while_it_pays_enough() -> None:
    assert a_sent(10 * GWEI, GWEI).pays(Fees(9 * GWEI, GWEI, 19 * GWEI))


def test_offers_what_nodes_ask_of_a_replacement() -> None:
    fees = replacing(a_sent(10 * GWEI, 2 * GWEI), Fees(10 * GWEI, GWEI, 11 * GWEI), 100 * GWEI)
    assert (fees.most, fees.tip) == (11_500_000_000, 2_300_000_000)


def test_never_offers_more_than_the_bound() -> None:
    with pytest.raises(FeeTooHigh, match="stuck"):
        replacing(a_sent(10 * GWEI, GWEI), Fees(10 * GWEI, GWEI, 11 * GWEI), 11 * GWEI)


@pytest.mark.parametrize(
    ("amount", "exponent", "said"),
    [(0, 18, "0 ETH"), (1, 18, "0.000000000000000001 ETH"), (15, 1, "1.5 ETH"), (7, 0, "7 ETH")],
)
def test_says_an_amount_to_its_last_digit(amount: int, exponent: int, said: str) -> None:
    assert coin(amount, "ETH", exponent) == said


def test_the_committed_networks_can_be_read() -> None:
    assert {name: n.chain_id for name, n in read_networks(CONTRACTS / "networks.toml").items()} == {
        "base": 8453
    }


@pytest.mark.parametrize("content", ["no toml", "base = 1"])
def test_refuses_a_networks_file_that_is_none(tmp_path: Path, content: str) -> None:
    file = tmp_path / "networks.toml"
    file.write_text(content)
    with pytest.raises(NetworksMisdescribed, match=r"networks\.toml"):
        read_networks(file)


def test_refuses_a_networks_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NetworksMisdescribed, match="cannot be read"):
        read_networks(tmp_path / "none.toml")
