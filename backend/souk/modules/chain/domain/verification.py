"""Checks of what a node says against what it said before: nothing is believed singly.

A header commits to its parent and, by its bloom, to its logs. A log must name the block it was
asked of, its place must be possible, and the bloom must hold it; the other way round, a block
whose bloom is not explained by the logs given is not believed to have only these.
"""

from collections.abc import Sequence
from itertools import pairwise

from souk.core.addresses import Address
from souk.modules.chain.domain.bloom import Bloom
from souk.modules.chain.domain.facts import BlockHeader, RawLog, VerifiedBlock
from souk.modules.chain.errors import ChainDataRefused


def require_linked(headers: Sequence[BlockHeader]) -> None:
    """Refuse a branch in which a block is no child of the one right below it."""
    for lower, upper in pairwise(headers):
        if upper.number <= lower.number:
            raise ChainDataRefused(f"block {upper.number} was given after block {lower.number}")
        if upper.number == lower.number + 1 and upper.parent_hash != lower.hash:
            raise ChainDataRefused(f"block {upper.number} is no child of block {lower.number}")


def verify_block(
    header: BlockHeader, logs: Sequence[RawLog], *, contract: Address
) -> VerifiedBlock:
    """Check all logs of a block against its header, and keep those of `contract`.

    Raises `ChainDataRefused` unless the logs explain the header's bloom exactly.
    """
    present = _present(logs)
    if [log.log_index for log in present] != list(range(len(present))):
        raise ChainDataRefused(f"block {header.number}: log indexes are not 0, 1, 2 and so on")
    _require_places(header, present)
    if Bloom.of_logs(present) != Bloom.of_header(header.logs_bloom):
        raise ChainDataRefused(f"block {header.number}: its logs do not explain its bloom")
    return VerifiedBlock(header, tuple(log for log in present if log.address == contract))


def verify_some_logs(
    header: BlockHeader, logs: Sequence[RawLog], *, contract: Address
) -> VerifiedBlock:
    """Check the logs of one contract in a block, as far as that is possible without the others
    and without a bloom.

    Raises `ChainDataRefused` for a log of another block or contract, or an impossible place.
    """
    present = _present(logs)
    if any(log.address != contract for log in present):
        raise ChainDataRefused(f"block {header.number}: a log of a contract not asked for")
    if any(later.log_index <= earlier.log_index for earlier, later in pairwise(present)):
        raise ChainDataRefused(f"block {header.number}: log indexes do not rise")
    _require_places(header, present)
    return VerifiedBlock(header, tuple(present))


def _present(logs: Sequence[RawLog]) -> list[RawLog]:
    """A log marked as removed belongs to an abandoned block and is no part of any answer."""
    return [log for log in logs if not log.removed]


def _require_places(header: BlockHeader, logs: Sequence[RawLog]) -> None:
    for log in logs:
        if (log.block_hash, log.block_number) != (header.hash, header.number):
            raise ChainDataRefused(f"block {header.number}: a log names another block")
        hashes = header.transaction_hashes
        if hashes and not (
            0 <= log.transaction_index < len(hashes)
            and hashes[log.transaction_index] == log.transaction_hash
        ):
            raise ChainDataRefused(f"block {header.number}: a log names another transaction")
    if any(b.transaction_index < a.transaction_index for a, b in pairwise(logs)):
        raise ChainDataRefused(f"block {header.number}: transactions are out of order")
