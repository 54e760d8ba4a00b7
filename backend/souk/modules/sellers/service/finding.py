"""What every use case of stores shares: its parts, and finding the store that it is about."""

from souk.core.principal import NotYours, Principal
from souk.core.unit_of_work import Transaction, UnitOfWork
from souk.modules.accounts.service import Accounts
from souk.modules.sellers import repository
from souk.modules.sellers.domain import SellersConfig, StoredSeller
from souk.modules.sellers.errors import SellerNotFound
from souk.modules.sellers.ports import IdentityCheck


class Finding:
    """Only the owner acts for a store."""

    def __init__(
        self, uow: UnitOfWork, accounts: Accounts, identity: IdentityCheck, config: SellersConfig
    ) -> None:
        self._uow = uow
        self._accounts = accounts
        self._identity = identity
        self._config = config

    def _lock_own(self, tx: Transaction, principal: Principal, reference: str) -> StoredSeller:
        seller = self._required(repository.lock(tx, reference))
        if seller.account_id != principal.account_id:
            raise NotYours("only the seller may do this to the store")
        return seller

    @staticmethod
    def _required(seller: StoredSeller | None) -> StoredSeller:
        if seller is None:
            raise SellerNotFound("there is no such seller")
        return seller
