"""Looks at the books, as they were made."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import text

from souk.core.money import Asset
from souk.core.unit_of_work import Transaction
from souk.modules.books.domain import FollowedTo
from souk.modules.ledger.domain import AssetTotals, Break

_BREAKS = text(
    "SELECT rule, subject, detail FROM books_breaks(:settled) ORDER BY rule, subject, detail"
)
# Composed where the numbers are exact, and in the form in which pages show money.
_ADD = text(
    """
    WITH total AS (
        SELECT * FROM jsonb_to_recordset(CAST(:totals AS jsonb)) AS total(
            asset text, symbol text, exponent integer, balanced boolean, held numeric,
            released numeric, refunded numeric, reimbursed numeric, charged_back numeric,
            lost numeric, fees numeric, remaining numeric)),
    broken AS (
        SELECT rule, count(*) AS times
        FROM jsonb_array_elements_text(CAST(:rules AS jsonb)) AS found(rule) GROUP BY rule)
    INSERT INTO books_check (id, checked_at, assets, breaks, as_of, compared)
    SELECT :id, :now,
        (SELECT coalesce(jsonb_agg(jsonb_build_object(
            'asset', asset, 'symbol', symbol, 'balanced', balanced,
            'held', money_json(held, asset, exponent),
            'released', money_json(released, asset, exponent),
            'refunded', money_json(refunded, asset, exponent),
            'reimbursed', money_json(reimbursed, asset, exponent),
            'charged_back', money_json(charged_back, asset, exponent),
            'lost', money_json(lost, asset, exponent),
            'fees', money_json(fees, asset, exponent),
            'remaining', money_json(remaining, asset, exponent))
            ORDER BY asset), '[]') FROM total),
        (SELECT coalesce(jsonb_agg(jsonb_build_object('rule', rule, 'count', times)
            ORDER BY rule), '[]') FROM broken),
        (SELECT coalesce(jsonb_agg(jsonb_build_object(
            'place', place, 'block_number', number::text, 'block_hash', hash,
            'at', rfc3339(at)) ORDER BY place), '[]')
         FROM jsonb_to_recordset(CAST(:places AS jsonb)) AS followed(
            place text, number bigint, hash text, at timestamptz)),
        (SELECT coalesce(jsonb_agg(jsonb_build_object(
            'place', place, 'block_number', block_number::text, 'block_hash', block_hash,
            'at', rfc3339(position_at), 'compared_at', rfc3339(compared_at)) ORDER BY place), '[]')
         FROM reconciliation)
    """
)


def list_breaks(tx: Transaction, settled: datetime) -> list[Break]:
    """Whatever rule does not hold between orders, legs, books and the chain's records, from the
    function `books_breaks`; what changed after `settled` may be on its way."""
    rows = tx.session.execute(_BREAKS, {"settled": settled})
    return [Break(row.rule, row.subject, row.detail) for row in rows]


def add(
    tx: Transaction,
    totals: Iterable[tuple[AssetTotals, Asset]],
    breaks: Sequence[Break],
    places: Sequence[FollowedTo],
) -> None:
    """Store what was found now, with up to where the rails were compared by now."""
    figures = [
        {
            "asset": asset.code,
            "symbol": asset.symbol,
            "exponent": asset.exponent,
            "balanced": total.balanced,
            "held": str(total.held),
            "released": str(total.released),
            "refunded": str(total.refunded),
            "reimbursed": str(total.reimbursed),
            "charged_back": str(total.charged_back),
            "lost": str(total.lost),
            "fees": str(total.fees),
            "remaining": str(total.remaining),
        }
        for total, asset in totals
    ]
    heads = [
        {"place": one.place, "number": one.number, "hash": one.hash, "at": one.at.isoformat()}
        for one in places
    ]
    tx.session.execute(
        _ADD,
        {
            "id": tx.new_id("bck"),
            "now": tx.now,
            "totals": json.dumps(figures),
            "rules": json.dumps([found.rule for found in breaks]),
            "places": json.dumps(heads),
        },
    )
