"""A node that was killed and comes back with an older head, as development nodes do."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import Connection

from souk.adapters.evm.price_feed import ChainlinkPriceFeed
from souk.core.addresses import checksum_address
from souk.core.unit_of_work import UnitOfWork
from souk.embedded.anvil import CHAIN_ID
from souk.embedded.price_feed import LocalPriceFeed
from souk.modules.chain.service import Chains
from souk.settings import KeeperSettings, TradeSettings
from tests.support.chain_builders import incidents, recorded
from tests.support.clock import MovableClock
from tests.support.killable_node import KillableNode, killable_node
from tests.support.node_truth import differences
from tests.support.purchases import Purchase, holds, path
from tests.support.reconciling import column
from tests.support.shop import Shop, deployed
from tests.support.shop import shop as installed

T = TypeVar("T")
ONCE = ["pending_payment", "paid"]
BACK = [*ONCE, "pending_payment"]
DAY = 24 * 3_600
OURS = "SELECT intent || ' ' || status || ' ' || transaction_hash FROM chain_transaction ORDER BY 1"


@pytest.fixture
def killable(tmp_path: Path) -> Iterator[KillableNode]:
    with killable_node(tmp_path) as node:
        yield node


@pytest.fixture
def shop(
    killable: KillableNode, database_url: str, redis_url: str, clock: MovableClock, tmp_path: Path
) -> Iterator[Shop]:
    """A shop on that node, as on every local one."""
    node = killable.chain
    with installed(database_url, redis_url, node, deployed(node), clock, tmp_path) as running:
        yield running


def refresh_price(shop: Shop) -> None:
    """As a worker of a local chain does."""
    container, native = shop.container, shop.deployment.native
    feed = LocalPriceFeed(
        uow=container.get(UnitOfWork),
        chains=container.get(Chains),
        prices=container.get(ChainlinkPriceFeed),
        chain_id=CHAIN_ID,
        feed=checksum_address(native.price_feed),
        max_age_seconds=shop.deployment.feed_max_age_seconds,
    )
    assert feed.refresh()


@pytest.mark.pitfall("W10")
def test_goes_back_with_the_node_and_sends_again_what_it_forgot(
    killable: KillableNode, shop: Shop
) -> None:
    chains, overdue = shop.container.get(Chains), Purchase(shop)
    overdue.pay()
    shop.chain.move_time(10 * DAY)
    shop.follow(blocks=2)
    refresh_price(shop)
    shop.follow(blocks=2)
    killable.save()
    lost = Purchase(shop)
    lost.pay()
    shop.keep()
    shop.follow(blocks=60)
    chains.rebroadcast(CHAIN_ID)
    sent = column(shop, OURS)
    assert (path(lost), path(overdue)) == (ONCE, [*ONCE, "cancelled"])

    killable.kill_and_restart_from_saved()
    shop.follow()
    assert (differences(shop), holds(overdue)) == ([], ["orphan"])
    chains.rebroadcast(CHAIN_ID)
    shop.follow(blocks=2)
    chains.rebroadcast(CHAIN_ID)

    assert (differences(shop), holds(overdue), column(shop, OURS)) == ([], [], sent)
    assert (path(lost), overdue.order_status) == (BACK, "cancelled")


@pytest.fixture
def lasting(
    killable: KillableNode, database_url: str, redis_url: str, clock: MovableClock, tmp_path: Path
) -> Iterator[Shop]:
    """A shop on that node, as on a public chain."""
    node = killable.chain
    deployment = deployed(node).model_copy(update={"disposable": False})
    own = {
        "keeper": KeeperSettings(),
        "trade": TradeSettings(arbiter_address="0x" + "a1" * 20, fee_to_address="0x" + "fe" * 20),
    }
    with installed(database_url, redis_url, node, deployment, clock, tmp_path, **own) as running:
        yield running


def paid_and_lost(killable: KillableNode, shop: Shop, *, blocks: int) -> Purchase:
    """An order whose payment has so many blocks above it and more, none of which the node knows
    any more."""
    purchase = Purchase(shop)
    killable.save()
    purchase.pay()
    shop.follow(blocks=blocks)
    assert path(purchase) == ONCE
    killable.kill_and_restart_from_saved()
    return purchase


def read(shop: Shop, question: Callable[[Connection], T]) -> T:
    with shop.container.engine.connect() as connection:
        return question(connection)


@pytest.mark.pitfall("W10")
def test_waits_and_writes_nothing_when_the_chain_is_not_disposable(
    killable: KillableNode, lasting: Shop
) -> None:
    purchase = paid_and_lost(killable, lasting, blocks=12)
    before = read(lasting, recorded)

    lasting.follow()

    assert read(lasting, recorded) == before
    assert read(lasting, incidents) == [("head_fell_behind", True)]
    assert (path(purchase), holds(purchase)) == (ONCE, [])


@pytest.mark.deep
@pytest.mark.pitfall("W10")
def test_undoes_what_was_not_final_when_the_node_goes_on_without_it(
    killable: KillableNode, lasting: Shop
) -> None:
    purchase = paid_and_lost(killable, lasting, blocks=12)
    lasting.follow()

    lasting.follow(blocks=30)

    assert differences(lasting) == []
    assert read(lasting, incidents) == [("head_fell_behind", False)]
    assert path(purchase) == BACK


@pytest.mark.deep
@pytest.mark.pitfall("W21")
def test_holds_the_order_up_when_the_node_goes_on_without_what_was_final(
    killable: KillableNode, lasting: Shop
) -> None:
    purchase = paid_and_lost(killable, lasting, blocks=60)
    before = read(lasting, recorded)

    lasting.follow(blocks=90)

    assert read(lasting, recorded) == before
    assert read(lasting, incidents) == [("reorg_below_final", True)]
    assert (path(purchase), holds(purchase)) == (ONCE, ["incident"])
