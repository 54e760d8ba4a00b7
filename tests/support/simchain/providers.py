"""Who offers an endpoint each, with nodes of his own: what befalls one of them as a whole, and what
one of three may lie about without end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from tests.support.simchain.blocks import Block
from tests.support.simchain.escrow import Order
from tests.support.simchain.falsehoods import Falsehood, a_branch, altered, hidden, made_up
from tests.support.simchain.node import Node
from tests.support.simchain.tree import Tree
from tests.support.simchain.trouble import FALSEHOODS, PROVIDERS, Trouble

BEHIND_FOR_GOOD = 20


@dataclass
class Provider:
    """One address. `elsewhere` answers instead of its nodes, and `away` nobody does."""

    nodes: list[Node]
    elsewhere: Node | None = None
    away: bool = False

    def recover(self) -> None:
        """Whatever befell it is over."""
        self.elsewhere, self.away = None, False
        for node in self.nodes:
            node.stands_still = False


class Providers:
    """All of one world. With three, `lies` lets the last of them lie, and it alone; where only one
    is left of two, or two of three, that has to do."""

    def __init__(
        self, random: Random, trouble: Trouble, tree: Tree, orders: Sequence[Order], *, lies: bool
    ) -> None:
        self._random, self._trouble = random, trouble
        self._tree, self._orders = tree, tuple(orders)
        self.lie = lies
        self.all: list[Provider] = []
        self._honest_tags: tuple[dict[str, int], frozenset[str]] = ({}, frozenset())

    def add(self, nodes: list[Node]) -> None:
        """One more."""
        self.all.append(Provider(nodes))
        self._honest_tags = dict(nodes[0].lags), nodes[0].tags

    @property
    def are_several(self) -> bool:
        """Whether there is more than one."""
        return len(self.all) > 1

    @property
    def nodes(self) -> list[Node]:
        """Of all of them."""
        return [node for one in self.all for node in one.nodes]

    def befall(self) -> None:
        """Who was in trouble is well again, and others are not."""
        for one in self.all:
            was_gone = one.away or one.nodes[0].stands_still
            one.recover()
            kinds = self._trouble.draw(PROVIDERS, 0.35)[:1] if self.are_several else []
            self._trouble.happened["endpoint_came_back"] += was_gone and not kinds
            for kind in kinds:
                self._trouble.happened[kind] += 1
                _BEFALLS[kind](one)
        if self.lie:
            self._tell_truth()
            for kind in self._trouble.draw(FALSEHOODS, 0.8)[:1]:
                self._lie(kind)

    def lose_one(self, elsewhere: Callable[[], Node] | None) -> None:
        """One of them is never of any use again; `elsewhere` makes a node of another chain."""
        if not self.are_several or self._random.random() < 0.3:
            return
        one = self.all[-1] if self.lie else self._random.choice(self.all)
        ways = ["away", "still", *(["lies"] if self.lie else [])]
        match self._random.choice(ways if elsewhere is None else [*ways, "elsewhere"]):
            case "away":
                one.away = True
            case "still":
                self._stop(one)
            case "lies":
                self._lie(self._random.choice([k for k in FALSEHOODS if k != "blocks_made_up"]))
            case _:
                one.elsewhere = elsewhere() if elsewhere else None
        self._trouble.happened["endpoint_lost_for_good"] += 1

    def _stop(self, one: Provider) -> None:
        """Far enough behind to be seen to be."""
        head = self._tree.head
        for node in one.nodes:
            node.see(head.path[max(0, head.number - BEHIND_FOR_GOOD)])
            node.stands_still = True

    def _tell_truth(self) -> None:
        for node in self.all[-1].nodes:
            node.shows = lambda block: block
            node.lags, node.tags = dict(self._honest_tags[0]), self._honest_tags[1]
            node.see(self._tree.head)

    def _lie(self, kind: str) -> None:
        for node in self.all[-1].nodes:
            match kind:
                case "blocks_made_up":
                    node.see(self._branch())
                case "final_overstated":
                    node.lags, node.tags = dict.fromkeys(node.lags, 0), frozenset(node.lags)
                case _:
                    node.shows = self._counted(kind, self._falsehood(kind))
        if kind in ("blocks_made_up", "final_overstated"):
            self._trouble.happened[kind] += 1

    def _branch(self) -> Block:
        """Above the newest block, or in the place of some."""
        path, random = self._tree.head.path, self._random
        below = path[-1 - random.choice([0, 0, min(len(path) - 1, random.randint(1, 4))])]
        length = random.choice([random.randint(1, 6), random.randint(20, 60)])
        return a_branch(random, below, self._orders, length)

    def _falsehood(self, kind: str) -> Falsehood:
        contract = self._orders[0].contract
        about = {"amounts_altered": altered, "money_hidden": hidden}
        return about[kind](contract) if kind in about else made_up(self._orders)

    def _counted(self, kind: str, falsehood: Falsehood) -> Falsehood:
        """Counted are the blocks that were really shown otherwise."""

        def shown(block: Block) -> Block:
            posing = falsehood(block)
            self._trouble.happened[kind] += posing is not block
            return posing

        return shown


def _leave(one: Provider) -> None:
    one.away = True


def _stand(one: Provider) -> None:
    for node in one.nodes:
        node.stands_still = True


_BEFALLS: dict[str, Callable[[Provider], None]] = {
    "endpoint_away": _leave,
    "endpoint_stands_still": _stand,
}
