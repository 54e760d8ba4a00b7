"""A card rail on a server that speaks Stripe's API, with a payer, sellers, and books of its own.

The rail's own code is the product's. The payer's browser, the sellers and whoever sits at the
dashboard speak to the server by the official library, past it.
"""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import stripe

from souk.adapters.stripe.client import StripeApi, StripeKeys
from souk.adapters.stripe.gateway import StripePaymentGateway
from souk.adapters.stripe.webhooks import StripeWebhookGate, StripeWebhooks
from souk.core.ids import TimeOrderedIds
from souk.core.money import USD, Money
from souk.embedded import parts
from souk.embedded.anvil import free_port
from souk.embedded.stripe import stripe_sandbox
from souk.modules.payments.domain import (
    Attempt,
    AttemptStatus,
    CardChoice,
    CardLeg,
    CardMoney,
    Instructed,
    Instruction,
    LegStatus,
    Observation,
    OrderTerms,
    Outcome,
    PaymentMethod,
    StoredInstruction,
    TermsLine,
)
from souk.modules.payments.ports import LegPlan, Payer, PaymentPlan, RailMessage, Said
from tests.support.account_builders import a_wallet
from tests.support.books_of_facts import stand
from tests.support.clock import MovableClock
from tests.support.waiting import eventually

MONEY = CardMoney(provider="stripe")
FEE_BPS = 250
DAY = 86_400
_ids = TimeOrderedIds()
_numbers = count(1)


@dataclass(frozen=True)
class CardServer:
    """A server that speaks Stripe's API, and its keys."""

    url: str
    secret_key: str
    publishable_key: str

    def client(self) -> stripe.StripeClient:
        """The official library, for everybody but us."""
        return stripe.StripeClient(
            self.secret_key, base_addresses={"api": self.url}, max_network_retries=0
        )

    def api(self, read_seconds: float = 15) -> StripeApi:
        """Our own client."""
        return StripeApi(
            StripeKeys(self.secret_key, self.url),
            requests_per_second=10_000,
            burst=10_000,
            answer_seconds=read_seconds,
        )

    def control(self, path: str, **fields: object) -> Any:
        """Order a fault, a dispute or the time of the sandbox."""
        answer = httpx.post(
            f"{self.url}/sandbox/{path}",
            data={name: str(value) for name, value in fields.items()},
            headers={"Authorization": f"Bearer {self.secret_key}"},
        )
        answer.raise_for_status()
        return answer.json()


@contextmanager
def a_sandbox(directory: Path) -> Iterator[CardServer]:
    """The sandbox as a process. What happens there by itself waits until it is told to hurry."""
    server = stripe_sandbox(directory / "cards", free_port(), bank_seconds=3_600)
    running = parts.start(server.part(), directory / "cards.log")
    yield CardServer(server.url, server.secret_key, server.publishable_key)
    running.kill()


@dataclass
class CardRail:
    """The gateway on a server. `said` is all that was heard, of which the legs are made."""

    server: CardServer
    clock: MovableClock = field(default_factory=lambda: MovableClock(datetime.now(UTC)))
    seller: str = "acct_none"
    said: list[Observation] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.client = self.server.client()
        self.gateway = self.a_gateway()

    def a_gateway(self, read_seconds: float = 15) -> StripePaymentGateway:
        return StripePaymentGateway(
            self.server.api(read_seconds),
            MONEY,
            fee_bps=FEE_BPS,
            publishable_key=self.server.publishable_key,
            clock=self.clock,
        )

    # -- before the payment ---------------------------------------------------------------------

    def plan(self, *amounts: int, **changes: Any) -> PaymentPlan:
        """An attempt to pay an order of each amount; `days` are those of handling and transit,
        `None` for a download."""
        days, account = changes.pop("days", 2), changes.pop("account", self.seller)
        legs = tuple(
            LegPlan(
                terms=an_order(amount, days),
                wallet=a_wallet("sofia").address,
                card_account=account,
                amount=amount,
                salt=f"{next(_numbers):064x}",
            )
            for amount in amounts
        )
        method = changes.pop("method", PaymentMethod.STRIPE)
        choice = CardChoice(method=method, saved_method=changes.pop("saved", None))
        pay_by = self.clock.now() + timedelta(seconds=MONEY.quote_seconds)
        return PaymentPlan(
            attempt_id=_ids.new("att"), choice=choice, pay_by=int(pay_by.timestamp()), legs=legs
        )

    def start(self, *amounts: int, **changes: Any) -> Attempt:
        """An attempt as it is stored, before Stripe was asked."""
        plan = self.plan(*amounts, **changes)
        legs = tuple(a_leg(plan, position, self.gateway) for position in range(len(amounts)))
        pay_by = datetime.fromtimestamp(plan.pay_by, UTC)
        return Attempt(
            id=plan.attempt_id,
            payment_id=_ids.new("pay"),
            number=1,
            request_key=None,
            method=plan.choice.method,
            status=AttemptStatus.CREATED,
            choice=plan.choice,
            clock="wall",
            asset=USD,
            amount=sum(amounts),
            usd_amount=sum(amounts),
            pay_by=pay_by,
            quote_expires_at=pay_by,
            transaction_hash=None,
            provider_reference=None,
            closed_at=None,
            legs=legs,
        )

    def prepare(self, attempt: Attempt, customer: str | None = None) -> tuple[Attempt, Outcome]:
        """Ask Stripe, and keep the reference as the service does."""
        payer = Payer(account_id="acc_1", customer_reference=customer)
        outcome = self.gateway.prepare_payment(attempt, payer)
        return replace(attempt, provider_reference=outcome.reference), outcome

    # -- the payer ------------------------------------------------------------------------------

    def confirm(self, attempt: Attempt, method: str = "pm_card_visa") -> None:
        """What the payer's browser does; a decline is an answer like any other."""
        intent = attempt.provider_reference
        try:
            self.client.v1.payment_intents.update(intent, {"payment_method": method})
            self.client.v1.payment_intents.confirm(intent)
        except stripe.CardError:
            return

    def confirm_refused(self, attempt: Attempt) -> None:
        """The payer's browser is told that this cannot be paid."""
        try:
            self.client.v1.payment_intents.update(
                attempt.provider_reference, {"payment_method": "pm_card_visa"}
            )
            self.client.v1.payment_intents.confirm(attempt.provider_reference)
        except stripe.InvalidRequestError:
            return
        raise AssertionError("what was called off could be paid")

    def authenticate(self, attempt: Attempt, answer: str) -> None:
        """What the payer tells the bank that asks who it is."""
        page = f"{self.server.url}/sandbox/authenticate/{attempt.provider_reference}"
        httpx.post(page, data={"answer": answer})

    def pay(self, *amounts: int, method: str = "pm_card_visa", **changes: Any) -> Attempt:
        """A payment of some orders, heard of, so that the legs are as the service has them."""
        attempt, _ = self.prepare(self.start(*amounts, **changes))
        self.confirm(attempt, method)
        _, outcome = self.prepare(attempt)
        return self.hear(attempt, outcome.facts)

    # -- money ----------------------------------------------------------------------------------

    def carry(self, outcome: Outcome, attempt: Attempt) -> Attempt:
        """Have instructions stored and carried out, one after the other."""
        assert isinstance(outcome, Instructed)
        for instruction in outcome.instructions:
            done = self.gateway.carry_out(
                stored(instruction), leg_of(attempt, instruction), attempt
            )
            attempt = self.hear(attempt, done.facts)
        return attempt

    def release(self, attempt: Attempt) -> Attempt:
        """All that is held goes to the sellers."""
        return self.carry(self.gateway.release(attempt.legs), attempt)

    def hear(self, attempt: Attempt, said: Iterable[Said]) -> Attempt:
        """The attempt with its legs as all that was ever said of them makes them."""
        self.said += [one for one in said if isinstance(one, Observation)]
        return replace(attempt, legs=tuple(stand(leg, self.said) for leg in attempt.legs))

    def refunds(self, attempt: Attempt) -> list[stripe.Refund]:
        """All refunds of an attempt at Stripe."""
        asked = {"payment_intent": attempt.provider_reference, "limit": 100}
        return self.client.v1.refunds.list(asked).data

    def transfers(self, attempt: Attempt) -> list[stripe.Transfer]:
        """All transfers of an attempt at Stripe."""
        return self.client.v1.transfers.list({"transfer_group": attempt.id, "limit": 100}).data

    def worth(self, account: str) -> int:
        """All that a connected account has at Stripe."""
        balance = self.client.v1.balance.retrieve({}, {"stripe_account": account})
        return sum(each.amount for each in (*balance.available, *balance.pending))

    def happened(self, fault: str) -> int:
        """How often the sandbox has failed in this way."""
        told = httpx.get(f"{self.server.url}/sandbox/health").json()
        return told["faults"]["happened"].get(fault, 0)

    def hurry_until(self, probe: Callable[[], object]) -> None:
        """Let happen what banks take days for."""
        self.server.control("time")
        eventually(probe)

    def next_second(self) -> None:
        """Stripe dates by the second: what follows is later than what was before."""
        begun = int(time.time())
        eventually(lambda: int(time.time()) > begun)

    # -- messages -------------------------------------------------------------------------------

    def messages(self, attempt: Attempt) -> list[RailMessage]:
        """Every webhook about an attempt, from the first to the last, as our gate reads it."""
        found = self.client.v1.events.list({"limit": 100}).auto_paging_iter()
        bodies = [json.dumps(event.to_dict()).encode() for event in found]
        known = (attempt.id, attempt.provider_reference or attempt.id)
        mine = [body for body in bodies if any(name.encode() in body for name in known)]
        return [a_gate(self.clock).read(body) for body in reversed(mine)]

    def messages_of(self, account: str) -> list[RailMessage]:
        """The webhooks about a connected account."""
        found = self.client.v1.events.list({"limit": 100}, {"stripe_account": account}).data
        bodies = [json.dumps(event.to_dict()).encode() for event in found]
        return [a_gate(self.clock).read(body) for body in reversed(bodies)]

    def heard(self, attempt: Attempt) -> list[Said]:
        """What these messages say by themselves."""
        return [
            one
            for message in self.messages(attempt)
            for one in self.gateway.parse_observation(message)
        ]


def a_gate(clock: MovableClock, *, is_test: bool = True) -> StripeWebhookGate:
    return StripeWebhookGate(StripeWebhooks(["whsec_cards"], clock), is_test=is_test)


def a_seller(server: CardServer) -> str:
    """A connected account whose papers are in order."""
    account = server.client().v1.accounts.create(
        {"type": "express", "capabilities": {"transfers": {"requested": True}}}
    )
    server.control(f"accounts/{account.id}/complete")
    return account.id


def an_order(amount: int, days: int | None) -> OrderTerms:
    price = Money(amount, USD)
    kind = "digital" if days is None else "goods"
    return OrderTerms(
        order_id=_ids.new("ord"),
        checkout_id=_ids.new("chk"),
        seller_id=_ids.new("sel"),
        total=price,
        lines=(
            TermsLine(listing_id="lst_1", title="A thing", kind=kind, quantity=1, unit_price=price),
        ),
        digital=days is None,
        handling_days=days,
        transit_days=days,
    )


def a_leg(plan: PaymentPlan, position: int, gateway: StripePaymentGateway) -> CardLeg:
    """A leg as it is stored, before anybody paid."""
    draft, planned = gateway.draft(plan)[position], plan.legs[position]
    nothing: Mapping[str, int] = dict.fromkeys(
        ("held", "released", "refunded", "reimbursed", "charged_back", "fee"), 0
    )
    return CardLeg(
        id=_ids.new("leg"),
        payment_id=_ids.new("pay"),
        attempt_id=plan.attempt_id,
        order_id=planned.terms.order_id,
        seller_id=planned.terms.seller_id,
        method=plan.choice.method,
        external_reference=draft.external_reference,
        clock="wall",
        asset=USD,
        amount=planned.amount,
        terms=draft.terms,
        status=LegStatus.AWAITING,
        deadline=None,
        duplicate=False,
        **nothing,
    )


def stored(
    instruction: Instruction, *, id_: str | None = None, asked: float | None = None
) -> StoredInstruction:
    """An instruction under a key of its own, first sent `asked` seconds ago."""
    return StoredInstruction(
        id=id_ or _ids.new("ins"), instruction=instruction, asked_before_seconds=asked
    )


def leg_of(attempt: Attempt, instruction: Instruction) -> CardLeg:
    (leg,) = (leg for leg in attempt.legs if leg.id == instruction.leg_id)
    assert isinstance(leg, CardLeg)
    return leg


def names(said: Sequence[Said]) -> set[tuple[str, str, str]]:
    """Of what was said about money the effect, the observation and the stage."""
    facts = [one for one in said if isinstance(one, Observation)]
    return {(one.effect_id, one.observation_id, one.stage) for one in facts}
