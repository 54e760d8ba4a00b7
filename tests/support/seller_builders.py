"""Stores of accounts that really signed in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

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
from souk.modules.sellers.repository import stores as rows
from souk.modules.sellers.service import Sellers
from tests.support.account_builders import (
    a_message,
    a_wallet,
    accounts_on,
    an_account,
    sign_in,
)


@dataclass(frozen=True)
class OpenedStore:
    """A store and who may speak for it."""

    principal: Principal
    seller: StoredSeller
    signs_in: Callable[[], Principal]

    def proved(self) -> Principal:
        """Its owner, who has just proved who they are: that serves one act."""
        return self.signs_in()

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
    stored = sellers_on(uow).create(principal, a_profile(owner, **changes))
    return OpenedStore(principal, stored, partial(an_account, uow, owner))


def pay_elsewhere(
    uow: UnitOfWork, owner: str, default: str, by_chain: Mapping[int, str] | None = None
) -> StoredSeller:
    """The store of this owner is paid to the wallets of these names from now on, all of which are
    the owner's."""
    accounts, sellers = accounts_on(uow), sellers_on(uow)
    names = {default, *(by_chain or {}).values()} - {owner}
    for name in sorted(names):
        principal = accounts.authenticate(sign_in(accounts, a_wallet(owner)).token)
        message = a_message(accounts.issue_nonce(), a_wallet(name)).render()
        accounts.add_wallet(principal, message, a_wallet(name).sign(message))
    principal = accounts.authenticate(sign_in(accounts, a_wallet(owner)).token)
    with uow.begin() as tx:
        store = sellers.find_by_account(tx, principal.account_id)
        assert store is not None
        known = rows.find(tx, store.id)
        assert known is not None
    return sellers.edit(
        principal,
        store.id,
        {"payout_wallet": a_wallet(default).address},
        version=known.version,
        payout_wallets={at: a_wallet(name).address for at, name in (by_chain or {}).items()},
    )


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
    invited = sellers.invite(store.proved(), store.id, a_wallet(name).address, role)
    sellers.accept(principal, invited.id)
    return principal
