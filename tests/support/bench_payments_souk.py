"""Souk's own use cases, from placing to the completed payment, on a rail that answers at once."""

import secrets
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import event
from sqlalchemy.orm import sessionmaker

from souk.adapters.evm.escrow.tokens import EvmTokens
from souk.adapters.evm.escrow.ways import EvmPayWays
from souk.adapters.evm.presence import ChainPresence
from souk.adapters.evm.wallets import EvmWallets
from souk.adapters.redis.cache import RedisCache
from souk.adapters.redis.connections import connect
from souk.core.clock import SystemClock
from souk.core.db import make_engine
from souk.core.documents import CachedDocuments
from souk.core.events import HandlerRegistry
from souk.core.idempotency import Idempotency, Receipt
from souk.core.ids import TimeOrderedIds
from souk.core.inbox import InboxSweeper
from souk.core.jobs import drain_outbox
from souk.core.outbox import OutboxRelay
from souk.core.principal import Principal
from souk.core.unit_of_work import Transaction, UnitOfWork
from souk.core.wakeups import PostgresBus
from souk.modules.chain.service import Chains
from souk.modules.ledger.service import Ledger
from souk.modules.payments import handlers as payments_handlers
from souk.modules.payments.domain import (
    Attempt,
    CardChoice,
    CardMoney,
    CardTerms,
    Fact,
    FactKind,
    FactStage,
    NeedsBrowser,
    Observation,
    Outcome,
    PaymentMethod,
    QuoteTerms,
    clocks,
    state_card_terms,
)
from souk.modules.payments.ports import LegDraft, LegPlan, Payer, PaymentGateway, PaymentPlan
from souk.modules.payments.service import Offers, Parts, Payments, StartedAttempt, gateways
from souk.modules.trade.schemas import render_placed
from souk.modules.trade.service import Placements, Trust
from souk.modules.webhooks import handlers as webhooks_handlers
from souk.modules.webhooks.service import Announcements
from tests.support.name_builders import last_looks_on
from tests.support.order_builders import carts_on, orders_on
from tests.support.payment_builders import FixedPriceFeed
from tests.support.seller_builders import sellers_on


class CardStandIn(PaymentGateway):
    """A card rail without a provider: whoever pays is sent to a browser at once. What moves money
    later is asked of nobody here."""

    def draft(self, plan: PaymentPlan) -> tuple[LegDraft, ...]:
        """Terms and documents as the real rail writes them."""
        return tuple(_drafted(plan, leg, at) for at, leg in enumerate(plan.legs))

    def prepare_payment(
        self, attempt: Attempt, payer: Payer, signature: str | None = None
    ) -> Outcome:
        """On to the browser."""
        return NeedsBrowser(
            provider="nobody",
            reference=f"pi_{attempt.id}",
            client_secret="secret",
            publishable_key="public",
            until=attempt.pay_by,
        )


def _drafted(plan: PaymentPlan, leg: LegPlan, at: int) -> LegDraft:
    assert leg.card_account is not None
    fulfil_by, window = clocks(leg.terms, pay_by=plan.pay_by)
    bare = CardTerms(
        payee=leg.card_account,
        amount=leg.amount,
        fee_bps=250,
        pay_by=plan.pay_by,
        fulfil_by=fulfil_by,
        window=window,
    )
    terms, document = state_card_terms(leg.terms, bare, provider="nobody", salt=leg.salt)
    reference = f"{plan.attempt_id}:{at}"
    return LegDraft(external_reference=reference, terms=terms, document=document)


class Souk:
    """Everything that one process of the API has, as far as payments go; with `uow` it works in
    another unit of work than its own."""

    def __init__(
        self,
        database_url: str,
        *,
        connections: int,
        make_uow: Callable[..., UnitOfWork] = UnitOfWork,
    ) -> None:
        self.database_url = database_url
        self.engine = make_engine(database_url, pool_size=connections)
        clock = SystemClock()
        self.uow = uow = make_uow(sessionmaker(self.engine), clock, TimeOrderedIds())
        self.orders, rail = orders_on(uow), CardStandIn()
        orders, names = self.orders, last_looks_on(uow)
        self.payments = Payments(
            Parts(
                uow=uow,
                sellers=sellers_on(uow),
                orders=orders,
                ledger=Ledger(),
                chains=Chains(uow, {}, daily_gas=0),
                gateways=gateways(escrow=rail, card=rail),
                directed={},
                prices=FixedPriceFeed(),
                wallets=EvmWallets({}, ChainPresence(SystemClock())),
                ways=EvmPayWays({}, EvmTokens({}, clock)),
                offers=Offers({}, QuoteTerms(), CardMoney(provider="nobody")),
                names=names,
                new_salt=lambda: secrets.token_hex(32),
            )
        )
        self._idempotency = Idempotency(uow)
        trust = Trust(names)
        self._placements = Placements(uow, orders, carts_on(uow), self.payments, trust)

    def buy(self, account_id: str, listing_id: str) -> None:
        """One payment: what the API does for a request to place and pay, then what a worker does
        when the provider says that the money is held."""
        request_key = self._idempotency.enter(
            principal_id=account_id,
            route="POST /api/orders",
            key=secrets.token_hex(8),
            fingerprint=secrets.token_hex(32),
        )
        assert isinstance(request_key, str)
        placed = self._placements.place_and_pay(
            Principal(account_id, "ses"),
            [(listing_id, 1)],
            pay=CardChoice(method=PaymentMethod.STRIPE),
            receipt=Receipt(request_key, 201, render_placed),
        )
        assert placed.started is not None
        for said in _held(placed.started):
            assert self.payments.observe(said)

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()

    def deliver(self, until: float, redis_url: str) -> None:
        """What the worker of the queue `events` does, until then and until nothing is left."""
        clock = SystemClock()
        documents = CachedDocuments(RedisCache(connect(redis_url, timeout_seconds=1)))
        registry = HandlerRegistry(
            payments_handlers.subscriptions(self.payments, CardStandIn(), documents),
            webhooks_handlers.readers(Announcements(self.uow, self.orders)),
        )
        relay = OutboxRelay(self.engine, registry, clock)
        inbox = InboxSweeper(self.engine, payments_handlers.inbox_handlers(self.payments), clock)
        drain_outbox(relay, inbox, PostgresBus(self.database_url)).run(lambda: time.time() < until)
        relay.drain()


def _held(started: StartedAttempt) -> Iterator[Observation]:
    """What the rail says once the payer has paid."""
    for leg in started.attempt.legs:
        yield Observation(
            leg_reference=leg.external_reference,
            effect_id=f"ch_{leg.id}",
            observation_id=f"ch_{leg.id}",
            stage=FactStage.REACHED,
            fact=Fact(kind=FactKind.HELD, amount=leg.amount),
            occurred_at=datetime.now(UTC),
            evidence={"charge": f"ch_{leg.id}"},
        )


class CountingWork(UnitOfWork):
    """Knows which statements were run for which use case."""

    def __init__(self, sessions, clock, ids) -> None:
        super().__init__(sessions, clock, ids)
        self.transactions: list[tuple[str, list[str]]] = []
        event.listen(sessions.kw["bind"], "before_cursor_execute", self._note)

    def _note(self, connection, cursor, statement, parameters, context, executemany) -> None:
        if self.transactions:
            self.transactions[-1][1].append(statement)

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        self.transactions.append((sys._getframe(2).f_code.co_name, []))
        with super().begin() as tx:
            yield tx

    @contextmanager
    def autocommit(self) -> Iterator[Transaction]:
        self.transactions.append((sys._getframe(2).f_code.co_name, []))
        with super().autocommit() as tx:
            yield tx


def statements_of_a_payment(
    database_url: str, account_id: str, listing_id: str
) -> dict[str, list[str]]:
    """How many statements each transaction of one payment runs, in their order."""
    souk = Souk(database_url, connections=1, make_uow=CountingWork)
    assert isinstance(souk.uow, CountingWork)
    souk.buy(account_id, listing_id)
    souk.uow.transactions.clear()
    souk.buy(account_id, listing_id)
    counted: dict[str, list[str]] = defaultdict(list)
    for name, statements in souk.uow.transactions:
        counted[name] += statements
    souk.close()
    return counted
