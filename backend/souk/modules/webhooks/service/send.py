"""Sending, and writing down what came of it.

A delivery is taken in hand in one transaction, sent outside of any, and judged in another by what
the receiver answered. Whatever is cut off in between is sent again when the lease is over: the
receiver may get a message twice, under the same id, and never not at all.
"""

import logging
import time
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime

from souk.core.clock import Clock
from souk.core.errors import OutcomeUnknown, ProviderRejected, ProviderUnavailable
from souk.core.ports import Fetched, HttpPoster
from souk.core.unit_of_work import Transaction, UnitOfWork
from souk.modules.webhooks.domain import (
    ANSWER_BYTES,
    SEND_SECONDS,
    Attempt,
    Chance,
    ClaimedDelivery,
    DisabledReason,
    Verdict,
    has_failed_for_long,
    judge,
    next_delay,
    signed_headers,
)
from souk.modules.webhooks.errors import SecretLost
from souk.modules.webhooks.ports import SecretBox
from souk.modules.webhooks.repository import deliveries, endpoints

_log = logging.getLogger(__name__)

SHARE = 4
"""How many deliveries of one endpoint are taken in hand at once."""


class Sender:
    """Tries deliveries; any number of processes may."""

    def __init__(
        self,
        uow: UnitOfWork,
        poster: HttpPoster,
        box: SecretBox,
        clock: Clock,
        chance: Chance,
    ) -> None:
        self._uow = uow
        self._poster = poster
        self._box = box
        self._clock = clock
        self._chance = chance

    def claim(self, *, limit: int, busy: Collection[str] = ()) -> list[ClaimedDelivery]:
        """Take deliveries in hand that are due, but none of the endpoints that are `busy`."""
        with self._uow.begin() as tx:
            claimed = deliveries.claim(tx, limit=limit, share=SHARE, busy=busy)
            tx.commit()
        return claimed

    def send(self, claimed: ClaimedDelivery) -> None:
        """Try one delivery that is in hand."""
        attempt = self._try(claimed)
        with self._uow.begin() as tx:
            deliveries.add_attempt(tx, claimed, attempt)
            self._settle(tx, claimed, attempt)
            tx.commit()

    def _try(self, claimed: ClaimedDelivery) -> Attempt:
        started_at, begun = self._clock.now(), time.monotonic()
        got: Fetched | None = None
        error: str | None = None
        try:
            got = self._post(claimed, started_at)
        except (ProviderUnavailable, ProviderRejected, OutcomeUnknown, SecretLost) as failure:
            error = failure.detail
        return Attempt(
            started_at=started_at,
            took_ms=round((time.monotonic() - begun) * 1000),
            status=None if got is None else got.status,
            answer="" if got is None else _readable(got.body),
            error=error,
            headers={} if got is None else got.headers,
        )

    def _post(self, claimed: ClaimedDelivery, at: datetime) -> Fetched:
        secrets = self._secrets(claimed)
        signed = signed_headers(secrets, claimed.event_id, at, claimed.body)
        return self._poster.post(
            claimed.url,
            body=claimed.body,
            headers={"Content-Type": "application/json", **signed},
            max_bytes=ANSWER_BYTES,
            timeout_seconds=SEND_SECONDS,
        )

    def _secrets(self, claimed: ClaimedDelivery) -> list[bytes]:
        try:
            secrets = [self._box.open(claimed.endpoint_id, claimed.secret)]
        except SecretLost:
            _log.error("the secret of %s was sealed under another key", claimed.endpoint_id)
            raise
        if claimed.old_secret is not None:
            # Its time is nearly over: without it, whoever has not changed over misses something.
            with suppress(SecretLost):
                secrets.append(self._box.open(claimed.endpoint_id, claimed.old_secret))
        return secrets

    def _settle(self, tx: Transaction, claimed: ClaimedDelivery, attempt: Attempt) -> None:
        endpoint = claimed.endpoint_id, claimed.url
        match judge(attempt.status, claimed.tries):
            case Verdict.SENT:
                if deliveries.mark_sent(tx, claimed):
                    endpoints.note_success(tx, *endpoint)
            case Verdict.GONE:
                deliveries.mark_failed(tx, claimed)
                endpoints.give_up(tx, *endpoint, DisabledReason.GONE)
            case Verdict.GIVEN_UP:
                if deliveries.mark_failed(tx, claimed):
                    self._note_failure(tx, claimed)
            case Verdict.AGAIN:
                delay = next_delay(claimed.tries, attempt.headers, tx.now, self._chance)
                if deliveries.postpone(tx, claimed, tx.now + delay):
                    self._note_failure(tx, claimed)

    @staticmethod
    def _note_failure(tx: Transaction, claimed: ClaimedDelivery) -> None:
        since = endpoints.note_failure(tx, claimed.endpoint_id, claimed.url)
        if since is not None and has_failed_for_long(since, tx.now):
            endpoints.give_up(tx, claimed.endpoint_id, claimed.url, DisabledReason.FAILING)


def _readable(answer: bytes) -> str:
    """As PostgreSQL can store it, whatever was sent."""
    return answer.decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
