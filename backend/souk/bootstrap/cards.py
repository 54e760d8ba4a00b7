"""The card rail, and whether its provider answers."""

import threading
import time
from collections.abc import Callable

from souk.adapters.staff.identity import StaffIdentityCheck
from souk.adapters.stripe.client import StripeApi, StripeKeys
from souk.adapters.stripe.desk import StripeCardDesk
from souk.adapters.stripe.gateway import StripePaymentGateway
from souk.adapters.stripe.identity import StripeIdentityCheck
from souk.adapters.stripe.statement import StripeStatement
from souk.adapters.stripe.webhooks import StripeWebhookGate, StripeWebhooks
from souk.core.clock import Clock
from souk.core.errors import DomainError, ProviderUnavailable
from souk.modules.payments.domain import CardMoney
from souk.modules.payments.service import CardRail, Payments
from souk.modules.sellers.ports import IdentityCheck
from souk.settings import Settings
from souk.settings.cards import CardSettings

PROVIDER = "stripe"
_ANSWER_SECONDS = 2.0
_SHARE_OF_COMPARING = 0.25
_LEAST_A_SECOND = 1.0
_GOOD_FOR_SECONDS = 30.0
_CHECKS_A_SECOND = 5.0


def card_money(settings: Settings) -> CardMoney | None:
    """What is taken by card here, if anything is."""
    return None if settings.cards is None else CardMoney(provider=PROVIDER)


def card_rail(settings: Settings, wall: Clock) -> CardRail | None:
    """The card rail of one process; `None` where no cards are taken. The platform keeps its part of
    what is paid by card, whoever gets that of the escrow."""
    cards, money = settings.cards, card_money(settings)
    if cards is None or money is None:
        return None
    api = StripeApi(_keys(cards), requests_per_second=cards.stripe_requests_per_second)
    publishable_key = cards.stripe_publishable_key
    gateway = StripePaymentGateway(
        api, money, fee_bps=settings.trade.fee_bps, publishable_key=publishable_key, clock=wall
    )
    secrets = [secret.get_secret_value() for secret in cards.stripe_webhook_secrets]
    return CardRail(
        gateway=gateway,
        directed=gateway,
        desk=StripeCardDesk(api, provider=PROVIDER, publishable_key=publishable_key, clock=wall),
        webhooks=StripeWebhookGate(StripeWebhooks(secrets, wall), is_test=api.is_test),
        return_url=settings.http.public_url,
    )


def identity_check(settings: Settings) -> IdentityCheck:
    """Who finds out who sellers are; those who pay do not wait for it."""
    cards = settings.cards
    if settings.sellers.seller_identity_check == "staff" or cards is None:
        return StaffIdentityCheck()
    api = StripeApi(_keys(cards), requests_per_second=_CHECKS_A_SECOND)
    return StripeIdentityCheck(api, return_url=settings.http.public_url)


def card_statement(settings: Settings, wall: Clock, payments: Payments) -> StripeStatement | None:
    """What the card rail says itself; comparing takes a part of the requests, as buyers do not wait
    for it."""
    cards = settings.cards
    if cards is None:
        return None
    rate = max(_LEAST_A_SECOND, _SHARE_OF_COMPARING * cards.stripe_requests_per_second)
    api = StripeApi(_keys(cards), requests_per_second=rate)
    return StripeStatement(api, wall, provider=PROVIDER, divisions=payments.divisions)


def _keys(cards: CardSettings) -> StripeKeys:
    return StripeKeys(cards.stripe_secret_key.get_secret_value(), cards.stripe_api_base or None)


class CardProvider:
    """Asks at most twice a minute, however often it is looked at: the provider counts requests,
    and whoever looks must not wait each time for one that is away. Time is monotonic."""

    def __init__(
        self, settings: CardSettings, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._api = StripeApi(
            _keys(settings), requests_per_second=1, answer_seconds=_ANSWER_SECONDS
        )
        self._clock = clock
        self._asking = threading.Lock()
        self._good_until = clock()
        self._found: str | DomainError = ProviderUnavailable("is being asked for the first time")

    def say(self) -> str:
        """What is known. Raises `ProviderUnavailable` when nobody answered, `ProviderRefusesUs`
        when the key was refused."""
        # Whoever comes while it is being asked is told what was known before.
        if self._clock() >= self._good_until and self._asking.acquire(blocking=False):
            try:
                self._found = self._ask()
                self._good_until = self._clock() + _GOOD_FOR_SECONDS
            finally:
                self._asking.release()
        found = self._found
        if isinstance(found, DomainError):
            raise found
        return found

    def _ask(self) -> str | DomainError:
        try:
            self._api.read(lambda client: client.v1.balance.retrieve())
        except DomainError as error:
            return error
        return "answers, for tests" if self._api.is_test else "answers"
