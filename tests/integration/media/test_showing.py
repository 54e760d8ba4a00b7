"""Pictures with listings."""

import pytest

from tests.support.pictures import an_image
from tests.support.shop import Person

PRODUCTS = "/api/marketplace/products"


@pytest.fixture
def sofia(shop) -> Person:
    return shop.seller("sofia")


@pytest.fixture
def listing(shop, sofia) -> str:
    return shop.listing(sofia)


def put(shop, who: Person, listing: str, *images: dict, alt_text: str = "", etag: str = ""):
    path = f"{PRODUCTS}/{listing}"
    body = [{"ipfs_hash": image["ipfs_hash"], "alt_text": alt_text} for image in images]
    made_on = etag or shop.api("GET", path, token=who.token).headers["etag"]
    return shop.api("PUT", f"{path}/images", {"images": body}, token=who.token, If_Match=made_on)


def test_pictures_are_not_changed_when_the_listing_was_meanwhile(shop, sofia, listing):
    image = an_image(shop, sofia)
    path = f"{PRODUCTS}/{listing}"
    etag = shop.ask(None, "GET", path).headers["etag"]
    shown_first = put(shop, sofia, listing, image, etag=etag)
    refused = put(shop, sofia, listing, etag=etag)
    assert (refused.status_code, refused.json()["code"]) == (412, "listing_changed")
    assert shown(shop, listing) == [image["ipfs_hash"]]
    assert put(shop, sofia, listing, etag=shown_first.headers["etag"]).status_code == 204


def test_pictures_are_not_changed_when_no_version_is_named(shop, sofia, listing):
    refused = shop.ask(sofia, "PUT", f"{PRODUCTS}/{listing}/images", {"images": []})
    assert (refused.status_code, refused.json()["code"]) == (422, "version_required")


def test_terms_are_not_changed_when_the_pictures_were_meanwhile(shop, sofia, listing):
    etag = shop.ask(None, "GET", f"{PRODUCTS}/{listing}").headers["etag"]
    put(shop, sofia, listing, an_image(shop, sofia))
    edit = {"title": "Tin pot"}
    path = f"{PRODUCTS}/{listing}"
    refused = shop.api("PATCH", path, edit, token=sofia.token, If_Match=etag)
    assert (refused.status_code, refused.json()["code"]) == (412, "listing_changed")


def shown(shop, listing: str) -> list[str]:
    found = shop.ask(None, "GET", f"{PRODUCTS}/{listing}").json()["images"]
    return [image["ipfs_hash"] for image in found]


def test_listing_shows_its_pictures_in_the_sellers_order(shop, sofia, listing):
    first, second = (an_image(shop, sofia, seed) for seed in (1, 2))
    for order in ((first, second), (second, first), (second,), ()):
        assert put(shop, sofia, listing, *order).status_code == 204
        assert shown(shop, listing) == [image["ipfs_hash"] for image in order]


def test_list_shows_the_first_picture(shop, sofia, listing):
    first, second = (an_image(shop, sofia, seed) for seed in (1, 2))
    put(shop, sofia, listing, first, second, alt_text="From above")
    page = shop.ask(None, "GET", f"{PRODUCTS}?seller={sofia.seller_id}").json()
    [image] = [one["image"] for one in page["data"]]
    assert (image["ipfs_hash"], image["alt_text"]) == (first["ipfs_hash"], "From above")
    thumb = shop.api("GET", image["files"][0]["url"])
    assert thumb.headers["content-type"] == image["files"][0]["media_type"]


def test_listing_without_pictures_shows_none(shop, sofia, listing):
    page = shop.ask(None, "GET", f"{PRODUCTS}?seller={sofia.seller_id}").json()
    assert (shown(shop, listing), page["data"][0]["image"]) == ([], None)


def test_shown_picture_is_not_deleted_until_it_is_taken_away(shop, sofia, listing):
    image = an_image(shop, sofia)
    path = f"/api/images/{image['ipfs_hash']}"
    put(shop, sofia, listing, image)
    refused = shop.ask(sofia, "DELETE", path)
    assert (refused.status_code, refused.json()["uses"]) == (409, [f"listing {listing}"])
    put(shop, sofia, listing)
    assert shop.ask(sofia, "DELETE", path).status_code == 204


def test_picture_of_somebody_else_is_not_shown(shop, sofia, listing):
    image = an_image(shop, shop.person("otto"))
    refused = put(shop, sofia, listing, image)
    assert (refused.status_code, refused.json()["code"]) == (422, "image_not_yours")


def test_picture_for_another_purpose_is_not_shown(shop, sofia, listing):
    image = an_image(shop, sofia, purpose="profile")
    assert put(shop, sofia, listing, image).json()["code"] == "image_not_yours"


def test_deleted_picture_is_not_shown(shop, sofia, listing):
    image = an_image(shop, sofia)
    shop.ask(sofia, "DELETE", f"/api/images/{image['ipfs_hash']}")
    assert put(shop, sofia, listing, image).json()["code"] == "image_not_yours"


def test_pictures_of_another_store_are_not_changed(shop, sofia, listing):
    otto = shop.seller("otto")
    assert put(shop, otto, listing, an_image(shop, otto)).status_code == 403
