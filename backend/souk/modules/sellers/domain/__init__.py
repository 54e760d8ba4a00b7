"""A seller's public profile, and a seller as others see it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime

from souk.core.addresses import Address
from souk.modules.sellers.domain.fields import Value, normal
from souk.modules.sellers.domain.payouts import PayoutWallets, WalletProofs
from souk.modules.sellers.domain.standing import SellersConfig, SellerStatus, Verification


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a seller says about the store, as it is stored. `normalised` makes one out of what
    somebody typed; what is stored stays readable when a rule becomes stricter."""

    name: str
    handle: str
    payout_wallet: str
    bio: str | None = None
    location: str | None = None
    website: str | None = None
    twitter: str | None = None
    discord: str | None = None
    telegram: str | None = None
    shipping_policy: str | None = None
    returns_policy: str | None = None
    ships_from: str | None = None
    ships_from_place: str | None = None
    on_holiday: bool = False
    holiday_note: str | None = None
    profile_image: str | None = None
    cover_image: str | None = None

    def normalised(self) -> "Profile":
        """The profile with every value in its normal form. Raises `InvalidProfileField`."""
        return self.with_changes(asdict(self))

    def with_changes(self, changes: Mapping[str, Value]) -> "Profile":
        """The profile with new values, brought into normal form, for some fields; `None` or an
        empty text clears an optional field. Raises `InvalidProfileField`."""
        values = {field: normal(field, value) for field, value in changes.items()}
        return replace(self, **values)  # type: ignore[arg-type]  # a required one is never None


@dataclass(frozen=True, slots=True)
class SellerRecord:
    """A seller as other modules see it. Where money goes to is not changed before
    `payout_frozen_until`."""

    id: str
    account_id: str
    handle: str
    name: str
    payouts: PayoutWallets
    status: SellerStatus
    verification: Verification
    on_holiday: bool = False
    holiday_note: str | None = None
    ens_name: str | None = None
    payout_frozen_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoredSeller:
    """All that is stored of a seller. `wallets` are those of single chains."""

    id: str
    account_id: str
    profile: Profile
    status: SellerStatus
    verification: Verification
    version: int
    created_at: datetime
    updated_at: datetime
    ens_name: str | None = None
    payout_frozen_until: datetime | None = None
    wallets: Mapping[int, Address] = field(default_factory=dict, hash=False)

    @property
    def payouts(self) -> PayoutWallets:
        """Where its money goes."""
        return PayoutWallets(Address(self.profile.payout_wallet), self.wallets)

    @property
    def record(self) -> SellerRecord:
        """The part that other modules see."""
        profile = self.profile
        return SellerRecord(
            id=self.id,
            account_id=self.account_id,
            handle=profile.handle,
            name=profile.name,
            payouts=self.payouts,
            status=self.status,
            verification=self.verification,
            on_holiday=profile.on_holiday,
            holiday_note=profile.holiday_note,
            ens_name=self.ens_name,
            payout_frozen_until=self.payout_frozen_until,
        )


__all__ = [
    "PayoutWallets",
    "Profile",
    "SellerRecord",
    "SellerStatus",
    "SellersConfig",
    "StoredSeller",
    "Verification",
    "WalletProofs",
]
