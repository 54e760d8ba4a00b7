"""Whether a store's name still holds, and what follows from that."""

from datetime import datetime

from souk.core.unit_of_work import Transaction, UnitOfWork
from souk.modules.accounts.service import Accounts
from souk.modules.names import repository
from souk.modules.names.domain import Fault, NameRecord, Verification, find_loss
from souk.modules.names.service.lose import lose
from souk.modules.sellers.service import Sellers


class Judge:
    """Keeps names and takes them away, by what was seen of them."""

    def __init__(self, uow: UnitOfWork, accounts: Accounts, sellers: Sellers) -> None:
        self._uow, self._accounts, self._sellers = uow, accounts, sellers

    def judge(self, shown: Verification, record: NameRecord | None) -> Fault | None:
        """Why a store does not show this name any more, also when somebody else has found that out
        meanwhile; `None` when it does, or shows another of its own. Without a record, as the chain
        could not be asked, a name is kept unless its time is known to be over; that freezes
        nothing, for it may have been renewed."""
        with self._uow.begin() as tx:
            self._sellers.hold(tx, [shown.seller_id])
            present = repository.lock(tx, shown.id)
            if present is None:
                reason = repository.find_lost_reason(tx, shown.id)
                return None if reason is Fault.REPLACED else reason
            if record is not None and record.block.is_before(present.block):
                # Another node has said more since.
                record = None
            fault = self._fault(tx, present, record)
            if fault is not None:
                lose(tx, self._sellers, present, fault, freeze=record is not None)
            elif record is not None:
                repository.note_checked(tx, present.id, record)
            tx.commit()
        return fault

    def _fault(
        self, tx: Transaction, verification: Verification, record: NameRecord | None
    ) -> Fault | None:
        if record is None:
            return Fault.EXPIRED if _is_over(verification.expires_at, tx.now) else None
        return _seen(record, verification, tx.now) or self._gone(tx, verification)

    def _gone(self, tx: Transaction, verification: Verification) -> Fault | None:
        """A wallet may be taken from the account that had proved it."""
        holds = self._accounts.exists_proof(
            tx,
            verification.account_id,
            verification.wallet,
            on_chain=verification.block.chain_id,
        )
        return None if holds else Fault.WALLET_GONE


def _seen(record: NameRecord, shown: Verification, now: datetime) -> Fault | None:
    """By the block's time, and by the clock as well: a node that has stopped would have a name held
    for ever."""
    fault = find_loss(record, shown)
    return Fault.EXPIRED if fault is None and _is_over(record.expires_at, now) else fault


def _is_over(expires_at: datetime | None, now: datetime) -> bool:
    return expires_at is not None and expires_at <= now
