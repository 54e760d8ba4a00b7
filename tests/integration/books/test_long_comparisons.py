"""What happens while a comparison goes on for hours."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from souk.modules.books.domain import Position, RailFigures
from souk.modules.books.service import Reconciliation
from souk.modules.payments.domain import Leg
from tests.support.clock import START
from tests.support.reconciling import (
    TheRail,
    a_purchase,
    column,
    comparing,
    lately,
    take_in_unheard,
)
from tests.support.shop import Shop

_MONTH = timedelta(days=31)
_COMPARED_AT = "SELECT compared_at FROM reconciliation"


class Slow(TheRail):
    """Takes two hours to tell the first figures; a minute after it looked, something happens."""

    def __init__(self, shop: Shop, meanwhile: Callable[[], object]) -> None:
        super().__init__(shop)
        self._clock = shop.clock
        self._meanwhile = [meanwhile]

    def figures(self, position: Position, legs: Sequence[Leg]) -> Mapping[str, RailFigures]:
        figures = self.itself.figures(position, legs)
        while self._meanwhile:
            self._clock.advance(minutes=1)
            self._meanwhile.pop()()
            self._clock.advance(hours=2)
        return figures


def test_hears_of_what_was_lost_while_the_last_comparison_went_on(shop: Shop) -> None:
    lost = a_purchase(shop, paid=False)
    a_purchase(shop)

    def pay_unheard() -> None:
        lost.pay()
        take_in_unheard(shop, blocks=2)

    shop.clock.advance(minutes=1)
    comparing(shop, Slow(shop, pay_unheard)).compare_lately()

    report = lately(shop)

    assert (lost.status, report.facts) == ("paid", 1)


def test_remembers_the_later_comparison_when_a_longer_one_ends_after_it(shop: Shop) -> None:
    a_purchase(shop)
    shop.clock.advance(minutes=1)
    quick = shop.container.get(Reconciliation)
    slow = Slow(shop, quick.compare_lately)

    comparing(shop, slow).compare(_MONTH, [slow.itself.place])

    assert column(shop, _COMPARED_AT) == [START + timedelta(minutes=2)]


def test_compares_the_night_again_when_the_last_one_began_before_it(shop: Shop) -> None:
    a_purchase(shop)
    shop.clock.advance(hours=14)
    assert shop.clock.now().hour == 2
    slow = Slow(shop, lambda: None)
    comparing(shop, slow).compare(_MONTH, [slow.itself.place])

    [again] = shop.container.get(Reconciliation).compare_nightly()

    assert again.failure is None
