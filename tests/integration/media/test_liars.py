"""Nodes and gateways that give other bytes or names than they should: nothing of it is kept or
shown, and they are left alone for a while, which everybody can see."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from souk.core.clock import SystemClock
from souk.modules.media.domain import compute_cid
from souk.modules.media.service import Pins
from tests.support.http import CLIENT_ADDRESS
from tests.support.ipfs_shop import (
    Operator,
    Parts,
    file_cids,
    give_environment,
    has,
    ipfs_settings,
    lose,
    pins_at,
    served,
)
from tests.support.ipfs_world import IpfsWorld, ipfs_world
from tests.support.pictures import an_image
from tests.support.shop import Shop


@pytest.fixture(scope="module")
def _worlds(stack_directory: Path) -> Iterator[tuple[IpfsWorld, IpfsWorld]]:
    with ipfs_world(stack_directory) as liar, ipfs_world(stack_directory) as honest:
        yield liar, honest


@pytest.fixture
def liar(_worlds) -> IpfsWorld:
    """Whatever it is asked."""
    _worlds[0].does("forget")
    _worlds[0].does("lie")
    return _worlds[0]


@pytest.fixture
def honest(_worlds) -> IpfsWorld:
    _worlds[1].does("forget")
    return _worlds[1]


@pytest.fixture
def parts(database_url, redis_url, deployed_chain, tmp_path, monkeypatch) -> Parts:
    monkeypatch.setenv("METRICS_NETWORKS", f"{CLIENT_ADDRESS}/32")
    return Parts(database_url, redis_url, deployed_chain, tmp_path)


@pytest.fixture
def operator(capsys) -> Operator:
    return Operator(capsys)


@pytest.fixture
def open_shop(parts: Parts, monkeypatch):
    """An installation on these stand-ins."""
    with ExitStack() as stack:

        def opened(**where) -> Shop:
            shop = stack.enter_context(parts.shop(ipfs_settings(**where), SystemClock()))
            give_environment(monkeypatch, shop.container.settings)
            return shop

        yield opened


def quarantined(shop: Shop) -> list[str]:
    """As a scraper reads it, and how many do not answer."""
    lines = shop.api("GET", "/metrics").text.splitlines()
    return [line for line in lines if line.startswith(("souk_media_q", "souk_media_pins_f"))]


def test_lost_block_comes_back_from_the_gateway_that_does_not_lie(
    open_shop, liar: IpfsWorld, honest: IpfsWorld, operator: Operator
) -> None:
    shop = open_shop(kubo=honest.url, gateways=(liar.url, honest.url))
    image = an_image(shop, shop.person("sofia"))
    before = [file.content for file in served(shop, image)]
    for world in (liar, honest):
        for block in before:
            world.does("hold", block, cid=compute_cid(block))
    for cid in file_cids(image):
        lose(shop, cid)
        honest.does("lose", cid=cid, node="alone")
    code, said = operator.souk("repair")
    assert (code, [file.content for file in served(shop, image)]) == (0, before)
    assert f"here: 0 whole, {len(before)} mended, 0 lost, 0 unknown" in said
    assert "souk_media_quarantined 1.0" in quarantined(shop)
    assert "quarantined  gateway 1\n" in operator.souk("status")[1]


def test_nothing_is_put_in_the_place_of_a_lost_block_when_only_a_liar_has_it(
    open_shop, liar: IpfsWorld, honest: IpfsWorld, operator: Operator
) -> None:
    shop = open_shop(kubo=honest.url, gateways=(liar.url,))
    image = an_image(shop, shop.person("sofia"))
    lost = file_cids(image)[0]
    liar.does("hold", b"another picture", cid=lost)
    lose(shop, lost)
    code, said = operator.souk("repair")
    assert (code, has(shop, lost)) == (1, False)
    assert "0 mended, 0 lost, 1 unknown" in said
    assert shop.api("GET", f"/ipfs/{lost}").status_code == 404


@pytest.mark.pitfall("I8")
def test_node_that_calls_blocks_otherwise_is_left_alone(
    open_shop, liar: IpfsWorld, operator: Operator
) -> None:
    shop = open_shop(kubo=liar.url)
    pins, sofia = shop.container.get(Pins), shop.person("sofia")
    an_image(shop, sofia)
    pins.pin_due()
    asked = liar.asked()
    an_image(shop, sofia, 2)
    pins.pin_due()
    assert liar.asked() == asked
    assert (pins_at(shop, "kubo").kept, pins_at(shop, "kubo").failing > 0) == (0, True)
    code, said = operator.souk("status")
    assert (code, "quarantined  kubo\n" in said) == (1, True)
    assert "souk_media_quarantined 1.0" in quarantined(shop)


@pytest.mark.pitfall("I10")
def test_node_that_gives_other_bytes_than_it_took_is_found_out_by_a_look(
    open_shop, honest: IpfsWorld, operator: Operator
) -> None:
    shop = open_shop(kubo=honest.url)
    image = an_image(shop, shop.person("sofia"))
    before = [file.content for file in served(shop, image)]
    assert operator.souk("repair")[0] == 0
    honest.does("lie")
    code, _ = operator.souk("repair")
    assert (code, [file.content for file in served(shop, image)]) == (1, before)
    assert "quarantined  kubo\n" in operator.souk("status")[1]


def test_repair_asks_once_more_who_has_lied(
    open_shop, honest: IpfsWorld, operator: Operator
) -> None:
    shop = open_shop(kubo=honest.url)
    image = an_image(shop, shop.person("sofia"))
    honest.does("lie")
    operator.souk("repair")
    honest.does("forget")
    assert operator.souk("repair")[0] == 0
    assert "quarantined  nobody\n" in operator.souk("status")[1]
    assert honest.pinned() == file_cids(image)
