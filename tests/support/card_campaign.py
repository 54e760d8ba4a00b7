"""Many customers at a provider at which everything goes wrong now and then, and our own workers.

Messages really arrive over HTTP, in whatever order the provider tells them; what a customer or a
seller asks for in vain is asked for again.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from random import Random

import stripe
from sqlalchemy import Engine, text

from souk.adapters.stripe.webhooks import StripeWebhookGate, StripeWebhooks
from souk.core.clock import SystemClock
from souk.core.errors import DomainError
from souk.core.idempotency import Receipt
from souk.core.inbox import InboxSweeper
from souk.core.unit_of_work import UnitOfWork
from souk.modules.orders.domain import OrderStatus
from souk.modules.payments.errors import WebhookRefused
from souk.modules.payments.handlers import inbox_handlers
from souk.modules.payments.service import Payments, StartedAttempt
from tests.support.card_oracle import Money, at_provider, in_books, total
from tests.support.card_server import CardServer
from tests.support.card_shop import EMPTY, GOOD, CardShop, a_card_shop, card_rail
from tests.support.clock import MovableClock
from tests.support.payment_builders import payments_on
from tests.support.webhook_receiver import Receiver, receiver

TOTAL, PART, FEE_BPS = 2_598, 500, 250
PATIENCE = 0.25


@dataclass
class Inbox(Receiver):
    """Where the provider tells us; what cannot be kept now is told again."""

    payments: Payments | None = None

    def take(self, body: bytes, signature: str) -> int:
        """As the route does it."""
        assert self.payments is not None
        try:
            self.payments.receive_webhook(body, signature)
        except WebhookRefused:
            return 400
        return super().take(body, signature)


@dataclass
class Customer:
    """One order and what is to become of it: `plan` names its steps, each done once."""

    shop: CardShop
    plan: tuple[str, ...]
    started: StartedAttempt | None = None
    done: list[str] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)

    @property
    def is_served(self) -> bool:
        return len(self.done) == len(self.plan)

    def go_on(self) -> None:
        """Try the next step; whoever is refused comes again later."""
        if self.is_served:
            return
        step = self.plan[len(self.done)]
        try:
            if getattr(self, f"_{step}")() is not False:
                self.done.append(step)
        except (DomainError, stripe.StripeError) as refusal:
            self.refused[type(refusal).__name__] += 1

    def _begin(self) -> None:
        self.started = self.shop.begin()

    def _pay(self) -> bool:
        return self._confirm(GOOD) == "succeeded"

    def _be_declined(self) -> bool:
        return self._confirm(EMPTY) == "requires_payment_method"

    def _confirm(self, method: str) -> str:
        """What the provider says afterwards; a browser asks again when it got no answer."""
        assert self.started is not None
        intent = str(self.started.needs.reference)
        services = self.shop.client.v1.payment_intents
        with suppress(stripe.CardError, stripe.InvalidRequestError):
            services.confirm(intent, {"payment_method": method})
        return str(services.retrieve(intent).status)

    def _be_paid(self) -> bool:
        """Until we have heard of it, by whatever way."""
        return self.shop.sees.status() is OrderStatus.PAID

    def _ship(self) -> None:
        self.shop.deliveries.ship(self._seller, self.shop.order_id, None)

    def _release(self) -> None:
        self.shop.deliveries.release(self.shop.buyer, self.shop.order_id, self._wish("release"))

    def _be_released(self) -> bool:
        return self.shop.sees.status() is OrderStatus.COMPLETED

    def _refuse(self) -> None:
        wish = self._wish("cancel")
        self.shop.cancellations.cancel(self._seller, self.shop.order_id, "sold out", wish)

    def _give_part(self) -> None:
        shop = self.shop
        shop.payments.refund_part(
            self._seller, shop.payment_id, shop.order_id, PART, self._wish("part")
        )

    def _wish(self, what: str) -> Receipt:
        """The same wish has the same name, however often it is repeated."""
        return Receipt(f"req_{what}_{self.shop.order_id}")

    @property
    def _seller(self):
        return self.shop.seller_of(self.shop.checkout.orders[0])

    def expected(self) -> Money:
        """Where all the money has to be in the end."""
        if "pay" not in self.plan:
            return Money()
        part = PART if "give_part" in self.plan else 0
        if "refuse" in self.plan:
            return Money(charged=TOTAL, returned=TOTAL)
        if "release" not in self.plan:
            return Money(charged=TOTAL, returned=part)
        late = part if self.plan[-1] == "give_part" else 0
        gross = TOTAL - part + late
        fees = gross * FEE_BPS // 10_000
        return Money(charged=TOTAL, returned=part, sent=gross - fees, fees=fees, back=late)


PLANS = (
    ("begin", "pay", "be_paid"),
    ("begin", "be_declined"),
    ("begin", "be_declined", "pay", "be_paid", "ship", "release", "be_released"),
    ("begin", "pay", "be_paid", "refuse"),
    ("begin", "pay", "be_paid", "give_part", "release", "be_released"),
    ("begin", "pay", "be_paid", "release", "be_released", "give_part"),
)


@dataclass
class Campaign:
    """All customers, the provider, and the workers of one installation."""

    server: CardServer
    uow: UnitOfWork
    engine: Engine
    clock: MovableClock
    inbox: Inbox
    customers: list[Customer]

    def run(self, *, rounds: int) -> None:
        """So many rounds at most, in each of which everybody tries to get on by one step. After
        half of them a day has gone by: until then a key has no other answer than an error."""
        for number in range(rounds):
            if number == rounds // 2:
                self.server.control("keys/forget")
                self.clock.advance(hours=25)
            for customer in self.customers:
                customer.go_on()
            self.work()
            if self.is_idle():
                return
            self.clock.advance(seconds=61)

    def work(self) -> None:
        """One round of our workers."""
        payments = self.inbox.payments
        assert payments is not None
        InboxSweeper(self.engine, inbox_handlers(payments), self.clock).sweep(limit=500)
        payments.look_at_open()
        payments.carry_out_due()

    def is_idle(self) -> bool:
        """Whether everybody is served, and nothing is left to be handled or repeated."""
        left = (
            "SELECT (SELECT count(*) FROM webhook_inbox WHERE handled_at IS NULL)"
            " + (SELECT count(*) FROM payment_instruction WHERE status = 'open')"
        )
        with self.engine.connect() as connection:
            waiting = connection.scalar(text(left))
        told = self.server.control("webhooks")["waiting"]
        return all(each.is_served for each in self.customers) and waiting == told == 0

    def happened(self) -> Counter[str]:
        """How often each fault has come true so far."""
        return Counter(self.server.control("faults/state")["happened"])

    def money(self) -> list[tuple[Money, Money, Money]]:
        """Of each customer what was to be, what the provider has, and what the books say."""
        found = []
        for each in self.customers:
            ids = [attempt.id for attempt in each.shop.card_attempts()]
            there = total(at_provider(each.shop.client, id_) for id_ in ids)
            found.append((each.expected(), there, total(in_books(self.uow, id_) for id_ in ids)))
        return found


@contextmanager
def a_campaign(
    server: CardServer, uow: UnitOfWork, engine: Engine, clock: MovableClock, *, size: int
) -> Iterator[Campaign]:
    """So many customers with a plan each, none of whom has begun; the provider tells us of all."""
    with receiver(Inbox()) as inbox:
        assert isinstance(inbox, Inbox)
        client = server.client()
        endpoint = client.v1.webhook_endpoints.create({"url": inbox.url, "enabled_events": ["*"]})
        gate = StripeWebhookGate(
            StripeWebhooks([str(endpoint.secret)], SystemClock()), is_test=True
        )
        cards = replace(card_rail(server, clock, read_seconds=PATIENCE), webhooks=gate)
        inbox.payments = payments_on(uow, cards=cards)
        shops = [
            a_card_shop(uow, server, clock, sellers=[f"sofia-{n}"], buyer=f"bruno-{n}")
            for n in range(size)
        ]
        for shop in shops:
            shop.serve(inbox.payments)
        customers = [Customer(shop, PLANS[n % len(PLANS)]) for n, shop in enumerate(shops)]
        yield Campaign(server, uow, engine, clock, inbox, customers)
        client.v1.webhook_endpoints.delete(endpoint.id)


def order_faults(server: CardServer, seed: int, *, size: int) -> list[str]:
    """Some of every kind, spread by the seed over what `size` customers cause; their names. The
    first payments are told by no message at all."""
    random = Random(seed)
    requests = {
        "reset_before_effect": {},
        "reset_after_effect": {},
        "timeout_before_effect": {"milliseconds": 2 * int(1000 * PATIENCE)},
        "timeout_after_effect": {"milliseconds": 2 * int(1000 * PATIENCE)},
        "server_error": {},
        "server_error_after_effect": {},
        "rate_limit": {},
    }
    webhooks = {"duplicate": {"copies": 3}, "reorder": {}, "delay": {"milliseconds": 300}}
    count = max(2, size // 4)
    for kind, fields in requests.items():
        seeds = {"seed": random.randrange(10**6), "count": count, "among": 8 * size}
        server.control("faults", kind=kind, on="/v1/", **seeds, **fields)
    for kind, fields in webhooks.items():
        seeds = {"seed": random.randrange(10**6), "count": count, "among": 3 * size}
        server.control("faults", kind=kind, **seeds, **fields)
    for event in ("charge.succeeded", "payment_intent.succeeded"):
        server.control("faults", kind="lose", on=event, count=count)
    return [*requests, *webhooks, "lose"]
