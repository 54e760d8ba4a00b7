"""Looking again at the names that stores show."""

from datetime import datetime, timedelta

from souk.core.addresses import Address
from souk.core.errors import UnavailableError
from souk.core.unit_of_work import Transaction, UnitOfWork
from souk.modules.accounts.service import Accounts
from souk.modules.names import repository
from souk.modules.names.domain import Fault, NameRecord, Verification, find_fault
from souk.modules.names.ports import NameService
from souk.modules.names.service.lose import lose
from souk.modules.sellers.service import Sellers

EVERY = timedelta(days=1)
_AT_ONCE = 50


class Rechecks:
    """Every name is looked at once a day, and as soon as its time is over."""

    def __init__(
        self, uow: UnitOfWork, accounts: Accounts, sellers: Sellers, service: NameService
    ) -> None:
        self._uow, self._accounts = uow, accounts
        self._sellers, self._service = sellers, service

    def check_due(self) -> int:
        """Look at those that are due; returns how many were looked at. While the chain cannot be
        asked a name is kept, unless its time is known to be over."""
        with self._uow.begin() as tx:
            due = repository.list_due(tx, EVERY, _AT_ONCE)
        return sum(self._check(verification) for verification in due)

    def _check(self, verification: Verification) -> bool:
        try:
            record = self._service.look(verification.name, off_chain=True)
        except UnavailableError:
            self._lose_when_over(verification)
            return False
        self._judge(verification, record)
        return True

    def _judge(self, verification: Verification, record: NameRecord) -> None:
        with self._uow.begin() as tx:
            present = repository.lock(tx, verification.id)
            if present is None:
                return
            fault = _fault(record, present.wallet, tx.now) or self._gone(tx, present)
            if fault is None:
                repository.note_checked(tx, present.id, record)
            else:
                lose(tx, self._sellers, present, fault)
            tx.commit()

    def _gone(self, tx: Transaction, verification: Verification) -> Fault | None:
        """A wallet may be taken from the account that had proved it."""
        holds = self._accounts.owns_wallet(
            tx,
            verification.account_id,
            verification.wallet,
            on_chain=verification.block.chain_id,
        )
        return None if holds else Fault.WALLET_GONE

    def _lose_when_over(self, verification: Verification) -> None:
        with self._uow.begin() as tx:
            present = repository.lock(tx, verification.id)
            if present is None or present.expires_at is None or present.expires_at > tx.now:
                return
            lose(tx, self._sellers, present, Fault.EXPIRED)
            tx.commit()


def _fault(record: NameRecord, wallet: Address, now: datetime) -> Fault | None:
    """By the block's time, and by the clock as well: a node that has stopped would have a name held
    for ever."""
    fault = find_fault(record, wallet)
    if fault is None and record.expires_at is not None and record.expires_at <= now:
        return Fault.EXPIRED
    return fault
