"""Looking a name up, and finding names that may be had."""

from souk.core.errors import UnavailableError
from souk.core.unit_of_work import UnitOfWork
from souk.modules.names.domain import (
    ETH,
    EnsName,
    Examined,
    NameRecord,
    Outage,
    Suggested,
    Warned,
    bounded,
    compared_labels,
    find_fault,
    labels_near,
)
from souk.modules.names.errors import NameRefused
from souk.modules.names.ports import NameNormaliser, NameService
from souk.modules.sellers.domain import SellerRecord
from souk.modules.sellers.service import Sellers

_LOOK_ALIKES = 5


class Lookups:
    """What anybody may ask about names. Nothing is written, and no chain is needed to be told
    whether a text is a name and which store it looks like."""

    def __init__(
        self,
        uow: UnitOfWork,
        sellers: Sellers,
        normaliser: NameNormaliser,
        service: NameService,
    ) -> None:
        self._uow, self._sellers = uow, sellers
        self._normaliser, self._service = normaliser, service

    def examine(self, text: str) -> Examined:
        """Everything that is known of a text as a name. A chain that cannot be asked is part of
        the answer, never an error."""
        found = bounded(self._normaliser.normalise(text))
        if found.name is None:
            return Examined(asked=text, normalisation=found)
        outage, record, primary = None, None, None
        try:
            record = self._service.look(found.name, off_chain=True)
            primary = self._primary_name(record)
        except UnavailableError as error:
            outage = Outage(error.code, error.detail, error.retryable)
        return Examined(
            asked=text,
            normalisation=found,
            record=record,
            primary_name=primary,
            outage=outage,
            warnings=(*_warnings(record), *self._look_alikes(found.name, record)),
        )

    def require_name(self, text: str, pointer: str) -> EnsName:
        """The name that a text is. Raises `NameRefused`, which points to where the text stood."""
        found = bounded(self._normaliser.normalise(text))
        if found.name is not None:
            return found.name
        refusal = found.refusal
        raise NameRefused(
            refusal.reason if refusal else "this is no name of ENS",
            context={
                "pointer": pointer,
                "reason": refusal.code if refusal else None,
                "suggestion": found.suggestion,
            },
        )

    def suggest(self, text: str) -> Suggested:
        """Names below `eth` near a base name that may be had, the best first. Raises
        `NameRefused`, and `ProviderUnavailable` when the chain cannot be asked."""
        name = self.require_name(text, "path:base_name")
        label = name.removesuffix(f".{ETH}").replace(".", "")
        found = self._service.availability(labels_near(label))
        return Suggested(label=label, names=tuple(one for one in found if one.available))

    def _primary_name(self, record: NameRecord) -> EnsName | None:
        """What the account calls itself, if it is a name in normal form."""
        if record.address is None:
            return None
        claimed = self._service.primary_name(record.address)
        if claimed is None or self._normaliser.normalise(claimed).name != claimed:
            return None
        return EnsName(claimed)

    def _look_alikes(self, name: EnsName, record: NameRecord | None) -> list[Warned]:
        with self._uow.begin() as tx:
            stores = self._sellers.list_look_alikes(tx, compared_labels(name), _LOOK_ALIKES)
        return [_like(store) for store in stores if not _is_its_own(store, name, record)]


def _is_its_own(store: SellerRecord, name: EnsName, record: NameRecord | None) -> bool:
    """Whether the store shows this very name, or is paid at the wallet that it stands for."""
    if store.ens_name == name:
        return True
    return record is not None and store.payouts.on(record.block.chain_id) == record.address


def _like(store: SellerRecord) -> Warned:
    known = f"{store.handle} ({store.ens_name})" if store.ens_name else store.handle
    detail = f"this name can be taken for the store {known}, which it does not belong to"
    return Warned("looks_like_seller", detail, store.id)


def _warnings(record: NameRecord | None) -> list[Warned]:
    fault = None if record is None else find_fault(record)
    return [] if fault is None else [Warned(fault.value, fault.sentence)]
