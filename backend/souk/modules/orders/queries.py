"""A cart as it would be bought now, composed by PostgreSQL."""

from souk.core.db import Reads

_CART = """
    SELECT json_build_object(
        'id', cart.id,
        'items', (
            SELECT coalesce(json_agg(json_build_object(
                'listing_id', listing.id,
                'title', listing.title,
                'kind', listing.kind,
                'seller', json_build_object(
                    'id', seller.id, 'handle', seller.handle, 'name', seller.name),
                'quantity', cart_item.quantity,
                'unit_price', money_json(listing.price, listing.currency, 2),
                'total', money_json(listing.price * cart_item.quantity, listing.currency, 2),
                'available', stock_item.on_hand - stock_item.reserved,
                'on_sale', listing.status = 'published' AND seller.status = 'approved'
            ) ORDER BY cart_item.added_at, listing.id), '[]'::json)
            FROM cart_item
            JOIN listing ON listing.id = cart_item.listing_id
            JOIN stock_item ON stock_item.listing_id = listing.id
            JOIN seller ON seller.id = listing.seller_id
            WHERE cart_item.cart_id = cart.id),
        'total', (
            SELECT money_json(coalesce(sum(listing.price * cart_item.quantity), 0), 'USD', 2)
            FROM cart_item JOIN listing ON listing.id = cart_item.listing_id
            WHERE cart_item.cart_id = cart.id),
        'created_at', rfc3339(cart.created_at),
        'updated_at', rfc3339(cart.updated_at))
    FROM cart
    WHERE cart.id = %(cart_id)s AND cart.account_id = %(account_id)s
"""


async def cart(reads: Reads, cart_id: str, *, account_id: str) -> bytes | None:
    """The cart with today's prices and what is left of each listing; `None` when it is not this
    account's."""
    return await reads.document(_CART, {"cart_id": cart_id, "account_id": account_id})
