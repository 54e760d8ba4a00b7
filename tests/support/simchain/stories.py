"""What the parties of each order do, one thing after the other."""

from collections.abc import Iterable
from random import Random

from tests.support.simchain.escrow import Deed, Order
from tests.support.simchain.tree import Tree

TALES: dict[str, tuple[tuple[str, int, int], ...]] = {
    "paid": (("pay", 10, 0),),
    "shipped": (("pay", 10, 0), ("fulfil", 10, 0)),
    "released": (("pay", 10, 0), ("fulfil", 10, 0), ("release", 10, 10)),
    "refunded": (("pay", 10, 0), ("refund", 10, 0)),
    "in_part": (("pay", 10, 0), ("refund", 3, 0), ("release", 10, 10)),
    "disputed": (("pay", 10, 0), ("fulfil", 10, 0), ("dispute", 10, 0)),
    "ruled": (("pay", 10, 0), ("fulfil", 10, 0), ("dispute", 10, 0), ("rule", 10, 6)),
    "reimbursed": (("pay", 10, 0), ("release", 10, 10), ("reimburse", 4, 0)),
}
# So many of each; whoever is left over only pays.
CAST = {
    "refunded": 6,
    "released": 2,
    "shipped": 1,
    "in_part": 1,
    "disputed": 1,
    "ruled": 1,
    "reimbursed": 1,
}
UNPAID, MOST_FORGOTTEN = 2, 1


class Stories:
    """Told on one tree. Some orders are never paid, and few are paid and then forgotten."""

    def __init__(self, random: Random, tree: Tree, orders: Iterable[Order]) -> None:
        self._random = random
        self._tree = tree
        shuffled = random.sample(list(orders), k=len(list(orders)))
        names = [name for name, times in CAST.items() for _ in range(times)]
        names += ["paid"] * (len(shuffled) - UNPAID - len(names))
        self.orders = tuple(shuffled)
        self._deeds = [
            [Deed(order, *step) for step in TALES[name]]
            for order, name in zip(shuffled, names, strict=False)
        ]
        self._forgotten: set[str] = set()

    def go_on(self, chance: float) -> None:
        """Whoever can, and is not hesitating, sends what comes next."""
        for deeds in self._deeds:
            due = self._next(deeds)
            if due is not None and due not in self._tree.alive and self._random.random() < chance:
                self._tree.alive.append(due)

    def are_over(self) -> bool:
        """Whether nobody has anything left to do."""
        return all(self._next(deeds) is None for deeds in self._deeds)

    def forget_one(self, left: Iterable[str]) -> bool:
        """Whoever did something in these transactions may never do it again."""
        wanted = set(left)
        lost = [deeds for deeds in self._deeds if any(deed.hash in wanted for deed in deeds)]
        if not lost or len(self._forgotten) >= MOST_FORGOTTEN:
            return False
        deeds = self._random.choice(lost)
        first = next(at for at, deed in enumerate(deeds) if deed.hash in wanted)
        self._tree.forget(deeds[first:])
        self._forgotten.add(deeds[0].order.escrow_id)
        return True

    def _next(self, deeds: list[Deed]) -> Deed | None:
        if deeds[0].order.escrow_id in self._forgotten:
            return None
        due = next((deed for deed in deeds if deed.hash not in self._tree.done), None)
        slot = self._tree.slot(deeds[0].order.escrow_id)
        # Somebody else may have settled it meanwhile.
        over = slot is not None and slot.state == "settled"
        return None if over and due is not None and due.verb != "reimburse" else due
