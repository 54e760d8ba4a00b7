"""Rules over everybody's rows, and the contract against the books."""

from dataclasses import fields

from souk.entrypoints.demo.books import Books
from souk.entrypoints.demo.checks.check import Check, about, holds, same
from souk.entrypoints.demo.evidence import Whole

_STORY = "the whole"
_RULES = {
    "unbalanced_assets": "the ledger sums to zero in every asset and stage",
    "unbalanced_entries": "every entry of everybody sums to zero",
    "miscounted_entries": "every entry of everybody has all its postings",
    "overdrawn_escrows": "no escrow account is overdrawn",
    "twice_booked_effects": "no fact is booked twice",
    "twice_completed_orders": "no order was completed twice",
    "broken_histories": "every order's history ends at its status",
    "miscounted_stock": "reserved stock is what open orders reserve",
    "open_incidents": "no incident is open on a chain",
    "doubled_blocks": "each block number has one canonical block",
}


def _none(name: str) -> Check:
    (check,) = about(
        _STORY, lambda e: e.whole, (_RULES[name], lambda e: same(getattr(e.books, name), 0))
    )
    return check


def _covered(seen: Whole) -> str:
    """The contract may have more: fees that wait, donations, strangers' orders."""
    short = {asset: pair for asset, pair in seen.escrowed.items() if pair[0] > pair[1]}
    return holds(bool(seen.escrowed) and not short, seen.escrowed)


CHECKS = (
    *(_none(field.name) for field in fields(Books)),
    *about(
        _STORY,
        lambda e: e.whole,
        ("the contract has what the ledger says that it holds, in every asset", _covered),
    ),
)
