"""The watcher: one chain, one endpoint a turn, one lease, turn after turn.

What it keeps, whatever happens: the stored canonical blocks are a chain; every fact that stands
in them was told once and is undone once when its block leaves; the cursor never passes a block
whose logs were not checked; below `final` nothing is ever taken back by itself, except on a
disposable chain.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from souk.core.errors import DatabaseUnavailable, UnavailableError
from souk.core.ports import Bus
from souk.core.unit_of_work import UnitOfWork
from souk.modules.chain.domain import (
    Advanced,
    BlockHeader,
    ChainConfig,
    Cursor,
    Heights,
    IncidentReason,
    Outcome,
    StoredBlock,
    Tips,
    VerifiedBlock,
    heights,
    require_linked,
)
from souk.modules.chain.domain.endpoints import Fault
from souk.modules.chain.errors import ChainDataRefused, LeaseLost
from souk.modules.chain.ports import EventDecoder, LogSource
from souk.modules.chain.repository import blocks as block_rows
from souk.modules.chain.repository.transactions import drop_transactions
from souk.modules.chain.service.alarms import Alarms
from souk.modules.chain.service.endpoints import LAG_TOLERATED, Endpoints
from souk.modules.chain.service.lease import Lease
from souk.modules.chain.service.reading import BlockReader
from souk.modules.chain.service.window import Window, in_batches
from souk.modules.chain.service.writing import raise_levels, take_in, undo_above

_log = logging.getLogger(__name__)

REFUSALS_TOLERATED = 5
UNCONFIRMED_TOLERATED = 40
ANCESTOR_CHUNK = 64
# A commit must take less time than the lease lasts.
LOGS_A_COMMIT = 1_000
MAX_PAUSE_SECONDS = 5.0
STOP_CHECK_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Pace:
    """How the watcher spends time; `sleep` and `monotonic` as in the module `time`."""

    lease_seconds: float = 5.0
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic


class ReorgBelowFinal(Exception):
    """The node's chain does not hold a block that was called final; `block` is the lowest such
    block that we keep."""

    def __init__(self, block: StoredBlock) -> None:
        super().__init__(f"block {block.number} ({block.hash}) was final and is gone")
        self.block = block


def _unless_final(ancestor: StoredBlock | None, gone: StoredBlock | None) -> StoredBlock | None:
    if gone is not None:
        raise ReorgBelowFinal(gone)
    return ancestor


class Watcher:
    """Follows one chain for a while."""

    def __init__(
        self,
        uow: UnitOfWork,
        endpoints: Endpoints,
        decoder: EventDecoder,
        config: ChainConfig,
        pace: Pace,
        heads: Bus | None = None,
    ) -> None:
        self._uow = uow
        self._endpoints = endpoints
        self._decoder = decoder
        self._config = config
        self._pace = pace
        self._heads = heads
        self._unconfirmed = 0
        self._alarms = Alarms(uow, config.chain_id)
        self._window = Window(pace.monotonic)
        self._lease = Lease(
            uow, config.chain_id, seconds=pace.lease_seconds, monotonic=pace.monotonic
        )

    def run(self, *, budget_seconds: float | None, keep_on: Callable[[], bool]) -> Advanced:
        """Take turns until `keep_on` says stop or the budget is over; with no budget, until there
        is nothing to do right now."""
        begun = self._pace.monotonic()
        blocks, failures, outcome = 0, 0, Outcome.CAUGHT_UP
        try:
            while keep_on():
                taken, outcome = self._guarded_turn()
                blocks += taken
                over = self._pace.monotonic() - begun >= (budget_seconds or 0.0)
                if budget_seconds is None:
                    over = outcome is not Outcome.WORKING
                if over:
                    break
                if outcome is not Outcome.WORKING:
                    failures = failures + 1 if outcome >= Outcome.UNAVAILABLE else 0
                    self._pause(failures, keep_on)
        finally:
            self._lease.release()
        return Advanced(blocks, outcome)

    def _pause(self, failures: int, keep_on: Callable[[], bool]) -> None:
        seconds = min(self._config.poll_seconds * 2 ** min(failures, 10), MAX_PAUSE_SECONDS)
        until = self._pace.monotonic() + seconds
        while keep_on() and (left := until - self._pace.monotonic()) > 0:
            wait = min(left, STOP_CHECK_SECONDS)
            if self._heads is None:
                self._pace.sleep(wait)
            elif self._heads.wait(wait):
                return

    def _guarded_turn(self) -> tuple[int, Outcome]:
        try:
            return self._turn()
        except LeaseLost as lost:
            _log.warning("chain %s: %s", self._config.chain_id, lost)
            return 0, Outcome.STANDBY
        except UnavailableError as error:
            _log.warning("chain %s: %s: %s", self._config.chain_id, error.code, error)
            return 0, Outcome.WORKING if self._doubt(error) else Outcome.UNAVAILABLE
        except ReorgBelowFinal as error:
            if self._endpoints.doubt(Fault.OTHER_BRANCH):
                return 0, Outcome.WORKING
            self._alarms.open(
                IncidentReason.REORG_BELOW_FINAL, detail=str(error), block=error.block.number
            )
            return 0, Outcome.HALTED

    @property
    def _source(self) -> LogSource:
        return self._endpoints.source

    @property
    def _reader(self) -> BlockReader:
        return BlockReader(self._source, self._config, self._decoder.topics)

    def _doubt(self, error: UnavailableError) -> bool:
        """Whether another endpoint can be turned to; a database that is away is no fault of one."""
        if isinstance(error, DatabaseUnavailable):
            return False
        lied = isinstance(error, ChainDataRefused)
        return self._endpoints.doubt(Fault.REFUSED if lied else Fault.FAILS)

    def _turn(self) -> tuple[int, Outcome]:
        cursor = self._lease.cursor()
        self._endpoints.choose(cursor)
        if cursor is None:
            return 0, self._begin()
        tips = self._source.tips()
        ahead = tips.head.number - (cursor.next_block - 1)
        if ahead < 0 and not self._config.disposable:
            return 0, self._stay_behind(cursor, tips)
        if ahead > 0:
            return self._go_on(cursor, tips)
        if cursor.head_hash is not None and tips.head.hash != cursor.head_hash:
            return 0, self._rewind(cursor, up_to=tips.head.number)
        self._settle(cursor, tips)
        self._alarms.all_well(next_block=cursor.next_block)
        return 0, Outcome.CAUGHT_UP

    def _begin(self) -> Outcome:
        """Check that the endpoint serves the right chain, then take the lease."""
        chain_id, genesis_hash = self._source.identity()
        if chain_id != self._config.chain_id:
            return self._refuse_endpoint(f"the endpoint serves chain {chain_id}")
        cursor = self._lease.take(genesis_hash=genesis_hash, start_block=self._config.start_block)
        if cursor is None:
            return Outcome.STANDBY
        self._alarms.load()
        if cursor.genesis_hash == genesis_hash:
            self._alarms.close(IncidentReason.WRONG_CHAIN, "the endpoint serves the right chain")
            return Outcome.WORKING
        return self._meet_another_chain(cursor, genesis_hash)

    def _meet_another_chain(self, cursor: Cursor, genesis_hash: str) -> Outcome:
        if self._config.disposable:
            return self._begin_anew(cursor, genesis_hash)
        self._lease.release()
        return self._refuse_endpoint(f"the endpoint's block 0 is {genesis_hash}")

    def _refuse_endpoint(self, detail: str) -> Outcome:
        if self._endpoints.doubt(Fault.OTHER_CHAIN):
            return Outcome.WORKING
        self._alarms.open(IncidentReason.WRONG_CHAIN, detail=detail, block=None)
        return Outcome.HALTED

    def _begin_anew(self, cursor: Cursor, genesis_hash: str) -> Outcome:
        """A development chain was thrown away and made anew: so is everything read from it."""
        _log.warning("chain %s: made anew, reading it from its beginning", cursor.chain_id)
        start = self._config.start_block
        new = replace(
            cursor, genesis_hash=genesis_hash, next_block=start, head_hash=None, safe=-1, final=-1
        )
        with self._uow.begin() as tx:
            self._lease.move(tx, cursor, new)
            undo_above(tx, cursor.chain_id, -1)
            drop_transactions(tx, cursor.chain_id)
            self._lease.commit(tx, new)
        return Outcome.WORKING

    def _stay_behind(self, cursor: Cursor, tips: Tips) -> Outcome:
        """A node that lost or lacks blocks proves nothing about them: write nothing, and wait."""
        lag = cursor.next_block - 1 - tips.head.number
        if lag > LAG_TOLERATED:
            if self._endpoints.doubt(Fault.LAGS):
                return Outcome.WORKING
            self._alarms.open(
                IncidentReason.HEAD_FELL_BEHIND,
                detail=f"the node's head is {lag} blocks below what was already read",
                block=tips.head.number,
            )
        return Outcome.BEHIND

    def _go_on(self, cursor: Cursor, tips: Tips) -> tuple[int, Outcome]:
        first, last = cursor.next_block, self._end_of_window(cursor, tips)
        try:
            with self._window.measured(last - first + 1):
                headers = self._headers(first, last, tips)
                if cursor.head_hash not in (None, headers[0].parent_hash):
                    return 0, self._rewind(cursor, up_to=first - 1)
                read = self._reader.read(headers, settled=last <= self._final(tips))
                blocks = self._endpoints.vouched(read)
        except UnavailableError as error:
            if first == last:
                self._note_refusal(cursor, tips)
                raise
            self._doubt(error)
            _log.info("chain %s: %s, asking for fewer blocks", cursor.chain_id, error)
            return 0, Outcome.WORKING
        if not blocks:
            return 0, self._wait_for_others(cursor)
        self._unconfirmed = 0
        for batch in in_batches(blocks, LOGS_A_COMMIT):
            cursor = self._take_in(cursor, tips, batch, seen=blocks[-1].header)
        self._alarms.all_well(next_block=cursor.next_block)
        return len(blocks), Outcome.WORKING

    def _wait_for_others(self, cursor: Cursor) -> Outcome:
        """Endpoints see a block within moments of each other; one that only one has for long is
        something that a person should know of."""
        self._unconfirmed += 1
        if self._unconfirmed >= UNCONFIRMED_TOLERATED:
            self._alarms.open(
                IncidentReason.UNCONFIRMED_BLOCK,
                detail=f"too few endpoints have block {cursor.next_block}, which holds money",
                block=cursor.next_block,
            )
        return Outcome.BEHIND

    def _end_of_window(self, cursor: Cursor, tips: Tips) -> int:
        """A window never reaches across the line below which blocks are final."""
        final = self._final(tips)
        end = final if cursor.next_block <= final else tips.head.number
        return min(end, cursor.next_block + self._window.size - 1)

    def _headers(self, first: int, last: int, tips: Tips) -> list[BlockHeader]:
        if first == tips.head.number:
            return [tips.head]
        return self._reader.headers(first, last)

    def _final(self, tips: Tips) -> int:
        by_depth = tips.head.number - self._config.final_depth
        return by_depth if tips.final is None else tips.final

    def _note_refusal(self, cursor: Cursor, tips: Tips) -> None:
        """A block that cannot be read even by itself, again and again, is a gap to be told of."""
        if self._window.refusals < REFUSALS_TOLERATED:
            return
        self._alarms.open_gap(first=cursor.next_block, last=tips.head.number)
        self._alarms.open(
            IncidentReason.UNREADABLE_BLOCK,
            detail=f"block {cursor.next_block} cannot be read",
            block=cursor.next_block,
        )

    def _take_in(
        self, cursor: Cursor, tips: Tips, blocks: Sequence[VerifiedBlock], *, seen: BlockHeader
    ) -> Cursor:
        """The branch from these blocks up to `seen` was read already."""
        last = blocks[-1].header
        moved = replace(cursor, next_block=last.number + 1, head_hash=last.hash)
        new = self._leveled(moved, tips, seen)
        with self._uow.begin() as tx:
            self._lease.move(tx, cursor, new)
            settled = max(new.final, self._final(tips))
            take_in(tx, cursor.chain_id, blocks, self._decoder, self._reached(new), settled=settled)
            self._lease.commit(tx, new)
        return new

    def _settle(self, cursor: Cursor, tips: Tips) -> None:
        """No new block, but the node's tags may have risen."""
        new = self._leveled(cursor, tips, tips.head)
        if new == cursor:
            return
        with self._uow.begin() as tx:
            self._lease.move(tx, cursor, new)
            raise_levels(tx, cursor.chain_id, self._reached(new))
            self._lease.commit(tx, new)

    def _rewind(self, cursor: Cursor, *, up_to: int) -> Outcome:
        """The node has another branch: go back to the highest block that both sides know."""
        self._endpoints.require_gone(cursor)
        ancestor = self._find_ancestor(cursor, up_to=up_to)
        if ancestor is not None and ancestor.hash == cursor.head_hash:
            raise ChainDataRefused(f"the node has block {ancestor.number}, yet not below the next")
        if ancestor is None:
            # An endpoint may have come to serve another chain since it was asked for block 0.
            _, genesis_hash = self._source.identity()
            if genesis_hash != cursor.genesis_hash:
                return self._meet_another_chain(cursor, genesis_hash)
        height = -1 if ancestor is None else ancestor.number
        new = replace(
            cursor,
            next_block=self._config.start_block if ancestor is None else height + 1,
            head_hash=None if ancestor is None else ancestor.hash,
            safe=min(cursor.safe, height),
            final=min(cursor.final, height) if self._config.disposable else cursor.final,
        )
        _log.warning("chain %s: reorg, going back to block %s", cursor.chain_id, height)
        with self._uow.begin() as tx:
            self._lease.move(tx, cursor, new)
            undo_above(tx, cursor.chain_id, height)
            self._lease.commit(tx, new)
        return Outcome.WORKING

    def _find_ancestor(self, cursor: Cursor, *, up_to: int) -> StoredBlock | None:
        """The highest stored block that the node has too. Should its answers mix two branches,
        the next window does not fit onto the ancestor, and the search is repeated.

        Raises `ReorgBelowFinal` with the lowest final block that is gone: every fact from there
        on is in doubt."""
        gone: StoredBlock | None = None
        while True:
            with self._uow.begin() as tx:
                stored = block_rows.list_canonical(
                    tx, cursor.chain_id, up_to=up_to, limit=ANCESTOR_CHUNK
                )
            if not stored:
                return _unless_final(None, gone)
            hashes = self._hashes_of(stored)
            for block in stored:
                if hashes[block.number] == block.hash:
                    return _unless_final(block, gone)
                if block.number <= cursor.final and not self._config.disposable:
                    gone = block
            up_to = stored[-1].number - 1

    def _hashes_of(self, stored: list[StoredBlock]) -> dict[int, str]:
        headers = self._source.headers([block.number for block in reversed(stored)])
        if len(headers) < len(stored):
            raise ChainDataRefused("the node does not give blocks below its own head")
        require_linked(headers)
        return {header.number: header.hash for header in headers}

    def _leveled(self, cursor: Cursor, tips: Tips, seen: BlockHeader) -> Cursor:
        """The cursor with the heights that the branch as far as it was `seen` and the node's tags
        allow, none above its own head; these never fall, whatever a tag does."""
        now = heights(
            self._config,
            head=seen.number,
            safe=tips.safe,
            final=tips.final,
            at_tip=tips.head.hash == seen.hash,
        )
        head = cursor.next_block - 1
        final = max(cursor.final, min(now.final, head))
        return replace(cursor, final=final, safe=max(cursor.safe, min(now.safe, head), final))

    def _reached(self, cursor: Cursor) -> Heights:
        return cursor.reached(self._config.confirmations)
