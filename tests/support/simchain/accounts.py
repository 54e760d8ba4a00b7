"""What a node says of accounts and of transactions that are sent in, and what it does with them."""

from collections.abc import Callable, Mapping
from typing import Protocol

from tests.support.simchain.blocks import Block, Json
from tests.support.simchain.escrow import Order, knock
from tests.support.simchain.letters import Letter, call, read
from tests.support.simchain.tree import Tree

BALANCE, TIP = 10**20, 10**8
GAS, GAS_EACH = 60_000, 40_000


class Refused(Exception):
    """The node answers with an error; its text is for people."""

    def __init__(self, message: str, code: int = -32000, **more: object) -> None:
        super().__init__(message)
        self.json: Json = {"code": code, "message": message, **more}


class Viewing(Protocol):
    """Whoever has a newest block, and knows the terms of the orders by their ref."""

    view: Block
    chain_id: int
    orders: Mapping[str, Order]


def accounts(node: Viewing, tree: Tree) -> Mapping[str, Callable[..., object]]:
    """The methods, by name."""
    said = _Accounts(node, tree)
    return {
        "eth_call": said.call,
        "eth_estimateGas": said.estimate,
        "eth_feeHistory": lambda *_: {
            "baseFeePerGas": [hex(tree.base_fee)],
            "reward": [[hex(TIP)]],
        },
        "eth_getBalance": lambda *_: hex(BALANCE),
        "eth_getTransactionCount": said.count,
        "eth_sendRawTransaction": said.send,
        "eth_getTransactionByHash": said.find,
    }


class _Accounts:
    def __init__(self, node: Viewing, tree: Tree) -> None:
        self._node, self._tree = node, tree

    def call(self, asked: Json, *_: object) -> str:
        verb, orders = call(bytes.fromhex(str(asked["data"])[2:]), self._node.orders)
        view = self._node.view
        if knock(self._tree.state(view), verb, orders, view.timestamp) is None:
            raise Refused("execution reverted", 3, data="0x")
        return "0x"

    def estimate(self, asked: Json, *_: object) -> str:
        self.call(asked)
        _verb, orders = call(bytes.fromhex(str(asked["data"])[2:]), self._node.orders)
        return hex(GAS + GAS_EACH * len(orders))

    def count(self, _account: str, which: str) -> str:
        view = self._node.view
        if which != "pending":
            number = int(which, 16)
            if number > view.number:
                raise Refused("header not found")
            return hex(self._tree.nonce(view.path[number]))
        nonce, waiting = self._tree.nonce(view), {one.nonce for one in self._tree.pool}
        while nonce in waiting:
            nonce += 1
        return hex(nonce)

    def send(self, raw: str) -> str:
        """A node takes in what it has no better for."""
        letter = read(bytes.fromhex(raw[2:]), self._node.orders)
        if letter.chain_id != self._node.chain_id:
            raise Refused("invalid chain id for signer")
        if letter.nonce < self._tree.nonce(self._node.view):
            raise Refused("nonce too low")
        if letter in self._tree.pool:
            raise Refused("already known")
        if any(_stands_in_the_way(one, letter) for one in self._tree.pool):
            raise Refused("replacement transaction underpriced")
        self._tree.sent[letter.hash] = letter
        self._tree.pool.append(letter)
        return letter.hash

    def find(self, transaction_hash: str) -> Json | None:
        waiting = {one.hash for one in self._tree.pool}
        path = self._node.view.path
        mined = any(
            block.number < len(path) and path[block.number] is block
            for block in self._tree.places.get(transaction_hash, ())
        )
        return {"hash": transaction_hash} if mined or transaction_hash in waiting else None


def _stands_in_the_way(one: Letter, letter: Letter) -> bool:
    cheap = 10 * letter.fee < 11 * one.fee or 10 * letter.tip < 11 * one.tip
    return one.nonce == letter.nonce and cheap
