"""A card rail on a server that speaks Stripe's API, with books of its own. The rail's own code is
the product's."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from souk.adapters.stripe.gateway import StripePaymentGateway
from souk.adapters.stripe.whole import known_of
from souk.core.ids import TimeOrderedIds
from souk.core.money import USD, Money
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
    Shares,
    StoredInstruction,
    TermsLine,
)
from souk.modules.payments.ports import LegPlan, Payer, PaymentPlan, Said
from souk.modules.sellers.domain import PayoutWallets
from tests.support.account_builders import a_wallet
from tests.support.books_of_facts import stand
from tests.support.card_server import AtStripe

MONEY = CardMoney(provider="stripe")
FEE_BPS = 250
DAY = 86_400
_ids = TimeOrderedIds()
_numbers = count(1)


@dataclass
class CardRail(AtStripe):
    """The gateway on a server. `said` is all that was heard, of which the legs are made."""

    seller: str = "acct_none"
    said: list[Observation] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.gateway = self.a_gateway()

    def a_gateway(self, read_seconds: float = 15) -> StripePaymentGateway:
        return StripePaymentGateway(
            self.server.api(read_seconds),
            MONEY,
            fee_bps=FEE_BPS,
            publishable_key=self.server.publishable_key,
            clock=self.clock,
        )

    def plan(self, *amounts: int, **changes: Any) -> PaymentPlan:
        """An attempt to pay an order of each amount; `days` are those of handling and transit,
        `None` for a download."""
        days, account = changes.pop("days", 2), changes.pop("account", self.seller)
        legs = tuple(
            LegPlan(
                terms=an_order(amount, days),
                payouts=PayoutWallets(a_wallet("sofia").address),
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

    def pay(self, *amounts: int, method: str = "pm_card_visa", **changes: Any) -> Attempt:
        """A payment of some orders, heard of, so that the legs are as the service has them."""
        attempt, _ = self.prepare(self.start(*amounts, **changes))
        self.confirm(attempt, method)
        _, outcome = self.prepare(attempt)
        return self.hear(attempt, outcome.facts)

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
        divisions = dict(known_of(attempt.legs))
        for one in said:
            if isinstance(one, Observation) and _is_divided_so(one, divisions):
                self.said.append(one)
        legs = [replace(stand(leg, self.said), divisions=divisions) for leg in attempt.legs]
        return replace(attempt, legs=tuple(legs))

    def heard(self, attempt: Attempt) -> list[Said]:
        """What these messages say by themselves."""
        return [
            one
            for message in self.messages(attempt)
            for one in self.gateway.parse_observation(message)
        ]


def _is_divided_so(one: Observation, divisions: dict[str, Shares]) -> bool:
    """What was divided once stays so, as it does where it is stored."""
    division = one.division
    if division is None:
        return True
    if division.holds(divisions):
        divisions[division.movement] = division.shares
        return True
    return False


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
