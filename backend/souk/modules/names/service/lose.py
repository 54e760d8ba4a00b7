"""What happens when a store's name does not hold any more."""

from souk.core.clock import rfc3339
from souk.core.unit_of_work import Transaction
from souk.modules.names import repository
from souk.modules.names.domain import Fault, Verification
from souk.modules.names.events import EnsNameLost
from souk.modules.sellers.service import Sellers


def lose(
    tx: Transaction,
    sellers: Sellers,
    verification: Verification,
    reason: Fault,
    *,
    freeze: bool = True,
) -> None:
    """The store stops showing the name in this very transaction and, where that was seen and
    somebody else may hold it now, cannot change where its money goes for a while; whoever listens
    is told. The store is locked by the caller."""
    repository.note_lost(tx, verification.id, reason)
    freeze = freeze and reason.freezes_payouts
    frozen_until = sellers.lose_name(tx, verification.seller_id, freeze=freeze)
    tx.publish(
        EnsNameLost(
            seller_id=verification.seller_id,
            account_id=verification.account_id,
            ens_name=verification.name,
            reason=reason.value,
            payout_frozen_until=None if frozen_until is None else rfc3339(frozen_until),
        )
    )
