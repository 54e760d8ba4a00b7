"""What is kept of a difference about which nothing was proved."""

from collections.abc import Sequence

from souk.core.errors import ProviderUnavailable
from souk.modules.books.domain import Position, RailReport
from souk.modules.payments.domain import Leg, Observation
from tests.support.reconciling import (
    PHANTOM_ENTRY,
    UNKNOWN_LOG,
    Kept,
    Purchase,
    TheRail,
    a_purchase,
    breaks,
    comparing,
    execute,
    holds,
    lately,
    take_in_unheard,
)
from tests.support.shop import Shop

_UNKNOWN = Kept("legs_equal_the_rail", "unknown", None)
_MISSING = Kept("legs_equal_the_rail", "money_missing", None)
_LET_GO = "UPDATE order_hold SET closed_at = opened_at"


class Away(TheRail):
    """Tells its figures, and is away when it is asked for what is behind them."""

    def recover(
        self, position: Position, leg: Leg, known: Sequence[Observation]
    ) -> Sequence[Observation]:
        raise ProviderUnavailable("away for a moment")


def lately_away(shop: Shop) -> RailReport:
    shop.clock.advance(minutes=1)
    [report] = comparing(shop, Away(shop)).compare_lately()
    return report


def refunded_unseen(shop: Shop) -> Purchase:
    """The buyer has the money back, and the watcher was not given the log that says so."""
    purchase = a_purchase(shop)
    purchase.ask(purchase.seller, "cancelled")
    take_in_unheard(shop, blocks=2)
    execute(shop, *UNKNOWN_LOG)
    return purchase


def lost_without_a_log(shop: Shop) -> None:
    """We count on money that no fact of the chain explains, nor ever will."""
    purchase = a_purchase(shop)
    execute(shop, "UPDATE payment_observation SET amount = amount + 1")
    execute(shop, "UPDATE payment_attempt_leg SET held = held + 1")
    shop.follow(blocks=3)
    assert purchase.status == "paid"


def test_freezes_nothing_when_the_rail_cannot_be_asked_why(shop: Shop) -> None:
    refunded_unseen(shop)

    report = lately_away(shop)

    assert (report.open, breaks(shop), holds(shop)) == (1, [_UNKNOWN], [])


def test_mends_what_was_missed_when_the_rail_can_be_asked_again(shop: Shop) -> None:
    purchase = refunded_unseen(shop)
    lately_away(shop)

    report = lately(shop)

    assert (purchase.status, report.open, holds(shop)) == ("cancelled", 0, [])
    assert [kept.kind for kept in breaks(shop)] == ["missed_fact"]


def test_freezes_when_the_rail_says_later_that_there_is_no_more(shop: Shop) -> None:
    lost_without_a_log(shop)
    lately_away(shop)

    lately(shop)

    assert (breaks(shop), holds(shop)) == ([_MISSING], ["incident"])


def test_keeps_what_was_proved_when_the_rail_cannot_be_asked_again(shop: Shop) -> None:
    lost_without_a_log(shop)
    lately(shop)

    lately_away(shop)

    assert breaks(shop) == [_MISSING]


def test_does_not_freeze_again_what_was_let_go_when_the_rail_was_away(shop: Shop) -> None:
    lost_without_a_log(shop)
    lately(shop)
    execute(shop, _LET_GO)
    lately_away(shop)

    lately(shop)

    assert holds(shop) == []


def test_does_not_freeze_again_what_was_let_go_when_the_leg_was_computed_anew(shop: Shop) -> None:
    a_purchase(shop)
    execute(shop, *PHANTOM_ENTRY)
    lately(shop)
    execute(shop, _LET_GO, "UPDATE payment_attempt_leg SET fee = 1")
    lately(shop)
    shop.follow(blocks=3)

    lately(shop)

    assert holds(shop) == []
