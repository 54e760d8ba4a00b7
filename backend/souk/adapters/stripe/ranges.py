"""What was made at Stripe in a stretch of time. Each page is a request of its own, so that however
many there are, they keep to the limit; what is newest comes first."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import stripe

from souk.adapters.stripe.client import StripeApi
from souk.adapters.stripe.hearing import ABOUT_MONEY
from souk.adapters.stripe.objects import (
    DOLLARS,
    Charge,
    Dispute,
    Event,
    Movement,
    Read,
    Refund,
    Transfer,
    read,
)
from souk.core.errors import ProviderRejected, ProviderUnavailable

_log = logging.getLogger(__name__)

_PAGE = 100

T = TypeVar("T", bound=Read)
R = TypeVar("R")
# Each list has a type of its own for what it is asked, all of which begin alike.
Ask = Callable[[stripe.StripeClient, Any], "stripe.ListObject[Any]"]


class Ranges:
    """Both ends of a stretch belong to it, to the second. Everything raises `ProviderUnavailable`,
    also where Stripe refuses to answer; an object that is not understood is logged and left out."""

    def __init__(self, api: StripeApi) -> None:
        self._api = api

    def events(self, since: datetime, until: datetime) -> Iterator[list[Event]]:
        """What webhooks have told about money. Stripe knows that for thirty days."""
        return self._pages(
            Event,
            lambda client, asked: client.v1.events.list(asked),
            since,
            until,
            types=list(ABOUT_MONEY),
        )

    def charges(self, since: datetime, until: datetime) -> Iterator[list[Charge]]:
        """Tries to pay, with when their money was booked."""
        return self._pages(
            Charge,
            lambda client, asked: client.v1.charges.list(asked),
            since,
            until,
            expand=["data.balance_transaction"],
        )

    def transfers(self, since: datetime, until: datetime) -> Iterator[list[Transfer]]:
        """What went to sellers."""
        return self._pages(
            Transfer, lambda client, asked: client.v1.transfers.list(asked), since, until
        )

    def refunds(self, since: datetime, until: datetime) -> Iterator[list[Refund]]:
        """What went back to payers."""
        return self._pages(
            Refund, lambda client, asked: client.v1.refunds.list(asked), since, until
        )

    def disputes(self, since: datetime, until: datetime) -> Iterator[list[Dispute]]:
        """What payers' banks ask for."""
        return self._pages(
            Dispute, lambda client, asked: client.v1.disputes.list(asked), since, until
        )

    def movements(self, since: datetime, until: datetime) -> Iterator[list[Movement]]:
        """What changed our balance in dollars."""
        return self._pages(
            Movement,
            lambda client, asked: client.v1.balance_transactions.list(asked),
            since,
            until,
            currency=DOLLARS,
        )

    def balance(self) -> int:
        """All the dollars in our account now, in cents, also those that are not available yet."""
        found = self._ask(lambda client: client.v1.balance.retrieve())
        there = sum(each.amount for each in found.available if each.currency == DOLLARS)
        to_come = sum(each.amount for each in found.pending if each.currency == DOLLARS)
        return there + to_come

    def _pages(
        self, kind: type[T], ask: Ask, since: datetime, until: datetime, **more: object
    ) -> Iterator[list[T]]:
        created = {"gte": int(since.timestamp()), "lte": int(until.timestamp())}
        asked = {"limit": _PAGE, "created": created, **more}
        while True:
            page = self._ask(partial(_asked, ask, asked))
            yield _readable(kind, page.data)
            if not page.has_more:
                return
            asked = {**asked, "starting_after": page.data[-1].id}

    def _ask(self, look: Callable[[stripe.StripeClient], R]) -> R:
        try:
            return self._api.read(look)
        except ProviderRejected as refusal:
            raise ProviderUnavailable(str(refusal)) from refusal


def _asked(
    ask: Ask, asked: Mapping[str, object], client: stripe.StripeClient
) -> "stripe.ListObject[Any]":
    return ask(client, asked)


def _readable(kind: type[T], items: "Sequence[Any]") -> list[T]:
    found = []
    for item in items:
        try:
            found.append(read(kind, item.to_dict()))
        except ProviderRejected:
            _log.error("%s at the card provider is not understood and was left out", item.id)
    return found
