"""Files at hand: read once, held within bounds, and given up within a second when they must be."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO

import pytest
from sqlalchemy import text

from souk.adapters.content.disk import DiskContentStore
from souk.bootstrap.media import Kept
from souk.core.db import Reads
from souk.core.metrics import Metrics
from souk.modules.media.api import Files
from souk.modules.media.api.files import SHOWN_SECONDS
from souk.modules.media.domain import Cid
from tests.support.pictures import an_image, put_on_show
from tests.support.shop import Shop


class CountingStore(DiskContentStore):
    """Counts how often a file was read."""

    def __init__(self, store: DiskContentStore) -> None:
        self._blocks = store._blocks
        self.opened = Counter[str]()

    def open(self, cid: Cid) -> BinaryIO:
        self.opened[cid] += 1
        return super().open(cid)


class Hand:
    """What is at hand, by a clock that is moved."""

    def __init__(self, shop: Shop) -> None:
        content = shop.container.get(Kept).content
        assert isinstance(content, DiskContentStore)
        self.shop = shop
        self.store = CountingStore(content)
        self.now = 0.0
        self.hold(64 * 1024 * 1024)

    def hold(self, most_bytes: int) -> None:
        """Begin anew with another bound."""
        self.shop.container.services[Files] = Files(
            self.shop.container.get(Reads),
            self.store,
            most_bytes=most_bytes,
            monotonic=lambda: self.now,
        )

    def get(self, file: dict) -> int:
        """The status of an answer."""
        return self.shop.api("GET", file["url"]).status_code

    def get_all(self, *files: dict, times: int = 1) -> list[int]:
        """The same of requests that come together."""
        asked = [self.shop.api.request("GET", file["url"]) for file in files * times]

        async def together() -> list[int]:
            return [answer.status_code for answer in await asyncio.gather(*asked)]

        return self.shop.api.run(together())


@pytest.fixture
def hand(shop) -> Iterator[Hand]:
    before = shop.container.services[Files]
    yield Hand(shop)
    shop.container.services[Files] = before


@pytest.fixture
def file(shop, sofia) -> dict:
    return an_image(shop, sofia)["files"][0]


def test_file_is_given_up_within_a_second_when_it_was_deleted(shop, sofia, hand):
    image = an_image(shop, sofia, 31)
    assert hand.get_all(*image["files"]) == [200] * len(image["files"])
    assert shop.ask(sofia, "DELETE", f"/api/images/{image['ipfs_hash']}").status_code == 204
    hand.now += SHOWN_SECONDS
    assert hand.get_all(*image["files"]) == [404] * len(image["files"])


def test_file_is_served_again_when_it_was_uploaded_again(shop, sofia, hand):
    image = an_image(shop, sofia, 32)
    shop.ask(sofia, "DELETE", f"/api/images/{image['ipfs_hash']}")
    assert hand.get(image["files"][0]) == 404
    an_image(shop, sofia, 32)
    assert hand.get(image["files"][0]) == 200


def test_file_is_read_once_when_a_hundred_ask_for_it_at_once(hand, file):
    assert hand.get_all(file, times=100) == [200] * 100
    assert hand.store.opened == {file["cid"]: 1}


def test_file_is_not_read_again_when_it_is_asked_about_again(hand, file):
    for _ in range(3):
        assert hand.get(file) == 200
        hand.now += SHOWN_SECONDS
    assert hand.store.opened == {file["cid"]: 1}


def test_longest_unused_file_is_given_up_when_there_are_too_many_bytes(shop, sofia, hand):
    one, two, three = an_image(shop, sofia, 33)["files"][:3]
    hand.hold(one["bytes"] + max(two["bytes"], three["bytes"]))
    for file in (one, two, one, three, one, two):
        assert hand.get(file) == 200
    assert hand.store.opened == {one["cid"]: 1, two["cid"]: 2, three["cid"]: 1}


def test_file_at_hand_is_sent_as_its_route_would(shop, hand, file):
    by_route, at_hand = (shop.api("GET", file["url"]) for _ in range(2))
    asked_first = shop.api("HEAD", file["url"])
    for answer in (by_route, at_hand, asked_first):
        del answer.headers["x-request-id"]
    assert (at_hand.content, at_hand.headers) == (by_route.content, by_route.headers)
    assert at_hand.headers == asked_first.headers


def test_file_at_hand_has_a_request_id_and_is_counted_under_its_route(shop, hand, file):
    answers = [shop.api("GET", file["url"], X_Request_Id=f"trace-{n:010}") for n in range(2)]
    assert [one.headers["x-request-id"] for one in answers] == [f"trace-{n:010}" for n in range(2)]
    counted = shop.container.get(Metrics).expose([], {}).decode()
    (line,) = (line for line in counted.splitlines() if is_of_files(line))
    assert float(line.split()[-1]) >= 2


def is_of_files(line: str) -> bool:
    head = 'souk_http_requests_total{method="GET",route="/ipfs/{cid}",status="200"}'
    return line.startswith(head)


@pytest.mark.pitfall("I7")
def test_file_is_not_served_when_its_bytes_are_not_those_of_its_cid(shop, sofia, hand):
    cid = an_image(shop, sofia, 34)["files"][0]["cid"]
    path = hand.store._blocks._path(Cid(cid))
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    answer = shop.api("GET", f"/ipfs/{cid}")
    assert (answer.status_code, answer.json()["code"]) == (503, "content_mismatch")


def test_file_is_not_served_when_its_picture_is_not_for_everybody(shop, sofia, hand):
    image = an_image(shop, sofia, 35)
    with shop.container.engine.begin() as connection:
        hidden = "UPDATE image_storage SET purpose = 'evidence' WHERE cid = :cid"
        connection.execute(text(hidden), {"cid": image["ipfs_hash"]})
    assert hand.get(image["files"][0]) == 404


def test_file_is_served_though_it_was_deleted_when_somebody_bought_what_it_shows(shop, hand):
    seller, buyer = shop.seller(), shop.person("bella")
    listing, image = shop.listing(seller), an_image(shop, seller, 36)
    put_on_show(shop, seller, listing, image)
    shop.place(buyer, (listing, 1))
    put_on_show(shop, seller, listing)
    deleted = shop.ask(seller, "DELETE", f"/api/images/{image['ipfs_hash']}")
    assert (deleted.status_code, hand.get(image["files"][0])) == (204, 200)
