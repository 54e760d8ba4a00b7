"""What people keep at Stripe: sellers an Express account (https://docs.stripe.com/connect), buyers
their cards and bank accounts."""

import re
from datetime import timedelta
from typing import Any

import stripe

from souk.adapters.stripe.client import StripeApi, is_replay
from souk.adapters.stripe.objects import Account, read
from souk.core.clock import Clock
from souk.core.errors import ProviderRejected
from souk.modules.payments.domain import Executed, NeedsBrowser, Outcome
from souk.modules.payments.errors import SavedMethodNotFound
from souk.modules.payments.ports import PayeeAccount, SavedMethod

_PAGE = 100
_SETUP_LIFE = timedelta(days=1)
# It becomes a part of an address.
_REFERENCE = re.compile(r"[A-Za-z0-9_]{1,255}")


class StripeCardDesk:
    """Opens accounts and customers, and shows what is kept for them. After a day Stripe forgets a
    key, and what it then makes anew is empty and costs nothing."""

    def __init__(
        self, api: StripeApi, *, provider: str, publishable_key: str, clock: Clock
    ) -> None:
        self._api = api
        self._provider = provider
        self._publishable_key = publishable_key
        self._clock = clock

    def open_account(self, seller_id: str, *, key: str, return_url: str) -> PayeeAccount:
        """An account that can be paid to, once its owner has handed in what Stripe asks for."""
        made = self._api.write(
            lambda client: client.v1.accounts.create(
                {
                    "type": "express",
                    "capabilities": {"transfers": {"requested": True}},
                    "metadata": {"seller": seller_id},
                },
                {"idempotency_key": key},
            )
        )
        return self.look_up_account(made.id, return_url=return_url)

    def look_up_account(self, reference: str, *, return_url: str | None = None) -> PayeeAccount:
        """How it stands now; the link is good for some minutes and for one visit."""
        found = self._api.read(lambda client: client.v1.accounts.retrieve(reference))
        account = read(Account, found.to_dict())
        url = None
        if return_url is not None and not account.is_complete:
            url = self._link(account.id, return_url)
        return PayeeAccount(reference=account.id, ready=account.ready, onboarding_url=url)

    def _link(self, reference: str, return_url: str) -> str:
        """A fresh one each time: one that was used, or is over, is of no use to anybody."""
        key = f"{reference}:link:{self._clock.now().timestamp():.3f}"
        made = self._api.write(
            lambda client: client.v1.account_links.create(
                {
                    "account": reference,
                    "type": "account_onboarding",
                    "return_url": return_url,
                    "refresh_url": return_url,
                },
                {"idempotency_key": key},
            )
        )
        return made.url

    def open_customer(self, account_id: str, *, key: str) -> str:
        """A customer of whom Stripe knows nothing but our id."""
        made = self._api.write(
            lambda client: client.v1.customers.create(
                {"metadata": {"account": account_id}}, {"idempotency_key": key}
            )
        )
        return made.id

    def save_method(self, customer: str, *, key: str) -> Outcome:
        """A SetupIntent, which the buyer completes in a browser; `Executed` when that was done."""
        made = self._api.write(
            lambda client: client.v1.setup_intents.create(
                {"customer": customer, "usage": "on_session"}, {"idempotency_key": key}
            )
        )
        now = made
        if is_replay(made):
            now = self._api.read(lambda client: client.v1.setup_intents.retrieve(made.id))
        if now.status == "succeeded":
            return Executed(now.id)
        if now.client_secret is None or now.status == "canceled":
            raise ProviderRejected("the card provider gave no way to go on; begin anew")
        return NeedsBrowser(
            provider=self._provider,
            reference=now.id,
            client_secret=now.client_secret,
            publishable_key=self._publishable_key,
            until=self._clock.now() + _SETUP_LIFE,
        )

    def list_saved(self, customer: str) -> list[SavedMethod]:
        """The newest hundred."""
        found = self._api.read(
            lambda client: client.v1.payment_methods.list({"customer": customer, "limit": _PAGE})
        )
        return [_saved(method) for method in found.data]

    def forget_saved(self, customer: str, reference: str) -> None:
        """Detach it from the customer for good. Raises `SavedMethodNotFound` for what is not kept
        for this customer, whoever it is kept for."""
        if not _REFERENCE.fullmatch(reference):
            raise _not_found()
        try:
            method = self._api.read(lambda client: client.v1.payment_methods.retrieve(reference))
        except ProviderRejected as refusal:
            if refusal.context.get("provider_code") != "resource_missing":
                raise
            raise _not_found() from None
        if method.customer != customer:
            raise _not_found()
        key = f"{reference}:detach:{customer}"
        self._api.write(
            lambda client: client.v1.payment_methods.detach(reference, {}, {"idempotency_key": key})
        )


def _saved(method: stripe.PaymentMethod) -> SavedMethod:
    """As much as may be shown: a card has a brand and an end, an account the name of its bank."""
    details: dict[str, Any] = method.to_dict().get(method.type) or {}
    month, year = details.get("exp_month"), details.get("exp_year")
    return SavedMethod(
        reference=method.id,
        kind=method.type,
        brand=str(details.get("brand") or details.get("bank_name") or ""),
        last4=str(details.get("last4") or ""),
        expires=f"{year}-{month:02d}" if year and month else None,
    )


def _not_found() -> SavedMethodNotFound:
    return SavedMethodNotFound("no such card or account is kept for you")
