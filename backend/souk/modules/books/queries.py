"""The public books, composed by PostgreSQL from the last looks at them."""

from souk.core.db import Reads

_RECENT = 24

# The newest looks alone are read, by their index: nobody counts money because somebody asks.
_BOOKS = f"""
    WITH recent AS (
        SELECT * FROM books_check ORDER BY checked_at DESC LIMIT {_RECENT}),
    last AS (
        SELECT * FROM recent ORDER BY checked_at DESC LIMIT 1)
    SELECT json_build_object(
        'status', coalesce(
            (SELECT CASE WHEN breaks = '[]' THEN 'balanced' ELSE 'out_of_balance' END FROM last),
            'not_checked_yet'),
        'checked_at', (SELECT rfc3339(checked_at) FROM last),
        'assets', coalesce((SELECT assets FROM last), '[]'),
        'breaks', coalesce((SELECT breaks FROM last), '[]'),
        'as_of', coalesce((SELECT as_of FROM last), '[]'),
        'compared', coalesce((SELECT compared FROM last), '[]'),
        'recent', (SELECT coalesce(json_agg(json_build_object(
            'checked_at', rfc3339(checked_at),
            'breaks', (SELECT coalesce(sum((found ->> 'count')::integer), 0)
                       FROM jsonb_array_elements(breaks) AS found))
            ORDER BY checked_at DESC), '[]'::json) FROM recent))
"""


async def books(reads: Reads) -> bytes:
    """What the last look at the books found, and how many breaks the ones before did."""
    found = await reads.document(_BOOKS, {})
    if found is None:
        raise LookupError("an aggregate always has a row")
    return found
