"""Finding out who a seller is: begun by the seller, answered by staff or by a provider.

A provider's answer is looked up, whatever a message says: so messages may come in any order, twice
or never. What was missed is found when the seller asks again, and by a loop.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from souk.core.errors import DomainError
from souk.core.idempotency import NO_RECEIPT, Receipt
from souk.core.principal import Principal
from souk.modules.sellers.domain import StoredSeller, Verification
from souk.modules.sellers.domain.standing import Cause, Mover, require_step
from souk.modules.sellers.domain.team import Permission
from souk.modules.sellers.ports import CheckState, IdentityFinding
from souk.modules.sellers.repository import checks as check_rows
from souk.modules.sellers.repository import stores as rows
from souk.modules.sellers.service.standings import Standings

_log = logging.getLogger(__name__)

INBOX_SOURCE = "identity"
"""Under which messages about checks are kept until they are handled."""

_LOOKED_AT = timedelta(days=30)
_VERDICTS: Mapping[CheckState, tuple[Verification, str]] = {
    CheckState.PASSED: (Verification.VERIFIED, "the check of the seller's identity was passed"),
    CheckState.FAILED: (Verification.REJECTED, "the check of the seller's identity has failed"),
    CheckState.CALLED_OFF: (Verification.REJECTED, "the check was called off"),
}


@dataclass(frozen=True, slots=True)
class BegunVerification:
    """A store whose seller is being looked at. `url` is where the seller goes on, and nobody
    else's business; `None` where there is nothing to do but to wait."""

    seller: StoredSeller
    url: str | None


class Checks(Standings):
    """Called with no transaction open."""

    def begin_verification(
        self, principal: Principal, reference: str, receipt: Receipt = NO_RECEIPT
    ) -> BegunVerification:
        """The seller asks to be verified, or, while a provider's check is under way, where to go on
        with it. Raises `SellerNotFound`, `NotYours`, `RoleTooSmall`, `StandingConflict`, and what
        the check raises."""
        url = self._go_on(principal, reference)
        if url is not None:
            return self._begun(principal, reference, None, url, receipt)
        with self._uow.begin() as tx:
            seller = self._lock(tx, principal, reference, Permission.STANDING)
            require_step(seller.verification, Verification.PENDING, Mover.SELLER)
            # What is asked again after a crash is the same request, another try is not.
            tried = rows.count_steps(tx, seller.id)
        request = self._identity.begin(seller.id, key=f"{seller.id}:verification:{tried}")
        return self._begun(principal, reference, request.reference, request.url, receipt)

    def _go_on(self, principal: Principal, reference: str) -> str | None:
        """Where to go on with a check that is under way, after what it says now was taken in."""
        with self._uow.begin() as tx:
            seller = self._lock(tx, principal, reference, Permission.STANDING)
            known = check_rows.find_newest(tx, seller.id)
        if known is None or seller.verification is not Verification.PENDING:
            return None
        found = self._identity.look_up(known)
        if found is None:
            return None
        self._take_in(found)
        return found.url if found.state is CheckState.OPEN else None

    def _begun(
        self,
        principal: Principal,
        reference: str,
        check: str | None,
        url: str | None,
        receipt: Receipt,
    ) -> BegunVerification:
        """`check` is one that was not known before."""
        with self._uow.begin() as tx:
            seller = self._lock(tx, principal, reference, Permission.STANDING)
            if check is not None:
                cause = Cause(
                    mover=Mover.SELLER,
                    account_id=principal.account_id,
                    reason="the seller asked to be verified",
                    evidence={"reference": check},
                )
                seller = self._step(tx, seller, Verification.PENDING, cause)
            begun = BegunVerification(seller, url)
            receipt.store(tx, begun)
            tx.commit()
        return begun

    def handle_message(self, external_id: str, body: bytes) -> None:
        """Bring about what the check says that a kept message is about; harmless when it was
        before."""
        del external_id
        reference = self._identity.read(body)
        if reference is not None:
            self._look(reference)

    def look_at_checks(self) -> int:
        """Ask about every check of the last weeks that nobody has heard the end of; how many ended.
        An older one is looked at when its seller asks."""
        with self._uow.begin() as tx:
            waiting = check_rows.list_waiting(tx, since=tx.after(-_LOOKED_AT))
        ended = 0
        for reference in waiting:
            try:
                ended += self._look(reference)
            except DomainError as failure:
                _log.warning("check %s could not be looked up: %s", reference, failure)
        return ended

    def _look(self, reference: str) -> bool:
        found = self._identity.look_up(reference)
        return found is not None and self._take_in(found)

    def _take_in(self, found: IdentityFinding) -> bool:
        """Whether it was news. What somebody decided meanwhile, or a newer check, stands."""
        verdict = _VERDICTS.get(found.state)
        if verdict is None:
            return False
        to, reason = verdict
        evidence = {"reference": found.reference}
        if found.code is not None:
            evidence["code"] = found.code
        with self._uow.begin() as tx:
            seller = rows.lock(tx, found.seller_id)
            if seller is None or check_rows.find_newest(tx, seller.id) != found.reference:
                return False
            if seller.verification in (to, Verification.VERIFIED):
                return False
            cause = Cause(mover=Mover.SYSTEM, account_id=None, reason=reason, evidence=evidence)
            self._step(tx, seller, to, cause)
            tx.commit()
        return True
