"""Whose consent a division takes, and how long it may be offered."""

import pytest

from souk.modules.payments import errors
from souk.modules.payments.domain import MAX_OFFER_SECONDS, Party, Split

NOW = 1_800_000_000


def a_split(to_buyer: int = 3, to_seller: int = 4, ahead: int = 60) -> Split:
    return Split(to_buyer=to_buyer, to_seller=to_seller, valid_until=NOW + ahead)


@pytest.mark.parametrize(
    ("to_buyer", "to_seller", "needs"),
    [
        (3, 0, (Party.SELLER,)),
        (0, 4, (Party.BUYER,)),
        (3, 4, (Party.BUYER, Party.SELLER)),
    ],
)
def test_needs_the_consent_of_whoever_gives_away(to_buyer, to_seller, needs) -> None:
    assert a_split(to_buyer, to_seller).needs == needs


@pytest.mark.parametrize(("to_buyer", "to_seller"), [(0, 0), (-1, 5), (5, -1), (4, 4), (8, 0)])
def test_is_refused_when_its_parts_are_not_there(to_buyer, to_seller) -> None:
    with pytest.raises(errors.SplitOutOfRange):
        a_split(to_buyer, to_seller).check(remaining=7, now=NOW)


def test_is_refused_when_its_time_is_over() -> None:
    with pytest.raises(errors.OfferOver):
        a_split(ahead=-1).check(remaining=7, now=NOW)


def test_is_refused_when_it_stands_longer_than_three_days() -> None:
    with pytest.raises(errors.OfferTooLong) as refusal:
        a_split(ahead=MAX_OFFER_SECONDS + 1).check(remaining=7, now=NOW)

    assert refusal.value.context == {"latest": "2027-01-18T08:00:00.000Z"}


@pytest.mark.parametrize("ahead", [0, 72 * 3_600])
def test_is_good_up_to_both_ends_of_its_time(ahead) -> None:
    a_split(ahead=ahead).check(remaining=7, now=NOW)

    assert a_split(ahead=ahead).valid_until - NOW == ahead
