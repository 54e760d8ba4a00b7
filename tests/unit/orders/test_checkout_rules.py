"""What may be bought together, and how a checkout is split."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from souk.core.addresses import ZERO_ADDRESS
from souk.core.money import USD, Money
from souk.modules.catalog.domain import ListingKind, ListingSnapshot
from souk.modules.orders.domain import (
    Tracking,
    check_buyer,
    check_tracking,
    merge_wanted,
    split_by_seller,
)
from souk.modules.orders.errors import (
    BadQuantity,
    BadTracking,
    EmptyCart,
    OwnListing,
    TooManyLines,
)
from souk.modules.sellers.domain import PayoutWallets

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def a_line(listing_id: str = "prd_1", seller: str = "sel_1", **changes) -> ListingSnapshot:
    values = {
        "listing_id": listing_id,
        "seller_id": seller,
        "seller_account_id": f"account of {seller}",
        "payouts": PayoutWallets(ZERO_ADDRESS),
        "title": "Fig jam",
        "unit_price": Money(1299, USD),
        "quantity": 1,
        "kind": ListingKind.PHYSICAL,
        "handling_days": 2,
        "transit_days": 7,
    }
    return ListingSnapshot(**{**values, **changes})


def test_merge_adds_up_quantities_in_order_of_first_mention() -> None:
    assert merge_wanted([("b", 1), ("a", 2), ("b", 3)]) == [("b", 4), ("a", 2)]


def test_merge_refuses_an_empty_cart() -> None:
    with pytest.raises(EmptyCart):
        merge_wanted([])


@pytest.mark.parametrize("items", [[("a", 0)], [("a", -1)], [("a", 1001)], [("a", 999), ("a", 2)]])
def test_merge_refuses_a_quantity_when_it_is_out_of_bounds(items) -> None:
    with pytest.raises(BadQuantity):
        merge_wanted(items)


def test_merge_refuses_a_line_past_the_fiftieth() -> None:
    fifty = [(f"prd_{number}", 1) for number in range(50)]

    assert len(merge_wanted([*fifty, ("prd_0", 1)])) == 50
    with pytest.raises(TooManyLines):
        merge_wanted([*fifty, ("prd_50", 1)])


def test_check_refuses_the_owner_of_a_store() -> None:
    with pytest.raises(OwnListing):
        check_buyer("account of sel_2", [a_line(), a_line("prd_2", "sel_2")])


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 1000), st.integers(1, 10**9))))
def test_split_keeps_every_line_and_the_total(drawn) -> None:
    lines = [
        a_line(f"prd_{n}", f"sel_{seller}", quantity=quantity, unit_price=Money(price, USD))
        for n, (seller, quantity, price) in enumerate(drawn)
    ]

    shares = split_by_seller(lines)

    assert sorted(line.listing_id for share in shares for line in share.lines) == sorted(
        line.listing_id for line in lines
    )
    assert sum(share.total.amount for share in shares) == sum(q * p for _, q, p in drawn)
    assert len({share.first.seller_id for share in shares}) == len(shares)


def test_share_takes_the_longest_days_and_travels_when_one_line_does() -> None:
    digital = a_line("prd_2", kind=ListingKind.DIGITAL, handling_days=None, transit_days=None)
    slow = a_line("prd_3", handling_days=1, transit_days=30)

    (share,) = split_by_seller([digital, a_line(), slow])

    assert (share.kind, share.handling_days, share.transit_days) == (ListingKind.PHYSICAL, 2, 30)


def test_share_has_no_days_when_every_line_is_digital() -> None:
    line = a_line(kind=ListingKind.DIGITAL, handling_days=None, transit_days=None)

    (share,) = split_by_seller([line])

    assert (share.kind, share.handling_days) == (ListingKind.DIGITAL, None)


PARCEL = Tracking(carrier="DHL", code="JD014600", status="handed over", occurred_at=NOON)


@pytest.mark.parametrize("url", [None, "https://track.example/JD014600", "http://track.example"])
def test_check_accepts_tracking_with_a_web_address(url) -> None:
    assert check_tracking(replace(PARCEL, url=url)) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("carrier", " "),
        ("carrier", "c" * 81),
        ("code", ""),
        ("code", "c" * 101),
        ("status", "s" * 201),
        ("url", "javascript:alert(1)"),
        ("url", "https://"),
        ("url", "https://[broken"),
        ("url", "https://track.example/a b"),
        ("url", "https://track.example/" + "a" * 2048),
    ],
)
def test_check_names_the_field_when_tracking_is_out_of_bounds(field, value) -> None:
    with pytest.raises(BadTracking) as refusal:
        check_tracking(replace(PARCEL, **{field: value}))

    assert refusal.value.context == {"pointer": f"/{field}"}
