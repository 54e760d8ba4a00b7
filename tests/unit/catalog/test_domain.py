"""Rules of listings, without a database."""

from dataclasses import replace

import pytest

from souk.core.money import USD, Asset, Money
from souk.modules.catalog.domain import (
    STOCK_MOVES,
    ListingStatus,
    check_stock,
    check_terms,
    require_move,
)
from souk.modules.catalog.errors import BadListing, ListingSoldOut, ListingStatusConflict
from tests.support.catalog_builders import some_terms

EURO = Asset("EUR", 2, "EUR")


@pytest.mark.parametrize(
    "terms",
    [
        some_terms(),
        some_terms(digital=True),
        some_terms(title="jam", description="", category=None, price=1),
        some_terms(title="j" * 200, description="d" * 10_000, price=10**9),
        some_terms(handling_days=0, transit_days=1),
        some_terms(handling_days=60, transit_days=90, category="home-garden-2"),
    ],
)
def test_check_accepts_terms_when_they_are_at_their_bounds(terms) -> None:
    assert check_terms(terms) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "ab"),
        ("title", "  a  "),
        ("title", "t" * 201),
        ("description", "d" * 10_001),
        ("category", "Home"),
        ("category", "home--garden"),
        ("category", "c" * 61),
        ("price", Money(0, USD)),
        ("price", Money(10**9 + 1, USD)),
        ("price", Money(100, EURO)),
        ("handling_days", None),
        ("handling_days", -1),
        ("handling_days", 61),
        ("transit_days", None),
        ("transit_days", 0),
        ("transit_days", 91),
    ],
)
def test_check_names_the_field_when_it_is_out_of_bounds(field, value) -> None:
    with pytest.raises(BadListing) as refusal:
        check_terms(replace(some_terms(), **{field: value}))

    assert refusal.value.context == {"pointer": f"/{field}"}


@pytest.mark.parametrize("field", ["handling_days", "transit_days"])
def test_check_refuses_days_when_goods_are_digital(field) -> None:
    with pytest.raises(BadListing) as refusal:
        check_terms(replace(some_terms(digital=True), **{field: 3}))

    assert refusal.value.context == {"pointer": f"/{field}"}


@pytest.mark.parametrize("on_hand", [-1, 10**6 + 1])
def test_check_refuses_stock_when_it_is_out_of_bounds(on_hand) -> None:
    with pytest.raises(BadListing):
        check_stock(on_hand)


def test_move_is_refused_with_the_allowed_ones_when_discontinued() -> None:
    with pytest.raises(ListingStatusConflict) as refusal:
        require_move("prd_1", ListingStatus.DISCONTINUED, ListingStatus.PUBLISHED)

    assert refusal.value.context["status"] == "discontinued"
    assert refusal.value.context["allowed"] == []


def test_stock_moves_cancel_out_when_a_reservation_goes_round() -> None:
    for (source, to), (on_hand, reserved) in STOCK_MOVES.items():
        back = STOCK_MOVES.get((to, source))
        assert back is None or back == (-on_hand, -reserved)


def test_sold_out_says_how_many_are_left() -> None:
    assert "only 2 left" in ListingSoldOut("prd_1", wanted=3, available=2).detail
    assert ListingSoldOut("prd_1", wanted=3, available=0).context["available"] == 0
