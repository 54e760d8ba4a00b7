"""Asking a node, by web3 over this project's own transport.

Whatever goes wrong between the two becomes `ProviderUnavailable`: what a node answers is read here
before web3 sees it, and of a block or a receipt web3 sees only what was read.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from web3 import Web3
from web3.eth import Eth
from web3.exceptions import Web3Exception
from web3.providers import BaseProvider
from web3.types import RPCEndpoint, RPCResponse

from souk.adapters.evm.deployment.errors import EndpointOfAnotherChain
from souk.adapters.evm.rpc import JsonRpcClient, RpcFault
from souk.adapters.evm.wire import (
    read_address,
    read_bytes,
    read_hash,
    read_list,
    read_object,
    read_quantity,
)
from souk.core.errors import ProviderUnavailable
from souk.core.transaction_guard import refuse_open_transaction
from souk.modules.chain.errors import ChainDataRefused

_TIMEOUT_SECONDS = 20


class _Transport(BaseProvider):
    """web3's own would name the endpoint's address, which may hold a key, in every error."""

    def __init__(self, client: JsonRpcClient, label: str) -> None:
        super().__init__()
        self._client, self._label = client, label
        # A contract we call must never make us fetch an address of its choosing (EIP-3668).
        self.global_ccip_read_enabled = False

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:  # noqa: ANN401 - its type
        """One call; raises `ProviderUnavailable` when there is no proper answer."""
        answer = self._client.ask(method, *params)
        if isinstance(answer, RpcFault):
            # Without its data: web3 would decode that, and whoever reverted has chosen it.
            error: Any = {"code": answer.code, "message": answer.message}
            return {"jsonrpc": "2.0", "id": 1, "error": error}
        try:
            result: Any = _ANSWERS[method](answer.value)
        except ChainDataRefused as error:
            said = f"{self._label}: {error.detail} when asked for {method}"
            raise ProviderUnavailable(said) from error
        return {"jsonrpc": "2.0", "id": 1, "result": result}


@contextmanager
def connected(rpc_url: str, chain_id: int) -> Iterator[Eth]:
    """A connection to a node that serves this chain and no other. What the node refuses, and
    nobody has an answer to, is `ProviderUnavailable`."""
    refuse_open_transaction()
    label = f"chain {chain_id}"
    client = JsonRpcClient(rpc_url, label=label, timeout_seconds=_TIMEOUT_SECONDS)
    try:
        eth = Web3(_Transport(client, label)).eth
        serves = eth.chain_id
        if serves != chain_id:
            raise EndpointOfAnotherChain(
                f"the endpoint serves chain {serves}, not {chain_id}; nothing was signed or sent"
            )
        yield eth
    except Web3Exception as error:
        raise ProviderUnavailable(f"the node of {label} refuses: {error}") from error
    finally:
        client.close()


def _quantity(value: object) -> object:
    return hex(read_quantity(value))


def _bytes(value: object) -> object:
    return "0x" + read_bytes(value).hex()


def _if_any(read: Callable[[object], object]) -> Callable[[object], object]:
    """A node answers null for what it does not have."""
    return lambda value: None if value is None else read(value)


def _block(value: object) -> object:
    block = read_object(value, "block")
    entries = read_list(block.get("transactions", []), "list of transactions")
    fee = block.get("baseFeePerGas")
    fees = {} if fee is None else {"baseFeePerGas": _quantity(fee)}
    return {
        "number": _quantity(block.get("number")),
        "transactions": [_entry(entry) for entry in entries],
        **fees,
    }


def _entry(value: object) -> object:
    """A transaction of a block: its hash, or whole."""
    return read_hash(value) if isinstance(value, str) else _transaction(value)


def _transaction(value: object) -> object:
    transaction = read_object(value, "transaction")
    to = transaction.get("to")
    return {
        "hash": read_hash(transaction.get("hash"), "transaction hash"),
        "to": None if to is None else read_address(to),
        "input": _bytes(transaction.get("input")),
    }


def _receipt(value: object) -> object:
    receipt = read_object(value, "receipt")
    return {name: _quantity(receipt.get(name)) for name in ("blockNumber", "status")}


def _fee_history(value: object) -> object:
    rewards = read_list(read_object(value, "fee history").get("reward"), "list of tips")
    return {"reward": [[_quantity(tip) for tip in read_list(one, "tips")] for one in rewards]}


_ANSWERS: Mapping[str, Callable[[object], object]] = {
    "eth_blockNumber": _quantity,
    "eth_call": _bytes,
    "eth_chainId": _quantity,
    "eth_estimateGas": _quantity,
    "eth_feeHistory": _fee_history,
    "eth_getBalance": _quantity,
    "eth_getBlockByNumber": _if_any(_block),
    "eth_getCode": _bytes,
    "eth_getTransactionByHash": _if_any(_transaction),
    "eth_getTransactionCount": _quantity,
    "eth_getTransactionReceipt": _if_any(_receipt),
    "eth_maxPriorityFeePerGas": _quantity,
    "eth_sendRawTransaction": read_hash,
}
