"""What the watcher's tables have to hold, by the tree alone: worked out with no code of the
product, in rows that can be compared one by one."""

from collections import Counter
from dataclasses import dataclass

from eth_abi.abi import decode
from eth_utils.address import to_checksum_address

from tests.support.simchain.blocks import Block, Placed
from tests.support.simchain.escrow import CREDITED, DISPUTED, FULFILLED, PAID, REIMBURSED, SETTLED
from tests.support.simchain.tree import Tree

Row = tuple[object, ...]
LEVELS = ("included", "confirmed", "safe", "final")
_KINDS = {
    PAID: "paid",
    FULFILLED: "fulfilled",
    DISPUTED: "disputed",
    SETTLED: "settled",
    REIMBURSED: "reimbursed",
    CREDITED: "credited",
}
_DATA = {
    "paid": (("token", "address"), ("amount", "uint96"), ("ref", "bytes32")),
    "fulfilled": (("deadline", "uint40"),),
    "disputed": (("by", "address"), ("deadline", "uint40")),
    "settled": (
        ("kind", "uint8"),
        ("to_buyer", "uint96"),
        ("to_seller", "uint96"),
        ("fee", "uint96"),
        ("remaining", "uint96"),
    ),
    "reimbursed": (("amount", "uint96"),),
    "credited": (("amount", "uint256"),),
}


@dataclass(frozen=True)
class Settings:
    """How the chain is followed, and how far its finality lies behind. `seconded` says that nothing
    may be believed of one alone."""

    start: int
    confirmations: int
    safe_lag: int
    final_lag: int
    seconded: bool


@dataclass(frozen=True)
class Truth:
    """All that there is to know of a tree that does not grow any more."""

    tree: Tree
    settings: Settings

    def head(self) -> Row:
        """The first block that was not read, the hash of the last that was, and the heights that
        are safe and final."""
        head, final = self.tree.head, self._final
        return head.number + 1, head.hash, max(self._safe, final), final

    @property
    def _final(self) -> int:
        return max(self.tree.head.number - self.settings.final_lag, -1)

    @property
    def _safe(self) -> int:
        return self.tree.head.number - self.settings.safe_lag

    def blocks(self, stored: set[str]) -> set[Row]:
        """The canonical blocks; of those that are final and say nothing of ours only those that
        are `stored`, as they need not be."""
        ours = {placed.block_hash for placed in self.tree.logs()}
        return {
            block_row(block)
            for block in self.tree.head.path[self.settings.start :]
            if block.number > self._final or block.hash in ours | stored
        }

    def logs(self) -> list[Placed]:
        """What the contract said, from the block on at which reading begins."""
        return [log for log in self.tree.logs() if log.block_number >= self.settings.start]

    def events(self) -> set[Row]:
        """The logs of the contract on the branch that counts."""
        return {event_row(placed) for placed in self.logs()}

    def ever(self, hashes: set[str]) -> dict[str, Block]:
        """The blocks of these hashes that were ever mined."""
        return {each: self.tree.blocks[each] for each in hashes if each in self.tree.blocks}

    def left(self, block_hash: str) -> bool:
        """Whether a block ever was replaced."""
        return block_hash in self.tree.left

    def effects(self) -> set[Row]:
        """The facts that stand: which of its kind about its escrow each is, where, how settled."""
        numbers: Counter[tuple[str, str]] = Counter()
        found = set()
        for placed in self.logs():
            kind = kind_of(placed)
            if kind is None:
                continue
            about = escrow_of(placed, kind), kind
            place = (placed.block_hash, placed.log_index)
            found.add((*about, numbers[about], *place, self.level(placed.block_number)))
            numbers[about] += 1
        return found

    def level(self, number: int) -> str:
        """How settled a block of this height is."""
        confirmed = self.tree.head.number + 1 - self.settings.confirmations
        heights = (self.tree.head.number, confirmed, max(self._safe, self._final), self._final)
        reached = [level for level, height in zip(LEVELS, heights, strict=True) if number <= height]
        return reached[-1]


def block_row(block: Block) -> Row:
    """As of the table of blocks."""
    parent = block.parent.hash if block.parent else "0x" + "00" * 32
    return block.number, block.hash, parent, block.timestamp


def event_row(placed: Placed) -> Row:
    """As of the table of logs."""
    kind = kind_of(placed)
    return (
        placed.block_number,
        placed.block_hash,
        placed.log_index,
        placed.transaction_hash,
        placed.transaction_index,
        to_checksum_address(placed.log.address),
        placed.log.topics,
        placed.log.data,
        kind,
        None if kind is None else escrow_of(placed, kind),
        None if kind is None else tuple(sorted(arguments(placed, kind).items())),
    )


def kind_of(placed: Placed) -> str | None:
    """Which fact it is; `None` for what is none."""
    return _KINDS.get(placed.log.topics[0])


def escrow_of(placed: Placed, kind: str) -> str:
    """What it is about: an order, or an account."""
    if kind != "credited":
        return placed.log.topics[1]
    token, who = (_address(topic) for topic in placed.log.topics[1:])
    return f"{token}:{who}"


def arguments(placed: Placed, kind: str) -> dict[str, str]:
    """What it says, each value as text."""
    fields = _DATA[kind]
    values = decode([type_ for _, type_ in fields], placed.log.data)
    said = {name: _text(value) for (name, _), value in zip(fields, values, strict=True)}
    indexed = {"paid": ("buyer", "seller"), "credited": ("token", "who")}.get(kind, ())
    topics = placed.log.topics[-len(indexed) :] if indexed else ()
    return said | {name: _address(topic) for name, topic in zip(indexed, topics, strict=True)}


def _address(topic: str) -> str:
    return to_checksum_address("0x" + topic[-40:])


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    is_address = isinstance(value, str)
    return to_checksum_address(value) if is_address else str(value)
