"""Reading blocks anew that were taken in before, and taking in what was missed of them, once."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from souk.core.errors import UnavailableError
from souk.core.unit_of_work import UnitOfWork
from souk.modules.chain.domain import BlockHeader, VerifiedBlock
from souk.modules.chain.errors import ChainDataRefused
from souk.modules.chain.repository import blocks as block_rows
from souk.modules.chain.repository import cursor as cursor_rows
from souk.modules.chain.repository import effects as effect_rows
from souk.modules.chain.repository import replays as replay_rows
from souk.modules.chain.service.aligning import align
from souk.modules.chain.service.endpoints import Endpoints
from souk.modules.chain.service.followed import FollowedChain, get_followed
from souk.modules.chain.service.reading import BlockReader
from souk.modules.chain.service.window import Window
from souk.modules.chain.service.writing import raise_levels

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rescanned:
    """What a range of blocks came to: how many were read, with how many logs of the contract; how
    many logs had been missed and were stored, how many facts that brought; how many stored logs of
    canonical blocks the node does not give, and how many blocks of the node's are not on the branch
    that is recorded. The last two nobody mends by himself."""

    first: int
    last: int
    blocks: int = 0
    logs: int = 0
    missed: int = 0
    facts: int = 0
    unconfirmed: int = 0
    elsewhere: int = 0

    @property
    def explained(self) -> bool:
        """Whether node and record agree now."""
        return not self.unconfirmed and not self.elsewhere


class Rescans:
    """Ranges of blocks, read from the node once more."""

    def __init__(self, uow: UnitOfWork, chains: Mapping[int, FollowedChain]) -> None:
        self._uow = uow
        self._chains = chains

    def rescan(
        self,
        chain_id: int,
        first: int,
        last: int | None = None,
        *,
        say: Callable[[Rescanned], None] = lambda _so_far: None,
    ) -> Rescanned:
        """Read the blocks from `first` to `last`, or to where the record ends, and take in what was
        missed of them. The watcher is held up only while something is written. May be killed at any
        point, and run again. Raises `ChainNotFollowed`, and `ChainDataRefused` or
        `ProviderUnavailable` when the node does not give even a single block."""
        chain = get_followed(self._chains, chain_id)
        with self._uow.begin() as tx:
            cursor = cursor_rows.find_cursor(tx, chain_id)
        end = -1 if cursor is None else cursor.next_block - 1
        first, end = max(first, chain.config.start_block), min(end, end if last is None else last)
        found, final = Rescanned(first, end), -1 if cursor is None else cursor.final
        window, number = Window(), first
        endpoints, reader = reader_of(chain)
        while number <= end:
            # A range may be asked for by number only where all of it is final.
            stop = min(end, number + window.size - 1, final if number <= final else end)
            blocks = _read(reader, window, number, stop, settled=stop <= final)
            if blocks is None:
                continue
            if len(endpoints.vouched(blocks)) < len(blocks):
                raise ChainDataRefused(f"too few endpoints have all logs from block {number} on")
            found = self._compare(chain, found, number, stop, blocks)
            say(found)
            number = stop + 1
        return found

    def _compare(
        self,
        chain: FollowedChain,
        found: Rescanned,
        first: int,
        last: int,
        blocks: Sequence[VerifiedBlock],
    ) -> Rescanned:
        chain_id = chain.config.chain_id
        given = {(log.block_hash, log.log_index) for block in blocks for log in block.logs}
        with self._uow.snapshot() as tx:
            stored = replay_rows.list_standing_places(tx, chain_id, first, last)
            taken_in = block_rows.list_taken_in(tx, chain_id, [block.header for block in blocks])
        ours = [block for block in blocks if block.header.hash in taken_in]
        missed = [
            block
            for block in ours
            if any((log.block_hash, log.log_index) not in stored for log in block.logs)
        ]
        late = [take_in_late(self._uow, chain, block) for block in missed]
        return replace(
            found,
            blocks=found.blocks + len(blocks),
            logs=found.logs + len(given),
            missed=found.missed + sum(one.stored for one in late if one is not None),
            facts=found.facts + sum(one.facts for one in late if one is not None),
            unconfirmed=found.unconfirmed + len(stored - given),
            elsewhere=found.elsewhere + len(blocks) - len(ours),
        )


@dataclass(frozen=True, slots=True)
class Late:
    """What was missed of a block: so many logs, which brought so many facts."""

    stored: int
    facts: int


def take_in_late(uow: UnitOfWork, chain: FollowedChain, block: VerifiedBlock) -> Late | None:
    """Store what was missed of a block, and let its facts take their places among those that stand
    already. `None`, and nothing done, when nothing was, or the block is not on the recorded branch.
    Harmless when called again."""
    chain_id, header = chain.config.chain_id, block.header
    with uow.begin() as tx:
        cursor = cursor_rows.seize(tx, chain_id)
        if cursor is None or header.number >= cursor.next_block:
            return None
        if not block_rows.is_taken_in(tx, chain_id, number=header.number, block_hash=header.hash):
            return None
        known = replay_rows.list_known(tx, chain_id, block.logs)
        new = [log for log in block.logs if (log.block_hash, log.log_index) not in known]
        if new:
            block_rows.add_blocks(tx, chain_id, [header])
        read = [(log, chain.decoder.decode(log)) for log in block.logs]
        effect_rows.add_events(tx, chain_id, [one for one in read if one[0] in new])
        keys = {(log.address, d.escrow_id, str(d.kind)) for log, d in read if d is not None}
        taken, _ = align(tx, chain_id, keys)
        if not new and not taken:
            return None
        raise_levels(tx, chain_id, cursor.reached(chain.config.confirmations))
        tx.commit()
    return Late(len(new), taken)


def reader_of(chain: FollowedChain) -> tuple[Endpoints, BlockReader]:
    """The endpoints of a chain, and what reads from the one of them that is well."""
    endpoints = Endpoints(chain.config, chain.sources, now=time.monotonic)
    endpoints.choose(None)
    return endpoints, BlockReader(endpoints.source, chain.config, chain.decoder.topics)


def _read(
    reader: BlockReader, window: Window, first: int, last: int, *, settled: bool
) -> list[VerifiedBlock] | None:
    """The blocks of a range; `None` when fewer should be asked for."""
    try:
        with window.measured(last - first + 1):
            headers: list[BlockHeader] = reader.headers(first, last)
            if len(headers) <= last - first:
                raise ChainDataRefused("the node does not give blocks that were taken in")
            return reader.read(headers, settled=settled)
    except UnavailableError as error:
        if first == last:
            raise
        _log.info("asking for fewer blocks than %s to %s: %s", first, last, error)
        return None
