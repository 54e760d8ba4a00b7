"""The terms of an order as others keep them, and the keys to them."""

from collections.abc import Sequence
from dataclasses import dataclass

from souk.core.principal import Principal
from souk.core.unit_of_work import UnitOfWork
from souk.modules.evidence.service.readers import Readers
from souk.modules.media.domain import DocumentKey
from souk.modules.media.service import Sealing, find_sealed
from souk.modules.payments.domain import StoredTerms
from souk.modules.payments.service import SealedTerms


@dataclass(frozen=True, slots=True)
class HandedTerms:
    """A terms document in clear, and what opens its copy, once there is one."""

    terms: StoredTerms
    key: DocumentKey | None


class HandingOut:
    """Hands out terms with their keys, so that nobody needs us to show what was agreed."""

    def __init__(
        self, uow: UnitOfWork, readers: Readers, terms: SealedTerms, sealing: Sealing
    ) -> None:
        self._uow = uow
        self._readers = readers
        self._terms = terms
        self._sealing = sealing

    def terms_of(self, caller: Principal, order_id: str) -> Sequence[HandedTerms]:
        """Those of every attempt to pay the order. Raises `OrderHidden`, `OrderNotFound`."""
        with self._uow.begin() as tx:
            self._readers.of(tx, caller, order_id)
            documents = self._terms.list_terms(tx, order_id)
            cids = {one.sealed_cid for one in documents if one.sealed_cid is not None}
            kept = find_sealed(tx, cids)
        keys = {cid: self._sealing.find_key(one) for cid, one in kept.items()}
        return [
            HandedTerms(one, None if one.sealed_cid is None else keys.get(one.sealed_cid))
            for one in documents
        ]
