"""Pictures that go, and those that must not yet."""

import pytest
from sqlalchemy import text

from tests.support.pictures import an_image


def path(image: dict) -> str:
    return f"/api/images/{image['ipfs_hash']}"


@pytest.fixture
def image(shop, sofia) -> dict:
    return an_image(shop, sofia)


def test_deleted_picture_is_served_no_more(shop, sofia, image):
    mine = an_image(shop, sofia, 11)
    assert shop.ask(sofia, "DELETE", path(mine)).status_code == 204
    assert shop.ask(sofia, "GET", path(mine)).status_code == 404
    assert shop.api("GET", mine["files"][0]["url"]).status_code == 404


def test_deleted_picture_is_served_when_somebody_else_has_the_same(shop, sofia):
    otto = shop.person("otto")
    mine, same = an_image(shop, sofia, 12), an_image(shop, otto, 12)
    assert mine["ipfs_hash"] == same["ipfs_hash"]
    assert shop.ask(sofia, "DELETE", path(mine)).status_code == 204
    assert shop.api("GET", mine["files"][0]["url"]).status_code == 200
    assert shop.ask(otto, "DELETE", path(mine)).status_code == 204


def test_deleted_picture_can_be_uploaded_again(shop, sofia, image):
    shop.ask(sofia, "DELETE", path(image))
    assert an_image(shop, sofia)["ipfs_hash"] == image["ipfs_hash"]
    assert shop.ask(sofia, "GET", path(image)).status_code == 200


def test_picture_of_somebody_else_is_not_deleted(shop, sofia, image):
    answer = shop.ask(shop.person("eve"), "DELETE", path(image))
    assert (answer.status_code, answer.json()["code"]) == (404, "image_not_found")
    assert shop.ask(sofia, "GET", path(image)).status_code == 200


def test_picture_is_not_deleted_when_it_is_shown(shop, sofia, image):
    used = text(
        "INSERT INTO image_use (subject_id, kind, position, image_id, alt_text)"
        " SELECT 'lst_shown', 'listing', 0, id, '' FROM image_storage"
        " WHERE account_id = :mine AND cid = :cid"
    )
    with shop.container.engine.begin() as connection:
        connection.execute(used, {"mine": sofia.account_id, "cid": image["ipfs_hash"]})
    answer = shop.ask(sofia, "DELETE", path(image))
    assert (answer.status_code, answer.json()["code"]) == (409, "image_in_use")
    assert answer.json()["uses"] == ["listing lst_shown"]


def test_where_a_picture_is_shown_is_its_owners_business(shop, sofia, image):
    assert shop.ask(sofia, "GET", path(image)).json()["uses"] == []
    assert shop.ask(None, "GET", path(image)).json()["uses"] is None
