"""Comparing what one endpoint gave with what another has in its place."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from souk.core.addresses import Address
from souk.modules.chain.domain import RawLog, VerifiedBlock
from souk.modules.chain.ports import LogSource


class Vote(StrEnum):
    """What another endpoint has in a block's place; `NONE` when it has nothing there, yet or at
    all."""

    SAME = "same"
    OTHER_LOGS = "other_logs"
    OTHER_BLOCK = "other_block"
    NONE = "none"


def vote(source: LogSource, blocks: Sequence[VerifiedBlock], *, contract: Address) -> list[Vote]:
    """For each block, whether an endpoint has it under the same hash, and in it the same logs of
    ours. Raises `ProviderUnavailable`, `ChainDataRefused`."""
    headers = source.headers([block.header.number for block in blocks])
    hashes = {header.number: header.hash for header in headers}
    same = [block for block in blocks if hashes.get(block.header.number) == block.header.hash]
    answers = source.logs_of_blocks([block.header.hash for block in same], contract=contract)
    logs = {
        block.header.hash: tuple(log for log in given if not log.removed)
        for block, given in zip(same, answers, strict=True)
    }
    return [_compared(block, hashes, logs) for block in blocks]


def holds(source: LogSource, number: int, block_hash: str) -> bool | None:
    """Whether an endpoint has this block; `None` when it has none of this height. Raises
    `ProviderUnavailable`, `ChainDataRefused`."""
    headers = source.headers([number])
    return headers[0].hash == block_hash if headers else None


def _compared(
    block: VerifiedBlock, hashes: Mapping[int, str], logs: Mapping[str, tuple[RawLog, ...]]
) -> Vote:
    header = block.header
    if header.number not in hashes:
        return Vote.NONE
    if header.hash not in logs:
        return Vote.OTHER_BLOCK
    return Vote.SAME if logs[header.hash] == block.logs else Vote.OTHER_LOGS
