"""Opening and editing a store."""

from collections.abc import Mapping, Sequence

from souk.core.idempotency import NO_RECEIPT, Receipt
from souk.core.principal import NotYours, Principal, Role
from souk.core.unit_of_work import Transaction, UnitOfWork
from souk.modules.accounts.service import Accounts
from souk.modules.sellers import repository
from souk.modules.sellers.domain import Profile, SellerRecord, StoredSeller
from souk.modules.sellers.errors import (
    HandleTaken,
    PayoutWalletNotProved,
    SellerExists,
    SellerNotFound,
    StaleVersion,
)


class Sellers:
    """Stores: one an account, under a handle of its own."""

    def __init__(self, uow: UnitOfWork, accounts: Accounts) -> None:
        self._uow = uow
        self._accounts = accounts

    def create(
        self, principal: Principal, profile: Profile, receipt: Receipt = NO_RECEIPT
    ) -> StoredSeller:
        """Open the caller's store; it is visible at once. Raises `InvalidProfileField`,
        `SellerExists`, `HandleTaken`, `PayoutWalletNotProved`."""
        profile = profile.normalised()
        with self._uow.begin() as tx:
            self._require_proved(tx, principal.account_id, profile)
            seller = repository.add(tx, principal.account_id, profile)
            if seller is None:
                raise self._reason_not_added(tx, principal.account_id, profile)
            self._accounts.grant_role(tx, principal.account_id, Role.SELLER)
            receipt.store(tx, seller)
            tx.commit()
        return seller

    def edit(
        self,
        principal: Principal,
        reference: str,
        changes: Mapping[str, str | None],
        *,
        version: int,
    ) -> StoredSeller:
        """Change some fields of the store with this id or handle, as it was at `version`.

        `changes` maps fields of `Profile` to new values, `None` clears. Raises `SellerNotFound`,
        `NotYours`, `StaleVersion`, `HandleTaken`, `PayoutWalletNotProved`, `InvalidProfileField`.
        """
        with self._uow.begin() as tx:
            seller = self._lock_own(tx, principal, reference)
            if seller.version != version:
                raise StaleVersion(seller.version)
            profile = seller.profile.with_changes(changes)
            if profile.payout_wallet != seller.profile.payout_wallet:
                self._require_proved(tx, seller.account_id, profile)
            if not repository.save(tx, seller.id, profile, version + 1):
                raise _handle_taken(profile)
            edited = self._required(repository.find(tx, seller.id))
            tx.commit()
        return edited

    def find_by_account(self, tx: Transaction, account_id: str) -> SellerRecord | None:
        """The store of this account, if it has one."""
        seller = repository.find_by_account(tx, account_id)
        return None if seller is None else seller.record

    def get(self, tx: Transaction, seller_id: str) -> SellerRecord:
        """The seller with this id. Raises `SellerNotFound`."""
        return self._required(repository.find(tx, seller_id)).record

    def show_name(self, tx: Transaction, seller_id: str, ens_name: str | None) -> None:
        """Show a name of ENS at this store, which has been proved; `None` takes it away."""
        repository.save_ens_name(tx, seller_id, ens_name)

    def list_look_alikes(
        self, tx: Transaction, labels: Sequence[str], limit: int
    ) -> list[SellerRecord]:
        """Stores, at most so many, whose handle or name a hasty reader may take for one of these
        labels. One that is the same to the letter is among them."""
        return [seller.record for seller in repository.list_look_alikes(tx, labels, limit)]

    def _lock_own(self, tx: Transaction, principal: Principal, reference: str) -> StoredSeller:
        seller = self._required(repository.lock(tx, reference))
        if seller.account_id != principal.account_id:
            raise NotYours("only the seller may edit this profile")
        return seller

    def _require_proved(self, tx: Transaction, account_id: str, profile: Profile) -> None:
        if not self._accounts.owns_wallet(tx, account_id, profile.payout_wallet):
            raise PayoutWalletNotProved(
                "add this wallet to your account by signing with it first, so that no money goes"
                " astray",
                context={"pointer": "/payout_wallet"},
            )

    def _reason_not_added(
        self, tx: Transaction, account_id: str, profile: Profile
    ) -> SellerExists | HandleTaken:
        existing = repository.find_by_account(tx, account_id)
        if existing is None:
            return _handle_taken(profile)
        return SellerExists(
            "this account has a store already; edit that one",
            context={"seller_id": existing.id, "handle": existing.profile.handle},
        )

    @staticmethod
    def _required(seller: StoredSeller | None) -> StoredSeller:
        if seller is None:
            raise SellerNotFound("there is no such seller")
        return seller


def _handle_taken(profile: Profile) -> HandleTaken:
    return HandleTaken(
        f"the handle '{profile.handle}' is taken; choose another",
        context={"pointer": "/handle"},
    )
