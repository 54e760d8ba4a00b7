"""Our own transactions: one for each intent, whatever goes wrong in between."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from eth_utils.crypto import keccak
from sqlalchemy import Connection

from souk.adapters.evm.node import EvmNode
from souk.adapters.evm.sender import LocalTransactionSender
from souk.core.errors import ProviderRejected
from souk.core.unit_of_work import UnitOfWork
from souk.modules.chain.domain import Call, Purpose, Sent, TransactionStatus
from souk.modules.chain.errors import (
    CallReverted,
    CallTooExpensive,
    ChainNotFollowed,
    GasBudgetSpent,
    KeeperKeyMissing,
    NetworkFeeTooHigh,
    RelayerGasSpent,
    RelayerKeyMissing,
)
from souk.modules.chain.service import Chains
from tests.support.chain_builders import (
    CHAIN_ID,
    ORDER_TYPE,
    EscrowOnChain,
    calldata,
    rows_of,
)
from tests.support.senders import (
    KEEPER,
    KEY,
    NOTHING,
    RELAYER_KEY,
    Failing,
    Forgetful,
    KilledHere,
    Unreachable,
    sent_on_chain,
    status,
)
from tests.support.stack import Chain


def nonces(connection: Connection) -> list[int]:
    return [nonce for (nonce,) in rows_of(connection, "SELECT nonce FROM chain_transaction")]


def test_sends_one_transaction_when_an_intent_is_sent_twice(
    keeper: Chains, still_chain: Chain
) -> None:
    first = keeper.send(CHAIN_ID, NOTHING, intent="settle:1")
    second = keeper.send(CHAIN_ID, NOTHING, intent="settle:1")
    still_chain.mine()

    assert first == second
    assert sent_on_chain(still_chain) == 1
    assert still_chain.call("eth_getTransactionReceipt", first)["status"] == "0x1"


def test_says_why_and_stores_nothing_when_the_contract_refuses(
    keeper: Chains, escrow: EscrowOnChain, connection: Connection
) -> None:
    data = calldata("release", ORDER_TYPE + "[]", [escrow.terms().values()])
    call = Call(escrow.address, bytes.fromhex(data[2:]))

    with pytest.raises(CallReverted) as refusal:
        keeper.send(CHAIN_ID, call, intent="settle:1")

    assert refusal.value.selector == "0x" + keccak(b"BadState(bytes32,uint8)").hex()[:8]
    assert nonces(connection) == []


@pytest.mark.pitfall("K2")
@pytest.mark.parametrize("step", ["prepare", "sign", "broadcast"])
@pytest.mark.parametrize("after", [False, True])
def test_sends_one_transaction_when_it_was_killed_at_any_step(
    sending: Callable[..., Chains],
    sender: LocalTransactionSender,
    still_chain: Chain,
    step: str,
    after: bool,
) -> None:
    with suppress(KilledHere):
        sending(Failing(sender, step, after=after)).send(CHAIN_ID, NOTHING, intent="settle:1")

    sent = sending().send(CHAIN_ID, NOTHING, intent="settle:1")
    still_chain.mine()

    assert sent_on_chain(still_chain) == 1
    assert still_chain.call("eth_getTransactionReceipt", sent) is not None


@pytest.mark.pitfall("K2")
def test_sends_the_stored_bytes_when_it_was_killed_before_the_broadcast(
    sending: Callable[..., Chains],
    sender: LocalTransactionSender,
    still_chain: Chain,
    connection: Connection,
) -> None:
    with suppress(KilledHere):
        dying = Failing(sender, "broadcast", after=False)
        sending(dying).send(CHAIN_ID, NOTHING, intent="settle:1")
    [(stored,)] = rows_of(connection, "SELECT transaction_hash FROM chain_transaction")

    assert sending().rebroadcast(CHAIN_ID) == 1
    still_chain.mine()
    assert still_chain.call("eth_getTransactionReceipt", stored) is not None


def test_takes_the_next_nonce_when_the_one_before_is_still_on_its_way(
    sending: Callable[..., Chains],
    sender: LocalTransactionSender,
    still_chain: Chain,
    connection: Connection,
) -> None:
    away = sending(Unreachable(sender, "broadcast", after=False))
    first = away.send(CHAIN_ID, NOTHING, intent="settle:1")
    second = sending().send(CHAIN_ID, NOTHING, intent="settle:2")
    errors = "SELECT last_error FROM chain_transaction WHERE last_error IS NOT NULL"
    assert rows_of(connection, errors) == [("the node is away",)]

    sending().rebroadcast(CHAIN_ID)
    still_chain.mine()

    assert sorted(nonces(connection)) == [0, 1]
    assert sent_on_chain(still_chain) == 2
    assert first != second


def test_knows_that_it_is_mined_when_the_watcher_has_the_block(
    keeper: Chains, uow: UnitOfWork, still_chain: Chain
) -> None:
    sent = keeper.send(CHAIN_ID, NOTHING, intent="settle:1")
    still_chain.mine()
    keeper.rebroadcast(CHAIN_ID)
    assert status(uow, keeper, "settle:1") == Sent(sent, TransactionStatus.BROADCAST)

    keeper.advance(CHAIN_ID)
    keeper.rebroadcast(CHAIN_ID)
    assert status(uow, keeper, "settle:1") == Sent(sent, TransactionStatus.MINED)
    assert keeper.rebroadcast(CHAIN_ID) == 0


def test_knows_that_it_is_mined_by_its_logs_when_a_node_has_no_receipt(
    sending: Callable[..., Chains],
    sender: LocalTransactionSender,
    escrow: EscrowOnChain,
    uow: UnitOfWork,
) -> None:
    order = escrow.paid(window=1)
    escrow.chain.mine(5)
    release = bytes.fromhex(calldata("release", ORDER_TYPE + "[]", [order.values()])[2:])
    chains = sending(Forgetful(sender, "find_mined", after=False))
    sent = chains.send(CHAIN_ID, Call(escrow.address, release), intent="settle:1")
    escrow.chain.mine(3)
    chains.advance(CHAIN_ID)

    chains.rebroadcast(CHAIN_ID)

    assert status(uow, chains, "settle:1") == Sent(sent, TransactionStatus.MINED)


def test_knows_that_it_reverted_when_somebody_was_faster(
    keeper: Chains, escrow: EscrowOnChain, uow: UnitOfWork
) -> None:
    order = escrow.paid(window=1)
    escrow.chain.mine(5)
    data = calldata("release", ORDER_TYPE + "[]", [order.values()])
    dear = {"maxFeePerGas": hex(9 * 10**9), "maxPriorityFeePerGas": hex(3 * 10**9)}
    keeper.send(CHAIN_ID, Call(escrow.address, bytes.fromhex(data[2:])), intent="settle:1")
    escrow.release(order, fees=dear)
    escrow.chain.mine(2)

    keeper.advance(CHAIN_ID)
    keeper.rebroadcast(CHAIN_ID)

    assert status(uow, keeper, "settle:1").status is TransactionStatus.REVERTED


def test_sends_the_same_bytes_again_when_their_block_is_orphaned(
    keeper: Chains, escrow: EscrowOnChain, uow: UnitOfWork
) -> None:
    sent = keeper.send(CHAIN_ID, NOTHING, intent="settle:1")
    escrow.chain.mine()
    keeper.advance(CHAIN_ID)
    keeper.rebroadcast(CHAIN_ID)

    escrow.reorganise(1)
    escrow.chain.mine()
    keeper.advance(CHAIN_ID)
    assert status(uow, keeper, "settle:1") == Sent(sent, TransactionStatus.SIGNED)

    keeper.rebroadcast(CHAIN_ID)
    escrow.chain.mine()
    assert escrow.chain.call("eth_getTransactionReceipt", sent) is not None


# So many blocks on top of one make it final on this node.
FINAL = 32


def lose(chain: Chain, sent: str) -> None:
    """The node forgets a transaction, and another one of the account takes its nonce."""
    chain.call("anvil_dropTransaction", sent)
    chain.call("eth_sendTransaction", {"from": KEEPER, "to": KEEPER, "nonce": "0x0"})
    chain.mine()


@pytest.mark.pitfall("K2")
def test_sends_anew_when_the_nonce_was_used_elsewhere_for_good(
    keeper: Chains, uow: UnitOfWork, still_chain: Chain
) -> None:
    lost = keeper.send(CHAIN_ID, NOTHING, intent="settle:1")
    lose(still_chain, lost)
    still_chain.mine(FINAL)
    keeper.advance(CHAIN_ID)

    assert keeper.rebroadcast(CHAIN_ID) == 0
    assert status(uow, keeper, "settle:1") is None

    again = keeper.send(CHAIN_ID, NOTHING, intent="settle:1")
    still_chain.mine()
    assert still_chain.call("eth_getTransactionReceipt", again)["status"] == "0x1"


@pytest.mark.pitfall("K2")
def test_holds_on_when_the_block_that_used_the_nonce_may_still_go(
    keeper: Chains, uow: UnitOfWork, still_chain: Chain
) -> None:
    sent = keeper.send(CHAIN_ID, NOTHING, intent="settle:1")
    lose(still_chain, sent)
    still_chain.mine(FINAL - 2)
    keeper.advance(CHAIN_ID)

    assert keeper.rebroadcast(CHAIN_ID) == 1
    assert status(uow, keeper, "settle:1") == Sent(sent, TransactionStatus.BROADCAST)


def test_sends_anew_when_a_development_chain_was_made_anew(
    sending: Callable[..., Chains], keeper: Chains, still_chain: Chain, connection: Connection
) -> None:
    keeper.advance(CHAIN_ID)
    keeper.send(CHAIN_ID, NOTHING, intent="settle:1")
    connection.exec_driver_sql("UPDATE chain SET genesis_hash = '0x00'")
    still_chain.call("anvil_dropAllTransactions")
    keeper.advance(CHAIN_ID)

    keeper.send(CHAIN_ID, NOTHING, intent="settle:1")
    still_chain.mine()

    statuses = rows_of(connection, "SELECT status, nonce FROM chain_transaction ORDER BY 1")
    assert statuses == [("broadcast", 0), ("dropped", 0)]
    assert sent_on_chain(still_chain) == 1


def test_refuses_when_the_gas_of_the_day_is_used_up(
    sending: Callable[..., Chains], connection: Connection
) -> None:
    thrifty = sending(daily_gas=30_000)
    thrifty.send(CHAIN_ID, NOTHING, intent="settle:1")

    with pytest.raises(GasBudgetSpent) as refusal:
        thrifty.send(CHAIN_ID, NOTHING, intent="settle:2")

    assert refusal.value.retry_after_seconds == 12 * 3_600 + 1
    assert nonces(connection) == [0]


def test_gives_each_purpose_a_days_gas_of_its_own(
    sending: Callable[..., Chains], node: EvmNode, still_chain: Chain
) -> None:
    other = LocalTransactionSender(node, chain_id=CHAIN_ID, private_key=RELAYER_KEY)
    relayer = sending(other, daily_gas=30_000, purpose=Purpose.RELAYER)
    relayer.send(CHAIN_ID, NOTHING, intent="att_1", purpose=Purpose.RELAYER)

    sending(daily_gas=30_000).send(CHAIN_ID, NOTHING, intent="settle:1")

    with pytest.raises(RelayerGasSpent, match="the relayer may use 30000 gas a day"):
        relayer.send(CHAIN_ID, NOTHING, intent="att_2", purpose=Purpose.RELAYER)
    still_chain.mine()
    assert [sent_on_chain(still_chain, one) for one in (KEEPER, other.address)] == [1, 1]


def test_brings_what_any_of_our_keys_signed_to_a_node_that_lost_it(
    sending: Callable[..., Chains], node: EvmNode, still_chain: Chain
) -> None:
    other = LocalTransactionSender(node, chain_id=CHAIN_ID, private_key=RELAYER_KEY)
    relayer = sending(other, purpose=Purpose.RELAYER)
    sent = relayer.send(CHAIN_ID, NOTHING, intent="att_1", purpose=Purpose.RELAYER)
    still_chain.call("anvil_dropAllTransactions")

    assert sending().rebroadcast(CHAIN_ID) == 1

    still_chain.mine()
    assert still_chain.call("eth_getTransactionReceipt", sent) is not None


def test_sends_nothing_that_takes_more_gas_than_it_may(
    keeper: Chains, connection: Connection
) -> None:
    with pytest.raises(CallTooExpensive, match="at most 25199 is allowed"):
        keeper.send(CHAIN_ID, NOTHING, intent="att_1", max_gas=25_199)

    assert nonces(connection) == []


@pytest.mark.parametrize("bound", ["the chain's", "the call's"])
def test_sends_nothing_that_costs_more_than_either_bound(
    sending: Callable[..., Chains], connection: Connection, bound: str
) -> None:
    chains, most = (sending(max_fee_per_gas=1), None) if bound == "the chain's" else (sending(), 1)

    with pytest.raises(NetworkFeeTooHigh, match="at most 1 may be paid"):
        chains.send(CHAIN_ID, NOTHING, intent="att_1", max_fee_per_gas=most)

    assert nonces(connection) == []


def test_refuses_when_the_account_cannot_pay(
    sending: Callable[..., Chains], node: EvmNode, connection: Connection
) -> None:
    poor = LocalTransactionSender(node, chain_id=CHAIN_ID, private_key="0x" + "77" * 32)

    with pytest.raises(ProviderRejected, match="holds 0 wei"):
        sending(poor).send(CHAIN_ID, NOTHING, intent="settle:1")

    assert nonces(connection) == []


def test_refuses_when_there_is_no_key(sending: Callable[..., Chains]) -> None:
    keyless = sending(None)

    with pytest.raises(KeeperKeyMissing, match="KEEPER_PRIVATE_KEY"):
        keyless.send(CHAIN_ID, NOTHING, intent="settle:1")
    assert keyless.rebroadcast(CHAIN_ID) == 0


def test_relays_nothing_with_the_keepers_key(keeper: Chains) -> None:
    with pytest.raises(RelayerKeyMissing):
        keeper.send(CHAIN_ID, NOTHING, intent="att_1", purpose=Purpose.RELAYER)


def test_refuses_when_the_chain_is_not_followed(keeper: Chains) -> None:
    with pytest.raises(ChainNotFollowed):
        keeper.send(1, NOTHING, intent="settle:1")


def test_shows_no_key_when_it_is_printed(sender: LocalTransactionSender) -> None:
    assert KEY[2:] not in repr(sender)
    assert KEEPER in repr(sender)
