"""The chain, spoken to by raw JSON-RPC, and the few ABI words that the stories need."""

from collections.abc import Mapping
from dataclasses import dataclass

import httpx
from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak

from souk.entrypoints.demo.documents import Document
from souk.entrypoints.demo.waiting import StoryFailed, until

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


def selector(signature: str) -> bytes:
    """The first four bytes of a function's or error's hash."""
    return keccak(text=signature)[:4]


def topic(signature: str) -> str:
    """An event's first topic."""
    return "0x" + keccak(text=signature).hex()


_NAMES = {topic(signature): name for name, signature in _EVENTS.items()}
TRANSFER = topic("Transfer(address,address,uint256)")


class Refused(Exception):
    """The node answered with an error; `data` is what a reverting contract returned."""

    def __init__(self, message: str, data: str) -> None:
        super().__init__(message)
        self.data = data


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


@dataclass(frozen=True, slots=True)
class Mined:
    """A transaction in a block; `gas_cost` is what the sender paid for it."""

    hash: str
    block_number: int
    block_hash: str
    succeeded: bool
    gas_cost: int
    raw: str
    transfers: int


class Node:
    """An anvil on this machine."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=15)

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def call(self, method: str, *params: object) -> Document:
        """One call. Raises `Refused` for an error that the node answers with, `StoryFailed` when
        it does not answer."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        try:
            got = self._http.post("", json=body)
        except httpx.HTTPError as error:
            raise StoryFailed(f"the node does not answer {method}: {error}") from error
        answer = Document.parse(got.text, method)
        refusal = answer.find("error")
        if refusal is not None:
            data = Document(refusal).find("data")
            raise Refused(f"{method}: {refusal}", data if isinstance(data, str) else "")
        return answer["result"]

    def number(self, method: str, *params: object) -> int:
        """One call whose answer is a quantity."""
        return int(self.call(method, *params).text, 16)

    # Time and blocks ------------------------------------------------------------------------

    def mine(self, blocks: int = 1) -> None:
        """Add blocks at once."""
        self.call("anvil_mine", hex(blocks))

    def head(self) -> tuple[int, int]:
        """Number and timestamp of the newest block."""
        block = self.call("eth_getBlockByNumber", "latest", False)
        return int(block["number"].text, 16), int(block["timestamp"].text, 16)

    def block_hash(self, number: int) -> str | None:
        """The hash of the canonical block of this number, if there is one."""
        block = self.call("eth_getBlockByNumber", hex(number), False)
        return None if block.missing else block["hash"].text

    def move_past(self, timestamp: int) -> int:
        """Move the chain's time so that its newest block is later than `timestamp`; the seconds
        it was moved by."""
        _, now = self.head()
        seconds = max(0, timestamp - now) + 2
        self.call("evm_increaseTime", seconds)
        self.mine()
        return seconds

    # Money ----------------------------------------------------------------------------------

    def balance(self, address: str) -> int:
        """Of the native coin."""
        return self.number("eth_getBalance", address, "latest")

    def read(self, contract: str, signature: str, *arguments: object) -> bytes:
        """What a view function returns, undecoded."""
        types = signature.partition("(")[2].rstrip(")").split(",")
        data = "0x" + (selector(signature) + encode(types, arguments)).hex()
        return bytes.fromhex(
            self.call("eth_call", {"to": contract, "data": data}, "latest").text[2:]
        )

    def token_balance(self, token: str, address: str) -> int:
        """Of an ERC-20 token."""
        return int.from_bytes(self.read(token, "balanceOf(address)", address), "big")

    def credit(self, escrow: str, token: str, address: str) -> int:
        """What waits in the escrow for `withdraw`."""
        return int.from_bytes(self.read(escrow, "credits(address,address)", token, address), "big")

    def escrow_state(self, escrow: str, escrow_id: str) -> EscrowState:
        """What the contract keeps about an order."""
        got = self.read(escrow, "states(bytes32)", bytes.fromhex(escrow_id[2:]))
        remaining, released, deadline, status = decode(["uint96", "uint96", "uint40", "uint8"], got)
        return EscrowState(remaining, released, deadline, STATUSES[status])

    def escrow_logs(self, escrow: str, escrow_id: str) -> tuple[EscrowLog, ...]:
        """Every canonical log of the contract about an order, oldest first."""
        wanted = {"address": escrow, "fromBlock": "0x0", "topics": [None, escrow_id]}
        return tuple(_log(log) for log in self.call("eth_getLogs", wanted))

    # Transactions ---------------------------------------------------------------------------

    def broadcast(self, raw: str) -> str:
        """Hand signed bytes to the node; the transaction's hash."""
        return self.call("eth_sendRawTransaction", raw).text

    def mined(self, transaction_hash: str, raw: str) -> Mined | None:
        """What became of a transaction, once it is in a block."""
        receipt = self.call("eth_getTransactionReceipt", transaction_hash)
        if receipt.missing:
            return None
        gas = int(receipt["gasUsed"].text, 16) * int(receipt["effectiveGasPrice"].text, 16)
        return Mined(
            hash=transaction_hash,
            block_number=int(receipt["blockNumber"].text, 16),
            block_hash=receipt["blockHash"].text,
            succeeded=receipt["status"].text == "0x1",
            gas_cost=gas,
            raw=raw,
            transfers=sum(log["topics"][0].text == TRANSFER for log in receipt["logs"]),
        )

    def include(self, raw: str) -> Mined:
        """Hand signed bytes in and have them mined at once."""
        sent = self.broadcast(raw)
        self.mine()
        return until(lambda: self.mined(sent, raw), f"transaction {sent} to be mined")

    def revert_data(self, call: Mapping[str, str]) -> str:
        """What the contract answers to a call that it refuses; empty when it does not."""
        try:
            self.call("eth_call", dict(call), "latest")
        except Refused as refusal:
            return refusal.data
        return ""


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
