"""Facts about names, delivered in order for each store."""

from dataclasses import dataclass

from souk.core.events import Event


@dataclass(frozen=True, kw_only=True)
class _NameEvent(Event):
    seller_id: str
    account_id: str
    ens_name: str

    @property
    def aggregate(self) -> str:
        """The store."""
        return self.seller_id


@dataclass(frozen=True, kw_only=True)
class EnsNameVerified(_NameEvent):
    """A store shows a name that it has proved. `wallet` is what the name stands for."""

    name = "ens.name_verified"
    wallet: str


@dataclass(frozen=True, kw_only=True)
class EnsNameLost(_NameEvent):
    """A store's name does not hold any more and is not shown any more; `reason` says why. Until
    `payout_frozen_until` (RFC 3339), if anything, the store cannot change where its money goes."""

    name = "ens.name_lost"
    reason: str
    payout_frozen_until: str | None = None
