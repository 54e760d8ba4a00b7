"""Orders of buyers and sellers that really signed in."""

from collections.abc import Sequence

from sqlalchemy import text

from souk.core.principal import Principal
from souk.core.unit_of_work import UnitOfWork
from souk.modules.orders.domain import (
    Actor,
    OrderRecord,
    OrdersConfig,
    OrderStatus,
    PlacedCheckout,
)
from souk.modules.orders.service import Carts, Orders
from tests.support.account_builders import an_account
from tests.support.catalog_builders import a_listing, catalog_on
from tests.support.seller_builders import a_seller

# The calls that bring a new order to each status, with who makes them.
PATHS: dict[OrderStatus, Sequence[tuple[str, Actor]]] = {
    OrderStatus.PENDING_PAYMENT: [],
    OrderStatus.PAID: [("mark_paid", Actor.CHAIN)],
    OrderStatus.PROCESSING: [("mark_paid", Actor.CHAIN), ("accept", Actor.SELLER)],
    OrderStatus.SHIPPED: [("mark_paid", Actor.CHAIN), ("mark_shipped", Actor.CHAIN)],
    OrderStatus.DELIVERED: [
        ("mark_paid", Actor.CHAIN),
        ("mark_shipped", Actor.CHAIN),
        ("mark_delivered", Actor.BUYER),
    ],
    OrderStatus.COMPLETED: [("mark_paid", Actor.CHAIN), ("complete", Actor.CHAIN)],
    OrderStatus.CANCELLED: [("cancel", Actor.BUYER)],
    OrderStatus.EXPIRED: [("expire", Actor.SYSTEM)],
}


def orders_on(uow: UnitOfWork, **config: int) -> Orders:
    return Orders(catalog_on(uow), OrdersConfig(**config))


def carts_on(uow: UnitOfWork) -> Carts:
    return Carts(uow, catalog_on(uow))


def place(
    uow: UnitOfWork, buyer: Principal, *wanted: tuple[str, int], request_key: str | None = None
) -> PlacedCheckout:
    """Place a checkout of (listing id, quantity) pairs in a transaction of its own."""
    with uow.begin() as tx:
        placed = orders_on(uow).place(tx, buyer.account_id, wanted, request_key)
        tx.commit()
    return placed


def move(uow: UnitOfWork, order_id: str, verb: str, actor: Actor, **cause) -> OrderRecord | None:
    """Call `Orders.<verb>` in a transaction of its own."""
    with uow.begin() as tx:
        cause = {"reason": f"{verb} in a test", **cause}
        moved = getattr(orders_on(uow), verb)(tx, order_id, actor=actor, **cause)
        tx.commit()
    return moved


def an_order(
    uow: UnitOfWork,
    status: OrderStatus = OrderStatus.PENDING_PAYMENT,
    *,
    quantity: int = 2,
    on_hand: int = 5,
    buyer: str = "bruno",
    seller: str = "sofia",
) -> OrderRecord:
    """An order with this status, for `quantity` of a listing that had `on_hand`."""
    listing = a_listing(uow, a_seller(uow, seller), on_hand=on_hand)
    (order,) = place(uow, an_account(uow, buyer), (listing.id, quantity)).orders
    for verb, actor in PATHS[status]:
        move(uow, order.id, verb, actor)
    return find_order(uow, order.id)


def find_order(uow: UnitOfWork, order_id: str) -> OrderRecord:
    with uow.begin() as tx:
        return orders_on(uow).get(tx, order_id)


def history_of(session, order_id: str) -> list[tuple[str | None, str, str]]:
    """(from, to, actor) of each step, read past the product's own code."""
    rows = session.execute(
        text(
            "SELECT from_status, to_status, actor FROM order_status_history"
            " WHERE order_id = :id ORDER BY sequence"
        ),
        {"id": order_id},
    )
    return [tuple(row) for row in rows]
