"""One node: it has a view of the tree, maybe late or of a losing branch, and answers by it."""

from collections.abc import Callable, Mapping

from tests.support.simchain.accounts import Refused, accounts
from tests.support.simchain.blocks import Block, Json
from tests.support.simchain.escrow import Order
from tests.support.simchain.tree import Tree

Call = dict[str, object]


class Node:
    """Serves one chain honestly, as far as it knows it."""

    def __init__(self, tree: Tree, *, chain_id: int, safe_lag: int, final_lag: int) -> None:
        self._tree = tree
        self.chain_id = chain_id
        # What it makes of a block before it gives it; and whether new blocks still reach it.
        self.shows: Callable[[Block], Block] = lambda block: block
        self.stands_still = False
        self.orders: Mapping[str, Order] = {}
        self.lags = {"safe": safe_lag, "finalized": final_lag}
        self.tags = frozenset(self.lags)
        self.view = tree.head
        self.pruned_below = 0
        self.most_blocks: int | None = None
        self.most_logs: int | None = None
        # Blocks whose logs are not there yet, and how often they are still asked for in vain.
        self.late: dict[str, int] = {}
        self._known = {tree.head.hash: tree.head}
        self._methods: dict[str, Callable[..., object]] = {
            "eth_chainId": lambda: hex(self.chain_id),
            "eth_getBlockByNumber": self._block,
            "eth_getLogs": self._logs,
            "eth_getTransactionReceipt": self._receipt,
            **accounts(self, tree),
        }

    def see(self, block: Block) -> None:
        """From now on its newest block is this one."""
        if not self.stands_still:
            self.view = block
            self._known.update((one.hash, one) for one in block.path)

    def entry(self, call: Call) -> Json:
        """The answer to one call."""
        answer: Json = {"jsonrpc": "2.0", "id": call["id"]}
        try:
            method = self._methods[str(call["method"])]
            return {**answer, "result": method(*call["params"])}
        except Refused as refusal:
            return {**answer, "error": refusal.json}

    def _block(self, which: str, _full: bool) -> Json | None:
        if which == "latest":
            return self.shows(self.view).json
        if which in self.lags:
            if which not in self.tags:
                raise Refused(f"unknown block: {which}")
            return self.shows(self.view.path[max(0, self.view.number - self.lags[which])]).json
        number = int(which, 16)
        return self.shows(self.view.path[number]).json if number <= self.view.number else None

    def _logs(self, asked: Json) -> list[Json]:
        blocks = self._asked_for(asked)
        if self.most_blocks is not None and len(blocks) > self.most_blocks:
            raise Refused(f"ranges over {self.most_blocks} blocks are not supported on this plan")
        wanted = str(asked.get("address", "")).lower()
        found = [
            placed.json
            for block in blocks
            if block.number >= self.pruned_below and not self._is_late(block)
            for placed in self.shows(block).logs
            if wanted in ("", placed.log.address)
        ]
        if self.most_logs is not None and len(found) > self.most_logs:
            raise Refused("query returned more results than the limit")
        return found

    def _asked_for(self, asked: Json) -> tuple[Block, ...]:
        if "blockHash" not in asked:
            first, last = (int(str(asked[name]), 16) for name in ("fromBlock", "toBlock"))
            return self.view.path[first : last + 1]
        known = self._known.get(str(asked["blockHash"]))
        if known is None:
            raise Refused("unknown block")
        return (known,)

    def _is_late(self, block: Block) -> bool:
        left = self.late.get(block.hash, 0)
        self.late[block.hash] = max(0, left - 1)
        return left > 0

    def _receipt(self, transaction_hash: str) -> Json | None:
        for block in self._tree.places.get(transaction_hash, ()):
            if block.number <= self.view.number and self.view.path[block.number] is block:
                gone = block.number < self.pruned_below or self.late.get(block.hash, 0)
                return None if gone else self.shows(block).receipt(transaction_hash)
        return None
