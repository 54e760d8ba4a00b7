"""Terms documents as others keep them: as ciphertext."""

from collections.abc import Sequence

from souk.core.unit_of_work import Transaction, UnitOfWork
from souk.modules.media.service import Sealing
from souk.modules.payments.domain import StoredTerms
from souk.modules.payments.repository import terms as rows

_AT_ONCE = 100


class SealedTerms:
    """Sees to it that each terms document has a sealed copy. Payments know nothing of it and never
    wait for it: what has none yet is found by its row."""

    def __init__(self, uow: UnitOfWork, sealing: Sealing) -> None:
        self._uow = uow
        self._sealing = sealing

    def seal_due(self) -> int:
        """Seal every document that has no copy; how many those were. Raises `ProviderUnavailable`
        when copies cannot be stored now: they are the next time."""
        sealed = 0
        while due := self._due():
            for document in due:
                sealed += self._seal(document)
        return sealed

    @staticmethod
    def list_terms(tx: Transaction, order_id: str) -> Sequence[StoredTerms]:
        """The documents of every attempt to pay an order, the first one first."""
        return rows.list_of_order(tx, order_id)

    def _due(self) -> Sequence[StoredTerms]:
        with self._uow.begin() as tx:
            return rows.list_unsealed(tx, _AT_ONCE)

    def _seal(self, document: StoredTerms) -> bool:
        """`False` when somebody else has done it meanwhile. A copy that was stored by a process
        that ended then is found by nobody, and its key is nowhere."""
        copy = self._sealing.store(document.id, document.body.encode())
        with self._uow.begin() as tx:
            is_first = rows.note_sealed(tx, document.id, copy.cid)
            if is_first:
                self._sealing.keep(tx, document.id, [copy])
                tx.commit()
        if not is_first:
            self._sealing.discard(copy)
        return is_first
