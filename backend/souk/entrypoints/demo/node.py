"""The chain, spoken to by raw JSON-RPC."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
from eth_utils.crypto import keccak

from souk.entrypoints.demo.documents import Document
from souk.entrypoints.demo.waiting import StoryFailed, until


def selector(signature: str) -> bytes:
    """The first four bytes of a function's or error's hash."""
    return keccak(text=signature)[:4]


def topic(signature: str) -> str:
    """An event's first topic."""
    return "0x" + keccak(text=signature).hex()


TRANSFER = topic("Transfer(address,address,uint256)")


class Refused(Exception):
    """The node answered with an error; `data` is what a reverting contract returned."""

    def __init__(self, message: str, data: str) -> None:
        super().__init__(message)
        self.data = data


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

    @contextmanager
    def between_ticks(self) -> Iterator[None]:
        """No block is made by itself inside: one that is made while others are replaced leaves
        anvil with a chain that has holes."""
        interval = self.call("anvil_getIntervalMining").raw
        self.call("evm_setIntervalMining", 0)
        try:
            yield
        finally:
            self.call("evm_setIntervalMining", interval or 0)

    def balance(self, address: str) -> int:
        """Of the native coin."""
        return self.number("eth_getBalance", address, "latest")

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
        sent = self.call("eth_sendRawTransaction", raw).text
        self.mine()
        return until(lambda: self.mined(sent, raw), f"transaction {sent} to be mined")

    def revert_data(self, call: Mapping[str, str]) -> str:
        """What the contract answers to a call that it refuses; empty when it does not."""
        try:
            self.call("eth_call", dict(call), "latest")
        except Refused as refusal:
            return refusal.data
        return ""
