"""Who gave other bytes than they should, so that nobody asks them for a while."""

from collections.abc import Sequence

from souk.core.unit_of_work import UnitOfWork
from souk.modules.media.domain import QUARANTINE
from souk.modules.media.repository import liars


class Liars:
    """Known to every process, by the names of targets and gateways."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    def note(self, name: str) -> None:
        """One that was just caught."""
        with self._uow.begin() as tx:
            liars.note(tx, name, tx.after(QUARANTINE))
            tx.commit()

    def list_names(self) -> Sequence[str]:
        """Who is not to be asked now."""
        with self._uow.begin() as tx:
            return liars.list_names(tx)

    def forgive(self) -> None:
        """Ask all of them again: somebody says that they are mended."""
        with self._uow.begin() as tx:
            liars.forgive(tx)
            tx.commit()
