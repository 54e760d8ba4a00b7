"""T1: a checkout becomes orders, one for each seller, with their stock reserved."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from souk.core.money import USD, Money
from souk.core.unit_of_work import Transaction
from souk.modules.catalog.domain import Wanted
from souk.modules.catalog.service import Catalog
from souk.modules.media.service import keep_shown
from souk.modules.orders.domain import (
    Actor,
    OrderLine,
    OrderRecord,
    OrdersConfig,
    OrderStatus,
    PlacedCheckout,
    SellerShare,
    check_buyer,
    merge_wanted,
    split_by_seller,
)
from souk.modules.orders.errors import CheckoutNotFound, TooManyUnpaidCheckouts
from souk.modules.orders.events import OrderPlaced, OrderStatusChanged
from souk.modules.orders.repository import checkouts as checkout_rows
from souk.modules.orders.repository import orders as order_rows
from souk.modules.orders.repository.orders import HistoryEntry


class Placing:
    """Places checkouts and keeps their stock reserved."""

    _catalog: Catalog
    _config: OrdersConfig

    def find_placed(
        self, tx: Transaction, buyer_id: str, request_key: str | None
    ) -> PlacedCheckout | None:
        """What this request of this buyer has placed before."""
        if request_key is None:
            return None
        return checkout_rows.find_of_request(tx, buyer_id=buyer_id, request_key=request_key)

    def place(
        self, tx: Transaction, buyer_id: str, items: Sequence[Wanted], request_key: str | None
    ) -> PlacedCheckout:
        """One order a seller for these (listing id, quantity) pairs; a repeat of the request
        finds what it placed.

        Raises `EmptyCart`, `TooManyLines`, `BadQuantity`, `OwnListing`, `ListingNotFound`,
        `ListingNotPublished`, `StoreOnHoliday`, `ListingSoldOut`, `TooManyUnpaidCheckouts`. Then
        the caller's transaction must not commit: a checkout is placed whole or not at all.
        """
        checkout_rows.lock_placements(tx, buyer_id)
        placed, unpaid = checkout_rows.look_at_buyer(tx, buyer_id, request_key)
        if placed is not None:
            return placed
        if unpaid >= self._config.max_unpaid_checkouts:
            raise TooManyUnpaidCheckouts(self._config.max_unpaid_checkouts)
        wanted = merge_wanted(items)
        lines = self._catalog.snapshot(tx, wanted)
        check_buyer(buyer_id, lines)
        shares = split_by_seller(lines)
        total = sum((share.total for share in shares), Money(0, USD))
        checkout_id = checkout_rows.add(tx, buyer_id=buyer_id, request_key=request_key, total=total)
        return self._add_orders(tx, checkout_id, buyer_id, shares, total)

    def _add_orders(
        self,
        tx: Transaction,
        checkout_id: str,
        buyer_id: str,
        shares: Sequence[SellerShare],
        total: Money,
    ) -> PlacedCheckout:
        expires_at = tx.now + timedelta(seconds=self._config.reservation_seconds)
        orders = [_order(tx, checkout_id, buyer_id, share, expires_at) for share in shares]
        order_rows.add_orders(tx, orders)
        keep_shown(tx, {line.id: line.listing_id for order in orders for line in order.lines})
        self._catalog.reserve_all(
            tx, {o.id: [(line.listing_id, line.quantity) for line in o.lines] for o in orders}
        )
        for order in orders:
            _begin_history(tx, order)
        return PlacedCheckout(
            checkout_id=checkout_id,
            buyer_id=buyer_id,
            total=total,
            created_at=tx.now,
            expires_at=expires_at,
            orders=tuple(sorted(orders, key=lambda order: order.id)),
        )

    def extend_reservation(self, tx: Transaction, checkout_id: str, until: datetime) -> None:
        """Keep the stock of a checkout at least until then (T2); never shortens. Raises
        `CheckoutNotFound`."""
        if not order_rows.extend(tx, checkout_id, until):
            raise CheckoutNotFound(checkout_id)


def _order(
    tx: Transaction, checkout_id: str, buyer_id: str, share: SellerShare, expires_at: datetime
) -> OrderRecord:
    return OrderRecord(
        id=tx.new_id("ord"),
        checkout_id=checkout_id,
        buyer_id=buyer_id,
        seller_id=share.first.seller_id,
        seller_account_id=share.first.seller_account_id,
        payouts=share.first.payouts,
        status=OrderStatus.PENDING_PAYMENT,
        total=share.total,
        kind=share.kind,
        handling_days=share.handling_days,
        transit_days=share.transit_days,
        created_at=tx.now,
        expires_at=expires_at,
        lines=tuple(
            OrderLine(
                id=tx.new_id("oln"),
                position=position,
                listing_id=line.listing_id,
                title=line.title,
                unit_price=line.unit_price,
                quantity=line.quantity,
                kind=line.kind,
                handling_days=line.handling_days,
                transit_days=line.transit_days,
            )
            for position, line in enumerate(share.lines, 1)
        ),
    )


def _begin_history(tx: Transaction, order: OrderRecord) -> None:
    entry = HistoryEntry(
        source=None,
        to=OrderStatus.PENDING_PAYMENT,
        actor=Actor.BUYER,
        actor_id=order.buyer_id,
        reason="order placed, goods reserved",
        evidence={},
        occurred_at=tx.now,
    )
    order_rows.write_step(tx, order.id, entry)
    tx.publish(
        OrderPlaced(
            order_id=order.id,
            checkout_id=order.checkout_id,
            buyer_id=order.buyer_id,
            seller_id=order.seller_id,
            total=str(order.total.amount),
            currency=order.total.asset.code,
        )
    )
    tx.publish(
        OrderStatusChanged(
            order_id=order.id,
            from_status=None,
            to_status=entry.to.value,
            actor=entry.actor.value,
            reason=entry.reason,
        )
    )
