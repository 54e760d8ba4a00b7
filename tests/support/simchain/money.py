"""What orders, legs and books have to say, by the contract's logs alone: worked out with no code of
the product. At the end of a run every fact of the branch that counts is at the level that counts.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tests.support.simchain.blocks import Placed
from tests.support.simchain.escrow import Order
from tests.support.simchain.truth import Row, arguments, kind_of


@dataclass
class Money:
    """The money of one order, as the contract's logs have it."""

    order: Order
    facts: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    @property
    def kinds(self) -> Counter[str]:
        """How often each kind of fact stands."""
        return Counter(kind for kind, _ in self.facts)

    def _sum(self, kind: str, name: str) -> int:
        return sum(int(said[name]) for each, said in self.facts if each == kind)

    @property
    def held(self) -> int:
        """All that came in."""
        return self._sum("paid", "amount")

    @property
    def refunded(self) -> int:
        """What went back out of it."""
        return self._sum("settled", "to_buyer")

    @property
    def released(self) -> int:
        """What went to the seller, with our fee."""
        return self._sum("settled", "to_seller")

    def leg(self, *, was_seen: bool) -> Row:
        """Status and figures of the leg."""
        figures = (
            self.held,
            self.released,
            self.refunded,
            self._sum("reimbursed", "amount"),
            self._sum("settled", "fee"),
        )
        return (self.order.leg_id, self.status(was_seen=was_seen), *figures)

    def status(self, *, was_seen: bool) -> str:
        """Where the leg stands; `was_seen` says that it was once seen to be paid."""
        if not self.held:
            return "orphaned" if was_seen else "awaiting"
        if self.released + self.refunded == self.held:
            both = "split" if self.released and self.refunded else "released"
            return both if self.released else "refunded"
        if self.kinds["disputed"]:
            return "disputed"
        return "fulfilled" if self.kinds["fulfilled"] else "held"

    def order_status(self) -> str:
        """Where the order stands if nothing that had counted was lost for good."""
        by_leg = {
            "held": "paid",
            "fulfilled": "shipped",
            "disputed": "shipped",
            "released": "completed",
            "split": "completed",
            "refunded": "cancelled",
        }
        return by_leg.get(self.status(was_seen=False), "pending_payment")

    def postings(self) -> Counter[Row]:
        """What the books hold that was not mirrored: account, asset and change of each posting."""
        found: Counter[Row] = Counter()
        for kind, said in self.facts:
            for account, owner, amount in self._moves(kind, said):
                if amount:
                    found[self.order.leg_id, account, owner, self.order.asset, amount] += 1
        return found

    def _moves(self, kind: str, said: Mapping[str, str]) -> Iterable[tuple[str, str, int]]:
        order = self.order
        buyer, escrow = ("buyer", order.buyer_id), ("escrow", order.leg_id)
        seller = ("seller", order.seller_id)
        if kind == "paid":
            amount = int(said["amount"])
            return [(*buyer, -amount), (*escrow, amount)]
        if kind == "settled":
            back, on, fee = (int(said[name]) for name in ("to_buyer", "to_seller", "fee"))
            refund = [(*buyer, back), (*escrow, -back)]
            release = [(*escrow, -on), ("fees", "platform", fee), (*seller, on - fee)]
            return refund + release
        if kind == "reimbursed":
            amount = int(said["amount"])
            return [(*seller, -amount), (*buyer, amount)]
        return []


def money_of(orders: Iterable[Order], logs: Iterable[Placed]) -> dict[str, Money]:
    """The money of each order, by its escrow id."""
    said = defaultdict(list)
    for placed in logs:
        kind = kind_of(placed)
        if kind not in (None, "credited"):
            said[placed.log.topics[1]].append((kind, arguments(placed, kind)))
    return {order.escrow_id: Money(order, said[order.escrow_id]) for order in orders}
