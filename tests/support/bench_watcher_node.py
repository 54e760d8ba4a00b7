"""A node whose answers were all written before it was asked, so that a benchmark of the watcher
does not measure a node.

    python -m tests.support.bench_watcher_node <blocks> <events a block>

It prints its port. Every event is a payment of an escrow of its own; without events the chain is so
long that blocks are written when they are asked for, which costs little for an empty one.
"""

import json
import sys
from socketserver import StreamRequestHandler, ThreadingTCPServer

from eth_utils.crypto import keccak

from souk.modules.chain.domain import Bloom
from tests.support.chain_builders import BUYER, CHAIN_ID, SELLER, a_log, block_hash

PAID = "0x" + keccak(b"Paid(bytes32,address,address,address,uint96,bytes32)").hex()
_ACCOUNTS = tuple("0x" + "0" * 24 + one[2:].lower() for one in (BUYER, SELLER))
# No token, an amount and a reference.
_DATA = bytes(32) + (10**15).to_bytes(32, "big") + bytes(31) + b"\x01"
_HEAD_ROOM = 100


class CannedChain:
    """`blocks` blocks from 1 on, and empty ones on top of them, all final but the last."""

    def __init__(self, blocks: int, events: int) -> None:
        self._blocks, self._events = blocks, events
        self.head = blocks + _HEAD_ROOM
        self._logs: dict[str, bytes] = {}
        self._headers: dict[int, bytes] = {}
        for number in range(1, blocks + 1) if events else ():
            self._write(number)

    def answer(self, method: str, params: list[object]) -> bytes:
        """The result of one call."""
        match method, params:
            case "eth_getBlockByNumber", [str(which), _]:
                return self._block(which)
            case "eth_getLogs", [{"blockHash": str(of)}]:
                return b"[" + self._logs.get(of, b"") + b"]"
            case "eth_getLogs", [{"fromBlock": str(first), "toBlock": str(last)}]:
                numbers = range(int(first, 16), int(last, 16) + 1) if self._events else ()
                found = (self._logs.get(block_hash(number)) for number in numbers)
                return b"[" + b",".join(logs for logs in found if logs) + b"]"
            case "eth_chainId", _:
                return json.dumps(hex(CHAIN_ID)).encode()
        return b"null"

    def _block(self, which: str) -> bytes:
        tags = {"latest": self.head, "safe": self.head - 1, "finalized": self.head - 1}
        number = tags[which] if which in tags else int(which, 16)
        if number > self.head:
            return b"null"
        return self._headers.get(number) or _header(number, bytes(256), [])

    def _write(self, number: int) -> None:
        logs = [
            a_log(
                index,
                topics=(PAID, "0x" + f"{number:032x}{index:032x}", *_ACCOUNTS),
                data=_DATA,
                block_number=number,
                block_hash=block_hash(number),
                transaction_hash="0x" + f"{number:032x}{index:032x}",
            )
            for index in range(self._events)
        ]
        hashes = [log.transaction_hash for log in logs]
        self._headers[number] = _header(number, Bloom.of_logs(logs).to_bytes(), hashes)
        written = (
            {
                "address": log.address,
                "topics": log.topics,
                "data": "0x" + log.data.hex(),
                "blockNumber": hex(number),
                "blockHash": log.block_hash,
                "transactionHash": log.transaction_hash,
                "transactionIndex": hex(log.transaction_index),
                "logIndex": hex(log.log_index),
                "removed": False,
            }
            for log in logs
        )
        self._logs[block_hash(number)] = ",".join(map(json.dumps, written)).encode()


def _header(number: int, bloom: bytes, transactions: list[str]) -> bytes:
    return json.dumps(
        {
            "number": hex(number),
            "hash": block_hash(number),
            "parentHash": block_hash(number - 1),
            "timestamp": hex(1_700_000_000 + number),
            "logsBloom": "0x" + bloom.hex(),
            "transactions": transactions,
        }
    ).encode()


def handler_of(chain: CannedChain) -> type[StreamRequestHandler]:
    """Just enough of HTTP/1.1 for a client that keeps its connection."""

    class Handler(StreamRequestHandler):
        disable_nagle_algorithm = True
        wbufsize = -1

        def handle(self) -> None:
            while line := self.rfile.readline():
                length = 0
                while line not in (b"\r\n", b""):
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.partition(b":")[2])
                    line = self.rfile.readline()
                self._answer(json.loads(self.rfile.read(length)))

        def _answer(self, asked: dict | list) -> None:
            calls = asked if isinstance(asked, list) else [asked]
            answers = b",".join(
                b'{"jsonrpc":"2.0","id":%d,"result":%s}'
                % (call["id"], chain.answer(call["method"], call["params"]))
                for call in calls
            )
            body = b"[" + answers + b"]" if isinstance(asked, list) else answers
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            self.wfile.flush()

    return Handler


def main(words: list[str]) -> int:
    """Serve until ended."""
    blocks, events = map(int, words)
    chain = CannedChain(blocks, events)
    with ThreadingTCPServer(("127.0.0.1", 0), handler_of(chain)) as server:
        server.daemon_threads = True
        print(server.server_address[1], flush=True)
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
