"""Whether a store still is what the buyer takes it for."""

from collections.abc import Sequence
from dataclasses import dataclass

from souk.core.unit_of_work import Transaction
from souk.modules.names.domain import Verification
from souk.modules.names.service import LastLooks
from souk.modules.orders.domain import PlacedCheckout
from souk.modules.trade.errors import StoreNameLost


@dataclass(frozen=True, slots=True)
class Trust:
    """The buyer may trust a store for the name that it shows. So that is looked at once more before
    an order is made; one that is lost only then was lost while the buyer was looking."""

    names: LastLooks

    def list_stale(self, tx: Transaction, checkout: PlacedCheckout) -> list[Verification]:
        """The names, one a store at most, that are to be looked at before a checkout of this
        transaction stands. Who asks again for what was placed before trusts nobody anew."""
        if tx.age(checkout.created_at):
            return []
        return self.names.list_stale(tx, {order.seller_id for order in checkout.orders})

    def require_held(self, stale: Sequence[Verification]) -> None:
        """Look, with no transaction open. Raises `StoreNameLost`."""
        lost = self.names.look(stale)
        if lost:
            raise StoreNameLost(lost)
