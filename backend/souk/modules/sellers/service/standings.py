"""Where a store stands: submitted, approved, suspended; unverified, in review, verified."""

from dataclasses import dataclass

from souk.core.idempotency import NO_RECEIPT, Receipt
from souk.core.money import Money
from souk.core.principal import NotYours, Principal
from souk.core.unit_of_work import Transaction
from souk.modules.sellers import repository
from souk.modules.sellers.domain import (
    SellerRecord,
    SellerStatus,
    StoredSeller,
    Verification,
)
from souk.modules.sellers.domain.standing import Cause, Mover, Standing, require_step
from souk.modules.sellers.errors import (
    PayoutsFrozen,
    SellerLimitReached,
    VerificationRequired,
)
from souk.modules.sellers.service.finding import Finding


@dataclass(frozen=True, slots=True)
class BegunVerification:
    """A store whose seller is being looked at. `url` is where the seller goes on; `None` where
    there is nothing to do but to wait."""

    seller: StoredSeller
    url: str | None


class Standings(Finding):
    """Moves a store's standing by its tables, and says what follows from it."""

    def move_status(
        self, principal: Principal, reference: str, to: SellerStatus, reason: str
    ) -> StoredSeller:
        """Have a store submitted, approved, suspended; harmless when it is so already. Raises
        `SellerNotFound`, `NotYours`, `StandingConflict`."""
        return self._move(principal, reference, to, reason)

    def decide_verification(
        self, principal: Principal, reference: str, to: Verification, reason: str
    ) -> StoredSeller:
        """Staff say whether it is known who sells; harmless when they have. Raises
        `SellerNotFound`, `NotYours`, `StandingConflict`."""
        return self._move(principal, reference, to, reason)

    def begin_verification(
        self, principal: Principal, reference: str, receipt: Receipt = NO_RECEIPT
    ) -> BegunVerification:
        """The seller asks to be verified. Raises `SellerNotFound`, `NotYours`, `StandingConflict`,
        and what the check raises."""
        with self._uow.begin() as tx:
            seller = self._lock_own(tx, principal, reference)
            require_step(seller.verification, Verification.PENDING, Mover.SELLER)
            # What is asked again after a crash is the same request, another try is not.
            tried = repository.count_steps(tx, seller.id)
        request = self._identity.begin(seller.id, key=f"{seller.id}:verification:{tried}")
        with self._uow.begin() as tx:
            seller = self._lock_own(tx, principal, reference)
            cause = Cause(
                mover=Mover.SELLER,
                account_id=principal.account_id,
                reason="the seller asked to be verified",
                evidence={"reference": request.reference},
            )
            begun = BegunVerification(
                self._step(tx, seller, Verification.PENDING, cause), request.url
            )
            receipt.store(tx, begun)
            tx.commit()
        return begun

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
            seller = self._required(repository.lock(tx, reference))
            cause = Cause(
                mover=_mover(principal, seller), account_id=principal.account_id, reason=reason
            )
            if to not in (seller.status, seller.verification):
                seller = self._step(tx, seller, to, cause)
            tx.commit()
        return seller

    @staticmethod
    def _step(tx: Transaction, seller: StoredSeller, to: Standing, cause: Cause) -> StoredSeller:
        source = seller.status if isinstance(to, SellerStatus) else seller.verification
        require_step(source, to, cause.mover)
        return repository.move(tx, seller, to, cause)


def _mover(principal: Principal, seller: StoredSeller) -> Mover:
    """Nobody rules on the own store, whatever else they are."""
    if seller.account_id == principal.account_id:
        return Mover.SELLER
    if principal.is_staff:
        return Mover.STAFF
    raise NotYours("only the seller and staff may do this to the store")
