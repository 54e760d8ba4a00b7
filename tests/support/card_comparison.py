"""Comparing a shop's cards with what the provider says of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import text

from souk.adapters.stripe.statement import StripeStatement
from souk.core.clock import Clock
from souk.modules.books.domain import RailReport
from souk.modules.books.service import Books, Reconciliation
from souk.modules.ledger.domain import Break
from souk.modules.ledger.service import Ledger
from souk.modules.payments.domain import Shares
from tests.support.card_server import CardServer
from tests.support.card_shop import CardShop
from tests.support.chain_builders import chains_of
from tests.support.order_builders import orders_on
from tests.support.reconciling import Kept
from tests.support.scripted_chain import ScriptedChain


def a_statement(
    server: CardServer,
    wall: Clock,
    divisions: Callable[[str], Mapping[str, Shares]] = lambda _attempt_id: {},
) -> StripeStatement:
    """What a server that speaks Stripe's API says."""
    return StripeStatement(server.api(), wall, provider="stripe", divisions=divisions)


@dataclass
class CardComparison:
    """The reconciler of a shop, for its cards alone."""

    shop: CardShop

    def lately(self) -> RailReport:
        """Compare what changed lately, once everything had its time to arrive."""
        self.shop.wall.advance(minutes=1)
        [report] = self._reconciliation().compare_lately()
        return report

    def over(self, days: int) -> RailReport:
        """Compare all of so many days."""
        self.shop.wall.advance(minutes=1)
        [report] = self._reconciliation().compare(timedelta(days=days), ["stripe"])
        return report

    def _reconciliation(self) -> Reconciliation:
        shop = self.shop
        rail = a_statement(shop.server, shop.wall, shop.payments.divisions)
        return Reconciliation(shop.uow, orders_on(shop.uow), Ledger(), shop.payments, [rail])

    def pass_days(self, days: int) -> None:
        """Here and at the provider."""
        self.shop.wall.advance(days=days)
        self.shop.server.control("time", seconds=days * 86_400)

    def broken(self) -> list[Break]:
        """What a look at all of the books finds."""
        shop = self.shop
        chains = chains_of(shop.uow, ScriptedChain())
        return Books(shop.uow, Ledger(), shop.payments, chains).check()

    def breaks(self) -> list[Kept]:
        """Every break there ever was, the first one first."""
        with self.shop.uow.begin() as tx:
            rows = tx.session.execute(
                text("SELECT rule, class, how FROM reconciliation_break ORDER BY id")
            )
            return [Kept(*row) for row in rows]

    def execute(self, statement: str) -> None:
        """Change the database past the product's own code."""
        with self.shop.uow.begin() as tx:
            tx.session.execute(text(statement))
            tx.commit()
