"""A shop whose pictures are fetched from elsewhere, under signed addresses."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from souk.settings.media import ImageSettings
from tests.support.clock import MovableClock
from tests.support.pictures import an_image, put_on_show
from tests.support.shop import Person, Shop, deployed
from tests.support.shop import shop as a_shop
from tests.support.stack import Databases, chain

CDN = "https://cdn.example"
PRODUCTS = "/api/marketplace/products"


@pytest.fixture(scope="module")
def shop(
    databases: Databases, _redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    directory = tmp_path_factory.mktemp("shop")
    images = ImageSettings(cdn_base_url=CDN, image_url_secret=SecretStr("s" * 32))
    url = databases.migrated()
    with chain(directory / "anvil.log", ticking=False) as node:
        place = (url, _redis_url, node, deployed(node), MovableClock(), directory)
        with a_shop(*place, images=images) as running:
            yield running
    databases.drop(url)


@pytest.fixture
def seller(shop) -> Person:
    return shop.seller("sofia")


@pytest.fixture
def image(shop, seller) -> dict:
    return an_image(shop, seller)


@pytest.fixture
def listing(shop, seller, image) -> str:
    listing = shop.listing(seller)
    put_on_show(shop, seller, listing, image)
    return listing


def here(address: str) -> str:
    """The same file at this server, where the CDN would ask for it."""
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


def test_every_page_names_the_same_addresses(shop, seller, image, listing):
    (item,) = shop.api("GET", f"{PRODUCTS}?seller={seller.seller_id}").json()["data"]
    (shown,) = shop.api("GET", f"{PRODUCTS}/{listing}").json()["images"]
    told = shop.api("GET", f"/api/images/{image['ipfs_hash']}").json()
    addresses = {file["cid"]: file["url"] for file in image["files"]}
    for found in (item["image"], shown, told):
        assert {file["cid"]: file["url"] for file in found["files"]} == addresses
    assert all(address.startswith(f"{CDN}/ipfs/") for address in addresses.values())


def test_orders_page_names_addresses_when_the_seller_has_deleted_the_picture(
    shop, seller, image, listing
):
    buyer = shop.person("bruno")
    [order] = shop.paid(buyer, (listing, 1))["orders"]
    put_on_show(shop, seller, listing)
    shop.ask(seller, "DELETE", f"/api/images/{image['ipfs_hash']}")
    page = shop.order(buyer, order["id"])
    timeline = shop.api("GET", f"/api/orders/{order['id']}/timeline?key={page['timeline_key']}")
    [shown], [same] = (one["lines"][0]["images"] for one in (page, timeline.json()))
    assert (shown["ipfs_hash"], shown) == (image["ipfs_hash"], same)
    assert shop.api("GET", here(shown["url"])).status_code == 200


def test_page_may_show_pictures_from_there(shop):
    policy = shop.api("GET", "/").headers["content-security-policy"]
    assert f"; img-src 'self' {CDN}" in policy


def test_file_is_served_when_its_address_is_signed(shop, image):
    for _ in range(2):
        assert shop.api("GET", here(image["files"][0]["url"])).status_code == 200


@pytest.mark.parametrize("behind", ["", "?expires=9999999999&signature=x", "?signature=" + "x" * 9])
def test_file_is_refused_when_its_address_is_not_signed(shop, image, behind):
    file = image["files"][0]
    assert shop.api("GET", here(file["url"])).status_code == 200
    refused = shop.api("GET", f"/ipfs/{file['cid']}{behind}")
    assert (refused.status_code, refused.json()["code"]) == (403, "address_not_signed")
