"""What every use case of stores shares: its parts, finding the store that it is about, and whether
the caller may do this for it."""

from souk.core.principal import NotYours, Principal
from souk.core.unit_of_work import Transaction, UnitOfWork
from souk.modules.accounts.service import Accounts
from souk.modules.sellers.domain import SellerRecord, SellersConfig, StoredSeller
from souk.modules.sellers.domain.team import PERMISSIONS, Permission, TeamRole
from souk.modules.sellers.errors import PayoutsCoolingOff, RoleTooSmall, SellerNotFound
from souk.modules.sellers.ports import IdentityCheck
from souk.modules.sellers.repository import stores as rows
from souk.modules.sellers.repository import team as team_rows


class Finding:
    """Only a store's own people act for it, each as far as the role goes."""

    def __init__(
        self, uow: UnitOfWork, accounts: Accounts, identity: IdentityCheck, config: SellersConfig
    ) -> None:
        self._uow = uow
        self._accounts = accounts
        self._identity = identity
        self._config = config

    def find_role(self, tx: Transaction, seller_id: str, account_id: str) -> TeamRole | None:
        """What an account is to a store, if anything."""
        return team_rows.find_role(tx, seller_id, account_id)

    def require(
        self, tx: Transaction, seller_id: str, principal: Principal, needs: Permission
    ) -> TeamRole:
        """The caller's role in a store, if it may do this. Raises `NotYours`, `RoleTooSmall`."""
        role = team_rows.find_role(tx, seller_id, principal.account_id)
        if role is None:
            raise NotYours("this is somebody else's store")
        if needs not in PERMISSIONS[role]:
            raise RoleTooSmall(role.value, needs.value)
        return role

    def require_proof(self, tx: Transaction, principal: Principal) -> None:
        """Use up the proof of who the caller is that their session gave last, before a store's
        money goes elsewhere than so far. Raises `StepUpRequired`."""
        self._accounts.require_step_up(tx, principal)

    @staticmethod
    def require_no_freeze(tx: Transaction, seller: SellerRecord) -> None:
        """Before a store's money goes elsewhere than so far. Raises `PayoutsCoolingOff`."""
        until = seller.payout_frozen_until
        if until is not None and until > tx.now:
            raise PayoutsCoolingOff(until)

    def _lock(
        self, tx: Transaction, principal: Principal, reference: str, needs: Permission
    ) -> StoredSeller:
        seller = self._required(rows.lock(tx, reference))
        self.require(tx, seller.id, principal, needs)
        return seller

    @staticmethod
    def _required(seller: StoredSeller | None) -> StoredSeller:
        if seller is None:
            raise SellerNotFound("there is no such seller")
        return seller
