"""A block's header: the RLP list of its fields, whose keccak-256 is the block's hash.

Each fork has added fields at the end, so a header of a fork to come is read as well as one of
today. To make one of a node's answer the fields have to be known.
"""

from dataclasses import dataclass

import rlp
from eth_utils.crypto import keccak

from souk.adapters.evm.proofs.items import (
    Malformed,
    number_item,
    read_item,
    read_list,
    read_number,
    read_text,
)
from souk.adapters.evm.wire import read_bytes, read_object, read_quantity

_QUANTITIES = frozenset(
    {
        "difficulty",
        "number",
        "gasLimit",
        "gasUsed",
        "timestamp",
        "baseFeePerGas",
        "blobGasUsed",
        "excessBlobGas",
        "slotNumber",
    }
)
_ALWAYS = (
    "parentHash",
    "sha3Uncles",
    "miner",
    "stateRoot",
    "transactionsRoot",
    "receiptsRoot",
    "logsBloom",
    "difficulty",
    "number",
    "gasLimit",
    "gasUsed",
    "timestamp",
    "extraData",
    "mixHash",
    "nonce",
)
# London, Shanghai, Cancun (3), Prague, Amsterdam (2).
_SINCE_A_FORK = (
    "baseFeePerGas",
    "withdrawalsRoot",
    "blobGasUsed",
    "excessBlobGas",
    "parentBeaconBlockRoot",
    "requestsHash",
    "blockAccessListHash",
    "slotNumber",
)
_MOST_FIELDS = 40


@dataclass(frozen=True, slots=True)
class ProvedHeader:
    """What a header says. Hashes are lowercase 0x-hex, `timestamp` is in unix seconds."""

    hash: str
    number: int
    timestamp: int
    receipts_root: bytes


def encode_header(value: object) -> bytes:
    """The header of a block as a node describes it. Raises `ChainDataRefused`."""
    block = read_object(value, "block")
    fields = [*_ALWAYS, *(name for name in _SINCE_A_FORK if block.get(name) is not None)]
    encoded: bytes = rlp.encode([_field(block, name) for name in fields])
    return encoded


def _field(block: dict[str, object], name: str) -> bytes:
    value = block.get(name)
    if name in _QUANTITIES:
        return number_item(read_quantity(value, name))
    return read_bytes(value, name)


def read_proved_header(data: bytes) -> ProvedHeader:
    """What the bytes of a header say. Raises `Malformed`."""
    fields = read_list(read_item(data, depth=1), "the header")
    if not len(_ALWAYS) <= len(fields) <= _MOST_FIELDS:
        raise Malformed("the header has not as many fields as headers have")
    named = dict(zip(_ALWAYS, fields, strict=False))
    return ProvedHeader(
        hash="0x" + keccak(data).hex(),
        number=read_number(named["number"], "the block's number"),
        timestamp=read_number(named["timestamp"], "the block's timestamp"),
        receipts_root=read_text(named["receiptsRoot"], "the receipts root", size=32),
    )
