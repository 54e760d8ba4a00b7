"""The endpoints of one chain: which of them a turn of the watcher reads from, what is held against
them, and which blocks enough of them vouch for.

All that a turn believes comes from one endpoint, because two may stand on different branches. The
others are only compared with it. With a single endpoint nothing is compared: its word has to do.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from threading import Lock

from souk.core.errors import UnavailableError
from souk.modules.chain.domain import ChainConfig, Cursor, Tips, VerifiedBlock
from souk.modules.chain.domain.endpoints import (
    ENDPOINTS_FOR_QUORUM,
    EndpointKind,
    EndpointState,
    Fault,
    Health,
    quorum_of,
)
from souk.modules.chain.errors import ChainDataRefused
from souk.modules.chain.ports import LogSource
from souk.modules.chain.service.votes import Vote, holds, vote

LAG_TOLERATED = 8


class _Endpoint:
    """One endpoint. `identified` says that it was seen to serve our chain since its last fault;
    `safe` and `final` are the heights that it called so when it was looked at."""

    def __init__(self, number: int, source: LogSource) -> None:
        self.number = number
        self.source = source
        self.health = Health()
        self.head: int | None = None
        self.safe = self.final = -1
        self.identified = False


class Endpoints:
    """At least one endpoint; safe to share between the watcher and whoever looks at all of them."""

    def __init__(
        self, config: ChainConfig, sources: Sequence[LogSource], *, now: Callable[[], float]
    ) -> None:
        self._config = config
        self._now = now
        self._lock = Lock()
        self._all = [_Endpoint(number, source) for number, source in enumerate(sources, 1)]
        self._chosen = self._all[0]
        self._cursor: Cursor | None = None

    @property
    def source(self) -> LogSource:
        """The endpoint of this turn."""
        return self._chosen.source

    @property
    def count(self) -> int:
        """How many are configured."""
        return len(self._all)

    @property
    def quorum(self) -> int:
        """How many have to give a block before it is taken in."""
        return quorum_of(len(self._all), self._config.quorum)

    def choose(self, cursor: Cursor | None) -> None:
        """Begin a turn, with the cursor if it is held: the endpoint with the highest score, if it
        serves our chain. Where none is trusted, the one that may be looked at first has to do, and
        the watcher's own checks with it."""
        self._cursor = cursor
        if len(self._all) == 1:
            return
        for _ in self._all:
            self._chosen = max(self._all, key=self._rank)
            if self._chosen.health.score == 0 or self._is_ours(self._chosen):
                return

    def tips(self) -> Tips:
        """Where the endpoint of this turn stands. What it calls safe or final is so only as far as
        enough others were seen to say so too: what was called final wrongly stops everything."""
        tips = self.source.tips()
        if self.quorum == 1:
            return tips
        others = [one for one in self._all if one is not self._chosen]
        return replace(
            tips,
            safe=self._seconded(tips.safe, [one.safe for one in others]),
            final=self._seconded(tips.final, [one.final for one in others]),
        )

    def _seconded(self, height: int | None, others: Sequence[int]) -> int | None:
        """Without a tag the depth below blocks that were vouched for decides."""
        if height is None:
            return None
        return min(height, sorted(others, reverse=True)[self.quorum - 2])

    def doubt(self, fault: Fault) -> bool:
        """Hold a fault against the endpoint of this turn; whether there is another to turn to."""
        if len(self._all) == 1:
            return False
        self._note(self._chosen, fault)
        return any(one.health.score > 0 for one in self._all if one is not self._chosen)

    def vouched(self, blocks: Sequence[VerifiedBlock]) -> Sequence[VerifiedBlock]:
        """The blocks up to the first that too few endpoints have. Raises `ChainDataRefused` when
        others have something else in its place.

        Also of one that is said to hold no money: whoever could make up empty blocks alone could
        settle a payment with them, and hide one in them."""
        needed = self.quorum - 1
        if not needed:
            return blocks
        votes = [Counter[Vote]() for _ in blocks]
        cast = []
        for one in self._others():
            if all(counted[Vote.SAME] >= needed for counted in votes):
                break
            answers = self._ask(one, blocks)
            cast.append((one, answers))
            for counted, answer in zip(votes, answers, strict=True):
                counted[answer] += 1
        for place, counted in enumerate(votes):
            if counted[Vote.SAME] < needed:
                number = blocks[place].header.number
                if counted[Vote.OTHER_CONTENT] or counted[Vote.OTHER_BLOCK]:
                    raise ChainDataRefused(f"other endpoints have block {number} in another form")
                return blocks[:place]
            for one, answers in cast:
                if answers[place] is Vote.OTHER_CONTENT:
                    self._note(one, Fault.CONTRADICTED)
        return blocks

    def require_gone(self, cursor: Cursor) -> None:
        """Before what was taken in is taken back. Raises `ChainDataRefused` until enough others
        have another block in the place of the newest that we have; one who does not answer, or
        does not reach as high, says nothing of it, except where a chain may lose blocks."""
        needed = self.quorum - 1
        if not needed or cursor.head_hash is None:
            return
        number, gone = cursor.next_block - 1, 0
        for one in self._others():
            try:
                held = holds(one.source, number, cursor.head_hash)
            except UnavailableError:
                self._note(one, Fault.FAILS)
                continue
            gone += not held if self._config.disposable else held is False
            if gone >= needed:
                return
        raise ChainDataRefused(f"too few other endpoints have lost block {number}")

    def look(self) -> None:
        """Look at every endpoint that is due: whether it answers, serves our chain, keeps up with
        the others, and is on the branch of most. Does nothing where there is only one."""
        if len(self._all) == 1:
            return
        heads: list[int] = []
        holding: dict[_Endpoint, bool | None] = {}
        # From the highest down, since a chain grows while it is looked at: late is who is below
        # what others had before.
        for one in sorted(self._all, key=lambda each: each.head or 0, reverse=True):
            if one.health.score == 0 and self._now() < one.health.until:
                continue
            try:
                fault = self._find_fault(one, heads)
                if fault is None:
                    holding[one] = self._holds_newest(one)
            except ChainDataRefused:
                fault = Fault.REFUSED
            except UnavailableError:
                fault = Fault.FAILS
            if fault is not None:
                self._note(one, fault)
        self._judge_branches(holding)

    def states(self) -> list[EndpointState]:
        """How each is at present; none where there is only one, about which nothing is known."""
        if len(self._all) == 1:
            return []
        with self._lock:
            return [
                EndpointState(
                    EndpointKind.HTTP, one.number, one.health.score, one.health.fault, one.head
                )
                for one in self._all
            ]

    def _find_fault(self, one: _Endpoint, heads: list[int]) -> Fault | None:
        """`heads` are those of the endpoints that were looked at before it, to which its own is
        added."""
        if not one.identified and not self._serves_ours(one):
            return Fault.OTHER_CHAIN
        tips = one.source.tips()
        one.head = head = tips.head.number
        one.safe = head - self._config.safe_depth if tips.safe is None else tips.safe
        one.final = head - self._config.final_depth if tips.final is None else tips.final
        # One word for a height that no other has shows nothing, if there are enough to tell.
        doubtful = 1 if len(self._all) >= ENDPOINTS_FOR_QUORUM else 0
        reference = sorted(heads, reverse=True)[doubtful : doubtful + 1] or [-1]
        heads.append(one.head)
        return Fault.LAGS if reference[0] - one.head > LAG_TOLERATED else None

    def _holds_newest(self, one: _Endpoint) -> bool | None:
        cursor = self._cursor
        if cursor is None or cursor.head_hash is None:
            return None
        return holds(one.source, cursor.next_block - 1, cursor.head_hash)

    def _judge_branches(self, holding: Mapping[_Endpoint, bool | None]) -> None:
        """Nobody is blamed for a branch unless most of at least three are on another."""
        said = Counter(held for held in holding.values() if held is not None)
        enough = said.total() >= ENDPOINTS_FOR_QUORUM
        for one, held in holding.items():
            astray = enough and held is not None and 2 * said[held] < said.total()
            self._note(one, Fault.OTHER_BRANCH if astray else None)

    def _is_ours(self, one: _Endpoint) -> bool:
        if one.identified:
            return True
        try:
            if self._serves_ours(one):
                return True
            fault = Fault.OTHER_CHAIN
        except UnavailableError:
            fault = Fault.FAILS
        self._note(one, fault)
        return False

    def _serves_ours(self, one: _Endpoint) -> bool:
        """Without a cursor its block 0 has nothing to be compared with yet."""
        chain_id, genesis_hash = one.source.identity()
        cursor = self._cursor
        ours = chain_id == self._config.chain_id
        ours = ours and (cursor is None or cursor.genesis_hash == genesis_hash)
        one.identified = ours and cursor is not None
        return ours

    def _others(self) -> list[_Endpoint]:
        trusted = [one for one in self._all if one.health.score > 0 and one is not self._chosen]
        return [one for one in sorted(trusted, key=self._rank, reverse=True) if self._is_ours(one)]

    def _ask(self, one: _Endpoint, blocks: Sequence[VerifiedBlock]) -> list[Vote]:
        try:
            return vote(one.source, self._config, blocks)
        except UnavailableError:
            self._note(one, Fault.FAILS)
            return [Vote.NONE] * len(blocks)

    def _note(self, one: _Endpoint, fault: Fault | None) -> None:
        with self._lock:
            one.health = one.health.after(fault, self._now())
            one.identified = one.identified and fault is None

    def _rank(self, one: _Endpoint) -> tuple[int, float, bool, int]:
        """It stays with the one it has as long as none is better."""
        since = -one.health.until if one.health.score == 0 else 0.0
        return one.health.score, since, one is self._chosen, -one.number
