"""Blocks are read again, and what was missed of them is taken in once and told in numbers."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, text

from souk.adapters.evm.event_decoder import EscrowEventDecoder
from souk.core.errors import ProviderUnavailable
from souk.core.unit_of_work import UnitOfWork
from souk.modules.chain.domain import Outcome
from souk.modules.chain.errors import ChainNotFollowed
from souk.modules.chain.service import FollowedChain, Rescans
from tests.support.chain_builders import CHAIN_ID, a_config, recorded, standing
from tests.support.replaying import Watched, a_busy_chain
from tests.support.scripted_chain import Intercepted


@pytest.fixture
def chain(committing_uow: UnitOfWork) -> Watched:
    """A chain that was followed."""
    return a_busy_chain(committing_uow)


@pytest.fixture
def looking(engine: Engine) -> Iterator[Connection]:
    """A look at the tables from outside."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield connection


def rescans(chain: Watched, source: object | None = None, **fields: object) -> Rescans:
    """What reads again, through a source that may lie."""
    followed = FollowedChain(a_config(**fields), source or chain.scripted, EscrowEventDecoder())
    return Rescans(chain.uow, {CHAIN_ID: followed})


def lose(looking: Connection, *blocks: int) -> None:
    """As if the node had not shown the logs of these blocks."""
    where = {"blocks": list(blocks)}
    for table in ("chain_effect", "chain_event"):
        looking.execute(text(f"DELETE FROM {table} WHERE block_number = ANY(:blocks)"), where)
    looking.execute(text("DELETE FROM outbox"))


def test_takes_in_what_was_missed_exactly_once(chain: Watched, looking: Connection) -> None:
    before = standing(looking)
    lose(looking, 1, 4, 10)

    found = [rescans(chain).rescan(CHAIN_ID, 0), rescans(chain).rescan(CHAIN_ID, 0)]

    assert [(one.blocks, one.logs, one.missed, one.facts) for one in found] == [
        (11, 13, 5, 5),
        (11, 13, 0, 0),
    ]
    assert standing(looking) == before
    assert chain.compare().equal


def test_reads_no_more_than_it_is_asked_for(chain: Watched, looking: Connection) -> None:
    lose(looking, 1, 4)

    found = rescans(chain).rescan(CHAIN_ID, 2, 5)

    assert (found.first, found.last, found.blocks, found.missed) == (2, 5, 4, 2)


def test_goes_no_further_than_the_record(chain: Watched) -> None:
    chain.scripted.grow(5)

    found = rescans(chain).rescan(CHAIN_ID, 8, 1_000)

    assert (found.first, found.last, found.blocks) == (8, 10, 3)


def test_tells_what_the_node_does_not_give_and_keeps_it(
    committing_uow: UnitOfWork, looking: Connection
) -> None:
    chain = a_busy_chain(committing_uow, verify_blooms=False)
    before = recorded(looking)
    header, _ = chain.scripted.blocks[4]
    chain.scripted.blocks[4] = (header, ())

    found = rescans(chain, verify_blooms=False).rescan(CHAIN_ID, 0)

    assert (found.unconfirmed, found.elsewhere, found.explained) == (2, 0, False)
    assert recorded(looking) == before


def test_tells_of_blocks_that_are_on_another_branch(chain: Watched, looking: Connection) -> None:
    before = standing(looking)
    chain.scripted.cut(8)
    chain.scripted.grow(2, branch=1)

    found = rescans(chain).rescan(CHAIN_ID, 0)

    assert (found.elsewhere, found.unconfirmed, found.missed) == (2, 1, 0)
    assert (found.explained, standing(looking)) == (False, before)


@pytest.mark.pitfall("W14")
def test_asks_for_fewer_blocks_when_the_node_refuses_many(
    chain: Watched, looking: Connection
) -> None:
    def few(question, first, last, **options):
        if last - first > 1:
            raise ProviderUnavailable("too many")
        return question(first, last, **options)

    lose(looking, 1, 4)
    capped = Intercepted(chain.scripted, logs_in_range=few)

    assert rescans(chain, capped).rescan(CHAIN_ID, 0, 4).missed == 4


def test_passes_no_block_when_the_node_leaves_the_last_one_out(chain: Watched) -> None:
    def short(question, numbers):
        return question(numbers)[: max(1, len(numbers) - 1)]

    source = Intercepted(chain.scripted, headers=short)

    assert rescans(chain, source).rescan(CHAIN_ID, 0, 4).blocks == 5


def test_lets_the_watcher_go_on_when_nothing_was_missed(
    chain: Watched, looking: Connection
) -> None:
    epoch = looking.execute(text("SELECT lease_epoch FROM chain")).scalar_one()

    rescans(chain).rescan(CHAIN_ID, 0)

    assert looking.execute(text("SELECT lease_epoch FROM chain")).scalar_one() == epoch


def test_gives_the_chain_back_to_its_watcher(chain: Watched, looking: Connection) -> None:
    lose(looking, 1)
    rescans(chain).rescan(CHAIN_ID, 0)
    chain.scripted.grow(1)

    assert chain.chains.advance(CHAIN_ID).outcome is Outcome.CAUGHT_UP
    assert chain.compare().equal


def test_refuses_a_chain_that_is_not_followed(chain: Watched) -> None:
    with pytest.raises(ChainNotFollowed):
        rescans(chain).rescan(1, 0)
