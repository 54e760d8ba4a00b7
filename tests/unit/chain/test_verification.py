"""Answers that contradict their own header are refused."""

from dataclasses import replace

import pytest

from souk.modules.chain.domain import require_linked, verify_block, verify_some_logs
from souk.modules.chain.errors import ChainDataRefused
from tests.support.chain_builders import a_config, a_header, a_log, block_hash, on_branch

CONTRACT = a_config().escrow_address
FOREIGN = "0x" + "22" * 20
LOGS = (a_log(0), a_log(1, address=FOREIGN), a_log(2))
HEADER = a_header(1, LOGS)

CORRUPTIONS = {
    "block hash": {"block_hash": block_hash(1, branch=9)},
    "block number": {"block_number": 2},
    "log index twice": {"log_index": 1},
    "log index too high": {"log_index": 7},
    "transaction hash": {"transaction_hash": "0x" + "cc" * 32},
    "transaction index": {"transaction_index": 0},
    "transaction index too high": {"transaction_index": 99},
    "address": {"address": "0x" + "33" * 20},
    "topic": {"topics": ("0x" + "dd" * 32, "0x" + "ab" * 32)},
}


def test_keeps_our_logs_in_order_when_everything_fits() -> None:
    verified = verify_block(HEADER, LOGS, contract=CONTRACT)

    assert [log.log_index for log in verified.logs] == [0, 2]


@pytest.mark.pitfall("W12")
@pytest.mark.parametrize("change", CORRUPTIONS.values(), ids=CORRUPTIONS)
def test_refuses_a_block_when_one_field_of_a_log_is_wrong(change: dict[str, object]) -> None:
    corrupt = (*LOGS[:2], replace(LOGS[2], **change))

    with pytest.raises(ChainDataRefused):
        verify_block(HEADER, corrupt, contract=CONTRACT)


@pytest.mark.pitfall("W3")
@pytest.mark.parametrize("kept", [0, 1, 2])
def test_refuses_a_block_when_logs_are_left_out(kept: int) -> None:
    distinct = tuple(a_log(i, topics=(block_hash(i),)) for i in range(3))

    with pytest.raises(ChainDataRefused, match="bloom"):
        verify_block(a_header(1, distinct), distinct[:kept], contract=CONTRACT)


@pytest.mark.pitfall("W11")
def test_ignores_a_log_when_it_is_marked_removed() -> None:
    removed = replace(LOGS[0], removed=True, log_index=9)

    assert verify_block(HEADER, (*LOGS, removed), contract=CONTRACT).logs == (LOGS[0], LOGS[2])


OURS = (LOGS[0], LOGS[2])


def test_believes_our_logs_when_the_chain_has_no_blooms() -> None:
    header = replace(HEADER, logs_bloom=bytes(256))

    assert verify_some_logs(header, OURS, contract=CONTRACT).logs == OURS


@pytest.mark.pitfall("W12")
@pytest.mark.parametrize(
    "name", [name for name in CORRUPTIONS if name not in ("topic", "log index too high")]
)
def test_refuses_our_logs_without_blooms_when_one_field_is_wrong(name: str) -> None:
    change = CORRUPTIONS[name] if name != "log index twice" else {"log_index": 0}

    with pytest.raises(ChainDataRefused):
        verify_some_logs(HEADER, (OURS[0], replace(OURS[1], **change)), contract=CONTRACT)


def test_takes_a_branch_when_each_block_is_the_child_of_the_one_below() -> None:
    require_linked([a_header(1), a_header(2), a_header(7)])

    assert a_header(2).parent_hash == a_header(1).hash


@pytest.mark.pitfall("W2")
def test_refuses_a_branch_when_two_nodes_gave_it() -> None:
    with pytest.raises(ChainDataRefused, match="no child"):
        require_linked([a_header(1), on_branch(a_header(2), 1)])


def test_refuses_a_branch_when_it_goes_backwards() -> None:
    with pytest.raises(ChainDataRefused, match="after"):
        require_linked([a_header(2), a_header(1)])
