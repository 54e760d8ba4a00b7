"""IPFS is away for as long as a seller works: nobody notices, and nobody has to do anything about
it afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from souk.adapters.evm.registry import Deployment
from souk.modules.media.domain import Cid
from tests.integration.trade.conftest import deployed_chain
from tests.support.clock import MovableClock
from tests.support.ipfs_shop import (
    Parts,
    block,
    file_cids,
    ipfs_settings,
    pinned,
    pins_at,
    sealed_cids,
    served,
    timers,
)
from tests.support.ipfs_world import IpfsWorld, ipfs_world
from tests.support.kill_switch import KillSwitch, port_switch
from tests.support.pictures import an_image, put_on_show
from tests.support.shop import Shop
from tests.support.stack import Chain
from tests.support.waiting import eventually

__all__ = ["deployed_chain"]


@pytest.fixture(scope="module")
def node(stack_directory: Path) -> Iterator[IpfsWorld]:
    with ipfs_world(stack_directory) as made:
        yield made


@pytest.fixture(scope="module")
def service(stack_directory: Path) -> Iterator[IpfsWorld]:
    """A pinning service and its gateway."""
    with ipfs_world(stack_directory) as made:
        yield made


@pytest.fixture
def parts(
    database_url: str, redis_url: str, deployed_chain: tuple[Chain, Deployment], tmp_path: Path
) -> Parts:
    return Parts(database_url, redis_url, deployed_chain, tmp_path)


@dataclass(frozen=True)
class Away:
    """A node that can be away."""

    world: IpfsWorld
    switch: KillSwitch
    url: str


@pytest.fixture
def away(node: IpfsWorld) -> Iterator[Away]:
    """It is, from the start."""
    node.does("forget")
    switch, port = port_switch(urlsplit(node.url).port or 0)
    switch.off()
    yield Away(node, switch, f"http://127.0.0.1:{port}")
    switch.off()


def sold(shop: Shop) -> dict:
    """What a buyer gets to see of a picture that was uploaded, shown, and bought just now."""
    seller = shop.seller()
    listing = shop.listing(seller)
    image = an_image(shop, seller)
    path = f"/api/marketplace/products/{listing}"
    put_on_show(shop, seller, listing, image)
    buyer = shop.person("buyer")
    [order] = shop.paid(buyer, (listing, 1))["orders"]
    page = shop.order(buyer, order["id"])
    [shown] = page["lines"][0]["images"]
    assert (page["status"], shown["ipfs_hash"]) == ("paid", image["ipfs_hash"])
    assert shop.ask(None, "GET", path).json()["images"][0]["ipfs_hash"] == image["ipfs_hash"]
    return image


def blocks_of(shop: Shop, image: dict) -> list[Cid]:
    """What is to be kept: the picture's files, and the sealed terms of its sale."""
    return sorted([*file_cids(image), *eventually(lambda: sealed_cids(shop))])


@contextmanager
def all_kept(shop: Shop, target: str, blocks: list[Cid]) -> Iterator[None]:
    """By the end of the block or soon after it."""
    yield
    shop.clock.advance(hours=1)
    eventually(lambda: pins_at(shop, target).kept == len(blocks))


def test_pictures_are_shown_and_sold_while_ipfs_is_away_and_pinned_when_it_is_back(
    parts: Parts, away: Away, clock: MovableClock
) -> None:
    with parts.shop(ipfs_settings(kubo=away.url), clock) as shop, timers(shop):
        image = sold(shop)
        blocks = blocks_of(shop, image)
        eventually(lambda: pins_at(shop, "kubo").failing == len(blocks))
        assert {one.status_code for one in served(shop, image)} == {200}
        assert pinned(shop, image) == "failed"
        with all_kept(shop, "kubo", blocks):
            away.switch.on()
        assert pinned(shop, image) == "pinned"
    assert away.world.pinned() == blocks


def test_other_targets_keep_pictures_while_one_is_away(
    parts: Parts, away: Away, service: IpfsWorld, clock: MovableClock
) -> None:
    service.does("forget")
    ipfs = ipfs_settings(kubo=away.url, service=service.url, gateways=(service.url,))
    with parts.shop(ipfs, clock) as shop, timers(shop):
        image = sold(shop)
        blocks = blocks_of(shop, image)
        for cid in blocks:
            service.does("have", block(shop, cid))
        eventually(lambda: pins_at(shop, "pinning-service").failing == len(blocks))
        with all_kept(shop, "pinning-service", blocks):
            service.does("fetch")
        assert (pins_at(shop, "kubo").kept, pinned(shop, image)) == (0, "failed")
        with all_kept(shop, "kubo", blocks):
            away.switch.on()
        assert pinned(shop, image) == "pinned"
