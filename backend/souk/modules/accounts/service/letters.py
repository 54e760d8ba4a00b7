"""Sending letters, which a worker does: nobody waits for a mail server, and how long it takes tells
nothing about an address.

A letter is taken in hand in one transaction, sent outside of any, and marked in another. Whatever
is cut off in between is sent again when the lease is over, word for word. What the mail server does
not take is tried again later and later, for as long as its code is good. Nobody waits because
somebody else's address is not to be reached.
"""

import logging

from souk.core.errors import ProviderRejected, ProviderUnavailable, RecipientUnavailable
from souk.core.ports import Mailer
from souk.core.unit_of_work import UnitOfWork
from souk.modules.accounts.domain.emails import (
    EmailConfig,
    Letter,
    already_taken,
    enclosed,
    to_add,
    to_sign_in,
    wait_after,
)
from souk.modules.accounts.repository import letters
from souk.modules.accounts.repository.letters import ClaimedLetter

_log = logging.getLogger(__name__)


class Letters:
    """Sends what is due; any number of processes may."""

    def __init__(self, uow: UnitOfWork, mailer: Mailer, config: EmailConfig) -> None:
        self._uow = uow
        self._mailer = mailer
        self._config = config

    def send_due(self) -> int:
        """Send until nothing is due or the mail server cannot be used; returns how many were
        sent."""
        sent = 0
        while (letter := self._claim()) is not None:
            try:
                self._send(letter)
            except ProviderUnavailable as error:
                _log.warning("letter %s has to wait: %s", letter.challenge_id, error.detail)
                self._postpone(letter)
                if not isinstance(error, RecipientUnavailable):
                    break
            else:
                sent += 1
        return sent

    def _claim(self) -> ClaimedLetter | None:
        with self._uow.begin() as tx:
            letter = letters.claim(tx)
            tx.commit()
        return letter

    def _send(self, claimed: ClaimedLetter) -> None:
        """What is never taken counts as sent: nobody is to learn from us which addresses exist."""
        letter = self._written(claimed)
        try:
            self._mailer.send(to=claimed.address, subject=letter.subject, body=letter.body)
        except ProviderRejected as error:
            _log.warning("letter %s was not taken: %s", claimed.challenge_id, error.detail)
        with self._uow.begin() as tx:
            letters.mark_sent(tx, claimed)
            tx.commit()

    def _postpone(self, claimed: ClaimedLetter) -> None:
        with self._uow.begin() as tx:
            letters.postpone(tx, claimed, tx.after(wait_after(claimed.sends)))
            tx.commit()

    def _written(self, claimed: ClaimedLetter) -> Letter:
        inside = enclosed(self._config, claimed.challenge_id, claimed.seed)
        if claimed.asked_by is None:
            return to_sign_in(self._config, inside)
        if claimed.held_by in (None, claimed.asked_by):
            return to_add(self._config, inside)
        return already_taken(self._config)
