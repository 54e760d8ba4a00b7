"""Transactions that offer too little for the gas: one call, one nonce, whatever replaces what."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from sqlalchemy import Connection

from souk.adapters.evm.log_source import NodeLogSource
from souk.adapters.evm.node import EvmNode
from souk.adapters.evm.sender import LocalTransactionSender
from souk.core.unit_of_work import UnitOfWork
from souk.modules.chain.domain import Sent, TransactionStatus
from souk.modules.chain.service import Chains, Upkeep
from tests.support.chain_builders import CHAIN_ID, EscrowOnChain, rows_of, upkeep_of
from tests.support.clock import MovableClock
from tests.support.senders import (
    KEEPER,
    NOTHING,
    Failing,
    KilledHere,
    Unreachable,
    sent_on_chain,
    status,
)
from tests.support.stack import Chain

GWEI = 10**9
INTENT = "settle:1"
OPEN = "SELECT reason, detail FROM chain_incident WHERE closed_at IS NULL"


@pytest.fixture
def tending(
    uow: UnitOfWork, escrow: EscrowOnChain, node: EvmNode, sender: LocalTransactionSender
) -> Callable[..., Upkeep]:
    """Makes what looks after the account of a sender."""

    def make(sender=sender, **fields: object) -> Upkeep:
        return upkeep_of(uow, NodeLogSource(node), escrow=escrow, sender=sender, **fields)

    return make


@pytest.fixture
def upkeep(tending: Callable[..., Upkeep]) -> Upkeep:
    return tending()


def cost(chain: Chain, gwei: int) -> None:
    """The next block takes about so much, and so does the one after it."""
    chain.call("anvil_setNextBlockBaseFeePerGas", hex(gwei * GWEI))
    chain.mine()


@pytest.fixture
def stuck(keeper: Chains, still_chain: Chain, clock: MovableClock) -> str:
    """The hash of a transaction that has waited for long, and offers less than is taken now."""
    sent = keeper.send(CHAIN_ID, NOTHING, intent=INTENT)
    cost(still_chain, 20)
    clock.advance(minutes=3)
    return sent


def receipt(chain: Chain, transaction_hash: str) -> object:
    return chain.call("eth_getTransactionReceipt", transaction_hash)


@pytest.mark.pitfall("K2")
def test_offers_more_when_it_has_waited_long_and_the_price_rose(
    keeper: Chains, uow: UnitOfWork, still_chain: Chain, stuck: str, upkeep: Upkeep
) -> None:
    upkeep.look_after(CHAIN_ID)

    sent = status(uow, keeper, INTENT)
    still_chain.mine()
    assert sent.transaction_hash != stuck
    assert receipt(still_chain, stuck) is None
    assert receipt(still_chain, sent.transaction_hash)["status"] == "0x1"
    assert sent_on_chain(still_chain) == 1


def test_waits_when_it_has_not_waited_long(
    keeper: Chains, uow: UnitOfWork, still_chain: Chain, clock: MovableClock, upkeep: Upkeep
) -> None:
    sent = keeper.send(CHAIN_ID, NOTHING, intent=INTENT)
    cost(still_chain, 20)
    clock.advance(minutes=1)

    upkeep.look_after(CHAIN_ID)

    assert status(uow, keeper, INTENT).transaction_hash == sent


def test_waits_when_it_offers_enough(
    keeper: Chains, uow: UnitOfWork, clock: MovableClock, upkeep: Upkeep
) -> None:
    sent = keeper.send(CHAIN_ID, NOTHING, intent=INTENT)
    clock.advance(hours=1)

    upkeep.look_after(CHAIN_ID)

    assert status(uow, keeper, INTENT).transaction_hash == sent


def test_keeps_every_step_on_record(
    keeper: Chains, connection: Connection, stuck: str, upkeep: Upkeep
) -> None:
    upkeep.look_after(CHAIN_ID)

    rows = rows_of(connection, "SELECT status, nonce, intent FROM chain_transaction ORDER BY 1")
    assert rows == [("broadcast", 0, INTENT), ("replaced", 0, INTENT)]


@pytest.mark.pitfall("K2")
@pytest.mark.parametrize("step", ["price", "sign", "broadcast"])
def test_replaces_it_once_when_it_was_killed_at_any_step(
    tending: Callable[..., Upkeep],
    sender: LocalTransactionSender,
    still_chain: Chain,
    connection: Connection,
    keeper: Chains,
    stuck: str,
    step: str,
) -> None:
    with suppress(KilledHere):
        tending(Failing(sender, step, after=True)).look_after(CHAIN_ID)

    tending().look_after(CHAIN_ID)
    keeper.rebroadcast(CHAIN_ID)
    still_chain.mine()

    assert sent_on_chain(still_chain) == 1
    assert receipt(still_chain, stuck) is None
    assert len(rows_of(connection, "SELECT id FROM chain_transaction")) == 2


@pytest.fixture
def outrun(
    tending: Callable[..., Upkeep],
    sender: LocalTransactionSender,
    still_chain: Chain,
    connection: Connection,
    stuck: str,
) -> str:
    """It was replaced, but the price fell and somebody's node had kept it."""
    tending(Unreachable(sender, "broadcast", after=False)).look_after(CHAIN_ID)
    cost(still_chain, 1)
    kept = "SELECT raw FROM chain_transaction WHERE status = 'replaced'"
    [(raw,)] = rows_of(connection, kept)
    still_chain.call("eth_sendRawTransaction", "0x" + bytes(raw).hex())
    still_chain.mine()
    assert receipt(still_chain, stuck) is not None
    return stuck


@pytest.mark.pitfall("K2")
def test_knows_that_it_is_mined_when_what_was_replaced_was(
    keeper: Chains, uow: UnitOfWork, still_chain: Chain, outrun: str
) -> None:
    keeper.advance(CHAIN_ID)
    keeper.rebroadcast(CHAIN_ID)

    assert status(uow, keeper, INTENT) == Sent(outrun, TransactionStatus.MINED)
    assert keeper.rebroadcast(CHAIN_ID) == 0
    assert keeper.send(CHAIN_ID, NOTHING, intent=INTENT) == outrun
    assert sent_on_chain(still_chain) == 1


def test_sends_what_was_mined_again_when_its_block_is_orphaned(
    keeper: Chains, escrow: EscrowOnChain, uow: UnitOfWork, outrun: str
) -> None:
    keeper.advance(CHAIN_ID)
    keeper.rebroadcast(CHAIN_ID)

    escrow.reorganise(2)
    escrow.chain.mine()
    keeper.advance(CHAIN_ID)

    assert status(uow, keeper, INTENT) == Sent(outrun, TransactionStatus.SIGNED)


def test_drops_all_of_them_when_the_nonce_was_used_elsewhere_for_good(
    keeper: Chains, connection: Connection, still_chain: Chain, stuck: str, upkeep: Upkeep
) -> None:
    upkeep.look_after(CHAIN_ID)
    still_chain.call("anvil_dropAllTransactions")
    other = {"from": KEEPER, "to": KEEPER, "nonce": "0x0", "gasPrice": hex(50 * GWEI)}
    still_chain.call("eth_sendTransaction", other)
    still_chain.mine(40)
    keeper.advance(CHAIN_ID)
    del stuck

    keeper.rebroadcast(CHAIN_ID)

    assert rows_of(connection, "SELECT DISTINCT status FROM chain_transaction") == [("dropped",)]


def test_reports_it_once_when_more_is_taken_than_it_may_cost(
    sending: Callable[..., Chains],
    connection: Connection,
    still_chain: Chain,
    clock: MovableClock,
    upkeep: Upkeep,
) -> None:
    keeper = sending(max_fee_per_gas=10 * GWEI)
    sent = keeper.send(CHAIN_ID, NOTHING, intent=INTENT)
    cost(still_chain, 20)
    clock.advance(minutes=3)

    upkeep.look_after(CHAIN_ID)
    upkeep.look_after(CHAIN_ID)

    ((reason, detail),) = rows_of(connection, OPEN)
    assert reason == "transaction_stuck"
    assert sent in detail
    assert "10000000000" in detail


def test_pays_no_more_than_it_may_cost_when_nodes_ask_for_a_larger_step(
    sending: Callable[..., Chains],
    uow: UnitOfWork,
    still_chain: Chain,
    clock: MovableClock,
    upkeep: Upkeep,
) -> None:
    keeper = sending(max_fee_per_gas=15 * GWEI + GWEI // 2)
    # The block after an empty one costs an eighth less: it offers 14 Gwei, 14.9 are taken, and an
    # eighth more would be 15.8.
    cost(still_chain, 8)
    sent = keeper.send(CHAIN_ID, NOTHING, intent=INTENT)
    cost(still_chain, 17)
    clock.advance(minutes=3)

    upkeep.look_after(CHAIN_ID)

    assert status(uow, keeper, INTENT).transaction_hash == sent


def test_reports_that_it_is_over_when_the_price_falls(
    sending: Callable[..., Chains],
    connection: Connection,
    still_chain: Chain,
    clock: MovableClock,
    upkeep: Upkeep,
) -> None:
    keeper = sending(max_fee_per_gas=10 * GWEI)
    keeper.send(CHAIN_ID, NOTHING, intent=INTENT)
    cost(still_chain, 20)
    clock.advance(minutes=3)
    upkeep.look_after(CHAIN_ID)

    cost(still_chain, 1)
    upkeep.look_after(CHAIN_ID)

    assert rows_of(connection, OPEN) == []


def test_reports_it_when_the_account_will_soon_be_unable_to_pay(
    tending: Callable[..., Upkeep],
    sender: LocalTransactionSender,
    connection: Connection,
    still_chain: Chain,
) -> None:
    held = still_chain.call("eth_getBalance", sender.address, "latest")
    still_chain.call("anvil_setBalance", sender.address, hex(10**12))
    upkeep = tending(daily_gas=20_000_000)
    upkeep.look_after(CHAIN_ID)
    ((reason, detail),) = rows_of(connection, OPEN)

    still_chain.call("anvil_setBalance", sender.address, held)
    upkeep.look_after(CHAIN_ID)

    assert reason == "account_runs_dry"
    assert f"{sender.address} holds 1000000000000 wei" in detail
    assert rows_of(connection, OPEN) == []


def test_leaves_what_an_account_lacks_open_when_the_watcher_is_content(
    keeper: Chains, connection: Connection, still_chain: Chain, upkeep: Upkeep
) -> None:
    upkeep.report_missing_key(CHAIN_ID, lambda _chain: 1)

    still_chain.mine()
    keeper.advance(CHAIN_ID)

    ((reason, detail),) = rows_of(connection, OPEN)
    assert reason == "keeper_key_missing"
    assert "KEEPER_PRIVATE_KEY" in detail
