"""`/api/marketplace/products`, `/inventory` and `/categories` over HTTP."""

import pytest
from sqlalchemy import text

from souk.modules.catalog.schemas import (
    Categories,
    OwnProductOut,
    OwnProductPage,
    ProductOut,
    ProductPage,
)
from tests.support.catalog_builders import a_draft, a_listing
from tests.support.market import market, refused, token_of
from tests.support.order_builders import place
from tests.support.seller_builders import a_seller, sellers_on, suspend

PRODUCTS = "/api/marketplace/products"
JAM = {
    "title": "Fig jam",
    "price": {"amount": "1299", "currency": "USD", "exponent": 2},
    "kind": "physical",
    "handling_days": 2,
    "transit_days": 7,
    "on_hand": 3,
}


@pytest.fixture
def uow(committing_uow):
    return committing_uow


@pytest.fixture
def api(database_url, uow):
    with market(database_url, uow) as api:
        yield api


@pytest.fixture
def store(uow):
    return a_seller(uow)


@pytest.fixture
def token(uow, store):
    return token_of(uow, "sofia")


def assert_documented(model, answer) -> dict:
    """The answer has exactly the members that the schema declares."""
    document = answer.json()
    assert model.model_validate(document).model_dump(mode="json") == document
    return document


def test_create_answers_with_the_draft(api, store, token):
    answer = api("POST", PRODUCTS, JAM, token=token, key="k1")

    draft = assert_documented(OwnProductOut, answer)
    assert (answer.status_code, draft["status"], draft["version"]) == (201, "draft", 1)
    assert (draft["seller_id"], draft["on_hand"], draft["price"]) == (store.id, 3, JAM["price"])


def test_create_makes_one_draft_when_the_request_is_repeated(api, token, engine):
    first, again = (api("POST", PRODUCTS, JAM, token=token, key="k1") for _ in range(2))

    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM listing")) == 1


def test_create_is_refused_when_nobody_sells(api, uow):
    assert refused(api("POST", PRODUCTS, JAM, key="k1")) == (401, "sign_in_required")
    answer = api("POST", PRODUCTS, JAM, token=token_of(uow, "bruno"), key="k1")
    assert refused(answer) == (403, "seller_profile_required")


def test_publish_shows_the_listing_to_everybody_at_once(api, uow, store, token):
    draft = a_draft(uow, store)
    assert refused(api("GET", f"{PRODUCTS}/{draft.id}")) == (404, "listing_not_found")

    published = api("POST", f"{PRODUCTS}/{draft.id}/publish", token=token)

    assert_documented(OwnProductOut, published)
    shown = assert_documented(ProductOut, api("GET", f"{PRODUCTS}/{draft.id}"))
    assert shown["seller"] == {
        "id": store.id,
        "handle": "sofia-shop",
        "name": "Sofia's shop",
        "on_holiday": False,
    }
    page = assert_documented(ProductPage, api("GET", PRODUCTS))
    assert [item["id"] for item in page["data"]] == [draft.id]


def test_draft_is_shown_to_its_owner_alone(api, uow, store, token):
    draft = a_draft(uow, store)

    assert api("GET", f"{PRODUCTS}/{draft.id}", token=token).status_code == 200
    stranger = token_of(uow, "bruno")
    assert refused(api("GET", f"{PRODUCTS}/{draft.id}", token=stranger))[0] == 404


def test_unpublish_takes_it_from_the_list_and_keeps_the_page_when_discontinued(
    api, uow, store, token
):
    listing = a_listing(uow, store)

    api("POST", f"{PRODUCTS}/{listing.id}/unpublish", {"to": "discontinued"}, token=token)

    assert api("GET", PRODUCTS).json()["data"] == []
    assert api("GET", f"{PRODUCTS}/{listing.id}").json()["status"] == "discontinued"
    again = api("POST", f"{PRODUCTS}/{listing.id}/publish", token=token)
    assert refused(again) == (409, "listing_status_conflict")


def test_unpublish_makes_a_draft_when_nothing_is_said(api, uow, store, token):
    listing = a_listing(uow, store)

    answer = api("POST", f"{PRODUCTS}/{listing.id}/unpublish", token=token)

    assert answer.json()["status"] == "draft"


def test_edit_takes_the_etag_that_the_listing_was_read_with(api, uow, store, token):
    listing = a_listing(uow, store)
    read = api("GET", f"{PRODUCTS}/{listing.id}")
    path, changes = f"{PRODUCTS}/{listing.id}", {"title": "Quince jam", "category": None}

    edited = api("PATCH", path, changes, token=token, If_Match=read.headers["etag"])
    stale = api("PATCH", path, changes, token=token, If_Match=read.headers["etag"])

    assert (edited.json()["title"], edited.headers["etag"]) == ("Quince jam", '"3"')
    assert refused(stale) == (412, "listing_changed")


def test_edit_changes_the_price(api, uow, store, token):
    listing = a_draft(uow, store)

    answer = api(
        "PATCH",
        f"{PRODUCTS}/{listing.id}",
        {"price": {"amount": "5"}},
        token=token,
        If_Match='"1"',
    )

    assert answer.json()["price"] == {"amount": "5", "currency": "USD", "exponent": 2}


@pytest.mark.parametrize("if_match", ["3", "*", '"0"', '"x"'])
def test_edit_is_refused_when_it_does_not_say_which_version(api, uow, store, token, if_match):
    path = f"{PRODUCTS}/{a_draft(uow, store).id}"

    assert refused(api("PATCH", path, {}, token=token)) == (422, "version_required")
    answer = api("PATCH", path, {}, token=token, If_Match=if_match)
    assert refused(answer) == (422, "version_required")


@pytest.mark.parametrize("field", ["title", "description", "price", "transit_days"])
def test_edit_is_refused_when_a_required_field_would_go(api, uow, store, token, field):
    path = f"{PRODUCTS}/{a_draft(uow, store).id}"

    answer = api("PATCH", path, {field: None}, token=token, If_Match='"1"')

    assert refused(answer) == (422, "invalid_request")


@pytest.mark.pitfall("H3")
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", f"{PRODUCTS}/{{}}", {"title": "Mine now"}),
        ("POST", f"{PRODUCTS}/{{}}/publish", None),
        ("POST", f"{PRODUCTS}/{{}}/unpublish", None),
        ("PUT", "/api/marketplace/inventory/{}", {"on_hand": 0}),
    ],
)
def test_write_is_refused_when_the_listing_is_another_stores(api, uow, store, method, path, body):
    listing, draft = a_listing(uow, store), a_draft(uow, store)
    stranger = token_of(uow, "stefan")

    seen = api(method, path.format(listing.id), body, token=stranger, If_Match='"2"')
    unseen = api(method, path.format(draft.id), body, token=stranger, If_Match='"1"')

    assert refused(seen) == (403, "not_yours")
    assert refused(unseen) == (404, "listing_not_found")
    assert refused(api(method, path.format(listing.id), body))[0] == 401


def test_inventory_sets_the_stock(api, uow, store, token):
    listing = a_listing(uow, store, on_hand=0)
    assert api("GET", f"{PRODUCTS}/{listing.id}").json()["sold_out"] is True

    answer = api("PUT", f"/api/marketplace/inventory/{listing.id}", {"on_hand": 4}, token=token)

    assert assert_documented(OwnProductOut, answer)["on_hand"] == 4
    shown = api("GET", f"{PRODUCTS}/{listing.id}").json()
    assert (shown["available"], shown["sold_out"]) == (4, False)


def test_availability_falls_when_somebody_orders(api, uow, store):
    listing = a_listing(uow, store, on_hand=2)
    buyer = a_seller(uow, "bruno").principal

    place(uow, buyer, (listing.id, 2))

    (shown,) = api("GET", PRODUCTS).json()["data"]
    assert (shown["available"], shown["sold_out"]) == (0, True)


def test_read_answers_not_modified_when_the_client_has_it(api, uow, store):
    path = f"{PRODUCTS}/{a_listing(uow, store).id}"
    first = api("GET", path)

    assert api("GET", path, If_None_Match=first.headers["etag"]).status_code == 304


def test_own_list_shows_drafts_and_can_be_narrowed(api, uow, store, token):
    draft, listing = a_draft(uow, store), a_listing(uow, store)
    a_listing(uow, a_seller(uow, "stefan"))

    mine = assert_documented(OwnProductPage, api("GET", f"{PRODUCTS}/mine", token=token))
    drafts = api("GET", f"{PRODUCTS}/mine?status=draft", token=token).json()

    assert [item["id"] for item in mine["data"]] == [listing.id, draft.id]
    assert [item["id"] for item in drafts["data"]] == [draft.id]
    assert refused(api("GET", f"{PRODUCTS}/mine"))[0] == 401


def test_own_list_goes_on_where_the_page_ended(api, uow, store, token):
    ids = [a_draft(uow, store).id for _ in range(3)]

    first = api("GET", f"{PRODUCTS}/mine?limit=2", token=token).json()
    path = f"{PRODUCTS}/mine?limit=2&cursor={first['next_cursor']}"
    second = api("GET", path, token=token).json()

    assert [i["id"] for i in first["data"] + second["data"]] == sorted(ids, reverse=True)
    assert second["next_cursor"] is None


def test_categories_count_what_is_on_sale(api, uow, store):
    a_listing(uow, store, category="food")
    a_listing(uow, store, category="books")
    a_listing(uow, store, category="food")
    a_listing(uow, store, category=None)
    a_draft(uow, store, category="drafts")

    found = assert_documented(Categories, api("GET", "/api/marketplace/categories"))

    assert found["data"] == [
        {"category": "books", "listings": 1},
        {"category": "food", "listings": 2},
    ]


def test_listing_says_so_when_its_store_is_on_holiday(api, uow, store):
    listing = a_listing(uow, store)
    sellers_on(uow).edit(store.principal, store.id, {"on_holiday": True}, version=1)

    (summary,) = api("GET", PRODUCTS).json()["data"]
    shown = api("GET", f"{PRODUCTS}/{listing.id}").json()
    assert (summary["seller"]["on_holiday"], shown["seller"]["on_holiday"]) == (True, True)


def test_nothing_is_on_sale_when_the_store_is_suspended(api, uow, store):
    a_listing(uow, store)
    suspend(uow, store)

    assert api("GET", PRODUCTS).json()["data"] == []
    assert api("GET", "/api/marketplace/categories").json()["data"] == []


def test_list_keeps_its_place_when_something_newer_is_published(api, uow, store, clock):
    old = [a_listing(uow, store).id for _ in range(3)]
    clock.advance(seconds=1)
    first = api("GET", f"{PRODUCTS}?limit=2").json()
    a_listing(uow, store, title="Newcomer")

    second = api("GET", f"{PRODUCTS}?limit=2&cursor={first['next_cursor']}").json()

    assert [i["id"] for i in first["data"] + second["data"]] == sorted(old, reverse=True)
