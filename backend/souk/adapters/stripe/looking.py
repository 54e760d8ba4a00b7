"""Looking at Stripe: an attempt's intent, and all that has to do with its money."""

from collections.abc import Callable
from typing import Any, TypeVar

import stripe

from souk.adapters.stripe.client import StripeApi
from souk.adapters.stripe.objects import Charge, Dispute, Intent, Read, Refund, Transfer, read
from souk.adapters.stripe.whole import Whole

_PAGE = 100

T = TypeVar("T", bound=Read)


class Looking:
    """Changes nothing. Everything raises `ProviderUnavailable` and `ProviderRejected`."""

    def __init__(self, api: StripeApi) -> None:
        self._api = api

    def intent(self, reference: str) -> Intent:
        """An intent as it is now, with its last charge."""
        found = self._api.read(
            lambda client: client.v1.payment_intents.retrieve(
                reference, {"expand": ["latest_charge.balance_transaction"]}
            )
        )
        return read(Intent, found.to_dict())

    def find_intent(self, attempt_id: str) -> Intent | None:
        """The intent on which an attempt is written. Stripe finds it by that a minute after it was
        made, and on a bad day later."""
        found = self._api.read(
            lambda client: client.v1.payment_intents.search(
                {"query": f"metadata['attempt']:'{attempt_id}'", "limit": 1}
            )
        )
        return self.intent(found.data[0].id) if found.data else None

    def find_charged(self, attempt_id: str) -> Intent | None:
        """The intent of an attempt, if anybody ever tried to pay it."""
        charges = self._all(
            Charge,
            lambda client: client.v1.charges.list({"transfer_group": attempt_id, "limit": _PAGE}),
        )
        intents = [charge.payment_intent for charge in charges if charge.payment_intent]
        return self.intent(min(intents)) if intents else None

    def whole(self, intent: Intent, attempt_id: str) -> Whole:
        """All that has to do with an intent's money; before its first charge that is nothing."""
        if intent.latest_charge is None:
            return Whole(intent=intent)
        return Whole(
            intent=intent,
            charges=self._charges(intent.id),
            transfers=self.transfers(attempt_id),
            refunds=self.refunds(intent.id),
            disputes=self._disputes(intent.id),
        )

    def transfers(self, attempt_id: str) -> list[Transfer]:
        """What went to the sellers of an attempt, the first one first."""
        found = self._all(
            Transfer,
            lambda client: client.v1.transfers.list({"transfer_group": attempt_id, "limit": _PAGE}),
        )
        return sorted(found, key=lambda transfer: (transfer.created, transfer.id))

    def refunds(self, intent_id: str) -> list[Refund]:
        """What went back to the payer."""
        return self._all(
            Refund,
            lambda client: client.v1.refunds.list({"payment_intent": intent_id, "limit": _PAGE}),
        )

    def _charges(self, intent_id: str) -> list[Charge]:
        return self._all(
            Charge,
            lambda client: client.v1.charges.list(
                {
                    "payment_intent": intent_id,
                    "limit": _PAGE,
                    "expand": ["data.balance_transaction"],
                }
            ),
        )

    def _disputes(self, intent_id: str) -> list[Dispute]:
        return self._all(
            Dispute,
            lambda client: client.v1.disputes.list({"payment_intent": intent_id, "limit": _PAGE}),
        )

    def _all(
        self, kind: type[T], first: Callable[[stripe.StripeClient], "stripe.ListObject[Any]"]
    ) -> list[T]:
        """Every object of a list, page by page."""
        found = self._api.read(lambda client: list(first(client).auto_paging_iter()))
        return [read(kind, each.to_dict()) for each in found]
