"""Pictures of stores."""

import pytest

from tests.support.pictures import an_image
from tests.support.shop import Person

SELLERS = "/api/marketplace/sellers"


@pytest.fixture
def sofia(shop) -> Person:
    return shop.seller("sofia")


def edit(shop, who: Person, **changes: object):
    """An edit of the present version of somebody's store."""
    version = shop.ask(who, "GET", f"{SELLERS}/me").json()["version"]
    path = f"{SELLERS}/{who.seller_id}"
    return shop.api("PATCH", path, changes, token=who.token, If_Match=f'"{version}"')


@pytest.mark.parametrize(
    ("field", "purpose"), [("profile_image", "profile"), ("cover_image", "cover")]
)
def test_store_shows_its_picture_until_it_is_taken_away(shop, sofia, field, purpose):
    image = an_image(shop, sofia, purpose=purpose)["ipfs_hash"]
    for value in (image, None):
        edited = edit(shop, sofia, **{field: value})
        assert (edited.status_code, edited.json()[field]) == (200, value)
        assert shop.ask(None, "GET", f"{SELLERS}/{sofia.seller_id}").json()[field] == value
        deleted = shop.ask(sofia, "DELETE", f"/api/images/{image}").status_code
        assert deleted == (204 if value is None else 409)


def test_store_keeps_its_picture_when_something_else_is_edited(shop, sofia):
    image = an_image(shop, sofia, purpose="profile")["ipfs_hash"]
    edit(shop, sofia, profile_image=image)
    assert edit(shop, sofia, bio="Since 1902.").json()["profile_image"] == image
    assert shop.ask(sofia, "DELETE", f"/api/images/{image}").status_code == 409


def test_store_does_not_show_a_picture_that_is_not_its_owners(shop, sofia):
    image = an_image(shop, shop.person("otto"), purpose="profile")["ipfs_hash"]
    refused = edit(shop, sofia, profile_image=image)
    assert (refused.status_code, refused.json()["code"]) == (422, "image_not_yours")


def test_store_does_not_show_a_picture_for_something_else(shop, sofia):
    image = an_image(shop, sofia, purpose="product")["ipfs_hash"]
    assert edit(shop, sofia, profile_image=image).json()["code"] == "image_not_yours"


def test_store_does_not_show_what_is_no_picture(shop, sofia):
    refused = edit(shop, sofia, cover_image="https://elsewhere.example/cover.png")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/cover_image"
