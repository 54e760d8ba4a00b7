"""Has blocks kept by others, and looks whether they are."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from souk.core.errors import DomainError
from souk.core.unit_of_work import UnitOfWork
from souk.modules.media.domain import Cid, DuePin, Found, PinState, wait_seconds
from souk.modules.media.errors import BlockNotFound, ContentMismatch
from souk.modules.media.ports import PinStore
from souk.modules.media.repository import keeping, leaving, pins
from souk.modules.media.service.blocks import Blocks
from souk.modules.media.service.liars import Liars

_AT_ONCE = 16
_ENROLLED = 200
_LEASE = timedelta(minutes=10)
_VERIFY_AGAIN = timedelta(days=1)
_WHOLE_AGAIN = timedelta(days=1)


class Pins:
    """Every block at every target. A target that is away holds up nothing: what it misses is sent
    when it is back. One that lies is left alone for a while."""

    def __init__(
        self, uow: UnitOfWork, blocks: Blocks, targets: Sequence[PinStore], liars: Liars
    ) -> None:
        self._uow = uow
        self._blocks = blocks
        self._targets = {target.target: target for target in targets}
        self._whole_at: dict[str, datetime] = {}
        self._liars = liars

    def pin_due(self) -> int:
        """Look after what is due until nothing is; how many blocks that was."""
        for target in self._targets:
            self._enrol(target)
        looked = 0
        while due := self._claimed():
            for pin in due:
                self._look_after(pin)
            looked += len(due)
        return looked

    def look_at(self, cid: Cid) -> Mapping[str, Found]:
        """Look after one block now at every target that may be asked; what came of it. One that is
        not to be kept any more is left alone."""
        asked = self._trusted()
        with self._uow.begin() as tx:
            leaving.wait_for_decisions(tx)
            if not keeping.is_kept_block(tx, cid):
                return {}
            claimed = pins.claim_of(tx, cid, asked, until=tx.after(_LEASE))
            tx.commit()
        return {pin.target: self._look_after(pin) for pin in claimed}

    def _enrol(self, target: str) -> None:
        """Every block that the target was not asked to keep yet, some at a time. Whoever stores a
        block asks at once, so that all are looked through for a target that is new, and then once a
        day: there are some for each picture, and one for each payment."""
        enrolled = _ENROLLED
        while enrolled == _ENROLLED:
            with self._uow.begin() as tx:
                before = self._whole_at.get(target)
                if before is not None and tx.now - before < _WHOLE_AGAIN:
                    return
                leaving.wait_for_decisions(tx)
                enrolled = pins.enrol(tx, target, _ENROLLED)
                tx.commit()
        self._whole_at[target] = tx.now

    def _trusted(self) -> Sequence[str]:
        liars = self._liars.list_names()
        return [target for target in self._targets if target not in liars]

    def _claimed(self) -> Sequence[DuePin]:
        asked = self._trusted()
        with self._uow.begin() as tx:
            due = pins.claim_due(tx, asked, until=tx.after(_LEASE), limit=_AT_ONCE)
            tx.commit()
        return due

    def _look_after(self, pin: DuePin) -> Found:
        target = self._targets[pin.target]
        try:
            found = self._keep(target, pin)
        except DomainError as error:
            return self._failed(pin, error)
        with self._uow.begin() as tx:
            is_wanted = pins.note_kept(tx, pin, again_at=tx.after(_VERIFY_AGAIN))
            tx.commit()
        if not is_wanted:
            # It was given up meanwhile, perhaps after the target had been told to let go of it.
            target.unpin(pin.cid)
        return found

    def _failed(self, pin: DuePin, error: DomainError) -> Found:
        if isinstance(error, ContentMismatch):
            self._liars.note(error.where)
        with self._uow.begin() as tx:
            again = tx.after(timedelta(seconds=wait_seconds(pin.attempts)))
            pins.note_failed(tx, pin, error.code, again_at=again)
            tx.commit()
        return Found.LOST if isinstance(error, BlockNotFound) else Found.UNKNOWN

    def _keep(self, target: PinStore, pin: DuePin) -> Found:
        """Have it kept, and read it back: nothing else is proof."""
        if pin.was_kept and self._is_there(target, pin):
            return Found.WHOLE
        block = self._blocks.read(pin.cid)
        if target.add(pin.cid, block) is PinState.FAILED:
            raise BlockNotFound(pin.cid, target.target)
        target.read(pin.cid)
        return Found.MENDED

    @staticmethod
    def _is_there(target: PinStore, pin: DuePin) -> bool:
        try:
            target.read(pin.cid)
        except (BlockNotFound, ContentMismatch):
            return False
        return target.state(pin.cid) is PinState.PINNED
