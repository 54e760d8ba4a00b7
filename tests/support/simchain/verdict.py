"""The tables after a run, held against the truth row by row."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import psycopg

from tests.support.simchain.escrow import Order
from tests.support.simchain.money import Money, money_of
from tests.support.simchain.sent import SENT, of_sending
from tests.support.simchain.truth import LEVELS, Row, Truth, block_row, event_row

_HEAD = "SELECT next_block, head_hash, safe_block, final_block FROM chain"
_BLOCKS = "SELECT number, hash, parent_hash, timestamp, canonical FROM chain_block"
_EVENTS = """
    SELECT e.block_number, e.block_hash, e.log_index, e.transaction_hash, e.transaction_index,
        e.contract, e.topics, e.data, e.kind, e.escrow_id, e.args, b.canonical
    FROM chain_event e JOIN chain_block b ON b.chain_id = e.chain_id AND b.hash = e.block_hash
"""
_EFFECTS = """
    SELECT f.escrow_id, f.kind, f.sequence, e.block_hash, e.log_index, f.level
    FROM chain_effect f JOIN chain_event e ON e.id = f.event_id
"""
_TOLD = """
    SELECT payload ->> 'observation_id', payload ->> 'block_hash',
        (payload ->> 'log_index')::int, payload ->> 'kind',
        coalesce((payload ->> 'since') || ' to ' || (payload ->> 'level'),
            replace(name, 'chain.escrow_event_', ''))
    FROM outbox WHERE name LIKE 'chain.escrow_event_%' ORDER BY sequence
"""
_OPEN = """
    SELECT 'incident ' || reason FROM chain_incident WHERE closed_at IS NULL
    UNION ALL SELECT 'gap from ' || first_block FROM chain_gap WHERE closed_at IS NULL
    UNION ALL SELECT 'undelivered ' || name FROM outbox WHERE delivered_at IS NULL
"""
_LEGS = """
    SELECT id, status, held, released, refunded, reimbursed, fee FROM payment_attempt_leg
"""
_ATTEMPTS = """
    SELECT leg.id, attempt.status FROM payment_attempt_leg leg
    JOIN payment_attempt attempt ON attempt.id = leg.attempt_id
"""
_POSTINGS = """
    SELECT e.holder, a.kind, a.owner, a.asset, p.amount, p.stage
    FROM ledger_posting p JOIN ledger_entry e ON e.id = p.entry_id
    JOIN ledger_account a ON a.id = p.account_id
    WHERE e.reverses_id IS NULL
      AND NOT EXISTS (SELECT 1 FROM ledger_entry m WHERE m.reverses_id = e.id)
"""
_ORDERS = """
    SELECT o.id, o.status, EXISTS (SELECT 1 FROM order_hold h WHERE h.order_id = o.id
        AND h.kind = 'orphan' AND h.closed_at IS NULL) FROM orders o
"""
_BROKEN_PATHS = """
    SELECT order_id FROM (
        SELECT order_id, from_status, lag(to_status) OVER w AS before FROM order_status_history
        WINDOW w AS (PARTITION BY order_id ORDER BY sequence)) path
    WHERE from_status IS DISTINCT FROM before
"""


class Verdict:
    """Reads one database, and says in what it differs from the truth."""

    def __init__(self, truth: Truth, orders: Sequence[Order], url: str) -> None:
        self._truth = truth
        with psycopg.connect(url) as connection:
            self._read = lambda sql: [tuple(row) for row in connection.execute(sql)]
            self.money = money_of(orders, truth.logs())
            self._events = self._read(_EVENTS)
            self.differences = [
                *self._of_blocks(),
                *self._of_events(),
                *self._of_telling(),
                *(f"left open: {what}" for (what,) in self._read(_OPEN)),
                *self._of_money(),
                *self._of_orders(),
                *of_sending(truth.tree, self._read(SENT)),
            ]

    def work(self) -> dict[str, int]:
        """How much was really done: orders by what became of their money, and those of which a
        fact left the chain after it was told."""
        statuses = Counter(
            status
            for one in self.money.values()
            for status in {one.status(was_seen=False), "paid" if one.held else "unpaid"}
        )
        return {**statuses, "reorged": len(self._shaken)}

    def _of_blocks(self) -> Iterable[str]:
        truth, rows = self._truth, self._read(_BLOCKS)
        yield from _compare("cursor", {truth.head()}, set(self._read(_HEAD)))
        canonical = {row[:-1] for row in rows if row[-1]}
        yield from _compare("block", truth.blocks({row[1] for row in canonical}), canonical)
        mined = truth.ever({row[1] for row in rows})
        known = {block_row(block) for block in mined.values()}
        yield from (f"block that never was: {row}" for row in rows if row[:-1] not in known)

    def _of_events(self) -> Iterable[str]:
        rows = [(_plain(row[:-1]), row[-1]) for row in self._events]
        canonical = {row for row, counts in rows if counts}
        # What is no fact is kept where it is found; a node that hides it hides nothing.
        facts = ({row for row in some if row[8]} for some in (self._truth.events(), canonical))
        yield from _compare("log", *facts)
        mined = self._truth.ever({row[1] for row, _ in rows})
        known = {event_row(placed) for block in mined.values() for placed in block.logs}
        yield from (f"log that never was: {row}" for row, _ in rows if row not in known)
        yield from _compare("fact", self._truth.effects(), set(self._read(_EFFECTS)))

    def _of_telling(self) -> Iterable[str]:
        """Of each stay of a fact on the chain: seen, then each rise once from where the last one
        ended, and orphaned if it does not stand any more."""
        courses: dict[Row, list[str]] = defaultdict(list)
        for *about, what in self._read(_TOLD):
            courses[tuple(about)].append(what)
        standing = {row[3:5]: row[5] for row in self._truth.effects()}
        stays = Counter(about[1:3] for about, said in courses.items() if said[-1] != "orphaned")
        self._shaken = self._left(courses)
        yield from _compare("fact told", set(standing), set(stays))
        if self._truth.settings.seconded:
            lost = [about for about, said in courses.items() if said[-1] == "orphaned"]
            yield from (f"orphaned but never lost: {x}" for x in lost if not self._truth.left(x[1]))
        yield from (f"told of two stays at once: {place}" for place, n in stays.items() if n > 1)
        for about, said in courses.items():
            level = standing.get(about[1:3]) if said[-1] != "orphaned" else None
            if not _is_course(said, level):
                yield f"told of {about}: {said}"

    def _left(self, courses: dict[Row, list[str]]) -> set[str]:
        """The orders of which something was told that was orphaned."""
        about = {(row[1], row[2]): row[9] for row in self._events}
        left = (place[1:3] for place, said in courses.items() if said[-1] == "orphaned")
        return {about[place] for place in left if about.get(place) in self.money}

    def _of_money(self) -> Iterable[str]:
        was_seen = {row[9] for row in self._events if row[8] == "paid"}
        legs = {one.leg(was_seen=escrow_id in was_seen) for escrow_id, one in self.money.items()}
        yield from _compare("leg", legs, {_whole(row) for row in self._read(_LEGS)})
        wanted = {"awaiting": "awaiting_payer", "orphaned": "orphaned"}
        attempts = {(*leg[:1], wanted.get(leg[1], "succeeded")) for leg in legs}
        yield from _compare("attempt", attempts, set(self._read(_ATTEMPTS)))
        postings = Counter(
            (
                *_whole(row[:-1]),
                row[-1],
            )
            for row in self._read(_POSTINGS)
        )
        true: Counter[Row] = Counter()
        for one in self.money.values():
            true.update({(*row, "posted"): n for row, n in one.postings().items()})
        yield from _compare("posting", set(true.items()), set(postings.items()))

    def _of_orders(self) -> Iterable[str]:
        """Whose fact was lost for good after it had counted may stand where that had led, held
        up; also one that it had ended, when the money went otherwise in its place."""
        by_order = {one.order.order_id: one for one in self.money.values()}
        for order_id, status, is_held_up in self._read(_ORDERS):
            one = by_order[order_id]
            lost = self._has_lost(one)
            as_it_was = lost and is_held_up
            if (status != one.order_status() and not as_it_was) or (is_held_up and not lost):
                yield f"order {order_id}: {status} for {one.order_status()}, {is_held_up=} {lost=}"
        yield from (f"history of {order} is no path" for (order,) in self._read(_BROKEN_PATHS))

    def _has_lost(self, one: Money) -> bool:
        ever = Counter(row[8] for row in self._events if row[9] == one.order.escrow_id)
        return bool(ever - one.kinds)


def _compare(what: str, true: set[Row], stored: set[Row]) -> Iterable[str]:
    yield from (f"{what} missing: {row}" for row in sorted(true - stored, key=str))
    yield from (f"{what} too many: {row}" for row in sorted(stored - true, key=str))


def _is_course(said: list[str], level: str | None) -> bool:
    """Whether this may be told of one stay that ends at a level, or has ended."""
    first, *rises = said if level is not None else said[:-1]
    reached = [LEVELS[0]]
    for rise in rises:
        old, _, new = rise.partition(" to ")
        if old != reached[-1] or LEVELS.index(new) <= LEVELS.index(old):
            return False
        reached.append(new)
    return first == "seen" and level in (None, reached[-1])


def _plain(row: Row) -> Row:
    *place, topics, data, kind, escrow_id, args = row
    told = None if args is None else tuple(sorted(args.items()))
    return (*place, tuple(topics), bytes(data), kind, escrow_id, told)


def _whole(row: Row) -> Row:
    """Amounts as whole numbers."""
    return tuple(value if isinstance(value, str) else int(value) for value in row)
