"""A wallet that forgets nothing: what it once signed is handed to the node again, byte for byte,
whenever the node has forgotten it. And the node itself, spoken to by raw JSON-RPC."""

from collections import Counter
from dataclasses import dataclass, field

import httpx
from eth_account import Account
from eth_account.messages import encode_defunct
from eth_account.signers.local import LocalAccount

from tests.support.waiting import eventually

# Fees and gas that no call of ours passes, so that signing needs nothing of the node.
_GAS = 600_000
_MAX_FEE = 100 * 10**9
_TIP = 10**9
# A node that died has never lost more blocks than this; what lies deeper is safe from that.
_SAFE_DEPTH = 40


class NodeAway(AssertionError):
    """The node does not answer."""


class NodeRefused(AssertionError):
    """The node answered with an error."""


@dataclass
class BuyerNode:
    """One node at one address."""

    url: str
    _http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self._http = httpx.Client(base_url=self.url, timeout=10)

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def call(self, method: str, *params: object):
        """One call, its result. Raises `NodeAway` and `NodeRefused`."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        try:
            answer = self._http.post("", json=body).json()
        except (httpx.TransportError, ValueError) as error:
            raise NodeAway(f"{method}: {type(error).__name__}") from error
        if "error" in answer:
            raise NodeRefused(f"{method}: {answer['error']}")
        return answer["result"]

    def number(self, method: str, *params: object) -> int:
        """One call whose result is a quantity."""
        return int(self.call(method, *params), 16)

    def mine(self, blocks: int = 1) -> None:
        """Add blocks at once, a second of the chain's time apart."""
        self.call("anvil_mine", hex(blocks), "0x1")

    def require_code(self, contract: str) -> None:
        """Raises `AssertionError` unless there is a contract at an address."""
        assert self.call("eth_getCode", contract, "latest") != "0x"

    def receipt(self, transaction_hash: str) -> dict | None:
        """A transaction's receipt while it stands in a canonical block."""
        return self.call("eth_getTransactionReceipt", transaction_hash)

    def knows(self, transaction_hash: str) -> bool:
        """Whether the node has the transaction at all, mined or waiting."""
        return self.call("eth_getTransactionByHash", transaction_hash) is not None


@dataclass(frozen=True)
class Signed:
    """A transaction as a wallet keeps it."""

    hash: str
    raw: str


class BuyerWallet:
    """One key. It counts its nonces itself, so that a node that forgot some cannot confuse it."""

    def __init__(self, chain_id: int, account: LocalAccount | None = None, nonce: int = 0) -> None:
        self._account: LocalAccount = account or Account.create()
        self._chain_id = chain_id
        self._nonce = nonce
        self.address: str = self._account.address

    def sign_text(self, text: str) -> str:
        """`personal_sign` (EIP-191)."""
        return self._account.sign_message(encode_defunct(text=text)).signature.to_0x_hex()

    def sign(self, to: str, *, data: str = "0x", value: int = 0) -> Signed:
        """The next transaction of this wallet."""
        signed = self._account.sign_transaction(
            {
                "type": 2,
                "chainId": self._chain_id,
                "nonce": self._nonce,
                "to": to,
                "data": data,
                "value": value,
                "gas": _GAS,
                "maxFeePerGas": _MAX_FEE,
                "maxPriorityFeePerGas": _TIP,
            }
        )
        self._nonce += 1
        return Signed(signed.hash.to_0x_hex(), signed.raw_transaction.to_0x_hex())


class Kept:
    """Everything that was ever signed, in its order. Each transaction is brought back before the
    next one is handed over, because one may rest on the other."""

    def __init__(self, node: BuyerNode, happened: Counter[str]) -> None:
        self._node = node
        self._happened = happened
        self._signed: list[Signed] = []
        self._handed_over: set[str] = set()

    def keep(self, signed: Signed) -> None:
        """From now on see that the node has it."""
        self._signed.append(signed)

    def hand_over(self) -> None:
        """Give the node whatever it lacks; only the newest may be left waiting for a block.
        Raises `NodeAway`."""
        for older in self._signed[:-1]:
            self._require_mined(older)
        for newest in self._signed[-1:]:
            self._offer(newest)
        self._forget_the_settled()

    def require_mined(self) -> dict:
        """See that all of it stands in blocks; the newest one's receipt."""
        receipts = [self._require_mined(signed) for signed in self._signed]
        return receipts[-1]

    def _require_mined(self, signed: Signed) -> dict:
        receipt = eventually(lambda: self._mined(signed), seconds=20, what=f"{signed.hash} mined")
        if receipt["status"] != "0x1":
            raise NodeRefused(f"{signed.hash} was reverted in block {receipt['blockNumber']}")
        return receipt

    def _mined(self, signed: Signed) -> dict | None:
        receipt = self._node.receipt(signed.hash)
        if receipt is None:
            self._offer(signed)
            self._node.mine()
        return receipt

    def _offer(self, signed: Signed) -> None:
        if self._node.knows(signed.hash):
            return
        if signed.hash in self._handed_over:
            self._happened["rebroadcast"] += 1
        self._node.call("eth_sendRawTransaction", signed.raw)
        self._handed_over.add(signed.hash)

    def _forget_the_settled(self) -> None:
        head = self._node.number("eth_blockNumber")
        while len(self._signed) > 1:
            receipt = self._node.receipt(self._signed[0].hash)
            if receipt is None or int(receipt["blockNumber"], 16) > head - _SAFE_DEPTH:
                return
            self._signed.pop(0)
