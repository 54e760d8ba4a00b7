"""What the keeper has sent, held against the chain: nothing is done twice, lost, or too dear."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from tests.support.simchain.escrow import Order, is_due
from tests.support.simchain.tree import Tree
from tests.support.simchain.truth import Row

SENT = """
    SELECT transaction_hash, intent, nonce, status, block_number, block_hash, gas_limit,
        max_fee_per_gas, max_fee_allowed, (created_at AT TIME ZONE 'UTC')::date
    FROM chain_transaction ORDER BY nonce, created_at
"""
DAILY_GAS = 1_000_000
_ENDED = {"mined": True, "reverted": False}


def unsettled(tree: Tree, orders: Iterable[Order]) -> list[Order]:
    """The orders that anybody may settle, and nobody did."""
    found = ((order, tree.slot(order.escrow_id)) for order in orders)
    return [order for order, slot in found if slot and is_due(slot, tree.head.timestamp)]


def of_sending(tree: Tree, rows: Iterable[Row]) -> Iterable[str]:
    """In what the table of transactions is otherwise than the chain."""
    rows = list(rows)
    # One that failed did nothing; whoever took its nonce for another's says the same of it.
    dropped = {row[0] for row in rows if row[3] == "dropped"}
    true = {
        (hash_, block.number, block.hash, succeeded)
        for hash_, (block, succeeded) in tree.settled().items()
        if succeeded or hash_ not in dropped
    }
    stored = {(row[0], *row[4:6], _ENDED[row[3]]) for row in rows if row[3] in _ENDED}
    yield from (f"transaction missing: {row}" for row in true - stored)
    yield from (f"transaction too many: {row}" for row in stored - true)
    yield from (f"on its way for ever: {row}" for row in rows if row[3] in ("signed", "broadcast"))
    wishes: dict[int, set[str]] = defaultdict(set)
    gas: dict[tuple[object, ...], int] = {}
    for row in rows:
        wishes[row[2]].add(row[1])
        gas[row[9], row[2]] = max(row[6], gas.get((row[9], row[2]), 0))
    yield from (f"nonce {n} of two wishes: {each}" for n, each in wishes.items() if len(each) > 1)
    done = Counter(row[1] for row in rows if row[3] in _ENDED)
    yield from (f"done twice: {intent}" for intent, times in done.items() if times > 1)
    yield from (f"{most} gas on {day}" for day, most in _by_day(gas).items() if most > DAILY_GAS)
    yield from (f"too dear: {row}" for row in rows if row[7] > row[8])


def _by_day(gas: Mapping[tuple[object, ...], int]) -> Counter[object]:
    """Of each nonce once: only one of those that have it is ever mined."""
    days: Counter[object] = Counter()
    for (day, _nonce), most in gas.items():
        days[day] += most
    return days
