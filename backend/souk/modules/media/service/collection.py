"""Pictures that were deleted lose their bytes, once nobody may want them back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from souk.core.errors import DomainError
from souk.core.unit_of_work import UnitOfWork
from souk.modules.media.domain import Leaving, wait_seconds
from souk.modules.media.ports import ContentStore, PinStore
from souk.modules.media.repository import leaving

_AT_ONCE = 20
# The bytes go within the first seconds of it, as whoever keeps them answers by a deadline.
_LEASE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class CollectionRules:
    """How long a picture that was deleted stays as it was."""

    grace: timedelta


class Collection:
    """First a transaction decides which blocks go, then they go one by one, and whoever uploads the
    same again takes the decision back. Several may collect at once."""

    def __init__(
        self,
        uow: UnitOfWork,
        content: ContentStore,
        targets: Sequence[PinStore],
        rules: CollectionRules,
    ) -> None:
        self._uow = uow
        self._content = content
        self._targets = targets
        self._rules = rules

    def collect_due(self) -> int:
        """Give up what was deleted long enough ago, and take away what is to go now; how many
        blocks that was. A target that is away holds up nothing but its own pins."""
        while self._given_up() == _AT_ONCE:
            pass
        taken = 0
        while (block := self._claimed()) is not None:
            taken += self._taken_away(block)
        return taken

    def _given_up(self) -> int:
        with self._uow.begin() as tx:
            before = tx.now - self._rules.grace
            count = leaving.give_up(tx, deleted_before=before, limit=_AT_ONCE)
            tx.commit()
        return count

    def _claimed(self) -> Leaving | None:
        with self._uow.begin() as tx:
            block = leaving.claim(tx, until=tx.after(_LEASE))
            tx.commit()
        return block

    def _taken_away(self, block: Leaving) -> bool:
        try:
            self._content.delete(block.cid)
            for target in self._targets:
                target.unpin(block.cid)
        except DomainError as error:
            with self._uow.begin() as tx:
                again = tx.after(timedelta(seconds=wait_seconds(block.attempts)))
                leaving.note_stayed(tx, block, error.code, again_at=again)
                tx.commit()
            return False
        with self._uow.begin() as tx:
            leaving.note_gone(tx, block)
            tx.commit()
        return True
