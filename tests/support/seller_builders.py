"""Stores of accounts that really signed in."""

from dataclasses import dataclass, replace

from souk.adapters.staff.identity import StaffIdentityCheck
from souk.core.principal import Principal, Role
from souk.core.unit_of_work import UnitOfWork
from souk.modules.sellers.domain import (
    Profile,
    SellersConfig,
    SellerStatus,
    StoredSeller,
    Verification,
)
from souk.modules.sellers.domain.team import TeamRole
from souk.modules.sellers.ports import IdentityCheck
from souk.modules.sellers.service import Sellers
from tests.support.account_builders import a_wallet, accounts_on, an_account


@dataclass(frozen=True)
class OpenedStore:
    """A store and who may speak for it."""

    principal: Principal
    seller: StoredSeller

    @property
    def id(self) -> str:
        return self.seller.id

    @property
    def version(self) -> int:
        return self.seller.version


def a_profile(owner: str = "sofia", /, **changes) -> Profile:
    """The profile of the store that the account of this name opens."""
    values = {"name": f"{owner.title()}'s shop", "handle": f"{owner}-shop"}
    return Profile(**{**values, "payout_wallet": a_wallet(owner).address, **changes})


STAFF = StaffIdentityCheck()


def sellers_on(uow: UnitOfWork, *, identity: IdentityCheck = STAFF, **config) -> Sellers:
    return Sellers(uow, accounts_on(uow), identity, SellersConfig(**config))


def staff(uow: UnitOfWork) -> Principal:
    """Somebody who decides about stores."""
    return replace(an_account(uow, "clerk"), roles=frozenset({Role.SUPPORT}))


def suspend(uow: UnitOfWork, store: OpenedStore) -> None:
    """Staff close a store for now."""
    sellers_on(uow).move_status(staff(uow), store.id, SellerStatus.SUSPENDED, "complaints")


def a_seller(uow: UnitOfWork, owner: str = "sofia", /, **changes) -> OpenedStore:
    """A store opened by the account that signs in with the wallet of this name."""
    principal = an_account(uow, owner)
    return OpenedStore(principal, sellers_on(uow).create(principal, a_profile(owner, **changes)))


def verify(uow: UnitOfWork, store: OpenedStore) -> StoredSeller:
    """Staff have seen who sells."""
    sellers_on(uow).begin_verification(store.principal, store.id)
    return sellers_on(uow).decide_verification(
        staff(uow), store.id, Verification.VERIFIED, "seen in person"
    )


def a_member(uow: UnitOfWork, store: OpenedStore, name: str, role: TeamRole) -> Principal:
    """Somebody who has joined a store's team."""
    principal = an_account(uow, name)
    sellers = sellers_on(uow)
    invited = sellers.invite(store.principal, store.id, a_wallet(name).address, role)
    sellers.accept(principal, invited.id)
    return principal
