"""What happens when a store's name does not hold any more."""

from souk.core.unit_of_work import Transaction
from souk.modules.names import repository
from souk.modules.names.domain import Fault, Verification
from souk.modules.names.events import EnsNameLost
from souk.modules.sellers.service import Sellers


def lose(tx: Transaction, sellers: Sellers, verification: Verification, reason: Fault) -> None:
    """The store stops showing the name in this very transaction, and whoever listens is told."""
    repository.note_lost(tx, verification.id, reason)
    sellers.show_name(tx, verification.seller_id, None)
    tx.publish(
        EnsNameLost(
            seller_id=verification.seller_id,
            account_id=verification.account_id,
            ens_name=verification.name,
            reason=reason.value,
        )
    )
