"""Telling sellers that they have lost a name, by e-mail.

A mail server is slow at times, so that whoever hears of the loss only writes down that there is a
letter to send. It is sent outside of any transaction, and again if a process dies before it has
noted that: a seller may read it twice, and never not at all.
"""

import logging
from datetime import timedelta

from souk.core.errors import ProviderRejected, ProviderUnavailable
from souk.core.events import Origin
from souk.core.ports import Mailer
from souk.core.unit_of_work import UnitOfWork
from souk.modules.accounts.service import Emails
from souk.modules.names.domain import Letterhead, Notice, written
from souk.modules.names.repository import notices
from souk.modules.sellers.service import Sellers

_log = logging.getLogger(__name__)

_AT_ONCE = 50
_LONGEST_WAIT = timedelta(hours=1)


class Notices:
    """Letters to those accounts that have an address."""

    def __init__(
        self, uow: UnitOfWork, emails: Emails, sellers: Sellers, mailer: Mailer, head: Letterhead
    ) -> None:
        self._uow, self._emails, self._sellers = uow, emails, sellers
        self._mailer, self._head = mailer, head

    def note(self, notice: Notice, origin: Origin) -> None:
        """Have a letter sent about this event; harmless when one was noted."""
        with self._uow.begin() as tx:
            if self._emails.find_address(tx, notice.account_id) is not None:
                notices.add(tx, origin.id, notice)
            tx.commit()

    def send_due(self) -> int:
        """Send what is due; returns how many letters were taken in hand."""
        for count in range(_AT_ONCE):
            with self._uow.begin() as tx:
                claimed = notices.claim(tx)
                tx.commit()
            if claimed is None:
                return count
            self._send(*claimed)
        return _AT_ONCE

    def _send(self, event_id: str, attempt: int, notice: Notice) -> None:
        with self._uow.begin() as tx:
            address = self._emails.find_address(tx, notice.account_id)
            store = self._sellers.get(tx, notice.seller_id)
        if address is not None and not self._is_handed_over(address, store.name, notice):
            self._postpone(event_id, attempt)
            return
        with self._uow.begin() as tx:
            notices.mark_sent(tx, event_id, attempt)
            tx.commit()

    def _is_handed_over(self, address: str, store: str, notice: Notice) -> bool:
        """Or is never going to be, which is as much as can be done."""
        subject, body = written(self._head, store, notice)
        try:
            self._mailer.send(to=address, subject=subject, body=body)
        except ProviderRejected as error:
            _log.warning("a letter about a lost name was not sent: %s", error.detail)
        except ProviderUnavailable as error:
            _log.warning("a letter about a lost name has to wait: %s", error.detail)
            return False
        return True

    def _postpone(self, event_id: str, attempt: int) -> None:
        wait = min(timedelta(seconds=2 ** min(attempt, 20)), _LONGEST_WAIT)
        with self._uow.begin() as tx:
            notices.postpone(tx, event_id, attempt, tx.after(wait))
            tx.commit()
