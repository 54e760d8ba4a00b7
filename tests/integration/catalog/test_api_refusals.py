"""Requests of sellers that are wrong in themselves: nothing is written."""

from functools import partial
from uuid import uuid4

import pytest

from tests.support.clock import MovableClock
from tests.support.market import refused, shared_market, token_of
from tests.support.seller_builders import a_seller

PRODUCTS = "/api/marketplace/products"
JAM = {
    "title": "Fig jam",
    "price": {"amount": "1299", "currency": "USD", "exponent": 2},
    "kind": "physical",
    "handling_days": 2,
    "transit_days": 7,
    "on_hand": 3,
}


@pytest.fixture(scope="module")
def asks(databases):
    """A seller's client. The tests share it, since none of them writes anything."""
    with shared_market(databases, MovableClock()) as (api, uow):
        a_seller(uow)
        yield partial(api, token=token_of(uow, "sofia"))


@pytest.mark.pitfall("H1")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"title": "ab"}, "invalid_request"),
        ({"title": "\x00" * 5}, "invalid_request"),
        ({"title": "     "}, "bad_listing"),
        ({"price": {"amount": "0"}}, "invalid_request"),
        ({"price": {"amount": "-5"}}, "invalid_request"),
        ({"price": {"amount": "1.5"}}, "invalid_request"),
        ({"price": {"amount": "9" * 80}}, "invalid_request"),
        ({"price": {"amount": "1299", "currency": "EUR"}}, "invalid_request"),
        ({"price": 1299}, "invalid_request"),
        ({"price": {"amount": "9999999999"}}, "bad_listing"),
        ({"handling_days": None}, "bad_listing"),
        ({"transit_days": 2**80}, "invalid_request"),
        ({"on_hand": True}, "invalid_request"),
        ({"on_hand": -1}, "invalid_request"),
        ({"kind": "liquid"}, "invalid_request"),
        ({"kind": "digital"}, "bad_listing"),
        ({"category": "Home & Garden"}, "invalid_request"),
        ({"colour": "blue"}, "invalid_request"),
    ],
)
def test_create_is_refused_when_a_field_is_wrong(asks, changes, code):
    answer = asks("POST", PRODUCTS, {**JAM, **changes}, key=uuid4().hex)

    assert refused(answer) == (422, code)
    assert asks("GET", f"{PRODUCTS}/mine").json()["data"] == []


@pytest.mark.parametrize(
    "path", ["prd_00000000000000000000000000", "sel_1", "prd_%00", "%F0%9F%8D%87", "p" * 65]
)
def test_read_is_refused_when_there_is_no_such_listing(asks, path):
    assert refused(asks("GET", f"{PRODUCTS}/{path}"))[0] in (400, 404, 422)
