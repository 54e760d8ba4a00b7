"""Comparing what one endpoint gave with what another has in its place."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from souk.modules.chain.domain import BlockHeader, ChainConfig, RawLog, VerifiedBlock
from souk.modules.chain.ports import LogSource


class Vote(StrEnum):
    """What another endpoint has in a block's place; `NONE` when it has nothing there, yet or at
    all."""

    SAME = "same"
    OTHER_CONTENT = "other_content"
    OTHER_BLOCK = "other_block"
    NONE = "none"


def vote(source: LogSource, config: ChainConfig, blocks: Sequence[VerifiedBlock]) -> list[Vote]:
    """For each block, whether an endpoint has it under the same hash, and in it the same logs of
    ours: a bloom that both have says of a block without any that there are none. Raises
    `ProviderUnavailable`, `ChainDataRefused`."""
    headers = {each.number: each for each in source.headers([one.header.number for one in blocks])}
    same = [
        block
        for block in blocks
        if (block.logs or not config.verify_blooms) and _has(headers, block)
    ]
    answers = source.logs_of_blocks(
        [block.header.hash for block in same], contract=config.escrow_address
    )
    logs = {
        block.header.hash: tuple(log for log in given if not log.removed)
        for block, given in zip(same, answers, strict=True)
    }
    return [_compared(config, block, headers, logs) for block in blocks]


def holds(source: LogSource, number: int, block_hash: str) -> bool | None:
    """Whether an endpoint has this block; `None` when it has none of this height. Raises
    `ProviderUnavailable`, `ChainDataRefused`."""
    headers = source.headers([number])
    return headers[0].hash == block_hash if headers else None


def _has(headers: Mapping[int, BlockHeader], block: VerifiedBlock) -> bool:
    header = headers.get(block.header.number)
    return header is not None and header.hash == block.header.hash


def _compared(
    config: ChainConfig,
    block: VerifiedBlock,
    headers: Mapping[int, BlockHeader],
    logs: Mapping[str, tuple[RawLog, ...]],
) -> Vote:
    header = headers.get(block.header.number)
    if header is None:
        return Vote.NONE
    if header.hash != block.header.hash:
        return Vote.OTHER_BLOCK
    same = _said(config, header) == _said(config, block.header)
    return Vote.SAME if same and logs.get(header.hash, ()) == block.logs else Vote.OTHER_CONTENT


def _said(config: ChainConfig, header: BlockHeader) -> tuple[object, ...]:
    """What we take from a header, which one who lies may give under the true hash."""
    bloom = header.logs_bloom if config.verify_blooms else b""
    return header.parent_hash, header.timestamp, bloom
