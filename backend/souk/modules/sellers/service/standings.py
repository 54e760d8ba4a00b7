"""Where a store stands: submitted, approved, suspended; unverified, in review, verified."""

from souk.core.money import Money
from souk.core.principal import Principal
from souk.core.unit_of_work import Transaction
from souk.modules.sellers.domain import (
    SellerRecord,
    SellerStatus,
    StoredSeller,
    Verification,
)
from souk.modules.sellers.domain.standing import Cause, Mover, Standing, require_step
from souk.modules.sellers.domain.team import Permission
from souk.modules.sellers.errors import (
    PayoutsFrozen,
    SellerLimitReached,
    VerificationRequired,
)
from souk.modules.sellers.repository import checks as check_rows
from souk.modules.sellers.repository import stores as rows
from souk.modules.sellers.service.finding import Finding


class Standings(Finding):
    """Moves a store's standing by its tables, and says what follows from it."""

    def move_status(
        self, principal: Principal, reference: str, to: SellerStatus, reason: str
    ) -> StoredSeller:
        """Have a store submitted, approved, suspended; harmless when it is so already. Raises
        `SellerNotFound`, `NotYours`, `RoleTooSmall`, `StandingConflict`."""
        return self._move(principal, reference, to, reason)

    def decide_verification(
        self, principal: Principal, reference: str, to: Verification, reason: str
    ) -> StoredSeller:
        """Staff say whether it is known who sells; harmless when they have. What a check has found
        becomes their word when they say it too, and is undone by no check any more. Raises
        `SellerNotFound`, `NotYours`, `RoleTooSmall`, `StandingConflict`."""
        return self._move(principal, reference, to, reason)

    def require_payable(self, seller: SellerRecord) -> None:
        """Before it is settled where a store's money goes. Raises `PayoutsFrozen`,
        `VerificationRequired`."""
        if seller.status is SellerStatus.SUSPENDED:
            raise PayoutsFrozen
        needed = self._config.payouts_need_verification
        if needed and seller.verification is not Verification.VERIFIED:
            raise VerificationRequired

    def require_within_limit(self, seller: SellerRecord, wanted: Money) -> None:
        """Before a store takes an order. Raises `SellerLimitReached`."""
        limit = self._config.unverified_limit
        if limit is None or seller.verification is Verification.VERIFIED:
            return
        if wanted.amount > limit:
            raise SellerLimitReached(seller.id, limit=limit, wanted=wanted.amount)

    def _move(
        self, principal: Principal, reference: str, to: Standing, reason: str
    ) -> StoredSeller:
        with self._uow.begin() as tx:
            seller = self._required(rows.lock(tx, reference))
            cause = Cause(
                mover=self._mover(tx, principal, seller),
                account_id=principal.account_id,
                reason=reason,
            )
            if to not in (seller.status, seller.verification):
                seller = self._step(tx, seller, to, cause)
            elif isinstance(to, Verification) and cause.mover is Mover.STAFF:
                seller = self._confirm(tx, seller, to, cause)
            tx.commit()
        return seller

    @staticmethod
    def _confirm(
        tx: Transaction, seller: StoredSeller, to: Verification, cause: Cause
    ) -> StoredSeller:
        """A step from a state to itself, which the table does not know: with it the newest one is
        no check's any more."""
        return rows.move(tx, seller, to, cause) if check_rows.has_decided(tx, seller.id) else seller

    def _mover(self, tx: Transaction, principal: Principal, seller: StoredSeller) -> Mover:
        """Nobody rules on a store that they act for, whatever else they are."""
        outside = self.find_role(tx, seller.id, principal.account_id) is None
        if outside and principal.is_staff:
            return Mover.STAFF
        self.require(tx, seller.id, principal, Permission.STANDING)
        return Mover.SELLER

    @staticmethod
    def _step(tx: Transaction, seller: StoredSeller, to: Standing, cause: Cause) -> StoredSeller:
        source = seller.status if isinstance(to, SellerStatus) else seller.verification
        require_step(source, to, cause.mover)
        return rows.move(tx, seller, to, cause)
