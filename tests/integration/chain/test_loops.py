"""The loops of the chains, and what they meet only now and then."""

from collections.abc import Callable
from itertools import count, pairwise

import pytest
from sqlalchemy import Connection

from souk.core.errors import ProviderUnavailable
from souk.modules.chain.domain import Advanced, Outcome, VerifiedBlock
from souk.modules.chain.service import Chains, Pace, rebroadcasts, watch_chain
from souk.modules.chain.service.window import in_batches
from tests.support.chain_builders import (
    CHAIN_ID,
    a_config,
    a_header,
    a_log,
    course,
    rows_of,
)
from tests.support.scripted_chain import Intercepted, ScriptedChain, a_fact

Following = Callable[..., Chains]


def test_follows_the_chain_until_it_is_asked_to_stop(
    following: Following, scripted: ScriptedChain, connection: Connection
) -> None:
    scripted.add(a_fact())
    chains = following(scripted)
    turns = iter(range(4))

    watch_chain(chains, CHAIN_ID).run(lambda: next(turns, None) is not None)

    assert course(connection) == ["seen"]


def test_rebroadcasts_for_each_chain_that_is_followed(
    following: Following, scripted: ScriptedChain
) -> None:
    chains = following(scripted)

    assert [task.name for task in rebroadcasts(chains)] == [f"chain.rebroadcast {CHAIN_ID}"]
    assert chains.config(CHAIN_ID) == a_config()


def test_keeps_a_log_that_is_no_fact_and_tells_nothing(
    following: Following, scripted: ScriptedChain, connection: Connection
) -> None:
    scripted.add(a_fact("EIP712DomainChanged()"), a_fact())

    following(scripted).advance(CHAIN_ID)

    kinds = rows_of(connection, "SELECT kind FROM chain_event ORDER BY log_index")
    assert kinds == [(None,), ("fulfilled",)]
    assert course(connection) == ["seen"]


@pytest.mark.pitfall("W23")
def test_stands_by_when_it_finds_at_renewal_that_another_took_over(
    following: Following, scripted: ScriptedChain, connection: Connection
) -> None:
    def usurped(ask):
        connection.exec_driver_sql(
            "UPDATE chain SET lease_epoch = lease_epoch + 1,"
            " lease_until = clock_timestamp() + interval '1 hour'"
        )
        return ask()

    seconds = count(step=100)
    pace = Pace(sleep=lambda _seconds: None, monotonic=lambda: next(seconds))
    source = Intercepted(scripted, tips=usurped)
    done = following(source, pace=pace).advance(CHAIN_ID, budget_seconds=10_000)

    assert done.outcome is Outcome.STANDBY
    assert source.asked.count("tips") == 1
    assert rows_of(connection, "SELECT next_block FROM chain") == [(0,)]


class Clockwork:
    """Time that passes only in sleep; refuses whatever is asked, and notes when."""

    def __init__(self) -> None:
        self.now = 0.0
        self.asked: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def refuse(self, _ask) -> None:
        self.asked.append(self.now)
        raise ProviderUnavailable("the node is away")

    @property
    def gaps(self) -> list[float]:
        return [later - earlier for earlier, later in pairwise(self.asked)]


def test_asks_ever_more_seldom_when_the_node_stays_away(
    following: Following, scripted: ScriptedChain
) -> None:
    clock = Clockwork()
    pace = Pace(sleep=clock.sleep, monotonic=lambda: clock.now)
    source = Intercepted(scripted, tips=clock.refuse)

    following(source, pace=pace, poll_seconds=0.25).advance(CHAIN_ID, budget_seconds=60)

    assert clock.gaps[:5] == [0.5, 1, 2, 4, 5]
    assert clock.now >= 60


def test_commits_in_parts_when_a_window_holds_very_many_logs(
    following: Following, scripted: ScriptedChain, connection: Connection
) -> None:
    for number, logs in enumerate((110, 100, 10)):
        scripted.add(*(a_fact(escrow=110 * number + one) for one in range(logs)))
    scripted.grow(3)

    assert following(scripted).advance(CHAIN_ID) == Advanced(7, Outcome.CAUGHT_UP)
    assert course(connection).count("seen") == course(connection).count("confirmed") == 220


@pytest.mark.parametrize(
    ("counts", "sizes"),
    [([0, 0, 0], [3]), ([2, 0, 2], [1, 2]), ([1, 1, 1, 1], [2, 2]), ([9, 0], [1, 1]), ([], [])],
)
def test_ends_a_batch_once_it_holds_enough(counts: list[int], sizes: list[int]) -> None:
    blocks = [VerifiedBlock(a_header(n), (a_log(),) * c) for n, c in enumerate(counts)]
    batches = list(in_batches(blocks, 2))

    assert [len(batch) for batch in batches] == sizes
    assert [block for batch in batches for block in batch] == blocks
