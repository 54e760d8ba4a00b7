"""The contracts as the node shows them, by the few ABI words that the stories need."""

from dataclasses import dataclass

from eth_abi.abi import decode, encode

from souk.entrypoints.demo.documents import Document
from souk.entrypoints.demo.node import Node, selector, topic

STATUSES = ("none", "paid", "fulfilled", "disputed", "settled")
_EVENTS = {
    "Paid": "Paid(bytes32,address,address,address,uint96,bytes32)",
    "Fulfilled": "Fulfilled(bytes32,uint40)",
    "Settled": "Settled(bytes32,uint8,uint96,uint96,uint96,uint96)",
}
_UNINDEXED = {
    "Paid": ("address", "uint96", "bytes32"),
    "Fulfilled": ("uint40",),
    "Settled": ("uint8", "uint96", "uint96", "uint96", "uint96"),
}


_NAMES = {topic(signature): name for name, signature in _EVENTS.items()}


@dataclass(frozen=True, slots=True)
class EscrowState:
    """`states(id)` of the contract."""

    remaining: int
    released: int
    deadline: int
    status: str


@dataclass(frozen=True, slots=True)
class EscrowLog:
    """A log of the contract about one id; `values` are its unindexed arguments in order, bytes
    as 0x-hex, addresses in lower case."""

    name: str
    block_number: int
    block_hash: str
    transaction_hash: str
    parties: tuple[str, ...]
    values: tuple[int | str, ...]


def calldata(signature: str, *arguments: object) -> str:
    """A call of a function as 0x-hex, such as of `approve(address,uint256)`."""
    types = signature.partition("(")[2].rstrip(")").split(",")
    return "0x" + (selector(signature) + encode(types, arguments)).hex()


class Contract:
    """Something with an address that answers calls."""

    def __init__(self, node: Node, address: str) -> None:
        self._node = node
        self.address = address

    def _read(self, signature: str, *arguments: object) -> bytes:
        """What a view function returns, undecoded."""
        call = {"to": self.address, "data": calldata(signature, *arguments)}
        return bytes.fromhex(self._node.call("eth_call", call, "latest").text[2:])


class Token(Contract):
    """An ERC-20 token."""

    def balance(self, address: str) -> int:
        """What an address has."""
        return int.from_bytes(self._read("balanceOf(address)", address), "big")


class Escrow(Contract):
    """The escrow."""

    def credit(self, token: str, address: str) -> int:
        """What waits for `withdraw`."""
        return int.from_bytes(self._read("credits(address,address)", token, address), "big")

    def state(self, escrow_id: str) -> EscrowState:
        """What is kept about an order."""
        got = self._read("states(bytes32)", bytes.fromhex(escrow_id[2:]))
        remaining, released, deadline, status = decode(["uint96", "uint96", "uint40", "uint8"], got)
        return EscrowState(remaining, released, deadline, STATUSES[status])

    def logs(self, escrow_id: str) -> tuple[EscrowLog, ...]:
        """Every canonical log about an order, oldest first."""
        wanted = {"address": self.address, "fromBlock": "0x0", "topics": [None, escrow_id]}
        return tuple(_log(log) for log in self._node.call("eth_getLogs", wanted))


def _log(log: Document) -> EscrowLog:
    topics = [t.text for t in log["topics"]]
    name = _NAMES.get(topics[0], topics[0])
    data = bytes.fromhex(log["data"].text[2:])
    values = decode(_UNINDEXED[name], data) if name in _UNINDEXED else ()
    return EscrowLog(
        name=name,
        block_number=int(log["blockNumber"].text, 16),
        block_hash=log["blockHash"].text,
        transaction_hash=log["transactionHash"].text,
        parties=tuple("0x" + t[-40:] for t in topics[2:]),
        values=tuple("0x" + v.hex() if isinstance(v, bytes) else v for v in values),
    )
