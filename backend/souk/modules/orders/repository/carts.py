"""Carts."""

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from souk.core.unit_of_work import Transaction
from souk.modules.catalog.domain import Wanted
from souk.modules.orders.errors import CartNotFound
from souk.modules.orders.models import CartItemRow, CartRow


def add_cart(tx: Transaction, account_id: str) -> str:
    """The id of a new, empty cart."""
    row = CartRow(id=tx.new_id("crt"), account_id=account_id, created_at=tx.now, updated_at=tx.now)
    tx.session.add(row)
    tx.session.flush()
    return row.id


def lock_cart(tx: Transaction, cart_id: str, account_id: str) -> CartRow:
    """Raises `CartNotFound`, also when it is somebody else's."""
    row = tx.session.get(
        CartRow, cart_id, with_for_update={"key_share": True}, populate_existing=True
    )
    if row is None or row.account_id != account_id:
        raise CartNotFound(cart_id)
    return row


def cart_items(tx: Transaction, cart_id: str) -> list[Wanted]:
    """The pairs (listing id, quantity), as they were put in."""
    rows = tx.session.scalars(
        select(CartItemRow)
        .filter_by(cart_id=cart_id)
        .order_by(CartItemRow.added_at, CartItemRow.listing_id)
        .execution_options(populate_existing=True)
    )
    return [(row.listing_id, row.quantity) for row in rows]


def put_cart_item(tx: Transaction, cart: CartRow, listing_id: str, quantity: int) -> None:
    """Set how many of a listing are in a locked cart."""
    statement = insert(CartItemRow).values(
        cart_id=cart.id, listing_id=listing_id, quantity=quantity, added_at=tx.now
    )
    tx.session.execute(
        statement.on_conflict_do_update(
            index_elements=["cart_id", "listing_id"], set_={"quantity": statement.excluded.quantity}
        )
    )
    cart.updated_at = tx.now
    tx.session.flush()


def remove_cart_items(tx: Transaction, cart: CartRow, listing_id: str | None = None) -> None:
    """Take one listing out of a locked cart, or all of them; harmless when it is not there."""
    statement = delete(CartItemRow).where(CartItemRow.cart_id == cart.id)
    if listing_id is not None:
        statement = statement.where(CartItemRow.listing_id == listing_id)
    tx.session.execute(statement.execution_options(synchronize_session=False))
    cart.updated_at = tx.now
    tx.session.flush()
