"""Has blocks kept by others, and looks whether they are."""

from collections.abc import Sequence
from datetime import timedelta

from souk.core.errors import DomainError
from souk.core.unit_of_work import UnitOfWork
from souk.modules.media.domain import DuePin, PinCounts, PinState, wait_seconds
from souk.modules.media.errors import BlockNotFound, ContentMismatch
from souk.modules.media.ports import ContentStore, PinStore
from souk.modules.media.repository import pins

_AT_ONCE = 16
_ENROLLED = 200
_LEASE = timedelta(minutes=10)
_VERIFY_AGAIN = timedelta(days=1)


class Pins:
    """Every block at every target. A target that is away holds up nothing: what it misses is sent
    when it is back."""

    def __init__(self, uow: UnitOfWork, content: ContentStore, targets: Sequence[PinStore]) -> None:
        self._uow = uow
        self._content = content
        self._targets = {target.target: target for target in targets}

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

    def count_not_kept(self) -> PinCounts:
        """How many wait, and how many fail."""
        with self._uow.begin() as tx:
            return pins.count_not_kept(tx)

    def _enrol(self, target: str) -> None:
        """Every block that the target was not asked to keep yet, some at a time."""
        enrolled = _ENROLLED
        while enrolled == _ENROLLED:
            with self._uow.begin() as tx:
                enrolled = pins.enrol(tx, target, _ENROLLED)
                tx.commit()

    def _claimed(self) -> Sequence[DuePin]:
        with self._uow.begin() as tx:
            due = pins.claim_due(tx, list(self._targets), until=tx.now + _LEASE, limit=_AT_ONCE)
            tx.commit()
        return due

    def _look_after(self, pin: DuePin) -> None:
        try:
            self._keep(self._targets[pin.target], pin)
        except DomainError as error:
            with self._uow.begin() as tx:
                again = tx.now + timedelta(seconds=wait_seconds(pin.attempts))
                pins.note_failed(tx, pin, error.code, again_at=again)
                tx.commit()
            return
        with self._uow.begin() as tx:
            pins.note_kept(tx, pin, again_at=tx.now + _VERIFY_AGAIN)
            tx.commit()

    def _keep(self, target: PinStore, pin: DuePin) -> None:
        """Have it kept, and read it back: nothing else is proof."""
        if pin.was_kept and self._is_there(target, pin):
            return
        with self._content.open(pin.cid) as file:
            block = file.read()
        if target.add(pin.cid, block) is not PinState.FAILED:
            target.read(pin.cid)
            return
        raise BlockNotFound(pin.cid, target.target)

    @staticmethod
    def _is_there(target: PinStore, pin: DuePin) -> bool:
        try:
            target.read(pin.cid)
        except (BlockNotFound, ContentMismatch):
            return False
        return target.state(pin.cid) is PinState.PINNED
