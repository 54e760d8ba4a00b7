"""Who acts for a store, and what each role may do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from souk.core.addresses import Address

INVITATION_DAYS = 14


class TeamRole(StrEnum):
    """What somebody is to a store. There is one owner, who is never invited."""

    OWNER = "owner"
    MANAGER = "manager"
    FULFILMENT = "fulfilment"
    READ_ONLY = "read_only"


class Permission(StrEnum):
    """What can be done for a store. `payouts` is where its money goes, `refund` that money goes
    back, `standing` how it stands with the platform."""

    VIEW = "view"
    FULFIL = "fulfil"
    STOCK = "stock"
    LISTINGS = "listings"
    REFUND = "refund"
    PROFILE = "profile"
    TEAM = "team"
    PAYOUTS = "payouts"
    STANDING = "standing"


_P = Permission
_SENDING = frozenset({_P.VIEW, _P.FULFIL, _P.STOCK})

PERMISSIONS: Mapping[TeamRole, frozenset[Permission]] = {
    TeamRole.OWNER: frozenset(Permission),
    TeamRole.MANAGER: _SENDING | {_P.LISTINGS, _P.REFUND, _P.PROFILE},
    TeamRole.FULFILMENT: _SENDING,
    TeamRole.READ_ONLY: frozenset({_P.VIEW}),
}
"""Who is in the team, where the money goes and how the store stands is for its owner alone."""


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody whom a store has invited by a wallet; `account_id` is known once they accept."""

    id: str
    seller_id: str
    wallet: Address
    role: TeamRole
    account_id: str | None
    invited_at: datetime
    accepted_at: datetime | None
