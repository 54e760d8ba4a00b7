"""An EVM for tests of the escrow contract: anvil, over one kept connection."""

import http.client
import json
import socket
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from tests.support.escrow_chain import Log, Outcome, Transaction, View
from tests.support.stack import Chain, chain

_HEADERS = {"Content-Type": "application/json"}


class AnvilChain:
    """anvil that makes a block for each transaction; see `EscrowChain`."""

    def __init__(self, connection: http.client.HTTPConnection, chain_id: int) -> None:
        self._connection = connection
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
        body = json.dumps([_view(number, view) for number, view in enumerate(views)])
        answers = self._post(body)
        found = {answer["id"]: answer["result"] for answer in answers}
        return [_word(found[number]) for number in range(len(views))]

    def set_coin(self, account: bytes, balance: int) -> None:
        """Give an account this much of the native coin."""
        self._ask("anvil_setBalance", _hex(account), hex(balance))

    def _revert_data(self, transaction_hash: str) -> bytes:
        options = {"tracer": "callTracer", "tracerConfig": {"onlyTopCall": True}}
        trace = self._ask("debug_traceTransaction", transaction_hash, options)
        return _bytes(trace.get("output", "0x"))

    def _ask(self, method: str, *params: object) -> Any:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        answer = self._post(json.dumps(body))
        if "error" in answer:
            raise ValueError(f"{method}{params}: {answer['error']}")
        return answer["result"]

    def _post(self, body: str) -> Any:
        self._connection.request("POST", "/", body, _HEADERS)
        return json.loads(self._connection.getresponse().read())


@contextmanager
def anvil_chain(folder: Path) -> Iterator[AnvilChain]:
    """A fresh one."""
    with chain(folder / "anvil.log", ticking=False) as node, closing(_connect(node)) as connection:
        yield AnvilChain(connection, node.node.chain_id)


def _connect(node: Chain) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection("127.0.0.1", node.node.port, timeout=60)
    connection.connect()
    # Small requests go out at once, or each would wait for the answer to the one before.
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _view(number: int, view: View) -> dict[str, object]:
    method, params = "eth_getBalance", [_hex(view.to), "latest"]
    if view.data:
        method, params = "eth_call", [{"to": _hex(view.to), "data": _hex(view.data)}, "latest"]
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def _word(text: str) -> bytes:
    """An answer as it is; a balance, which is a number without leading zeros, as a word."""
    return _bytes(text) if len(text) % 2 == 0 and len(text) >= 66 else int(text, 16).to_bytes(32)


def _log(log: dict[str, Any]) -> Log:
    topics = tuple(_bytes(topic) for topic in log["topics"])
    return Log(_bytes(log["address"]), topics, _bytes(log["data"]))


def _hex(value: bytes) -> str:
    return "0x" + value.hex()


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])
