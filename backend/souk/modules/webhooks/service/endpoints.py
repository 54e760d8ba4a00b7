"""What an account does with its endpoints, each in a transaction of its own."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TypedDict

from souk.core.errors import ProviderRejected
from souk.core.idempotency import NO_RECEIPT, Receipt
from souk.core.ids import require_id
from souk.core.ports import HttpPoster
from souk.core.principal import Principal
from souk.core.unit_of_work import Transaction, UnitOfWork
from souk.modules.webhooks.domain import (
    KEEP_OLD_SECONDS,
    MAX_ENDPOINTS,
    EndpointRecord,
    EndpointWish,
    Revealed,
    spelled,
)
from souk.modules.webhooks.errors import EndpointUnfit, TooManyEndpoints
from souk.modules.webhooks.models import EndpointRow
from souk.modules.webhooks.ports import SecretBox
from souk.modules.webhooks.repository import endpoints as endpoint_rows


class EndpointChanges(TypedDict, total=False):
    """Some fields of an `EndpointWish`."""

    url: str
    description: str
    events: list[str] | None


class Endpoints:
    """Endpoints of accounts. Somebody else's are not found."""

    def __init__(
        self,
        uow: UnitOfWork,
        poster: HttpPoster,
        box: SecretBox,
        new_secret: Callable[[], bytes],
    ) -> None:
        self._uow = uow
        self._poster = poster
        self._box = box
        self._new_secret = new_secret

    def create(
        self, principal: Principal, wish: EndpointWish, receipt: Receipt = NO_RECEIPT
    ) -> Revealed:
        """A new endpoint, told of what happens from now on, and its secret. Raises
        `EndpointUnfit`, `TooManyEndpoints`, `EndpointExists`."""
        self._require_fit(wish.url)
        secret = self._new_secret()
        with self._uow.begin() as tx:
            endpoint_rows.lock_account(tx, principal.account_id)
            if endpoint_rows.count(tx, principal.account_id) >= MAX_ENDPOINTS:
                raise TooManyEndpoints(
                    f"you have {MAX_ENDPOINTS} endpoints; delete one that you do not need",
                    context={"limit": MAX_ENDPOINTS},
                )
            endpoint_id = tx.new_id("whe")
            sealed = self._box.seal(endpoint_id, secret)
            endpoint = endpoint_rows.add(tx, endpoint_id, principal.account_id, wish, sealed)
            receipt.store(tx, endpoint)
            tx.commit()
        return Revealed(endpoint, spelled(secret))

    def edit(
        self,
        principal: Principal,
        endpoint_id: str,
        changes: EndpointChanges,
        *,
        enabled: bool | None = None,
    ) -> EndpointRecord:
        """Change some fields; `enabled` of `None` leaves that as it is. Whatever waited while it
        was disabled is sent once it is enabled. Raises `EndpointNotFound`, `EndpointUnfit`,
        `EndpointExists`."""
        if "url" in changes:
            self._require_fit(changes["url"])
        with self._uow.begin() as tx:
            row = self._lock(tx, principal, endpoint_id)
            endpoint_rows.write(tx, row, replace(endpoint_rows.wish_of(row), **changes))
            if enabled is True:
                endpoint_rows.enable(tx, row)
            elif enabled is False:
                endpoint_rows.disable(tx, row)
            endpoint = endpoint_rows.record(row)
            tx.commit()
        return endpoint

    def remove(self, principal: Principal, endpoint_id: str) -> None:
        """Send nothing there any more, and show nothing of it. Raises `EndpointNotFound`."""
        with self._uow.begin() as tx:
            endpoint_rows.remove(tx, self._lock(tx, principal, endpoint_id))
            tx.commit()

    def rotate(
        self,
        principal: Principal,
        endpoint_id: str,
        *,
        keep_old_seconds: int = KEEP_OLD_SECONDS,
        receipt: Receipt = NO_RECEIPT,
    ) -> Revealed:
        """A new secret. For so long the present one signs as well, and one before that no more;
        with 0 it ends at once, as it has to when somebody else knows it. Raises
        `EndpointNotFound`."""
        secret = self._new_secret()
        with self._uow.begin() as tx:
            row = self._lock(tx, principal, endpoint_id)
            until = tx.now + timedelta(seconds=keep_old_seconds) if keep_old_seconds else None
            sealed = self._box.seal(row.id, secret)
            endpoint_rows.exchange_secret(tx, row, sealed, keep_old_until=until)
            endpoint = endpoint_rows.record(row)
            receipt.store(tx, endpoint)
            tx.commit()
        return Revealed(endpoint, spelled(secret))

    @staticmethod
    def _lock(tx: Transaction, principal: Principal, endpoint_id: str) -> EndpointRow:
        return endpoint_rows.lock(tx, require_id("whe", endpoint_id), principal.account_id)

    def _require_fit(self, url: str) -> None:
        try:
            self._poster.check(url)
        except ProviderRejected as error:
            raise EndpointUnfit(error.detail) from error
