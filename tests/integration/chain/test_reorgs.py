"""Blocks that leave the canonical chain take their facts with them, and nothing else."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection

from souk.modules.chain.domain import Advanced, EscrowFactKind, Outcome
from souk.modules.chain.service import Chains
from souk.modules.chain.service.endpoints import LAG_TOLERATED
from tests.support.chain_builders import (
    BUYER,
    CHAIN_ID,
    SELLER,
    EscrowOnChain,
    course,
    forget,
    incidents,
    recorded,
    rows_of,
    standing,
    told,
)
from tests.support.scripted_chain import ScriptedChain, a_fact

Following = Callable[..., Chains]
DEAR = {"maxFeePerGas": hex(9 * 10**9), "maxPriorityFeePerGas": hex(3 * 10**9)}
CHEAP = {"maxFeePerGas": hex(8 * 10**9), "maxPriorityFeePerGas": hex(10**9)}


@pytest.mark.pitfall("W6")
def test_keeps_one_effect_when_a_payment_is_mined_again_at_another_place(
    chains: Chains, escrow: EscrowOnChain, connection: Connection
) -> None:
    order, other = escrow.terms(), escrow.terms(buyer=SELLER, seller=BUYER)
    escrow.pay(order, fees=CHEAP)
    escrow.chain.mine(3)
    chains.advance(CHAIN_ID)

    escrow.reorganise(3)
    escrow.pay(other, fees=DEAR)
    escrow.pay(order, fees=CHEAP)
    escrow.chain.mine(2)
    chains.advance(CHAIN_ID)

    ours = [row for row in told(connection, *FIELDS) if row[1] == escrow.order_id(order)]
    assert [row[0] for row in ours] == ["seen", "confirmed", "orphaned", "seen", "confirmed"]
    assert len({row[2] for row in ours}) == len({row[5] for row in ours}) == 1
    assert [row[4] for row in ours] == [0, 0, 0, 1, 1]
    assert ours[0][3] == ours[2][3] != ours[3][3] == ours[4][3]


FIELDS = ("escrow_id", "effect_id", "observation_id", "log_index", "transaction_hash")


def test_keeps_the_log_and_drops_the_fact_when_a_payment_is_orphaned_for_good(
    chains: Chains, escrow: EscrowOnChain, connection: Connection
) -> None:
    escrow.paid()
    chains.advance(CHAIN_ID)

    escrow.reorganise(1)
    escrow.chain.mine(3)
    chains.advance(CHAIN_ID)

    assert course(connection) == ["seen", "orphaned"]
    assert standing(connection) == []
    assert rows_of(connection, "SELECT kind FROM chain_event") == [("paid",)]
    query = "SELECT number FROM chain_block WHERE NOT canonical"
    assert rows_of(connection, query) == [(2,)]


@pytest.mark.pitfall("W8")
@pytest.mark.parametrize("depth", [1, 5, 30])
def test_ends_where_a_fresh_start_ends_when_the_branch_changed(
    chains: Chains, escrow: EscrowOnChain, connection: Connection, depth: int
) -> None:
    for _ in range(depth + 3):
        escrow.paid()
    chains.advance(CHAIN_ID)
    escrow.reorganise(depth)
    for _ in range(4):
        escrow.paid()
    taken = chains.advance(CHAIN_ID).blocks

    after_the_reorg = standing(connection)
    forget(connection)
    chains.advance(CHAIN_ID)

    assert (taken, len(after_the_reorg)) == (depth + 4, 7)
    assert standing(connection) == after_the_reorg


SIGNATURES = {
    "paid": "Paid(bytes32,address,address,address,uint96,bytes32)",
    "fulfilled": "Fulfilled(bytes32,uint40)",
    "disputed": "Disputed(bytes32,address,uint40)",
    "settled": "Settled(bytes32,uint8,uint96,uint96,uint96,uint96)",
    "reimbursed": "Reimbursed(bytes32,uint96)",
    "credited": "Credited(address,address,uint256)",
    "withdrawn": "Withdrawn(address,address,address,uint256)",
}
WORDS = {"paid": 3, "disputed": 2, "settled": 5, "withdrawn": 2}
TOPICS = {"paid": 2, "credited": 1, "withdrawn": 1}


def a_fact_of(kind: str, escrow: int = 1):
    log = a_fact(SIGNATURES[kind], escrow, data=bytes(32 * WORDS.get(kind, 1)))
    more = ("0x" + "00" * 32,) * TOPICS.get(kind, 0)
    return a_fact(SIGNATURES[kind], escrow, topics=log.topics + more, data=log.data)


@pytest.mark.pitfall("W9")
@pytest.mark.parametrize("kind", EscrowFactKind)
def test_undoes_a_fact_of_every_kind(
    following: Following, scripted: ScriptedChain, connection: Connection, kind: EscrowFactKind
) -> None:
    scripted.add(a_fact_of(kind))
    chains = following(scripted)
    chains.advance(CHAIN_ID)

    scripted.cut(0)
    scripted.grow(3, branch=1)
    chains.advance(CHAIN_ID)

    assert told(connection, "kind") == [("seen", kind), ("orphaned", kind)]
    assert standing(connection) == []


@pytest.mark.pitfall("W8")
def test_gives_the_next_fact_the_place_of_an_orphaned_one_of_its_kind(
    following: Following, scripted: ScriptedChain, connection: Connection
) -> None:
    chains = following(scripted)
    scripted.add(a_fact_of("settled"))
    scripted.add(a_fact_of("settled"))
    chains.advance(CHAIN_ID)
    scripted.cut(1)
    scripted.add(a_fact_of("settled"), a_fact_of("settled"), branch=1)
    chains.advance(CHAIN_ID)

    effects = [effect for what, effect in told(connection, "effect_id") if what == "seen"]
    assert [row[3] for row in standing(connection)] == [0, 1, 2]
    assert effects[1] == effects[2] != effects[3]


def test_takes_back_the_latest_fact_first(
    following: Following, scripted: ScriptedChain, connection: Connection
) -> None:
    chains = following(scripted)
    scripted.add(a_fact(escrow=1), a_fact(escrow=2))
    scripted.add(a_fact(escrow=3))
    chains.advance(CHAIN_ID)
    scripted.cut(0)
    scripted.grow(3, branch=1)
    chains.advance(CHAIN_ID)

    undone = [escrow[-1] for what, escrow in told(connection, "escrow_id") if what == "orphaned"]
    assert undone == ["3", "2", "1"]


def test_tells_a_new_observation_when_the_old_branch_returns(
    following: Following, scripted: ScriptedChain, connection: Connection
) -> None:
    chains = following(scripted)
    scripted.add(a_fact())
    chains.advance(CHAIN_ID)
    first = scripted.cut(0)
    scripted.grow(2, branch=1)
    chains.advance(CHAIN_ID)
    scripted.cut(0)
    scripted.blocks += first
    scripted.grow(3)
    chains.advance(CHAIN_ID)

    seen = [
        observation for what, observation in told(connection, "observation_id") if what == "seen"
    ]
    assert len(seen) == len(set(seen)) == 2
    assert len(standing(connection)) == len(rows_of(connection, "SELECT * FROM chain_event")) == 1


@pytest.fixture
def proper(following: Following, scripted: ScriptedChain) -> Chains:
    """A chain that must not be undone below its final block."""
    return following(scripted, disposable=False)


@pytest.mark.pitfall("W21")
def test_halts_and_writes_nothing_when_a_final_block_is_gone(
    proper: Chains, scripted: ScriptedChain, connection: Connection
) -> None:
    scripted.add(a_fact())
    scripted.grow(99)
    scripted.final = 60
    proper.advance(CHAIN_ID)
    before = recorded(connection)

    scripted.cut(50)
    scripted.grow(70, branch=1)
    done = proper.advance(CHAIN_ID)

    assert done.outcome is Outcome.HALTED
    assert recorded(connection) == before
    assert incidents(connection) == [("reorg_below_final", True)]


def test_names_the_lowest_block_in_doubt_when_final_blocks_are_gone(
    proper: Chains, scripted: ScriptedChain, connection: Connection
) -> None:
    scripted.grow(40)
    scripted.add(a_fact())
    scripted.grow(4)
    paid = len(scripted.blocks) - 5
    scripted.grow(60)
    scripted.final = 90
    proper.advance(CHAIN_ID)

    scripted.cut(paid - 5)
    scripted.grow(100, branch=1)
    proper.advance(CHAIN_ID)

    events = "SELECT payload ->> 'block_number' FROM outbox WHERE name = 'chain.incident_opened'"
    [(told_of,)] = rows_of(connection, events)
    assert int(told_of) == paid


def test_tells_of_an_incident_once_and_closes_it_when_the_branch_returns(
    proper: Chains, scripted: ScriptedChain, connection: Connection
) -> None:
    scripted.grow(100)
    scripted.final = 60
    proper.advance(CHAIN_ID)
    gone = scripted.cut(50)
    scripted.grow(70, branch=1)
    proper.advance(CHAIN_ID)
    proper.advance(CHAIN_ID)

    scripted.cut(50)
    scripted.blocks += gone
    scripted.grow(1)

    assert proper.advance(CHAIN_ID).outcome is Outcome.CAUGHT_UP
    assert incidents(connection) == [("reorg_below_final", False)]
    events = "SELECT payload ->> 'reason' FROM outbox WHERE name = 'chain.incident_opened'"
    assert rows_of(connection, events) == [("reorg_below_final",)]


def test_undoes_as_far_as_the_final_block_and_no_further(
    proper: Chains, scripted: ScriptedChain, connection: Connection
) -> None:
    scripted.grow(60)
    scripted.add(a_fact())
    scripted.grow(39)
    scripted.final = 60
    proper.advance(CHAIN_ID)

    scripted.cut(60)
    scripted.grow(70, branch=1)

    assert proper.advance(CHAIN_ID).outcome is Outcome.CAUGHT_UP
    assert course(connection)[-1] == "orphaned"


@pytest.mark.pitfall("W10")
def test_writes_nothing_when_the_head_falls_far_behind(
    proper: Chains, scripted: ScriptedChain, connection: Connection
) -> None:
    scripted.grow(10_020)
    scripted.final = 9_990
    proper.advance(CHAIN_ID)
    before = recorded(connection)

    gone = scripted.cut(20)
    assert proper.advance(CHAIN_ID).outcome is Outcome.BEHIND
    assert recorded(connection) == before
    assert incidents(connection) == [("head_fell_behind", True)]

    scripted.blocks += gone
    assert proper.advance(CHAIN_ID).outcome is Outcome.CAUGHT_UP
    assert incidents(connection) == [("head_fell_behind", False)]


def test_raises_no_alarm_when_the_head_is_a_little_behind(
    proper: Chains, scripted: ScriptedChain, connection: Connection
) -> None:
    scripted.grow(20)
    proper.advance(CHAIN_ID)
    scripted.cut(20 - LAG_TOLERATED)

    assert proper.advance(CHAIN_ID) == Advanced(0, Outcome.BEHIND)
    assert incidents(connection) == []


@pytest.mark.pitfall("W10")
def test_undoes_also_below_final_when_a_disposable_node_lost_blocks(
    chains: Chains, escrow: EscrowOnChain, connection: Connection
) -> None:
    kept = escrow.chain.call("evm_snapshot")
    escrow.paid()
    escrow.chain.mine(60)
    chains.advance(CHAIN_ID)
    escrow.chain.call("evm_revert", kept)

    assert chains.advance(CHAIN_ID).outcome is Outcome.CAUGHT_UP
    assert course(connection) == ["seen", "confirmed", "final", "orphaned"]
    assert rows_of(connection, "SELECT next_block, final_block FROM chain") == [(2, 0)]


def test_begins_anew_when_a_disposable_node_was_made_anew(
    following: Following, scripted: ScriptedChain, connection: Connection
) -> None:
    scripted.add(a_fact())
    chains = following(scripted)
    chains.advance(CHAIN_ID)

    scripted.blocks.clear()
    for _ in range(4):
        scripted.add(branch=7)
    chains.advance(CHAIN_ID)

    assert course(connection) == ["seen", "orphaned"]
    query = "SELECT genesis_hash, next_block FROM chain"
    assert rows_of(connection, query) == [(scripted.blocks[0][0].hash, 4)]


@pytest.mark.pitfall("W19")
@pytest.mark.parametrize(("chain_id", "branch"), [(5, 0), (CHAIN_ID, 3)])
def test_refuses_an_endpoint_when_it_serves_another_chain(
    following: Following,
    scripted: ScriptedChain,
    connection: Connection,
    chain_id: int,
    branch: int,
) -> None:
    scripted.add(a_fact())
    following(scripted, disposable=False).advance(CHAIN_ID)
    before = recorded(connection)
    foreign = ScriptedChain(chain_id)
    foreign.blocks.clear()
    foreign.grow(9, branch=branch)

    done = following(foreign, disposable=False).advance(CHAIN_ID)

    assert done.outcome is Outcome.HALTED
    assert recorded(connection) == before
    assert incidents(connection) == [("wrong_chain", True)]


def test_closes_the_incident_when_the_right_endpoint_is_back(
    following: Following, scripted: ScriptedChain, connection: Connection
) -> None:
    following(ScriptedChain(chain_id=5)).advance(CHAIN_ID)

    assert following(scripted).advance(CHAIN_ID).outcome is Outcome.CAUGHT_UP
    assert incidents(connection) == [("wrong_chain", False)]


@pytest.mark.pitfall("W20")
def test_never_lowers_a_level_when_a_tag_regresses(
    proper: Chains, scripted: ScriptedChain, connection: Connection
) -> None:
    scripted.add(a_fact())
    scripted.grow(20)
    scripted.safe, scripted.final = 15, 10
    proper.advance(CHAIN_ID)
    scripted.safe, scripted.final = 0, 0
    scripted.grow(1)
    proper.advance(CHAIN_ID)

    assert course(connection) == ["seen", "confirmed", "final"]
    assert rows_of(connection, "SELECT safe_block, final_block FROM chain") == [(15, 10)]


def test_raises_levels_when_only_a_tag_moves(
    proper: Chains, scripted: ScriptedChain, connection: Connection
) -> None:
    scripted.add(a_fact())
    scripted.grow(20)
    scripted.safe = scripted.final = 0
    proper.advance(CHAIN_ID)
    scripted.safe = 15
    proper.advance(CHAIN_ID)

    assert course(connection) == ["seen", "confirmed", "safe"]
