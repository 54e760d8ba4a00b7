"""An EVM for tests of the escrow contract: anvil, over one kept connection."""

import json
import socket
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from tests.support.escrow_chain import Log, Outcome, Transaction, View
from tests.support.stack import chain


class AnvilChain:
    """anvil that makes a block for each transaction; see `EscrowChain`."""

    def __init__(self, wire: "Wire", chain_id: int) -> None:
        self._wire = wire
        self._snapshot: str | None = None
        self.chain_id = chain_id
        self._ask("evm_setAutomine", True)
        self._ask("anvil_autoImpersonateAccount", True)
        # It stays there, as no block is ever half full.
        self._ask("anvil_setNextBlockBaseFeePerGas", "0x0")

    def keep(self) -> None:
        """Remember the present state."""
        self._snapshot = self._ask("evm_snapshot")

    def restore(self) -> None:
        """Go back to the state that was kept."""
        self._ask("evm_revert", self._snapshot)
        self.keep()

    def send(self, transaction: Transaction) -> Outcome:
        """Run a transaction in a block of its own."""
        fields = {
            "from": _hex(transaction.sender),
            "data": _hex(transaction.data),
            "value": hex(transaction.value),
            "gas": hex(transaction.gas),
            "gasPrice": "0x0",
        }
        if transaction.to:
            fields["to"] = _hex(transaction.to)
        self._ask("evm_setNextBlockTimestamp", transaction.at)
        receipt = self._ask("eth_sendTransactionSync", fields)
        if receipt["status"] != "0x1":
            return Outcome(False, self._revert_data(receipt["transactionHash"]), ())
        created = _bytes(receipt["contractAddress"] or "0x")
        return Outcome(True, created, tuple(map(_log, receipt["logs"])))

    def read(self, views: Sequence[View]) -> list[bytes]:
        """Look at the newest state, in one request."""
        answers = self._wire.exchange(_views(tuple(views)))
        return [_word(_result(each)) for each in sorted(answers, key=lambda each: each["id"])]

    def set_coin(self, account: bytes, balance: int) -> None:
        """Give an account this much of the native coin."""
        self._ask("anvil_setBalance", _hex(account), hex(balance))

    def _revert_data(self, transaction_hash: str) -> bytes:
        options = {"tracer": "callTracer", "tracerConfig": {"onlyTopCall": True}}
        trace = self._ask("debug_traceTransaction", transaction_hash, options)
        return _bytes(trace.get("output", "0x"))

    def _ask(self, method: str, *params: object) -> Any:
        return _result(self._wire.exchange(_request(method, *params)))


class Wire:
    """JSON over HTTP on one connection; the general client spends more time than anvil does."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._answers = self._socket.makefile("rb")

    def exchange(self, body: bytes) -> Any:
        """The answer to one request."""
        self._socket.sendall(_HEAD % len(body) + body)
        length = 0
        while (line := self._answers.readline()) != b"\r\n":
            if not line:
                raise ConnectionError("anvil hung up")
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return json.loads(self._answers.read(length))

    def close(self) -> None:
        """Hang up."""
        self._answers.close()
        self._socket.close()


_HEAD = (
    b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n"
)


@contextmanager
def anvil_chain(folder: Path) -> Iterator[AnvilChain]:
    """A fresh one."""
    with chain(folder / "anvil.log", ticking=False) as node, closing(Wire(node.node.port)) as wire:
        yield AnvilChain(wire, node.node.chain_id)


def _request(method: str, *params: object, number: int = 0) -> bytes:
    body = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
    return json.dumps(body).encode()


def _result(answer: dict[str, Any]) -> Any:
    if "error" in answer:
        raise ValueError(answer["error"])
    return answer["result"]


@lru_cache(maxsize=1)
def _views(views: tuple[View, ...]) -> bytes:
    """The same views are asked for after each action of a sequence."""
    return b"[" + b",".join(_view(number, view) for number, view in enumerate(views)) + b"]"


def _view(number: int, view: View) -> bytes:
    if not view.data:
        return _request("eth_getBalance", _hex(view.to), "latest", number=number)
    call = {"to": _hex(view.to), "data": _hex(view.data)}
    return _request("eth_call", call, "latest", number=number)


def _word(text: str) -> bytes:
    """An answer as it is; a balance, which is a number without leading zeros, as a word."""
    return _bytes(text) if len(text) >= 66 else int(text, 16).to_bytes(32)


def _log(log: dict[str, Any]) -> Log:
    topics = tuple(_bytes(topic) for topic in log["topics"])
    return Log(_bytes(log["address"]), topics, _bytes(log["data"]))


def _hex(value: bytes) -> str:
    return "0x" + value.hex()


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])
