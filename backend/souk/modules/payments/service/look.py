"""Asking a rail what it knows, for whoever missed what it said, and taking in what it sends."""

import logging
from datetime import timedelta

from souk.core.errors import DomainError
from souk.core.inbox import receive
from souk.core.timers import WALL
from souk.modules.payments.domain import Attempt
from souk.modules.payments.errors import MethodUnavailable
from souk.modules.payments.ports import PayeeAccount, Topic
from souk.modules.payments.repository import attempts as attempt_rows
from souk.modules.payments.service.observe import Observing
from souk.modules.payments.service.parts import CardRail
from souk.modules.sellers.service import INBOX_SOURCE as IDENTITY_SOURCE

_log = logging.getLogger(__name__)

INBOX_SOURCE = "stripe"
PARKED = "stripe.foreign"
"""What is signed and not meant for this installation is kept, and handled by nobody."""

_SOURCES = {Topic.MONEY: INBOX_SOURCE, Topic.IDENTITY: IDENTITY_SOURCE}
_UNHEARD = timedelta(seconds=60)
_BATCH = 20


class Looking(Observing):
    """Everything ends in `observe`. Called with no transaction open."""

    def look_at(self, attempt: Attempt) -> bool:
        """Take in all that the rail itself knows of an attempt now; whether it was news. A rail
        that somebody follows for us has said it all. Raises `ProviderUnavailable`."""
        rail = self._parts.directed.get(attempt.method)
        if rail is None:
            return False
        return sum(self.observe(said) for said in rail.list_said(attempt)) > 0

    def look_at_open(self) -> int:
        """Ask about the attempts that a card provider has been silent about; how many there were.
        Each is asked about again after as long a silence."""
        with self._parts.uow.begin() as tx:
            silent = attempt_rows.list_open(tx, WALL, before=tx.after(-_UNHEARD), limit=_BATCH)
            found = [attempt_rows.get(tx, *place) for place in silent]
            for attempt in found:
                attempt_rows.touch(tx, attempt.id)
            tx.commit()
        for attempt in found:
            try:
                self.look_at(attempt)
            except DomainError as failure:
                _log.warning("attempt %s could not be looked up: %s", attempt.id, failure)
        return len(found)

    def receive_webhook(self, body: bytes, signature: str | None) -> None:
        """Keep what the card provider has sent, once, to be handled after it has its answer. Raises
        `WebhookRefused`, `MethodUnavailable`."""
        message = self._cards().webhooks.open(body, signature)
        source = PARKED if message.foreign else _SOURCES[message.topic]
        if message.foreign:
            _log.warning("webhook %s is not meant for this installation", message.external_id)
        with self._parts.uow.autocommit() as tx:
            receive(tx, source=source, external_id=message.external_id, body=message.body)

    def handle_webhook(self, external_id: str, body: bytes) -> None:
        """Bring about what a kept message says; harmless when it was before."""
        del external_id
        rail = self._cards()
        message = rail.webhooks.read(body)
        for said in rail.gateway.parse_observation(message):
            if isinstance(said, PayeeAccount):
                # Messages may come in any order; what is true now only the provider knows.
                said = rail.desk.look_up_account(said.reference)
            self.observe(said)
        reference = rail.directed.needs_look(message)
        if reference is not None:
            self._look_up(reference)

    def _look_up(self, provider_reference: str) -> None:
        with self._parts.uow.begin() as tx:
            place = attempt_rows.find_by_reference(tx, provider_reference)
            attempt = None if place is None else attempt_rows.get(tx, *place)
        if attempt is not None:
            self.look_at(attempt)

    def _cards(self) -> CardRail:
        if self._parts.cards is None:
            raise MethodUnavailable("cards are not taken here; choose another way to pay")
        return self._parts.cards
