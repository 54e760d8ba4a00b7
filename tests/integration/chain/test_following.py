"""A watcher on a real node: what is on the chain is told, once and in order."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection

from souk.adapters.evm.log_source import NodeLogSource
from souk.adapters.evm.node import EvmNode
from souk.core.unit_of_work import UnitOfWork
from souk.modules.chain.domain import Advanced, Outcome
from souk.modules.chain.service import Chains
from tests.support.chain_builders import (
    BUYER,
    CHAIN_ID,
    EscrowOnChain,
    course,
    rows_of,
    standing,
    told,
)

Following = Callable[..., Chains]


def test_tells_a_payment_with_its_arguments_when_it_is_mined(
    chains: Chains, escrow: EscrowOnChain, connection: Connection
) -> None:
    order = escrow.paid(amount=12_345)

    chains.advance(CHAIN_ID)

    [(_, escrow_id, args, number)] = told(connection, "escrow_id", "args", "block_number")
    assert (escrow_id, number) == (escrow.order_id(order), 2)
    assert (args["buyer"], args["amount"]) == (BUYER, "12345")


def test_reaches_each_level_once_when_blocks_come(
    chains: Chains, escrow: EscrowOnChain, connection: Connection
) -> None:
    escrow.paid()
    reached = {}
    for depth in range(1, 40):
        chains.advance(CHAIN_ID)
        reached.update({level: reached.get(level, depth) for (level,) in told(connection)})
        escrow.chain.mine()

    assert reached == {"seen": 1, "confirmed": 2, "safe": 17, "final": 33}
    assert len(told(connection)) == 4


def test_tells_every_kind_in_order_when_an_order_goes_its_way(
    chains: Chains, escrow: EscrowOnChain, connection: Connection
) -> None:
    order = escrow.paid(fulfil_by=escrow.terms().pay_by + 3_600)
    escrow.fulfil(order)
    escrow.chain.mine()
    escrow.release(order)
    escrow.chain.mine()

    chains.advance(CHAIN_ID)

    assert [kind for what, kind in told(connection, "kind") if what == "seen"] == [
        "paid",
        "fulfilled",
        "settled",
    ]


@pytest.mark.parametrize("verify_blooms", [True, False])
def test_counts_exactly_when_it_catches_up_over_hundreds_of_blocks(
    following: Following,
    escrow: EscrowOnChain,
    node: EvmNode,
    connection: Connection,
    verify_blooms: bool,
) -> None:
    for number in range(12):
        escrow.pay(*(escrow.terms() for _ in range(number % 3 + 1)))
        escrow.chain.mine(1 if number % 4 else 60)

    chains = following(NodeLogSource(node), escrow=escrow, verify_blooms=verify_blooms)
    done = chains.advance(CHAIN_ID)

    on_chain = escrow.chain.call(
        "eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest", "address": escrow.address}
    )
    assert done == Advanced(escrow.chain.height() + 1, Outcome.CAUGHT_UP)
    assert [(row[5], row[6]) for row in standing(connection)] == [
        (log["blockHash"], int(log["logIndex"], 16)) for log in on_chain
    ]
    assert course(connection).count("seen") == len(on_chain) == 24


def test_goes_on_where_it_stopped_when_it_is_run_again(
    chains: Chains, escrow: EscrowOnChain, connection: Connection
) -> None:
    escrow.paid()
    chains.advance(CHAIN_ID)
    escrow.paid()

    assert chains.advance(CHAIN_ID).blocks == 1
    assert course(connection) == ["seen", "seen", "confirmed"]


@pytest.mark.pitfall("W7")
def test_tells_nothing_twice_when_blocks_are_read_again(
    chains: Chains, escrow: EscrowOnChain, connection: Connection
) -> None:
    escrow.paid()
    escrow.paid()
    chains.advance(CHAIN_ID)
    before = told(connection, "effect_id")

    connection.exec_driver_sql("UPDATE chain SET next_block = 0, head_hash = NULL")
    chains.advance(CHAIN_ID)

    assert told(connection, "effect_id") == before
    assert len(standing(connection)) == 2


@pytest.mark.pitfall("W22")
def test_ignores_an_event_when_another_contract_emits_it(
    chains: Chains, escrow: EscrowOnChain, connection: Connection
) -> None:
    hostile = EscrowOnChain.deployed(escrow.chain)
    hostile.paid()
    ours = escrow.terms()
    hostile.pay(hostile.terms())
    escrow.pay(ours)
    escrow.chain.mine()

    chains.advance(CHAIN_ID)

    assert told(connection, "escrow_id") == [("seen", escrow.order_id(ours))]
    assert rows_of(connection, "SELECT contract FROM chain_event") == [(escrow.address,)]


@pytest.mark.pitfall("W18")
def test_leaves_no_gap_when_it_was_away_for_long(
    chains: Chains, escrow: EscrowOnChain, connection: Connection
) -> None:
    chains.advance(CHAIN_ID)
    escrow.paid()
    escrow.chain.mine(700)

    chains.advance(CHAIN_ID)

    assert course(connection) == ["seen", "final"]
    assert rows_of(connection, "SELECT * FROM chain_gap") == []


def test_keeps_only_blocks_that_matter_when_they_are_final(
    chains: Chains, escrow: EscrowOnChain, connection: Connection
) -> None:
    escrow.paid()
    escrow.chain.mine(100)

    chains.advance(CHAIN_ID)

    kept = [
        number for (number,) in rows_of(connection, "SELECT number FROM chain_block ORDER BY 1")
    ]
    assert kept == [2, 70, *range(71, 103)]


def test_tells_the_time_of_the_newest_confirmed_block(
    chains: Chains, escrow: EscrowOnChain, uow: UnitOfWork
) -> None:
    escrow.chain.mine(3)
    chains.advance(CHAIN_ID)

    with uow.begin() as tx:
        head, policy = chains.head(tx, CHAIN_ID), chains.policy_head(tx, CHAIN_ID)
    assert (head.number, policy.number) == (4, 3)
    assert (head.at - policy.at).total_seconds() == 1


def test_has_no_head_when_nothing_was_read(chains: Chains, uow: UnitOfWork) -> None:
    with uow.begin() as tx:
        assert chains.head(tx, CHAIN_ID) is None
        assert chains.policy_head(tx, CHAIN_ID) is None


def counts(uow: UnitOfWork, chains: Chains, number: int, block_hash: str) -> bool:
    with uow.begin() as tx:
        return chains.counts(tx, CHAIN_ID, number=number, block_hash=block_hash)


def test_says_that_a_block_counts_once_another_lies_on_it(
    chains: Chains, escrow: EscrowOnChain, uow: UnitOfWork
) -> None:
    escrow.paid()
    block = escrow.chain.call("eth_getBlockByNumber", "latest", False)
    place = int(block["number"], 16), block["hash"]
    before = counts(uow, chains, *place)
    chains.advance(CHAIN_ID)
    alone = counts(uow, chains, *place)
    escrow.chain.mine()
    chains.advance(CHAIN_ID)

    assert (before, alone, counts(uow, chains, *place)) == (False, False, True)


def test_says_that_a_block_that_was_replaced_counts_no_more(
    chains: Chains, escrow: EscrowOnChain, uow: UnitOfWork
) -> None:
    escrow.paid()
    block = escrow.chain.call("eth_getBlockByNumber", "latest", False)
    escrow.chain.mine()
    chains.advance(CHAIN_ID)
    escrow.reorganise(2)
    escrow.chain.mine(2)
    chains.advance(CHAIN_ID)

    assert not counts(uow, chains, int(block["number"], 16), block["hash"])
