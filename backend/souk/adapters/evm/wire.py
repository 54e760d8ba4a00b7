"""Reading the JSON values of an Ethereum node (execution-apis, `eth_` namespace) into types.

Whatever has not exactly the form that the specification gives it is refused, since a value that
was guessed may be wrong.
"""

import re
from collections.abc import Sequence

from eth_abi.exceptions import DecodingError

from souk.core.addresses import Address, checksum_address
from souk.modules.chain.domain import BlockHeader, RawLog
from souk.modules.chain.errors import ChainDataRefused
from souk.modules.chain.ports import MinedTransaction
from souk.modules.payments.domain.following import Inclusion, SentTransaction

_QUANTITY = re.compile(r"0x(0|[1-9a-fA-F][0-9a-fA-F]{0,63})")
_BYTES = re.compile(r"0x[0-9a-fA-F]*")
_HASHES = re.compile(r"(?:0x[0-9a-fA-F]{64})*")
_HASH_LENGTH = 66
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_NO_BLOOM = bytes(256)

UNREADABLE = (DecodingError, UnicodeDecodeError, OverflowError)
"""What `eth_abi.decode` raises on bytes that somebody else chose: a length past 2^63 overflows."""


def _text(value: object, pattern: re.Pattern[str], what: str) -> str:
    if not isinstance(value, str) or pattern.fullmatch(value) is None:
        raise ChainDataRefused(f"the node gave a malformed {what}")
    return value.lower()


def read_quantity(value: object, what: str = "quantity") -> int:
    """A QUANTITY: 0x-hex without leading zeros."""
    return int(_text(value, _QUANTITY, what), 16)


def read_bytes(value: object, what: str = "byte string") -> bytes:
    """DATA of any length."""
    digits = _text(value, _BYTES, what)[2:]
    if len(digits) % 2:
        raise ChainDataRefused(f"the node gave a malformed {what}")
    return bytes.fromhex(digits)


def read_hash(value: object, what: str = "hash") -> str:
    """DATA of 32 bytes, as lowercase 0x-hex."""
    return read_hashes([value], what)[0]


def read_hashes(values: Sequence[object], what: str = "hash") -> list[str]:
    """Several DATA of 32 bytes, as lowercase 0x-hex: looked at together, since most of what a node
    says are hashes."""
    given = [value for value in values if isinstance(value, str) and len(value) == _HASH_LENGTH]
    joined = "".join(given)
    if len(given) != len(values) or _HASHES.fullmatch(joined) is None:
        raise ChainDataRefused(f"the node gave a malformed {what}")
    return [value.lower() for value in given]


def read_address(value: object, what: str = "address") -> Address:
    """DATA of 20 bytes, as EIP-55."""
    return checksum_address(_text(value, _ADDRESS, what))


def read_list(value: object, what: str) -> list[object]:
    """A JSON array."""
    if not isinstance(value, list):
        raise ChainDataRefused(f"the node gave a malformed {what}")
    return value


def read_object(value: object, what: str) -> dict[str, object]:
    """A JSON object."""
    if not isinstance(value, dict):
        raise ChainDataRefused(f"the node gave a malformed {what}")
    return value


def read_header(value: object) -> BlockHeader:
    """A block with the hashes of its transactions."""
    block = read_object(value, "block")
    bloom = block.get("logsBloom")
    transactions = read_list(block.get("transactions", []), "list of transactions")
    header = BlockHeader(
        number=read_quantity(block.get("number"), "block number"),
        hash=read_hash(block.get("hash"), "block hash"),
        parent_hash=read_hash(block.get("parentHash"), "parent hash"),
        timestamp=read_quantity(block.get("timestamp"), "block timestamp"),
        logs_bloom=_NO_BLOOM if bloom is None else read_bytes(bloom, "bloom"),
        transaction_hashes=tuple(read_hashes(transactions, "transaction hash")),
    )
    # Beyond these, PostgreSQL's bigint or Python's datetime would end what only a liar begins.
    if header.number >= 2**63 or header.timestamp >= 2**37 or len(header.logs_bloom) != 256:
        raise ChainDataRefused("the node gave an impossible block")
    return header


def read_log(value: object) -> RawLog:
    """A log that stands in a block."""
    log = read_object(value, "log")
    topics = read_list(log.get("topics"), "list of topics")
    if len(topics) > 4:
        raise ChainDataRefused("the node gave a log with more than four topics")
    block_hash, transaction_hash, *told = read_hashes(
        [log.get("blockHash"), log.get("transactionHash"), *topics], "hash in a log"
    )
    read = RawLog(
        address=read_address(log.get("address"), "log address"),
        topics=tuple(told),
        data=read_bytes(log.get("data"), "log data"),
        block_number=read_quantity(log.get("blockNumber"), "log's block number"),
        block_hash=block_hash,
        transaction_hash=transaction_hash,
        transaction_index=read_quantity(log.get("transactionIndex"), "transaction index"),
        log_index=read_quantity(log.get("logIndex"), "log index"),
        removed=log.get("removed") is True,
    )
    if max(read.log_index, read.transaction_index) >= 2**31 or read.block_number >= 2**63:
        raise ChainDataRefused("the node gave an impossible log")
    return read


def read_logs(value: object) -> list[RawLog]:
    """A list of logs."""
    return [read_log(entry) for entry in read_list(value, "list of logs")]


def read_fees(value: object) -> tuple[int, int]:
    """Of a fee history asked for one percentile: the base fee of the block after it, and the median
    of the tips; 0 where no block has any."""
    history = read_object(value, "fee history")
    base = read_list(history.get("baseFeePerGas"), "list of base fees") or [None]
    rewards = read_list(history.get("reward") or [], "list of tips")
    tips = sorted(read_quantity((read_list(tip, "tip") or [None])[0], "tip") for tip in rewards)
    return read_quantity(base[-1], "base fee"), tips[len(tips) // 2] if tips else 0


def read_receipt(value: object) -> MinedTransaction:
    """Where a transaction was included, and its status (EIP-658)."""
    receipt = read_object(value, "receipt")
    return MinedTransaction(
        block_number=read_quantity(receipt.get("blockNumber"), "receipt's block number"),
        block_hash=read_hash(receipt.get("blockHash"), "receipt's block hash"),
        succeeded=read_quantity(receipt.get("status"), "receipt's status") == 1,
    )


def read_transaction(value: object, receipt: object, *, transaction_hash: str) -> SentTransaction:
    """A transaction of this hash, and where it stands if it has a receipt."""
    sent = read_object(value, "transaction")
    if read_hash(sent.get("hash"), "transaction hash") != transaction_hash:
        raise ChainDataRefused("the node gave another transaction than it was asked for")
    to = sent.get("to")
    read = SentTransaction(
        sender=read_address(sent.get("from"), "sender"),
        nonce=read_quantity(sent.get("nonce"), "nonce"),
        to=None if to is None else read_address(to, "receiver"),
        data=read_bytes(sent.get("input"), "transaction data"),
        value=read_quantity(sent.get("value"), "value"),
        gas=read_quantity(sent.get("gas"), "gas"),
        inclusion=None if receipt is None else _read_inclusion(receipt),
    )
    # EIP-2681 allows more, PostgreSQL's bigint does not, and no account comes near either.
    if read.nonce >= 2**63:
        raise ChainDataRefused("the node gave an impossible transaction")
    return read


def _read_inclusion(value: object) -> Inclusion:
    receipt, mined = read_object(value, "receipt"), read_receipt(value)
    if mined.block_number >= 2**63:
        raise ChainDataRefused("the node gave an impossible receipt")
    return Inclusion(
        block_number=mined.block_number,
        block_hash=mined.block_hash,
        succeeded=mined.succeeded,
        gas_used=read_quantity(receipt.get("gasUsed"), "gas used"),
    )


def read_receipt_logs(value: object, *, block_hash: str) -> list[RawLog]:
    """The logs of a transaction's receipt, which must be of this block."""
    receipt = read_object(value, "receipt")
    if read_hash(receipt.get("blockHash"), "receipt's block hash") != block_hash:
        raise ChainDataRefused("a receipt names another block than its transaction stands in")
    return read_logs(receipt.get("logs"))
