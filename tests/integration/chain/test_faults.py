"""Nodes that lag, lie, refuse or change their mind: late is allowed, wrong is not."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from random import Random

import pytest
from sqlalchemy import Connection, text

from souk.core.addresses import Address
from souk.core.errors import ProviderUnavailable
from souk.modules.chain.domain import BlockHeader, Outcome, RawLog
from souk.modules.chain.service import Chains, Pace
from tests.support.chain_builders import (
    BUYER,
    CHAIN_ID,
    a_config,
    block_hash,
    course,
    incidents,
    on_branch,
    recorded,
    rows_of,
    standing,
    told,
)
from tests.support.clock import MovableClock
from tests.support.scripted_chain import Intercepted, ScriptedChain, a_fact, full_bloom, refused
from tests.support.simchain.times import VirtualTime

Following = Callable[..., Chains]
STRANGER = Address(BUYER)
Question = Callable[..., list]


@pytest.fixture
def busy(scripted: ScriptedChain) -> ScriptedChain:
    """Ten blocks with a fact each, then ten without."""
    for number in range(10):
        scripted.add(a_fact(escrow=number))
    scripted.grow(10)
    return scripted


def advance_until_caught_up(chains: Chains, tries: int = 60) -> int:
    """Advance until there is nothing left to do; returns how many times that took."""
    for number in range(1, tries + 1):
        if chains.advance(CHAIN_ID).outcome is Outcome.CAUGHT_UP:
            return number
    raise AssertionError(f"not caught up after {tries} runs")


def places(chain: ScriptedChain) -> list[tuple[str, int]]:
    """The truth: block hash and log index of each log of ours."""
    ours = a_config().escrow_address
    return [
        (log.block_hash, log.log_index)
        for _, logs in chain.blocks
        for log in logs
        if log.address == ours
    ]


def stored(connection: Connection) -> list[tuple[str, int]]:
    return [(row[5], row[6]) for row in standing(connection)]


@pytest.mark.pitfall("W1")
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("verify_blooms", [True, False])
def test_passes_no_block_when_answers_come_from_a_lagging_node_too(
    following: Following,
    busy: ScriptedChain,
    connection: Connection,
    verify_blooms: bool,
    seed: int,
) -> None:
    lags = Random(seed)

    def lagging_headers(ask: Question, numbers: Sequence[int]) -> list[BlockHeader]:
        known = busy.height - lags.choice([0, 15])
        return [header for header in ask(numbers) if header.number <= known]

    def lagging_logs(ask: Question, hashes: Sequence[str], **options: object) -> list:
        if lags.random() < 0.5:
            return ask(hashes, **options)
        return [[] for _ in hashes] if verify_blooms else refused()

    hooks = {"headers": lagging_headers, "logs_of_blocks": lagging_logs}
    lagging = Intercepted(busy, logs_by_receipts=refused, **hooks)
    advance_until_caught_up(following(lagging, verify_blooms=verify_blooms))

    assert stored(connection) == places(busy)


@pytest.mark.pitfall("W2")
def test_believes_no_logs_when_another_node_answers_for_another_branch(
    following: Following, busy: ScriptedChain, connection: Connection
) -> None:
    other = ScriptedChain()
    for number in range(20):
        same = a_fact(escrow=number).transaction_hash
        fact = a_fact(escrow=50 + number, transaction_hash=same)
        other.add(*[fact][: number < 10], branch=1)
    turns = count()

    def switching(ask: Question, first: int, last: int, **options: object) -> list[RawLog]:
        return (other.logs_in_range if next(turns) < 4 else ask)(first, last, **options)

    source = Intercepted(busy, logs_in_range=switching)
    advance_until_caught_up(following(source, final_depth=1, verify_blooms=False))

    assert stored(connection) == places(busy)


@pytest.mark.pitfall("W3")
def test_asks_for_receipts_when_a_node_leaves_logs_out(
    following: Following, busy: ScriptedChain, connection: Connection
) -> None:
    source = Intercepted(busy, logs_of_blocks=lambda _ask, hashes, **_: [[] for _ in hashes])

    following(source).advance(CHAIN_ID)

    assert stored(connection) == places(busy)
    assert "logs_by_receipts" in source.asked


def test_asks_for_receipts_when_a_node_gives_no_logs_by_hash(
    following: Following, busy: ScriptedChain, connection: Connection
) -> None:
    busy.add(a_fact(address=STRANGER), a_fact(escrow=11))
    source = Intercepted(busy, logs_of_blocks=refused)

    advance_until_caught_up(following(source, verify_blooms=False))

    assert stored(connection) == places(busy)


@pytest.mark.pitfall("W4")
def test_waits_when_a_head_is_announced_before_its_logs_are_there(
    following: Following, busy: ScriptedChain, connection: Connection
) -> None:
    ready: list[bool] = []
    hooks = {
        "logs_of_blocks": lambda ask, hashes, **o: (
            ask(hashes, **o) if ready else [[]] * len(hashes)
        ),
        "logs_by_receipts": lambda ask, header: ask(header) if ready else [],
    }
    chains = following(Intercepted(busy, **hooks))
    assert chains.advance(CHAIN_ID).outcome is Outcome.UNAVAILABLE
    assert told(connection) == []

    ready.append(True)
    chains.advance(CHAIN_ID)
    assert stored(connection) == places(busy)


def test_deletes_nothing_when_a_pruned_node_cannot_give_a_branch_again(
    following: Following, busy: ScriptedChain, connection: Connection
) -> None:
    following(busy).advance(CHAIN_ID)
    logs = rows_of(connection, "SELECT id FROM chain_event ORDER BY id")
    busy.cut(5)
    busy.grow(30, branch=1)
    busy.add(a_fact(escrow=99), branch=1)

    pruned = Intercepted(busy, logs_of_blocks=refused, logs_by_receipts=refused)
    following(pruned).advance(CHAIN_ID)

    assert rows_of(connection, "SELECT id FROM chain_event ORDER BY id") == logs
    assert course(connection).count("orphaned") == 5
    assert len(stored(connection)) == 5


@pytest.mark.pitfall("W13")
def test_starts_from_the_head_again_when_a_block_vanishes_while_it_is_read(
    following: Following, busy: ScriptedChain, connection: Connection
) -> None:
    once = iter([True])

    def vanishing(ask: Question, *of: object, **options: object) -> list:
        if next(once, False):
            busy.cut(4)
            busy.grow(20, branch=1)
        return ask(*of, **options)

    assert advance_until_caught_up(following(Intercepted(busy, logs_of_blocks=vanishing))) <= 2
    assert stored(connection) == places(busy)
    assert len(places(busy)) == 4


@pytest.mark.pitfall("W14")
@pytest.mark.parametrize("cap", [1, 2, 7])
@pytest.mark.parametrize("verify_blooms", [True, False])
def test_needs_no_wording_when_a_provider_caps_what_may_be_asked(
    following: Following, busy: ScriptedChain, connection: Connection, cap: int, verify_blooms: bool
) -> None:
    def capped(ask: Question, *of, **options: object) -> list:
        asked = len(of[0]) if len(of) == 1 else of[1] - of[0] + 1
        if asked > cap:
            raise ProviderUnavailable("Gefragt wurde zu viel")
        return ask(*of, **options)

    hooks = {"headers": capped, "logs_of_blocks": capped, "logs_in_range": capped}
    source = Intercepted(busy, **hooks)
    advance_until_caught_up(following(source, final_depth=5, verify_blooms=verify_blooms))

    assert stored(connection) == places(busy)


@pytest.mark.pitfall("W15")
def test_reads_receipts_when_a_single_block_is_over_the_cap(
    following: Following, busy: ScriptedChain, connection: Connection
) -> None:
    source = Intercepted(busy, logs_of_blocks=refused, logs_in_range=refused)

    advance_until_caught_up(following(source))

    assert stored(connection) == places(busy)


def test_takes_in_no_empty_block_that_the_node_does_not_give_twice(
    following: Following, busy: ScriptedChain, connection: Connection
) -> None:
    following(busy).advance(CHAIN_ID)
    busy.grow(1)
    made_up = replace(busy.tips(), head=replace(busy.tips().head, hash=block_hash(21, 9)))
    once = iter([made_up])
    hooks = {
        "tips": lambda ask: next(once, None) or ask(),
        "logs_by_receipts": lambda ask, header: ask(header) if header.transaction_hashes else [],
    }

    advance_until_caught_up(following(Intercepted(busy, **hooks)))

    assert rows_of(connection, "SELECT hash FROM chain_block WHERE NOT canonical") == []


@pytest.mark.pitfall("W15")
def test_tells_of_a_gap_when_a_block_cannot_be_read_at_all(
    following: Following, busy: ScriptedChain, connection: Connection
) -> None:
    deaf = {"logs_of_blocks": refused, "logs_in_range": refused, "logs_by_receipts": refused}
    source = Intercepted(busy, **deaf)
    following(source, poll_seconds=0.001).advance(CHAIN_ID, budget_seconds=2)

    gap = "SELECT first_block, last_block, closed_at IS NULL FROM chain_gap"
    assert rows_of(connection, gap) == [(0, 20, True)]
    assert incidents(connection) == [("unreadable_block", True)]

    following(busy).advance(CHAIN_ID)
    assert rows_of(connection, gap) == [(0, 20, False)]
    assert incidents(connection) == [("unreadable_block", False)]
    assert stored(connection) == places(busy)


_BUSY = """
    CREATE FUNCTION busy() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'lock_not_available'; END $$;
    CREATE TRIGGER busy BEFORE INSERT ON chain_incident EXECUTE FUNCTION busy();
"""


def test_leaves_no_gap_open_when_the_database_fails_while_it_is_told_of(
    following: Following, busy: ScriptedChain, connection: Connection
) -> None:
    deaf = {"logs_of_blocks": refused, "logs_in_range": refused, "logs_by_receipts": refused}
    time = VirtualTime(MovableClock())
    pace = Pace(sleep=time.pass_by, monotonic=time.monotonic)
    connection.execute(text(_BUSY))
    following(Intercepted(busy, **deaf), pace=pace).advance(CHAIN_ID, budget_seconds=60)
    connection.execute(text("DROP TRIGGER busy ON chain_incident"))

    following(busy).advance(CHAIN_ID)

    assert rows_of(connection, "SELECT * FROM chain_gap WHERE closed_at IS NULL") == []


@pytest.mark.pitfall("W11")
def test_counts_no_log_when_the_node_says_that_it_was_removed(
    following: Following, busy: ScriptedChain, connection: Connection
) -> None:
    ghost = a_fact(escrow=77, removed=True, block_number=3, block_hash=block_hash(3, 9))
    hooks = {
        "logs_in_range": lambda ask, *of, **options: [*ask(*of, **options), ghost],
        "logs_of_blocks": lambda ask, *of, **o: [[*logs, ghost] for logs in ask(*of, **o)],
    }
    source = Intercepted(busy, logs_by_receipts=refused, **hooks)
    following(source, final_depth=5).advance(CHAIN_ID)

    assert stored(connection) == places(busy)


@pytest.mark.pitfall("W12")
@pytest.mark.parametrize("field", ["hash", "parent_hash", "number", "logs_bloom"])
def test_writes_nothing_when_a_header_is_corrupt(
    following: Following, busy: ScriptedChain, connection: Connection, field: str
) -> None:
    wrong = {"hash": block_hash(4, 9), "parent_hash": block_hash(3, 9), "number": 9}

    def corrupt(ask: Question, numbers: Sequence[int]) -> list[BlockHeader]:
        values = {**wrong, "logs_bloom": bytes(256)}
        return [replace(h, **{field: values[field]}) if h.number == 4 else h for h in ask(numbers)]

    done = following(Intercepted(busy, headers=corrupt)).advance(CHAIN_ID)

    assert done.outcome is Outcome.UNAVAILABLE
    assert stored(connection) == places(busy)[:3]


def test_believes_an_empty_range_when_a_full_bloom_says_nothing(
    following: Following, busy: ScriptedChain, connection: Connection
) -> None:
    busy.blocks = [(full_bloom(h) if h.number == 12 else h, logs) for h, logs in busy.blocks]
    source = Intercepted(busy)

    following(source, final_depth=1).advance(CHAIN_ID)

    assert stored(connection) == places(busy)


def test_stands_by_when_the_node_is_away_and_goes_on_when_it_is_back(
    following: Following, busy: ScriptedChain, connection: Connection
) -> None:
    source = Intercepted(busy, tips=refused)
    chains = following(source)

    assert chains.advance(CHAIN_ID).outcome is Outcome.UNAVAILABLE
    assert recorded(connection)["chain_block"] == []
    source.hooks.clear()
    assert chains.advance(CHAIN_ID).outcome is Outcome.CAUGHT_UP


def test_repeats_the_search_when_the_ancestor_was_of_a_third_branch(
    following: Following, busy: ScriptedChain, connection: Connection
) -> None:
    following(busy).advance(CHAIN_ID)
    honest = list(busy.blocks)
    busy.cut(8)
    busy.grow(20, branch=1)
    once = iter([True])

    def mixed(ask: Question, numbers: Sequence[int]) -> list[BlockHeader]:
        if len(numbers) > 5 and next(once, False):
            return [on_branch(h, 2) for h in ask(numbers)]
        return ask(numbers)

    advance_until_caught_up(following(Intercepted(busy, headers=mixed)))

    assert len(honest) == 21
    assert stored(connection) == places(busy)
