"""The record of a chain computed anew from its raw logs, beside what was recorded on the way.

What stands is a function of the logs as they were given, of which blocks are canonical, and of the
heights of each level; the ids of effects and observations are not, and neither is when anything was
written. Each fact is a line of bytes, so that two records are equal or are not.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from souk.modules.chain.domain.facts import DecodedEvent, Heights, Level, RawLog, Sighting

Key = tuple[str, str, str]
"""Contract, escrow id and kind of a fact."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An effect as it is recorded."""

    effect_id: str
    contract: str
    escrow_id: str
    kind: str
    sequence: int
    block_number: int
    level: Level

    @property
    def key(self) -> Key:
        """What it is counted by."""
        return self.contract, self.escrow_id, self.kind


@dataclass(frozen=True, slots=True)
class KeptEvent:
    """A stored log, with what was read in it when it was stored, and the effect that points at
    it."""

    event_id: str
    log: RawLog
    block_timestamp: int
    canonical: bool
    kind: str | None
    escrow_id: str | None
    args: Mapping[str, str] | None
    shown: Shown | None

    def reads_as(self, decoded: DecodedEvent | None) -> bool:
        """Whether this is what was read in it."""
        if decoded is None:
            return self.kind is None and self.escrow_id is None and self.args is None
        said = (str(decoded.kind), decoded.escrow_id, decoded.args)
        return said == (self.kind, self.escrow_id, self.args)

    def reading(self, decoded: DecodedEvent | None) -> "KeptEvent":
        """The same, read so."""
        if decoded is None:
            return replace(self, kind=None, escrow_id=None, args=None)
        return replace(self, kind=str(decoded.kind), escrow_id=decoded.escrow_id, args=decoded.args)

    @property
    def key(self) -> Key | None:
        """What the fact that was read in it is counted by."""
        if self.kind is None or self.escrow_id is None:
            return None
        return self.log.address, self.escrow_id, self.kind

    def shown_place(self) -> int:
        """Among the effects of its key, from 0."""
        return self._effect().sequence

    def sighting(self) -> Sighting:
        """The fact that was read in it, at its place."""
        if (key := self.key) is None:
            raise ValueError("no fact was read in this log")
        return self._sighting(key)

    def shown_sighting(self) -> Sighting:
        """The fact as it was told when the effect came to point here."""
        return self._sighting(self._effect().key)

    def _effect(self) -> Shown:
        if self.shown is None:
            raise ValueError("no effect points at this log")
        return self.shown

    def _sighting(self, key: Key) -> Sighting:
        contract, escrow_id, kind = key
        return Sighting(
            event_id=self.event_id,
            contract=contract,
            escrow_id=escrow_id,
            kind=kind,
            args=self.args or {},
            block_number=self.log.block_number,
            block_hash=self.log.block_hash,
            block_timestamp=self.block_timestamp,
            transaction_hash=self.log.transaction_hash,
            log_index=self.log.log_index,
        )


class Unlike(StrEnum):
    """How the record differs from the raw logs. `missing`: a fact that stands in them is not shown;
    `left_over`: one is shown that does not; `otherwise`: it is shown, and not as it is; `misread`:
    what was read in a log is not what it says."""

    MISSING = "missing"
    LEFT_OVER = "left_over"
    OTHERWISE = "otherwise"
    MISREAD = "misread"


@dataclass(frozen=True, slots=True)
class Line:
    """One log: what it says now, and its lines in both records, `None` where it shows nothing."""

    event: KeptEvent
    decoded: DecodedEvent | None
    due: bytes | None
    shown: bytes | None

    @property
    def unlike(self) -> Unlike | None:
        """How the two differ."""
        if not self.event.reads_as(self.decoded):
            return Unlike.MISREAD
        if self.due == self.shown:
            return None
        if self.shown is None:
            return Unlike.MISSING
        return Unlike.LEFT_OVER if self.due is None else Unlike.OTHERWISE

    @property
    def keys(self) -> set[Key]:
        """Where the fact is counted, and where it should be."""
        found = set() if self.event.shown is None else {self.event.shown.key}
        if self.decoded is not None:
            found.add((self.event.log.address, self.decoded.escrow_id, str(self.decoded.kind)))
        return found


def replay(
    events: Iterable[KeptEvent],
    heights: Heights,
    decode: Callable[[RawLog], DecodedEvent | None],
) -> Iterator[Line]:
    """Each log with its lines; the logs come in the order of the chain."""
    counted: Counter[Key] = Counter()
    for event in events:
        decoded = decode(event.log)
        due = None
        if decoded is not None and event.canonical:
            key = (event.log.address, decoded.escrow_id, str(decoded.kind))
            level = _told(heights.level_of(event.log.block_number), event.shown)
            due = _line(event.log, key, counted[key], event.log.block_number, decoded.args, level)
            counted[key] += 1
        shown = None
        if (effect := event.shown) is not None:
            place = (effect.sequence, effect.block_number)
            shown = _line(event.log, effect.key, *place, event.args or {}, effect.level)
        yield Line(event, decoded, due, shown)


def _told(level: Level, shown: Shown | None) -> Level:
    """A chain that has grown shorter lies lower, and what was told to be confirmed stays so."""
    told = shown is not None and shown.level is Level.CONFIRMED
    return Level.CONFIRMED if told and level is Level.INCLUDED else level


def _line(
    log: RawLog, key: Key, sequence: int, number: int, args: Mapping[str, str], level: Level
) -> bytes:
    stated = [log.block_hash, log.log_index, number, *key, sequence, dict(args), level]
    return json.dumps(stated, sort_keys=True, separators=(",", ":")).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of comparing two records: how many facts the logs show, the SHA-256 over the lines
    of each, how many logs of each kind differ, some of them, and how many blocks do not hang
    together."""

    facts: int
    due_digest: str
    shown_digest: str
    unlike: Mapping[Unlike, int]
    some: tuple[str, ...]
    loose_blocks: int

    @property
    def equal(self) -> bool:
        """Whether they are the same, byte for byte."""
        return self.due_digest == self.shown_digest and not self.unlike and not self.loose_blocks


_SOME = 20


@dataclass(slots=True)
class Tally:
    """Counts lines as they come."""

    facts: int = 0
    unlike: Counter[Unlike] = field(default_factory=Counter)
    some: list[str] = field(default_factory=list)
    _due: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    _shown: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def add(self, line: Line) -> None:
        """One more."""
        self.facts += line.due is not None
        self._due.update(line.due or b"")
        self._shown.update(line.shown or b"")
        if (how := line.unlike) is not None:
            self.unlike[how] += 1
            if len(self.some) < _SOME:
                log = line.event.log
                self.some.append(f"{how}: log {log.log_index} of block {log.block_number}")

    def end(self, loose_blocks: int) -> Replayed:
        """What came of it."""
        return Replayed(
            self.facts,
            self._due.hexdigest(),
            self._shown.hexdigest(),
            dict(self.unlike),
            tuple(self.some),
            loose_blocks,
        )
