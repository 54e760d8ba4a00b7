"""A shop whose buyers pay by card: the product's services on a server that speaks Stripe's API."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import stripe

from souk.adapters.stripe.desk import StripeCardDesk
from souk.adapters.stripe.gateway import StripePaymentGateway
from souk.adapters.stripe.webhooks import StripeWebhookGate, StripeWebhooks
from souk.core.clock import Clock
from souk.core.errors import OutcomeUnknown, ProviderUnavailable
from souk.core.principal import Principal
from souk.core.unit_of_work import UnitOfWork
from souk.modules.orders.domain import OrderRecord
from souk.modules.payments.domain import Attempt, CardChoice, Leg, NeedsBrowser, PaymentMethod
from souk.modules.payments.repository import attempts as attempt_rows
from souk.modules.payments.repository import payees as payee_rows
from souk.modules.payments.repository.payees import Payee
from souk.modules.payments.service import CardRail, Payments, StartedAttempt
from souk.modules.trade.service import Cancellations, Deliveries, Expiries, Keeper
from tests.support.account_builders import an_account
from tests.support.card_hooks import Hook, Hooked, nothing
from tests.support.card_server import CardServer, a_seller
from tests.support.card_webhooks import SECRET
from tests.support.chain_builders import chains_of
from tests.support.clock import MovableClock
from tests.support.order_builders import orders_on
from tests.support.payment_builders import CARDS, Looks, Shop, a_shop, payments_on
from tests.support.scripted_chain import ScriptedChain
from tests.support.seller_builders import sellers_on

BY_CARD = CardChoice(method=PaymentMethod.CREDIT_CARD)
ANYHOW = CardChoice(method=PaymentMethod.STRIPE)
GOOD = "pm_card_visa"
EMPTY = "pm_card_chargeDeclinedInsufficientFunds"
DISPUTED = "pm_card_createDispute"
FEE_BPS = 250
AWAY = ProviderUnavailable("the provider does not answer")
UNKNOWN = OutcomeUnknown("the provider was asked and has not answered")


def card_rail(
    server: CardServer,
    clock: Clock,
    *,
    read_seconds: float = 15,
    secrets: Sequence[str] = (SECRET,),
) -> CardRail:
    """The card rail of the product on a server."""
    api, key = server.api(read_seconds), server.publishable_key
    gateway = StripePaymentGateway(api, CARDS, fee_bps=FEE_BPS, publishable_key=key, clock=clock)
    return CardRail(
        gateway=gateway,
        directed=gateway,
        desk=StripeCardDesk(api, provider="stripe", publishable_key=key, clock=clock),
        webhooks=StripeWebhookGate(StripeWebhooks(secrets, clock), is_test=True),
        return_url="http://127.0.0.1:8000/",
    )


class _Told:
    """What the provider told."""

    client: stripe.StripeClient
    payments: Payments
    payment_id: str

    def webhooks(self, started: StartedAttempt) -> list[tuple[str, bytes]]:
        """Every webhook about an attempt by its id, from the first to the last."""
        return self.webhooks_about(started.attempt_id, str(started.needs.reference))

    def webhooks_about(self, *names: str) -> list[tuple[str, bytes]]:
        """Every webhook in which one of these names is, by its id, from the first to the last."""
        found = list(self.client.v1.events.list({"limit": 100}).auto_paging_iter())
        told = [(event.id, json.dumps(event.to_dict()).encode()) for event in reversed(found)]
        return [(id_, body) for id_, body in told if any(name.encode() in body for name in names)]

    def tell(self, started: StartedAttempt) -> None:
        """Let all of these arrive, once more."""
        for id_, body in self.webhooks(started):
            self.payments.handle_webhook(id_, body)

    def tell_all(self) -> None:
        """Let all that names the payment arrive, whatever its attempts are called."""
        for id_, body in self.webhooks_about(self.payment_id):
            self.payments.handle_webhook(id_, body)


class _AtTheProvider(_Told):
    """What the provider did."""

    server: CardServer
    payee: str

    def intents(self) -> list[str]:
        """Every intent on which the payment is written."""
        query = f"metadata['payment']:'{self.payment_id}'"
        return [one.id for one in self.client.v1.payment_intents.search({"query": query}).data]

    def dispute(self, started: StartedAttempt, **fields: object) -> str:
        """The payer's bank wants the money back, or what `fields` say; the dispute, heard of."""
        dispute = self.at_provider(started, "disputes", **fields)
        self.hear(started)
        return dispute

    def at_provider(self, started: StartedAttempt, path: str, **fields: object) -> str:
        """The same, of which nobody has heard."""
        charge = self.intent(started).latest_charge
        return str(self.server.control(path, charge=charge, **fields)["id"])

    def decide(self, started: StartedAttempt, dispute: str, *, won: bool) -> None:
        """What the bank has decided about it, and that we hear of that."""
        self.server.control(f"disputes/{dispute}/end", won=str(won).lower())
        self.hear(started)

    def worth(self) -> int:
        """All that the seller of the first order has at the provider."""
        balance = self.client.v1.balance.retrieve({}, {"stripe_account": self.payee})
        return sum(each.amount for each in (*balance.available, *balance.pending))

    def hurry(self) -> None:
        """Let happen at once what banks take days for."""
        self.server.control("time")

    def status_of(self, intent: str) -> str:
        return str(self.client.v1.payment_intents.retrieve(intent).status)

    def empty_payee(self) -> None:
        """All that the seller has there, if anything, goes to the seller's own bank."""
        if self.worth():
            self.server.control(f"accounts/{self.payee}/pay_out")

    def fill_payee(self, amount: int) -> None:
        """The seller earns so much elsewhere."""
        paid = {"amount": amount, "currency": "usd", "payment_method": "pm_card_bypassPending"}
        intent = self.client.v1.payment_intents.create({**paid, "confirm": True})
        source = {"destination": self.payee, "source_transaction": str(intent.latest_charge)}
        self.client.v1.transfers.create({"amount": amount, "currency": "usd", **source})

    def intent(self, started: StartedAttempt) -> stripe.PaymentIntent:
        return self.client.v1.payment_intents.retrieve(str(started.needs.reference))

    def refunds(self, started: StartedAttempt) -> list[int]:
        """What the provider gave back, in cents."""
        asked = {"payment_intent": str(started.needs.reference), "limit": 100}
        return sorted(one.amount for one in self.client.v1.refunds.list(asked).data)

    def transfers(self, started: StartedAttempt) -> list[int]:
        """What the provider handed on, in cents."""
        asked = {"transfer_group": started.attempt_id, "limit": 100}
        return sorted(one.amount for one in self.client.v1.transfers.list(asked).data)


class _AsStored:
    """What is stored of it."""

    uow: UnitOfWork
    payment_id: str
    sees: Looks

    def attempt(self, started: StartedAttempt) -> Attempt:
        with self.uow.begin() as tx:
            return attempt_rows.get(tx, self.payment_id, started.attempt_id)

    def card_attempts(self) -> list[Attempt]:
        """All attempts by card, the first one first."""
        with self.uow.begin() as tx:
            known = attempt_rows.list_of_payment(tx, self.payment_id)
        return [attempt for attempt in known if isinstance(attempt.choice, CardChoice)]

    def legs(self, started: StartedAttempt) -> list[Leg]:
        return list(self.attempt(started).legs)

    def instructions(self) -> list[str]:
        """`kind status` of all that the provider was told to move."""
        return self.sees.column("SELECT kind || ' ' || status FROM payment_instruction ORDER BY id")

    def balance(self, kind: str) -> int:
        """What all accounts of a kind hold in dollars, in cents."""
        sum_of = (
            "SELECT coalesce(sum(p.amount), 0) FROM ledger_posting p JOIN ledger_account a"
            " ON a.id = p.account_id WHERE a.kind = :kind AND a.asset = 'USD'"
        )
        return int(str(self.sees.read(sum_of, kind=kind)))


@dataclass(kw_only=True)
class CardShop(_AsStored, _AtTheProvider, Shop):
    """A shop whose sellers can all be paid by card, and what its people and their banks do."""

    server: CardServer
    wall: MovableClock
    secrets: Sequence[str] = (SECRET,)

    def __post_init__(self) -> None:
        self.client = self.server.client()
        self.start_anew()

    def start_anew(self, *, before: Hook = nothing, after: Hook = nothing) -> None:
        """Build every service anew, as a process does that starts. The hooks are called before and
        after the provider is asked for anything."""
        cards = card_rail(self.server, self.wall, secrets=self.secrets)
        rail = Hooked(cards.gateway, before, after)
        self.cards = replace(cards, gateway=rail, directed=rail)
        self.serve(payments_on(self.uow, self.prices, cards=self.cards))

    def serve(self, payments: Payments) -> None:
        """Have everything done by these services."""
        self.payments = payments
        orders, sellers = orders_on(self.uow), sellers_on(self.uow)
        self.deliveries = Deliveries(self.uow, orders, self.payments, sellers)
        self.cancellations = Cancellations(self.uow, orders, self.payments, sellers)
        self.expiries = Expiries(self.uow, orders, self.payments)
        self.keeper = Keeper(self.uow, chains_of(self.uow, ScriptedChain()), self.payments)

    # -- the payer ------------------------------------------------------------------------------

    def begin_anyway(self) -> StartedAttempt:
        """The payer chose a card beside calls that a wallet may still sign."""
        return self.begin(replace(BY_CARD, anyway=True))

    def begin(self, choice: CardChoice = BY_CARD, **more) -> StartedAttempt:
        """The payer chose a card."""
        return self.start(choice, **more)

    def confirm(self, started: StartedAttempt, method: str = GOOD) -> None:
        """What the payer's browser does; a decline is an answer like any other."""
        assert isinstance(started.needs, NeedsBrowser)
        intent = started.needs.reference
        try:
            self.client.v1.payment_intents.confirm(intent, {"payment_method": method})
        except stripe.CardError:
            return

    def pay(self, method: str = GOOD, **more) -> StartedAttempt:
        """A payment by card of which the provider has told."""
        started = self.begin(**more)
        self.confirm(started, method)
        self.hear(started)
        return started

    def cancel(self, order_id: str | None = None) -> None:
        self.cancellations.cancel(self.buyer, order_id or self.order_id, "changed my mind")

    def pass_deadline(self, started: StartedAttempt) -> None:
        """The time of the party whose turn it is goes by."""
        (leg,) = self.legs(started)
        assert leg.deadline is not None
        self.wall.advance(seconds=(leg.deadline - self.wall.now()).total_seconds() + 1)

    # -- the seller -----------------------------------------------------------------------------

    def seller_of(self, order: OrderRecord) -> Principal:
        """Whoever sells this one."""
        return replace(self.buyer, account_id=order.seller_account_id, wallets=frozenset())

    @property
    def payee(self) -> str:
        """The account of the seller of the first order."""
        wanted = (
            "SELECT p.reference FROM payee_account p JOIN orders o ON o.seller_id = p.seller_id"
            " WHERE o.id = :id"
        )
        return str(self.sees.read(wanted, id=self.order_id))

    def seller(self, name: str = "sofia"):
        return an_account(self.uow, name)

    def hear(self, started: StartedAttempt) -> bool:
        """Look what the provider knows; whether it was news."""
        return self.payments.look_at(self.attempt(started))


def a_card_shop(
    uow: UnitOfWork,
    server: CardServer,
    wall: MovableClock,
    *,
    sellers: Iterable[str] = ("sofia",),
    secrets: Sequence[str] = (SECRET,),
    **listing: object,
) -> CardShop:
    """A checkout of two pieces from each seller, all of whom can be paid by card, its payment
    opened; `wall` is the clock of `uow`, and shows the provider's time."""
    shop = a_shop(uow, sellers=sellers, **listing)
    with uow.begin() as tx:
        for order in shop.checkout.orders:
            payee_rows.add(tx, Payee(order.seller_id, a_seller(server), ready=True))
        tx.commit()
    return CardShop(
        uow=uow,
        buyer=shop.buyer,
        checkout=shop.checkout,
        payment_id=shop.payment_id,
        prices=shop.prices,
        server=server,
        wall=wall,
        secrets=secrets,
    )
