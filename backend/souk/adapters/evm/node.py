"""The methods of an Ethereum node that Souk uses, typed."""

from collections.abc import Iterator, Sequence
from contextlib import suppress

from souk.adapters.evm.attended import AttendedRpc
from souk.adapters.evm.presence import ChainPresence
from souk.adapters.evm.rpc import FEW, RpcClient, RpcFault, RpcRequest, RpcResult
from souk.adapters.evm.wire import (
    read_bytes,
    read_fees,
    read_header,
    read_list,
    read_logs,
    read_quantity,
    read_receipt,
    read_receipt_logs,
    read_transaction,
)
from souk.core.addresses import Address
from souk.core.errors import ProviderUnavailable, UnavailableError
from souk.modules.chain.domain import BlockHeader, Call, RawLog
from souk.modules.chain.errors import (
    CallReverted,
    ChainDataRefused,
    NodeRefuses,
    TransactionRefused,
)
from souk.modules.chain.ports import MinedTransaction
from souk.modules.payments.domain.following import SentTransaction

HEADERS_A_REQUEST = 100
BLOCKS_A_REQUEST = 20
CALLS_A_REQUEST = 100

_SENT_AND_MINED = ("eth_getTransactionByHash", "eth_getTransactionReceipt")
_FEES = RpcRequest("eth_feeHistory", ["0x5", "latest", [50]])

# JSON-RPC error code of a call that reverted (execution-apis); nodes without it give the data.
_REVERTED = 3


class EvmCalls:
    """Trying calls on an endpoint, as `EvmNode` does."""

    def __init__(self, client: RpcClient) -> None:
        self._client = client

    def call(
        self, call: Call, *, sender: Address | None = None, block_hash: str | None = None
    ) -> bytes:
        """What a call returns on top of the newest block, or of another. Raises `CallReverted`."""
        as_of = "latest" if block_hash is None else _as_of(block_hash)
        answer = self._client.ask("eth_call", _transaction(call, sender), as_of)
        return read_bytes(self._executed(answer), "result of a call")

    def calls(self, calls: Sequence[Call], *, block_hash: str | None = None) -> list[bytes]:
        """What each of several calls returns on top of the newest block, or of this one: asked
        together, or a few at a time where the endpoint takes no long batches. Raises
        `CallReverted`; `ProviderUnavailable` also when the block is not, or no longer, canonical
        there."""
        at = "latest" if block_hash is None else _as_of(block_hash)
        requests = [RpcRequest("eth_call", [_transaction(one, None), at]) for one in calls]
        answers = self._together(requests)
        return [read_bytes(self._executed(answer), "result of a call") for answer in answers]

    def run_creation(
        self, code: bytes, *, block_hash: str | None = None, gas: int | None = None
    ) -> bytes:
        """What code would create a contract with, as of one block (EIP-1898) or of the newest, and
        without creating any; with so much gas, or as much as the node gives. Raises
        `CallReverted`."""
        as_of = "latest" if block_hash is None else _as_of(block_hash)
        creation = {"data": "0x" + code.hex()}
        if gas is not None:
            creation["gas"] = hex(gas)
        answer = self._client.ask("eth_call", creation, as_of)
        return read_bytes(self._executed(answer), "result of a creation")

    def estimate_gas(self, call: Call, *, sender: Address) -> int:
        """Gas that a call needs. Raises `CallReverted`."""
        answer = self._client.ask("eth_estimateGas", _transaction(call, sender))
        return read_quantity(self._executed(answer), "gas estimate")

    def _together(self, requests: Sequence[RpcRequest]) -> list[RpcResult | RpcFault]:
        """As few requests as the endpoint takes: long batches, or a few at a time."""
        try:
            return list(self._answers(requests, CALLS_A_REQUEST))
        except ProviderUnavailable:
            if len(requests) <= FEW:
                raise
            return list(self._answers(requests, FEW))

    def _values(self, requests: Sequence[RpcRequest], chunk: int) -> list[object]:
        return [self._value(answer) for answer in self._answers(requests, chunk)]

    def _answers(
        self, requests: Sequence[RpcRequest], chunk: int
    ) -> Iterator[RpcResult | RpcFault]:
        for start in range(0, len(requests), chunk):
            yield from self._client.ask_all(requests[start : start + chunk])

    def _value(self, answer: RpcResult | RpcFault) -> object:
        """Whatever reason a node has not to answer a question, asking later may change it."""
        if isinstance(answer, RpcFault):
            raise NodeRefuses(f"the node refuses: {answer.message} ({answer.code})")
        return answer.value

    def _executed(self, answer: RpcResult | RpcFault) -> object:
        if isinstance(answer, RpcFault):
            given = answer.data if answer.data and answer.data.startswith("0x") else None
            if answer.code == _REVERTED or given is not None:
                raise CallReverted(given or "0x")
        return self._value(answer)


class EvmBlocks(EvmCalls):
    """Blocks and their logs on an endpoint, as `EvmNode` reads them."""

    def blocks(self, which: Sequence[int | str]) -> list[BlockHeader | None]:
        """Blocks by number or tag, in chunks of one request each; `None` for one that the node
        does not have, or a tag that it does not know."""
        found: list[BlockHeader | None] = []
        for start in range(0, len(which), HEADERS_A_REQUEST):
            chunk = which[start : start + HEADERS_A_REQUEST]
            answers = self._client.ask_all([_block_request(one) for one in chunk])
            for one, answer in zip(chunk, answers, strict=True):
                unknown_tag = isinstance(one, str) and isinstance(answer, RpcFault)
                value = None if unknown_tag else self._value(answer)
                found.append(None if value is None else read_header(value))
        return found

    def logs_of_blocks(
        self, block_hashes: Sequence[str], *, contract: Address | None
    ) -> list[list[RawLog]]:
        """The logs of each block, asked by its hash (EIP-234)."""
        only: dict[str, object] = {} if contract is None else {"address": contract}
        requests = [
            RpcRequest("eth_getLogs", [{"blockHash": block_hash, **only}])
            for block_hash in block_hashes
        ]
        return [read_logs(value) for value in self._values(requests, BLOCKS_A_REQUEST)]

    def logs_in_range(self, first: int, last: int, *, contract: Address) -> list[RawLog]:
        """The logs of one contract in a range of blocks, both ends included."""
        asked = {"fromBlock": hex(first), "toBlock": hex(last), "address": contract}
        return read_logs(self._value(self._client.ask("eth_getLogs", asked)))

    def logs_about(self, first: int, last: int, *, contract: Address, subject: str) -> list[RawLog]:
        """The logs of one contract in a range of blocks, both ends included, whose first indexed
        argument is `subject`, 32 bytes as 0x-hex."""
        asked = {
            "fromBlock": hex(first),
            "toBlock": hex(last),
            "address": contract,
            "topics": [None, subject],
        }
        return read_logs(self._value(self._client.ask("eth_getLogs", asked)))

    def receipt_logs(self, header: BlockHeader) -> list[RawLog]:
        """All logs of a block, from the receipts of its transactions."""
        requests = [
            RpcRequest("eth_getTransactionReceipt", [transaction_hash])
            for transaction_hash in header.transaction_hashes
        ]
        receipts = self._values(requests, HEADERS_A_REQUEST)
        return [
            log
            for receipt in receipts
            for log in read_receipt_logs(receipt, block_hash=header.hash)
        ]

    def block_of(self, block_hash: str) -> object:
        """A block by its hash, with its transactions' hashes, as the node gives it; `None` when it
        has none. Nothing of it has been looked at."""
        return self._value(self._client.ask("eth_getBlockByHash", block_hash, False))

    def receipts_of(self, block_hash: str, transaction_hashes: Sequence[str]) -> list[object]:
        """The receipts of a block's transactions, as the node gives them: together, or one by one
        where it has no method for that."""
        answer = self._client.ask("eth_getBlockReceipts", block_hash)
        if isinstance(answer, RpcResult):
            return read_list(answer.value, "list of receipts")
        asked = [RpcRequest("eth_getTransactionReceipt", [one]) for one in transaction_hashes]
        return self._values(asked, HEADERS_A_REQUEST)


class EvmNode(EvmBlocks):
    """One endpoint. Every method raises `ProviderUnavailable` when the node cannot be reached or
    refuses, and `ChainDataRefused` when it answers in a form that it must not have. Nothing
    follows an off-chain lookup (EIP-3668)."""

    def attended(self, presence: ChainPresence, chain_id: int) -> "EvmNode":
        """The same endpoint, asked only while its chain is there and few wait for it."""
        return EvmNode(AttendedRpc(self._client, presence, chain_id))

    def chain_id(self) -> int:
        """The chain that the node serves (EIP-155)."""
        return read_quantity(self._value(self._client.ask("eth_chainId")), "chain id")

    def fees(self) -> tuple[int, int]:
        """The base fee of the next block, and the median tip of the last five, in wei a gas."""
        return read_fees(self._value(self._client.ask_all([_FEES])[0]))

    def head_and_fees(self) -> tuple[BlockHeader, tuple[int, int]]:
        """The newest block, and what `fees` says, in one request."""
        head, fees = self._values([_block_request("latest"), _FEES], FEW)
        if head is None:
            raise ChainDataRefused("the node has no newest block")
        return read_header(head), read_fees(fees)

    def account(self, address: Address) -> tuple[int, int]:
        """How many transactions an account has sent, waiting ones included, and its balance in
        wei."""
        nonce, balance = self._values(
            [
                RpcRequest("eth_getTransactionCount", [address, "pending"]),
                RpcRequest("eth_getBalance", [address, "latest"]),
            ],
            2,
        )
        return read_quantity(nonce, "transaction count"), read_quantity(balance, "balance")

    def balance(self, address: Address, *, block_hash: str) -> int:
        """An account's coins in wei after this block, which has to be canonical."""
        answer = self._client.ask("eth_getBalance", address, _as_of(block_hash))
        return read_quantity(self._value(answer), "balance")

    def count_mined(self, address: Address, up_to: int) -> int:
        """How many transactions of an account stand in blocks up to this number."""
        answer = self._client.ask("eth_getTransactionCount", address, hex(up_to))
        return read_quantity(self._value(answer), "transaction count")

    def send_raw(self, raw: bytes, *, transaction_hash: str) -> None:
        """Hand over signed bytes. A node that knows them already words that in its own way, so
        after a refusal it is asked for the transaction. Raises `TransactionRefused`."""
        answer = self._client.ask("eth_sendRawTransaction", "0x" + raw.hex())
        if not isinstance(answer, RpcFault):
            return
        known = self._client.ask("eth_getTransactionByHash", transaction_hash)
        if self._value(known) is None:
            raise TransactionRefused(f"the node does not take the transaction: {answer.message}")

    def find_mined(self, transaction_hash: str) -> MinedTransaction | None:
        """Where a transaction stands, if it does."""
        value = self._value(self._client.ask("eth_getTransactionReceipt", transaction_hash))
        return None if value is None else read_receipt(value)

    def find_transactions(self, hashes: Sequence[str]) -> dict[str, SentTransaction | None]:
        """Each transaction by its hash as it was sent, with where it stands if it does; `None` for
        one that the node does not know. What it answers improperly about one is left out."""
        requests = [RpcRequest(method, [one]) for one in hashes for method in _SENT_AND_MINED]
        answers = self._together(requests)
        found: dict[str, SentTransaction | None] = {}
        for one, sent, receipt in zip(hashes, answers[::2], answers[1::2], strict=True):
            with suppress(UnavailableError):
                value, mined = self._value(sent), self._value(receipt)
                found[one] = (
                    None if value is None else read_transaction(value, mined, transaction_hash=one)
                )
        return found


def _as_of(block_hash: str) -> dict[str, object]:
    """A block by its hash (EIP-1898), as long as it is canonical."""
    return {"blockHash": block_hash, "requireCanonical": True}


def _block_request(which: int | str) -> RpcRequest:
    return RpcRequest(
        "eth_getBlockByNumber", [which if isinstance(which, str) else hex(which), False]
    )


def _transaction(call: Call, sender: Address | None) -> dict[str, object]:
    fields: dict[str, object] = {"to": call.to, "data": "0x" + call.data.hex()}
    if call.value:
        fields["value"] = hex(call.value)
    return fields if sender is None else {**fields, "from": sender}
