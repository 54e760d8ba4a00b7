"""One address behind which several nodes answer: of another chain, of a branch that has lost, or
without what is old."""

from collections.abc import Callable, Sequence
from itertools import count

import pytest
from sqlalchemy import Connection, text

from souk.modules.chain.domain import BlockHeader, Outcome
from souk.modules.chain.service import Chains
from tests.support.chain_builders import (
    CHAIN_ID,
    course,
    incidents,
    recorded,
    rows_of,
    standing,
)
from tests.support.scripted_chain import Intercepted, ScriptedChain, a_fact, refused

Following = Callable[..., Chains]


@pytest.mark.pitfall("W19")
def test_undoes_nothing_when_the_address_comes_to_lead_to_another_chain(
    following: Following, scripted: ScriptedChain, connection: Connection
) -> None:
    scripted.add(a_fact())
    following(scripted, disposable=False).advance(CHAIN_ID)
    before, foreign = recorded(connection), ScriptedChain()
    foreign.blocks.clear()
    foreign.grow(9, branch=3)
    source = Intercepted(foreign)

    def honest_once(_ask: object) -> tuple[int, str]:
        source.hooks.clear()
        return scripted.identity()

    source.hooks["identity"] = honest_once
    done = following(source, disposable=False).advance(CHAIN_ID)

    assert done.outcome is Outcome.HALTED
    assert recorded(connection) == before
    assert incidents(connection) == [("wrong_chain", True)]


@pytest.mark.pitfall("W2")
def test_calls_no_block_final_when_the_tag_is_of_another_branch(
    following: Following, scripted: ScriptedChain, connection: Connection
) -> None:
    stuck, turns = ScriptedChain(), count()
    stuck.add(a_fact(escrow=1))
    stuck.grow(4)
    scripted.grow(60, branch=1)
    scripted.safe, scripted.final = 40, 30

    def headers(ask: Callable[..., list], numbers: Sequence[int]) -> list[BlockHeader]:
        return stuck.headers(numbers)[:1] if next(turns) < 5 else ask(numbers)

    def logs(ask: Callable[..., list], hashes: Sequence[str], **options: object) -> list:
        known = {header.hash for header, _ in stuck.blocks}
        return (stuck.logs_of_blocks if set(hashes) <= known else ask)(hashes, **options)

    source = Intercepted(scripted, headers=headers, logs_of_blocks=logs)
    following(source, disposable=False).advance(CHAIN_ID)

    assert course(connection) == ["seen", "confirmed", "orphaned"]
    assert incidents(connection) == []


@pytest.mark.pitfall("W23")
def test_stands_by_when_another_watcher_took_in_another_branch_meanwhile(
    following: Following, scripted: ScriptedChain, connection: Connection
) -> None:
    scripted.grow(4)

    def overtaken(ask: Callable[..., list], hashes: Sequence[str], **options: object) -> list:
        answer = ask(hashes, **options)
        source.hooks.clear()
        scripted.cut(1)
        scripted.grow(4, branch=1)
        connection.execute(text("UPDATE chain SET lease_until = NULL"))
        following(scripted).advance(CHAIN_ID)
        return answer

    source = Intercepted(scripted, logs_of_blocks=overtaken)
    done = following(source).advance(CHAIN_ID)

    assert done.outcome is Outcome.STANDBY
    query = "SELECT hash FROM chain_block WHERE canonical ORDER BY number"
    assert [one for (one,) in rows_of(connection, query)] == [h.hash for h, _ in scripted.blocks]


@pytest.mark.pitfall("W5")
def test_takes_nothing_back_for_good_when_the_node_has_forgotten_the_rest(
    following: Following, scripted: ScriptedChain, connection: Connection
) -> None:
    for number in range(5):
        scripted.add(a_fact(escrow=number))
    following(scripted).advance(CHAIN_ID)
    logs = rows_of(connection, "SELECT id FROM chain_event ORDER BY id")
    scripted.cut(2)
    for number in range(5):
        scripted.add(a_fact(escrow=number), branch=1)
    hooks = {
        "logs_of_blocks": lambda _ask, hashes, **_: [[] for _ in hashes],
        "logs_in_range": lambda *_of, **_options: [],
        "logs_by_receipts": refused,
    }
    pruned = Intercepted(scripted, **hooks)
    following(pruned, poll_seconds=0.001).advance(
        CHAIN_ID, budget_seconds=60, keep_on=lambda: not incidents(connection)
    )

    assert rows_of(connection, "SELECT id FROM chain_event ORDER BY id") == logs
    assert (course(connection).count("orphaned"), len(standing(connection))) == (3, 2)
    assert incidents(connection) == [("unreadable_block", True)]
