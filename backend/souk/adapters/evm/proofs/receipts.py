"""A transaction's receipt as a block commits to it: EIP-2718, with the fields of EIP-658.

A deposit of the OP stack (type 0x7e) carries a nonce and a version behind the others since Canyon.
Every other type that is in use has the same four fields.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import rlp

from souk.adapters.evm.proofs.items import (
    Item,
    Malformed,
    number_item,
    read_item,
    read_list,
    read_number,
    read_text,
)
from souk.adapters.evm.wire import read_bytes, read_object, read_quantity
from souk.adapters.evm.wire import read_list as read_values
from souk.core.addresses import Address, checksum_address
from souk.modules.chain.errors import ChainDataRefused

_DEPOSIT = 0x7E
# Legacy, EIP-2930, EIP-1559, EIP-4844, EIP-7702, and the deposits of the OP stack.
_FIELDS = {0: (4,), 1: (4,), 2: (4,), 3: (4,), 4: (4,), _DEPOSIT: (4, 6)}
# From here on a first byte begins a list: a receipt without a type.
_LISTS = 0xC0
_TYPES = 0x80
_SUCCEEDED = 1


@dataclass(frozen=True, slots=True)
class ProvedLog:
    """A log in a receipt. `address` is EIP-55, topics are lowercase 0x-hex."""

    address: Address
    topics: tuple[str, ...]
    data: bytes


def encode_receipt(value: object) -> bytes:
    """A receipt as a node describes it, of any type: whether that was right the block's root tells.
    Raises `ChainDataRefused`."""
    receipt = read_object(value, "receipt")
    kind = read_quantity(receipt.get("type", "0x0"), "receipt's type")
    if kind >= _TYPES:
        raise ChainDataRefused("the node gave a receipt of an impossible type")
    fields = [
        number_item(read_quantity(receipt.get("status"), "receipt's status")),
        number_item(read_quantity(receipt.get("cumulativeGasUsed"), "gas used so far")),
        read_bytes(receipt.get("logsBloom"), "receipt's bloom"),
        [_log_item(log) for log in read_values(receipt.get("logs"), "list of logs")],
        *(_deposit_items(receipt) if kind == _DEPOSIT else ()),
    ]
    encoded: bytes = rlp.encode(fields)
    return bytes([kind]) + encoded if kind else encoded


def require_readable(receipt: bytes) -> None:
    """Raises `ChainDataRefused` for a receipt of a type that nobody could check."""
    try:
        read_proved_receipt(receipt)
    except Malformed as error:
        raise ChainDataRefused(f"the transaction's receipt cannot be shown: {error}") from error


def read_proved_receipt(data: bytes) -> tuple[ProvedLog, ...]:
    """The logs of a successful transaction's receipt. Raises `Malformed`."""
    kind, body = (data[0], data[1:]) if data[:1] < bytes([_LISTS]) and data else (0, data)
    if kind not in _FIELDS:
        raise Malformed(f"receipts of type {kind:#x} are not known here")
    # The logs, each of them, and its topics.
    fields = read_list(read_item(body, depth=4), "the receipt")
    if len(fields) not in _FIELDS[kind]:
        raise Malformed("the receipt has not as many fields as its type has")
    if read_number(fields[0], "the receipt's status") != _SUCCEEDED:
        raise Malformed("the transaction did not succeed")
    return tuple(_read_log(item) for item in read_list(fields[3], "the list of logs"))


def _log_item(value: object) -> Sequence[object]:
    log = read_object(value, "log")
    topics = read_values(log.get("topics"), "list of topics")
    return [
        read_bytes(log.get("address"), "log address"),
        [read_bytes(topic, "topic") for topic in topics],
        read_bytes(log.get("data"), "log data"),
    ]


def _deposit_items(receipt: dict[str, object]) -> list[bytes]:
    """Before Canyon the nonce was told by nodes, but no part of what the block commits to."""
    if receipt.get("depositReceiptVersion") is None:
        return []
    return [
        number_item(read_quantity(receipt.get(name), name))
        for name in ("depositNonce", "depositReceiptVersion")
    ]


def _read_log(item: Item) -> ProvedLog:
    fields = read_list(item, "a log")
    if len(fields) != 3:
        raise Malformed("a log has not three fields")
    address = read_text(fields[0], "a log's address", size=20)
    topics = [read_text(one, "a topic", size=32) for one in read_list(fields[1], "the topics")]
    return ProvedLog(
        checksum_address("0x" + address.hex()),
        tuple("0x" + topic.hex() for topic in topics),
        read_text(fields[2], "a log's data"),
    )
