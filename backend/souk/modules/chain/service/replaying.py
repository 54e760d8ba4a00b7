"""What is recorded of a chain, computed anew from its raw logs: compared with the record, and set
right where it differs.

The watcher is respected: a comparison sees one moment and locks nothing, and whoever mends takes
the watcher's place for the time of one transaction. What it was about to write meanwhile is not
written, and it begins again after that.
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from souk.core.addresses import Address
from souk.core.unit_of_work import Transaction, UnitOfWork
from souk.modules.chain.domain import Cursor, Heights, Level, Line, Replayed, Tally, Unlike
from souk.modules.chain.domain.replay import replay
from souk.modules.chain.events import (
    EscrowEvent,
    EscrowEventOrphaned,
    EscrowEventReached,
    EscrowEventSeen,
)
from souk.modules.chain.repository import cursor as cursor_rows
from souk.modules.chain.repository import effects as effect_rows
from souk.modules.chain.repository import replays as replay_rows
from souk.modules.chain.repository.effects import Shown
from souk.modules.chain.service.aligning import align
from souk.modules.chain.service.followed import FollowedChain, get_followed, ids_of
from souk.modules.chain.service.writing import raise_levels, said_of

_log = logging.getLogger(__name__)

_NOTHING = Tally().end(0)


@dataclass(frozen=True, slots=True)
class Mended:
    """How the record was, how it is, and how many facts were taken in and taken back."""

    before: Replayed
    after: Replayed
    taken: int
    lost: int


class Replays:
    """The record of each chain beside its raw logs."""

    def __init__(self, uow: UnitOfWork, chains: Mapping[int, FollowedChain]) -> None:
        self._uow = uow
        self._chains = chains

    @property
    def ids(self) -> tuple[int, ...]:
        """The chains that are followed, in rising order."""
        return ids_of(self._chains)

    def compare(self, tx: Transaction, chain_id: int) -> Replayed:
        """The record and what the logs make of it; `tx` is to see one moment. Raises
        `ChainNotFollowed`."""
        chain = get_followed(self._chains, chain_id)
        cursor = cursor_rows.find_cursor(tx, chain_id)
        return _NOTHING if cursor is None else _tally(tx, chain, cursor)

    def mend(self, chain_id: int) -> Mended:
        """Set the record right by the logs, and tell what that changes. Harmless when nothing is
        amiss, and when run twice. Raises `ChainNotFollowed`, `DatabaseBusy`."""
        chain = get_followed(self._chains, chain_id)
        with self._uow.begin() as tx:
            cursor = cursor_rows.seize(tx, chain_id)
            if cursor is None:
                return Mended(_NOTHING, _NOTHING, 0, 0)
            before = _tally(tx, chain, cursor)
            if before.equal:
                return Mended(before, before, 0, 0)
            taken, lost = _mend(tx, chain, cursor)
            after = _tally(tx, chain, cursor)
            tx.commit()
        _log.warning("chain %s: set right by its logs: %s in, %s out", chain_id, taken, lost)
        return Mended(before, after, taken, lost)

    def told(
        self, tx: Transaction, chain_id: int, contract: Address, escrow_ids: Collection[str]
    ) -> dict[str, list[EscrowEvent]]:
        """What there is to tell of these escrows by the logs alone, each in the order of the chain.
        The names of effects and observations are those of the logs. Raises `ChainNotFollowed`."""
        chain = get_followed(self._chains, chain_id)
        cursor = cursor_rows.find_cursor(tx, chain_id)
        found = defaultdict[str, list[EscrowEvent]](list)
        if cursor is None:
            return found
        events = replay_rows.list_events_of(tx, chain_id, escrow_ids)
        heights = cursor.reached(chain.config.confirmations)
        for line in replay(events, heights, chain.decoder.decode):
            if line.decoded is not None and line.event.log.address == contract:
                found[line.decoded.escrow_id].append(_event(chain_id, line, heights))
        return found


def _mend(tx: Transaction, chain: FollowedChain, cursor: Cursor) -> tuple[int, int]:
    chain_id = chain.config.chain_id
    wrong = [line for line in _lines(tx, chain, cursor) if line.unlike is not None]
    for line in wrong:
        if line.unlike is Unlike.MISREAD:
            replay_rows.set_read(tx, line.event.event_id, line.decoded)
    moved = align(tx, chain_id, {key for line in wrong for key in line.keys})
    replay_rows.set_blocks_right(tx, chain_id)
    heights = cursor.reached(chain.config.confirmations)
    raise_levels(tx, chain_id, heights)
    # What was told too high cannot be taken back; it is told again when it is so.
    levels = {
        line.event.shown.effect_id: heights.level_of(line.event.log.block_number)
        for line in _lines(tx, chain, cursor)
        if line.unlike is Unlike.OTHERWISE and line.event.shown is not None
    }
    effect_rows.raise_effects(tx, levels)
    return moved


def _tally(tx: Transaction, chain: FollowedChain, cursor: Cursor) -> Replayed:
    tally = Tally()
    for line in _lines(tx, chain, cursor):
        tally.add(line)
    return tally.end(replay_rows.count_loose_blocks(tx, chain.config.chain_id))


def _lines(tx: Transaction, chain: FollowedChain, cursor: Cursor) -> Iterator[Line]:
    events = replay_rows.stream_events(tx, chain.config.chain_id)
    return replay(events, cursor.reached(chain.config.confirmations), chain.decoder.decode)


def _event(chain_id: int, line: Line, heights: Heights) -> EscrowEvent:
    """A log as it would be told, whatever was read in it once."""
    name, decoded = line.event.event_id, line.decoded
    said = said_of(chain_id, Shown(name, name, line.event.reading(decoded).sighting()))
    level = heights.level_of(line.event.log.block_number)
    if line.due is None:
        return EscrowEventOrphaned(**said)
    if level is Level.INCLUDED:
        return EscrowEventSeen(**said)
    return EscrowEventReached(**said, level=str(level))
