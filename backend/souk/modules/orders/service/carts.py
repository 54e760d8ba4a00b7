"""Carts: what somebody may buy. They hold neither stock nor prices; both are settled when the
checkout is placed."""

from souk.core.idempotency import NO_RECEIPT, Receipt
from souk.core.ids import require_id
from souk.core.principal import Principal
from souk.core.unit_of_work import Transaction, UnitOfWork
from souk.modules.catalog.domain import Wanted
from souk.modules.catalog.service import Catalog
from souk.modules.orders.domain import check_buyer, check_line_count, check_quantity
from souk.modules.orders.repository import carts as cart_rows


class Carts:
    """Only the owner sees a cart; for anybody else there is none."""

    def __init__(self, uow: UnitOfWork, catalog: Catalog) -> None:
        self._uow = uow
        self._catalog = catalog

    def create(self, principal: Principal, *, receipt: Receipt = NO_RECEIPT) -> str:
        """The id of a new, empty cart."""
        with self._uow.begin() as tx:
            cart_id = cart_rows.add_cart(tx, principal.account_id)
            receipt.store(tx, cart_id)
            tx.commit()
        return cart_id

    def put_item(self, principal: Principal, cart_id: str, listing_id: str, quantity: int) -> None:
        """Set how many of a listing are in the cart. Raises `CartNotFound`, `BadQuantity`,
        `TooManyLines`, `OwnListing`, `ListingNotFound`, `ListingNotPublished`,
        `StoreOnHoliday`."""
        check_quantity(listing_id, quantity)
        wanted = (require_id("prd", listing_id), quantity)
        with self._uow.begin() as tx:
            cart = cart_rows.lock_cart(tx, require_id("crt", cart_id), principal.account_id)
            check_buyer(principal.account_id, self._catalog.snapshot(tx, [wanted]))
            inside = {item for item, _ in cart_rows.cart_items(tx, cart.id)}
            check_line_count(len(inside | {listing_id}))
            cart_rows.put_cart_item(tx, cart, listing_id, quantity)
            tx.commit()

    def remove_item(self, principal: Principal, cart_id: str, listing_id: str) -> None:
        """Take a listing out; harmless when it is not in. Raises `CartNotFound`."""
        with self._uow.begin() as tx:
            cart = cart_rows.lock_cart(tx, require_id("crt", cart_id), principal.account_id)
            cart_rows.remove_cart_items(tx, cart, require_id("prd", listing_id))
            tx.commit()

    def wanted(self, tx: Transaction, account_id: str, cart_id: str) -> list[Wanted]:
        """What is in the cart, for placing it; locks the cart. Raises `CartNotFound`."""
        cart = cart_rows.lock_cart(tx, require_id("crt", cart_id), account_id)
        return cart_rows.cart_items(tx, cart.id)

    def empty(self, tx: Transaction, account_id: str, cart_id: str) -> None:
        """Take everything out, once it is ordered. Raises `CartNotFound`."""
        cart = cart_rows.lock_cart(tx, require_id("crt", cart_id), account_id)
        cart_rows.remove_cart_items(tx, cart)
