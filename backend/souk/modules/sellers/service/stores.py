"""Opening and editing a store."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from souk.core.addresses import Address, parse_address
from souk.core.idempotency import NO_RECEIPT, Receipt
from souk.core.principal import Principal, Role
from souk.core.unit_of_work import Transaction
from souk.modules.media.domain import Shown, UseKind, parse_cid
from souk.modules.media.service import show_images
from souk.modules.sellers.domain import (
    PayoutWallets,
    Profile,
    SellerRecord,
    SellerStatus,
    StoredSeller,
)
from souk.modules.sellers.domain.fields import Value, handles_near
from souk.modules.sellers.domain.team import Permission
from souk.modules.sellers.errors import (
    HandleTaken,
    PayoutsFrozen,
    PayoutWalletInUse,
    SellerExists,
    StaleVersion,
)
from souk.modules.sellers.repository import stores as rows
from souk.modules.sellers.service.payouts import Payouts


class Stores(Payouts):
    """Opens stores, edits what they say, and finds them for other modules."""

    def create(
        self, principal: Principal, profile: Profile, receipt: Receipt = NO_RECEIPT
    ) -> StoredSeller:
        """Open the caller's store; it is visible at once where stores start approved. Raises
        `InvalidProfileField`, `SellerExists`, `HandleTaken`, `PayoutWalletNotProved`,
        `PayoutWalletOnOneChain`."""
        profile = profile.normalised()
        with self._uow.begin() as tx:
            self._require_proved(
                tx, principal.account_id, PayoutWallets(Address(profile.payout_wallet))
            )
            seller = rows.add(tx, principal.account_id, profile, self._config.starts_as)
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
        changes: Mapping[str, Value],
        *,
        version: int,
        payout_wallets: Mapping[int, Address] | None = None,
    ) -> StoredSeller:
        """Change some fields of the store with this id or handle, as it was at `version`.

        `changes` maps fields of `Profile` to new values, `None` clears; `payout_wallets` are all
        that single chains have of their own from now on, where they are to change. Raises
        `SellerNotFound`, `NotYours`, `RoleTooSmall`, `StaleVersion`, `HandleTaken`,
        `PayoutWalletNotProved`, `PayoutsFrozen`, `PayoutsCoolingOff`, `PayoutWalletOnOneChain`,
        `InvalidProfileField`, `ImageNotYours`, and `StepUpRequired` when money is to go elsewhere.
        """
        with self._uow.begin() as tx:
            seller = self._lock(tx, principal, reference, Permission.PROFILE)
            if seller.version != version:
                raise StaleVersion(seller.version)
            profile = seller.profile.with_changes(changes)
            wallets = seller.wallets if payout_wallets is None else payout_wallets
            payouts = PayoutWallets(Address(profile.payout_wallet), wallets)
            if payouts != seller.payouts:
                self.require(tx, seller.id, principal, Permission.PAYOUTS)
                self._accounts.require_step_up(tx, principal)
                if seller.status is SellerStatus.SUSPENDED:
                    raise PayoutsFrozen(payouts.field_changed(seller.payouts))
                self.require_no_freeze(tx, seller.record)
                self._require_proved(tx, seller.account_id, payouts, known=seller.payouts)
                rows.save_wallets(tx, seller.id, wallets)
            _show_pictures(tx, principal, seller, profile)
            if not rows.save(tx, seller.id, profile, version + 1):
                raise _handle_taken(tx, profile)
            edited = self._required(rows.find(tx, seller.id))
            tx.commit()
        return edited

    def remove_wallet(self, principal: Principal, address: str) -> None:
        """Take a wallet from the caller's account, unless the store is paid there. Raises
        `MalformedAddress`, `StepUpRequired`, `WalletNotFound`, `LastWayIn`, `PayoutWalletInUse`."""
        wallet = parse_address(address)
        with self._uow.begin() as tx:
            # Before the store is looked at: whoever makes it the payout wallet holds it meanwhile.
            self._accounts.remove_wallet(tx, principal, wallet)
            store = rows.find_by_account(tx, principal.account_id)
            if store is not None and store.payouts.named(wallet):
                raise PayoutWalletInUse("your store is paid to this wallet; choose another first")
            tx.commit()

    def find_by_account(self, tx: Transaction, account_id: str) -> SellerRecord | None:
        """The store of this account, if it has one."""
        seller = rows.find_by_account(tx, account_id)
        return None if seller is None else seller.record

    def get(self, tx: Transaction, seller_id: str) -> SellerRecord:
        """The seller with this id. Raises `SellerNotFound`."""
        return self._required(rows.find(tx, seller_id)).record

    def hold(self, tx: Transaction, seller_ids: Iterable[str]) -> None:
        """Let nobody else change these stores before the transaction ends. Whoever locks a store
        and more does this first: a store comes before its account, and that before its names."""
        for seller_id in sorted(set(seller_ids)):
            rows.lock(tx, seller_id)

    def show_name(self, tx: Transaction, seller_id: str, ens_name: str) -> None:
        """Show a name of ENS at this store, which has been proved."""
        rows.save_ens_name(tx, seller_id, ens_name)

    def lose_name(self, tx: Transaction, seller_id: str, *, freeze: bool) -> datetime | None:
        """Show no name at this store any more. With `freeze` its money goes where it goes now for
        a while; returns until when, `None` when nothing was frozen."""
        wait = self._config.payout_freeze
        until = tx.after(wait) if freeze and wait else None
        rows.drop_ens_name(tx, seller_id, frozen_until=until)
        return until

    def list_look_alikes(
        self, tx: Transaction, labels: Sequence[str], limit: int
    ) -> list[SellerRecord]:
        """Stores, at most so many, whose handle or name a hasty reader may take for one of these
        labels. One that is the same to the letter is among them."""
        return [seller.record for seller in rows.list_look_alikes(tx, labels, limit)]

    def _reason_not_added(
        self, tx: Transaction, account_id: str, profile: Profile
    ) -> SellerExists | HandleTaken:
        existing = rows.find_by_account(tx, account_id)
        if existing is None:
            return _handle_taken(tx, profile)
        return SellerExists(
            "this account has a store already; edit that one",
            context={"seller_id": existing.id, "handle": existing.profile.handle},
        )


def _show_pictures(
    tx: Transaction, principal: Principal, seller: StoredSeller, profile: Profile
) -> None:
    """Have those pictures kept that the profile names from now on, and let go of the others."""
    before = seller.profile
    for kind, old, new in (
        (UseKind.STORE_PROFILE, before.profile_image, profile.profile_image),
        (UseKind.STORE_COVER, before.cover_image, profile.cover_image),
    ):
        if new != old:
            wanted = [] if new is None else [Shown(parse_cid(new))]
            show_images(tx, principal.account_id, kind, seller.id, wanted)


def _handle_taken(tx: Transaction, profile: Profile) -> HandleTaken:
    candidates = handles_near(profile.handle)
    taken = rows.taken_handles(tx, candidates)
    free = next((handle for handle in candidates if handle not in taken), None)
    return HandleTaken(profile.handle, suggestion=free)
