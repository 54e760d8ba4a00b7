"""What is sent because a person asks for it: an old message again, and a message to try."""

from souk.core.clock import rfc3339
from souk.core.idempotency import NO_RECEIPT, Receipt
from souk.core.ids import require_id
from souk.core.ports import RateLimiter
from souk.core.principal import Principal
from souk.core.unit_of_work import UnitOfWork
from souk.modules.webhooks.domain import PING, DeliveryRecord, written
from souk.modules.webhooks.errors import DeliveryPending, EndpointDisabled, TooManyResends
from souk.modules.webhooks.repository import deliveries, endpoints


class Resends:
    """Sends by hand. Neither answers before the sending: the log tells what came of it."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    def replay(
        self, principal: Principal, delivery_id: str, receipt: Receipt = NO_RECEIPT
    ) -> DeliveryRecord:
        """Try a delivery that has ended once more from the beginning, under the same message id,
        so that a receiver that had it knows. Raises `DeliveryNotFound`, `DeliveryPending`,
        `EndpointDisabled`."""
        with self._uow.begin() as tx:
            delivery, endpoint = deliveries.lock_own(
                tx, require_id("whd", delivery_id), principal.account_id
            )
            if delivery.pending:
                raise DeliveryPending(
                    "this delivery is still being tried by itself",
                    context={"next_attempt_at": rfc3339(delivery.next_attempt_at)},
                )
            if endpoint.disabled_at is not None:
                raise EndpointDisabled
            deliveries.begin_again(tx, delivery.id)
            begun = deliveries.get(tx, delivery.endpoint_id, delivery.event_id)
            deliveries.wake(tx)
            receipt.store(tx, begun)
            tx.commit()
        return begun

    def ping(
        self, principal: Principal, endpoint_id: str, receipt: Receipt = NO_RECEIPT
    ) -> DeliveryRecord:
        """Send a message that says nothing, whatever types the endpoint asked for. Raises
        `EndpointNotFound`, `EndpointDisabled`."""
        with self._uow.begin() as tx:
            endpoint = endpoints.lock(tx, require_id("whe", endpoint_id), principal.account_id)
            if endpoint.disabled_at is not None:
                raise EndpointDisabled
            event_id = tx.new_id("evt")
            body = written(PING, tx.now, {"endpoint_id": endpoint.id})
            deliveries.add(tx, endpoint.id, event_id, PING, body)
            ping = deliveries.get(tx, endpoint.id, event_id)
            deliveries.wake(tx)
            receipt.store(tx, ping)
            tx.commit()
        return ping


class ResendGate:
    """Slows down whoever would have us send again and again to somebody."""

    def __init__(self, limiter: RateLimiter, *, per_minute: int) -> None:
        self._limiter = limiter
        self._per_minute = per_minute

    def admit(self, principal: Principal) -> None:
        """Count one message that is sent by hand. Raises `TooManyResends`."""
        key = f"webhook-resend:{principal.account_id}"
        wait = self._limiter.take(key, limit=self._per_minute, per_seconds=60)
        if wait:
            raise TooManyResends(
                "too many messages sent by hand; wait a little", retry_after_seconds=wait
            )
