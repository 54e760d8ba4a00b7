"""What befalls one node for a while, each of its own kind; false where it cannot."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from tests.support.simchain.blocks import Block
from tests.support.simchain.node import Node
from tests.support.simchain.tree import Tree


@dataclass(frozen=True)
class Weather:
    """Over one tree, with the heads that were `left` of it."""

    random: Random
    tree: Tree
    left: Sequence[Block]


def _lag(weather: Weather, node: Node) -> bool:
    """It stays where it is, or goes back."""
    head = weather.tree.head
    behind = weather.random.randint(1, min(25, max(1, head.number)))
    node.see(head.path[max(0, head.number - behind)])
    return True


def _lose(weather: Weather, node: Node) -> bool:
    """It believes in a branch that has lost."""
    left = [block for block in weather.left if block not in weather.tree.head.path]
    if not left:
        return False
    node.see(left[-1])
    return True


def _prune(weather: Weather, node: Node) -> bool:
    node.pruned_below = weather.random.randint(1, weather.tree.head.number + 1)
    return True


def _cap_blocks(weather: Weather, node: Node) -> bool:
    node.most_blocks = weather.random.randint(0, 6)
    return True


def _cap_logs(weather: Weather, node: Node) -> bool:
    node.most_logs = weather.random.randint(0, 3)
    return True


def _delay(weather: Weather, node: Node) -> bool:
    for block in weather.tree.head.path[-4:]:
        node.late[block.hash] = weather.random.randint(1, 6)
    return True


BEFALLS: dict[str, Callable[[Weather, Node], bool]] = {
    "node_lags": _lag,
    "node_on_losing_branch": _lose,
    "node_pruned": _prune,
    "blocks_capped": _cap_blocks,
    "logs_capped": _cap_logs,
    "logs_late": _delay,
}
