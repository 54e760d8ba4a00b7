"""Public pages of the catalogue, composed by PostgreSQL.

Lists are in order of first publication, newest first; a listing's key is (published_at, id).
"""

import json
from dataclasses import asdict, dataclass

from souk.core.db import Reads
from souk.core.pagination import CursorCodec

# Filters are added where the marker stands: a statement without a filter that was not asked for
# has the better plan.
_MARKER = "/* filters */"

_LIST = """
    WITH found AS (
        SELECT listing.id, listing.title, listing.category, listing.kind, listing.price,
               listing.currency, listing.published_at, seller.id AS seller_id, seller.handle,
               seller.name, seller.on_holiday, stock_item.on_hand - stock_item.reserved AS available
        FROM listing
        JOIN seller ON seller.id = listing.seller_id
        JOIN stock_item ON stock_item.listing_id = listing.id
        WHERE listing.status = 'published' AND seller.status = 'approved' /* filters */
        ORDER BY listing.published_at DESC, listing.id DESC
        LIMIT %(limit)s + 1
    ), page AS (
        SELECT * FROM found ORDER BY published_at DESC, id DESC LIMIT %(limit)s
    )
    SELECT json_build_object(
        'data', (
            SELECT coalesce(json_agg(json_build_object(
                'id', id,
                'title', title,
                'category', category,
                'kind', kind,
                'price', money_json(price, currency, 2),
                'seller', json_build_object(
                    'id', seller_id, 'handle', handle, 'name', name, 'on_holiday', on_holiday),
                'available', available,
                'sold_out', available = 0,
                'image', pictures_json(id, 'listing', 1) -> 0,
                'published_at', rfc3339(published_at)
            ) ORDER BY published_at DESC, id DESC), '[]'::json) FROM page),
        'next_key', (
            SELECT json_build_array(published_at::text, id) FROM page
            WHERE (SELECT count(*) FROM found) > %(limit)s
            ORDER BY published_at, id LIMIT 1))
"""
_SELLER_ID = "AND seller.id = %(seller)s "
_SELLER_HANDLE = "AND seller.handle = lower(%(seller)s) "
_CATEGORY = "AND listing.category = %(category)s "
_TEXT = "AND listing.search @@ websearch_to_tsquery('english', %(text)s) "
_MIN_PRICE = "AND listing.price >= %(min_price)s "
_MAX_PRICE = "AND listing.price <= %(max_price)s "
_AFTER = "AND (listing.published_at, listing.id) < (%(after_at)s::timestamptz, %(after_id)s) "

_DETAIL = """
    SELECT json_build_object(
        'id', listing.id,
        'status', listing.status,
        'version', listing.version,
        'title', listing.title,
        'description', listing.description,
        'category', listing.category,
        'kind', listing.kind,
        'price', money_json(listing.price, listing.currency, 2),
        'handling_days', listing.handling_days,
        'transit_days', listing.transit_days,
        'seller', json_build_object(
            'id', seller.id, 'handle', seller.handle, 'name', seller.name,
            'on_holiday', seller.on_holiday),
        'available', stock_item.on_hand - stock_item.reserved,
        'sold_out', stock_item.on_hand = stock_item.reserved,
        'images', pictures_json(listing.id, 'listing', 12),
        'created_at', rfc3339(listing.created_at),
        'updated_at', rfc3339(listing.updated_at),
        'published_at', rfc3339(listing.published_at))
    FROM listing
    JOIN seller ON seller.id = listing.seller_id
    JOIN stock_item ON stock_item.listing_id = listing.id
    WHERE listing.id = %(listing_id)s
      AND (listing.status <> 'draft' AND listing.published_at IS NOT NULL
           OR works_at(%(viewer)s, seller.id))
"""

_OWN = """
    WITH found AS (
        SELECT listing.*, stock_item.on_hand, stock_item.reserved
        FROM listing
        JOIN stock_item ON stock_item.listing_id = listing.id
        WHERE listing.seller_id IN (
            SELECT id FROM seller WHERE account_id = %(account_id)s
            UNION ALL
            SELECT seller_id FROM seller_member
            WHERE account_id = %(account_id)s AND ended_at IS NULL) /* filters */
        ORDER BY listing.id DESC
        LIMIT %(limit)s + 1
    ), page AS (SELECT * FROM found ORDER BY id DESC LIMIT %(limit)s)
    SELECT json_build_object(
        'data', (
            SELECT coalesce(json_agg(json_build_object(
                'id', id,
                'seller_id', seller_id,
                'status', status,
                'version', version,
                'title', title,
                'description', description,
                'category', category,
                'kind', kind,
                'price', money_json(price, currency, 2),
                'handling_days', handling_days,
                'transit_days', transit_days,
                'on_hand', on_hand,
                'reserved', reserved,
                'available', on_hand - reserved,
                'sold_out', on_hand = reserved,
                'created_at', rfc3339(created_at),
                'updated_at', rfc3339(updated_at),
                'published_at', rfc3339(published_at)
            ) ORDER BY id DESC), '[]'::json) FROM page),
        'next_key', (
            SELECT json_build_array(id) FROM page
            WHERE (SELECT count(*) FROM found) > %(limit)s
            ORDER BY id LIMIT 1))
"""
_STATUS = "AND listing.status = %(status)s "
_OWN_AFTER = "AND listing.id < %(after_id)s "

_CATEGORIES = """
    SELECT json_build_object('data', coalesce(json_agg(json_build_object(
        'category', counted.category, 'listings', counted.listings
    ) ORDER BY counted.category), '[]'::json))
    FROM (
        SELECT listing.category, count(*) AS listings
        FROM listing JOIN seller ON seller.id = listing.seller_id
        WHERE listing.status = 'published' AND seller.status = 'approved'
          AND listing.category IS NOT NULL
        GROUP BY listing.category
    ) AS counted
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a list is narrowed to. Prices are in cents; `seller` is an id or a handle; `text` is
    searched in title, category and description, with quotes, `or` and `-` as on the web."""

    seller: str | None = None
    category: str | None = None
    text: str | None = None
    min_price: int | None = None
    max_price: int | None = None

    def sql(self) -> str:
        """The conditions that were asked for."""
        by_id = self.seller is not None and "_" in self.seller
        conditions = (
            (self.seller, _SELLER_ID if by_id else _SELLER_HANDLE),
            (self.category, _CATEGORY),
            (self.text, _TEXT),
            (self.min_price, _MIN_PRICE),
            (self.max_price, _MAX_PRICE),
        )
        return "".join(condition for value, condition in conditions if value is not None)


async def products(
    reads: Reads, cursors: CursorCodec, filters: Filters, *, limit: int, cursor: str | None
) -> bytes:
    """A page of what is on sale. Raises `BadCursor`."""
    scope = f"products:{json.dumps(asdict(filters))}"
    after = cursors.decode(scope, cursor, width=2)
    parameters: dict[str, object] = {**asdict(filters), "limit": limit}
    conditions = filters.sql()
    if after is not None:
        conditions += _AFTER
        parameters |= {"after_at": after[0], "after_id": after[1]}
    document = await reads.document(_LIST.replace(_MARKER, conditions), parameters)
    return cursors.page(scope, document)


async def product(reads: Reads, listing_id: str, *, viewer: str | None) -> bytes | None:
    """One listing; a draft only when `viewer` acts for its store."""
    return await reads.document(_DETAIL, {"listing_id": listing_id, "viewer": viewer or ""})


async def own_products(
    reads: Reads,
    cursors: CursorCodec,
    account_id: str,
    *,
    status: str | None,
    limit: int,
    cursor: str | None,
) -> bytes:
    """A page of the listings of the stores that an account acts for, drafts included. Raises
    `BadCursor`."""
    scope = f"own-products:{account_id}:{status}"
    after = cursors.decode(scope, cursor, width=1)
    parameters: dict[str, object] = {"account_id": account_id, "status": status, "limit": limit}
    conditions = "" if status is None else _STATUS
    if after is not None:
        conditions += _OWN_AFTER
        parameters["after_id"] = after[0]
    document = await reads.document(_OWN.replace(_MARKER, conditions), parameters)
    return cursors.page(scope, document)


async def categories(reads: Reads) -> bytes | None:
    """The categories of what is on sale, with how many listings each has."""
    return await reads.document(_CATEGORIES, {})
