"""Looking at transactions of others on a real chain: waiting, mined, reverted, replaced, lost."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from eth_account import Account
from eth_utils.crypto import keccak

from souk.adapters.evm.node import EvmNode
from souk.adapters.evm.rpc import JsonRpcClient
from souk.adapters.evm.transactions import EvmTransactions
from souk.core.addresses import ZERO_ADDRESS, Address
from souk.core.errors import ProviderUnavailable
from souk.modules.payments import errors
from souk.modules.payments.domain.following import SentTransaction
from tests.support.chain_builders import DEPLOYER, a_node
from tests.support.mocks import through_a_wallet
from tests.support.rail_builders import CHAIN_ID, EscrowRail, a_listed_mock, allow

GWEI = 10**9
UNKNOWN = "0x" + "ab" * 32


@pytest.fixture
def rail(still_chain) -> Iterator[EscrowRail]:
    with a_node(still_chain.url) as node:
        yield EscrowRail(still_chain, node)


@pytest.fixture
def payer(rail) -> "Payer":
    return Payer(rail)


class Payer:
    """Somebody who sends without waiting for a block, and may send again in place of that."""

    def __init__(self, rail: EscrowRail) -> None:
        self._rail = rail
        self._account = Account.from_key(keccak(b"buyer"))

    @property
    def nonce(self) -> int:
        count = self._rail.chain.call("eth_getTransactionCount", self._account.address, "latest")
        return int(count, 16)

    def send(self, call, *, tip: int = GWEI, nonce: int | None = None, gas: int = 500_000) -> str:
        signed = self._account.sign_transaction(
            {
                "chainId": CHAIN_ID,
                "nonce": self.nonce if nonce is None else nonce,
                "to": call.to,
                "data": call.data,
                "value": call.value,
                "gas": gas,
                "maxFeePerGas": 100 * tip,
                "maxPriorityFeePerGas": tip,
            }
        )
        return self._rail.chain.call("eth_sendRawTransaction", signed.raw_transaction.to_0x_hex())


def look(rail: EscrowRail, *hashes: str) -> dict[str, SentTransaction | None]:
    return EvmTransactions({CHAIN_ID: rail.node}).look(CHAIN_ID, hashes)


def payment(rail: EscrowRail, token: Address = ZERO_ADDRESS, **plan):
    """The call that pays an order of 1000."""
    legs = rail.legs(rail.plan(token, 1_000, **plan))
    return rail.prepare(legs).calls[-1]


def test_knows_nothing_of_a_transaction_that_nobody_sent(rail) -> None:
    assert look(rail, UNKNOWN) == {UNKNOWN: None}


def test_sees_one_that_waits_for_a_block(rail, payer) -> None:
    call, nonce = payment(rail), payer.nonce
    sent = payer.send(call)

    seen = look(rail, sent)[sent]

    assert (seen.sender, seen.nonce, seen.to) == (rail.buyer.address, nonce, rail.escrow)
    assert ("0x" + seen.data.hex(), seen.value, seen.inclusion) == (call.data, 1_000, None)


def test_sees_where_one_stands_and_that_it_went_through(rail, payer) -> None:
    sent = payer.send(payment(rail))
    rail.chain.mine()

    at = look(rail, sent)[sent].inclusion

    block = rail.chain.call("eth_getBlockByNumber", "latest", False)
    assert (hex(at.block_number), at.block_hash) == (block["number"], block["hash"])
    assert at.succeeded
    assert 50_000 < at.gas_used < 100_000


def test_sees_that_one_was_reverted(rail, payer) -> None:
    sent = payer.send(replace(payment(rail), value=999))
    rail.chain.mine()

    assert not look(rail, sent)[sent].inclusion.succeeded


def test_sees_several_at_once(rail, payer) -> None:
    first = payer.send(payment(rail))
    second = payer.send(payment(rail), nonce=payer.nonce + 1)

    seen = look(rail, first, UNKNOWN, second)

    assert [one and one.nonce for one in seen.values()] == [payer.nonce, None, payer.nonce + 1]


def test_sees_one_that_creates_a_contract(rail) -> None:
    call = {"from": DEPLOYER, "data": "0x6000", "gas": hex(100_000)}
    sent = rail.chain.call("eth_sendTransaction", call)

    assert look(rail, sent)[sent].to is None


def test_forgets_one_that_the_network_has_dropped(rail, payer) -> None:
    sent = payer.send(payment(rail))
    rail.chain.call("anvil_dropTransaction", sent)

    assert look(rail, sent)[sent] is None


def test_counts_what_was_sent_in_place_of_one(rail, payer) -> None:
    nonce = payer.nonce
    old = payer.send(payment(rail))
    new = payer.send(payment(rail), tip=10 * GWEI, nonce=nonce)
    before = rail.chain.height()
    rail.chain.mine()
    reader = EvmTransactions({CHAIN_ID: rail.node})

    counts = [
        reader.count_used(CHAIN_ID, rail.buyer.address, up_to_block=number)
        for number in (before, before + 1, before + 100)
    ]

    assert look(rail, old, new)[old] is None
    assert counts == [nonce, nonce + 1, 0]


def why(rail: EscrowRail, transaction_hash: str, token: Address = ZERO_ADDRESS):
    seen = look(rail, transaction_hash)[transaction_hash]
    assert not seen.inclusion.succeeded
    reader = EvmTransactions({CHAIN_ID: rail.node})
    return reader.why_reverted(CHAIN_ID, seen, rail.assets[token])


def test_says_why_the_contract_reverted_one(rail, payer) -> None:
    sent = payer.send(replace(payment(rail), value=999))
    rail.chain.mine()

    refusal = why(rail, sent)

    assert isinstance(refusal, errors.EscrowAmountMismatch)
    assert refusal.context == {"got": "999", "want": "1000"}


def test_says_why_the_token_reverted_one(rail, payer) -> None:
    allow(rail, rail.buyer, rail.dollar, 400)
    sent = payer.send(payment(rail, rail.dollar))
    rail.chain.mine()

    refusal = why(rail, sent, rail.dollar)

    assert isinstance(refusal, errors.EscrowAllowanceTooLow)
    assert "0.0004 tUSD" in refusal.detail


def test_says_it_by_the_state_and_time_of_its_own_block(rail, payer) -> None:
    call = payment(rail, rail.dollar)
    sent = payer.send(call)
    rail.chain.mine()
    allow(rail, rail.buyer, rail.dollar, 1_000)
    rail.chain.move_time(7_200)
    rail.chain.mine()

    assert isinstance(why(rail, sent, rail.dollar), errors.EscrowAllowanceTooLow)


def test_says_that_one_came_too_late(rail, payer) -> None:
    call = payment(rail)
    rail.chain.move_time(7_200)
    sent = payer.send(call)
    rail.chain.mine()

    assert isinstance(why(rail, sent), errors.EscrowTooLate)


def test_says_that_one_ran_out_of_gas(rail, payer) -> None:
    sent = payer.send(payment(rail), gas=45_000)
    rail.chain.mine()

    assert isinstance(why(rail, sent), errors.EscrowGasTooLow)


def test_says_no_more_than_that_when_a_token_refuses_without_a_word(rail, payer) -> None:
    mute = a_listed_mock(rail, "MuteDollar")
    sent = payer.send(payment(rail, mute))
    rail.chain.mine()

    assert type(why(rail, sent, mute)) is errors.EscrowRefused


def test_says_no_more_than_that_when_the_block_is_gone(rail, payer) -> None:
    sent = payer.send(replace(payment(rail), value=999))
    rail.chain.mine()
    seen = look(rail, sent)[sent]
    rail.chain.call("anvil_reorg", 1, [])
    reader = EvmTransactions({CHAIN_ID: rail.node})

    refusal = reader.why_reverted(CHAIN_ID, seen, rail.assets[ZERO_ADDRESS])

    assert type(refusal) is errors.EscrowRefused


def test_says_why_a_wallet_that_is_a_contract_was_refused(rail) -> None:
    wallet = rail.deploy_mock("ExecutingWallet")
    call = payment(rail, payer=wallet)
    data = through_a_wallet(call.to, 0, call.data, quiet=False)
    receipt = rail.buyer.send(replace(call, to=wallet, data=data, value=0))

    refusal = why(rail, receipt["transactionHash"])

    assert isinstance(refusal, errors.EscrowAmountMismatch)


def test_is_unavailable_when_the_node_is_away() -> None:
    nowhere = EvmNode(JsonRpcClient("http://127.0.0.1:1", label="a node that is away"))

    with pytest.raises(ProviderUnavailable):
        EvmTransactions({CHAIN_ID: nowhere}).look(CHAIN_ID, [UNKNOWN])
