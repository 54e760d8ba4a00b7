"""JSON of a node that has not the form it must have."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from souk.adapters.evm.wire import (
    read_bytes,
    read_header,
    read_log,
    read_logs,
    read_quantity,
    read_receipt,
    read_receipt_logs,
)
from souk.modules.chain.errors import ChainDataRefused
from souk.modules.chain.ports import MinedTransaction

HASH = "0x" + "AB" * 32
BLOCK = {
    "number": "0x10",
    "hash": HASH,
    "parentHash": HASH,
    "timestamp": "0x6553f100",
    "logsBloom": "0x" + "00" * 256,
    "transactions": [HASH],
}
LOG = {
    "address": "0x" + "ab" * 20,
    "topics": [HASH],
    "data": "0x",
    "blockNumber": "0x1",
    "blockHash": HASH,
    "transactionHash": HASH,
    "transactionIndex": "0x0",
    "logIndex": "0x2",
    "removed": False,
}
RECEIPT = {"blockNumber": "0x5", "blockHash": HASH, "status": "0x1", "logs": [LOG]}


def test_reads_hashes_in_lower_case() -> None:
    header = read_header(BLOCK)

    assert (header.number, header.hash) == (16, HASH.lower())
    assert header.transaction_hashes == (HASH.lower(),)


def test_takes_a_missing_bloom_for_an_empty_one() -> None:
    without = {name: value for name, value in BLOCK.items() if name != "logsBloom"}

    assert read_header(without).logs_bloom == bytes(256)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("number", None),
        ("number", 16),
        ("number", "0x010"),
        ("number", hex(2**63)),
        ("hash", HASH[:-1]),
        ("parentHash", HASH + "00"),
        ("timestamp", hex(2**37)),
        ("timestamp", "1700000000"),
        ("logsBloom", "0x00"),
        ("transactions", None),
        ("transactions", [{"hash": HASH}]),
    ],
)
def test_refuses_a_block_when_a_field_is_malformed(field: str, value: object) -> None:
    with pytest.raises(ChainDataRefused):
        read_header({**BLOCK, field: value})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("address", "vitalik.eth"),
        ("topics", [HASH] * 5),
        ("topics", "0x"),
        ("data", "0x0"),
        ("blockNumber", None),
        ("blockNumber", hex(2**64)),
        ("logIndex", hex(2**31)),
        ("transactionIndex", "-0x1"),
    ],
)
def test_refuses_a_log_when_a_field_is_malformed(field: str, value: object) -> None:
    with pytest.raises(ChainDataRefused):
        read_log({**LOG, field: value})


def test_notices_a_removed_log() -> None:
    assert read_log({**LOG, "removed": True}).removed
    assert not read_log(LOG).removed


def test_reads_where_a_transaction_stands() -> None:
    assert read_receipt(RECEIPT) == MinedTransaction(5, HASH.lower(), True)
    assert not read_receipt({**RECEIPT, "status": "0x0"}).succeeded


def test_refuses_a_receipt_when_it_is_of_another_block() -> None:
    assert len(read_receipt_logs(RECEIPT, block_hash=HASH.lower())) == 1

    with pytest.raises(ChainDataRefused, match="another block"):
        read_receipt_logs(RECEIPT, block_hash="0x" + "cd" * 32)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(sorted({*BLOCK, *LOG})), inner, max_size=6)
    ),
    max_leaves=12,
)


@given(value=JSON)
@pytest.mark.parametrize(
    "read", [read_quantity, read_bytes, read_header, read_log, read_logs, read_receipt]
)
def test_refuses_or_reads_but_never_breaks(read, value: object) -> None:
    try:
        answer = read(value)
    except ChainDataRefused:
        return
    assert answer is not None
