"""The card rail: a `PaymentGateway` over Stripe, with separate charges and transfers.

A buyer pays us, and we hold the money: https://docs.stripe.com/connect/separate-charges-and-transfers.
It moves at our word alone, so that what moves it only says which instructions are to be stored;
carrying them out is what reaches Stripe.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from souk.adapters.stripe.carrying import Carrying
from souk.adapters.stripe.client import StripeApi
from souk.adapters.stripe.hearing import StripeHearing
from souk.adapters.stripe.holds import evidence_of
from souk.adapters.stripe.looking import Looking
from souk.adapters.stripe.paying import Paying
from souk.adapters.stripe.tags import VALUE_CHARACTERS, amounts_text, leg_reference
from souk.core.clock import Clock
from souk.modules.payments.domain import (
    Attempt,
    CardMoney,
    CardTerms,
    Executed,
    Fact,
    FactKind,
    FactStage,
    Instructed,
    Instruction,
    InstructionKind,
    Leg,
    Observation,
    Outcome,
    Party,
    Split,
    StoredInstruction,
    clocks,
    fee_of,
    state_card_terms,
)
from souk.modules.payments.errors import (
    HoldTooLong,
    MalformedConsent,
    MethodUnavailable,
    NothingHeld,
    SellerTakesNoCards,
    SplitOutOfRange,
)
from souk.modules.payments.ports import LegDraft, Payer, PaymentPlan


class StripePaymentGateway(StripeHearing):
    """Money in dollars, held in our account at Stripe; `fee_bps` is the platform's own part."""

    def __init__(
        self,
        api: StripeApi,
        money: CardMoney,
        *,
        fee_bps: int,
        publishable_key: str,
        clock: Clock,
    ) -> None:
        looking = Looking(api)
        super().__init__(looking)
        self._money = money
        self._fee_bps = fee_bps
        self._clock = clock
        self._paying = Paying(api, looking, money, publishable_key=publishable_key, clock=clock)
        self._carrying = Carrying(api, looking, clock)

    def draft(self, plan: PaymentPlan) -> tuple[LegDraft, ...]:
        """Each order's terms, and the document that states them. Raises `SellerTakesNoCards`,
        `HoldTooLong`, and `MethodUnavailable` for more orders than one payment can name."""
        if len(amounts_text([leg.amount for leg in plan.legs])) > VALUE_CHARACTERS:
            raise MethodUnavailable("this cart has too many sellers for one card payment")
        return tuple(self._draft(plan, position) for position in range(len(plan.legs)))

    def _draft(self, plan: PaymentPlan, position: int) -> LegDraft:
        leg = plan.legs[position]
        if leg.card_account is None:
            raise SellerTakesNoCards("a seller of this checkout cannot be paid by card yet")
        fulfil_by, window = clocks(leg.terms, pay_by=plan.pay_by)
        bare = CardTerms(
            payee=leg.card_account,
            amount=leg.amount,
            fee_bps=self._fee_bps,
            pay_by=plan.pay_by,
            fulfil_by=fulfil_by,
            window=window,
        )
        self._require_in_time(bare)
        terms, document = state_card_terms(
            leg.terms, bare, provider=self._money.provider, salt=leg.salt
        )
        return LegDraft(
            external_reference=leg_reference(plan.attempt_id, position),
            terms=terms,
            document=document,
        )

    def _require_in_time(self, terms: CardTerms) -> None:
        """Stripe lets money wait for so long; a decision about it has to fit in as well."""
        longest = timedelta(days=self._money.hold_days - self._money.dispute_days)
        begun = terms.fulfil_by or terms.pay_by
        if timedelta(seconds=begun + terms.window - terms.pay_by) > longest:
            raise HoldTooLong(
                "this order takes longer than money from a card may wait; choose another way to pay"
            )

    def prepare_payment(
        self, attempt: Attempt, payer: Payer, signature: str | None = None
    ) -> Outcome:
        """One PaymentIntent for all legs, which the payer completes in a browser. Raises
        `AttemptNotOpen` when it was called off at Stripe, `SavedMethodNotFound` for a card that is
        not the payer's, `MalformedConsent` for a signature."""
        if signature is not None:
            raise MalformedConsent("nothing is signed for a card payment")
        return self._paying.prepare(attempt, payer)

    def cancel_payment(self, attempt: Attempt) -> Outcome:
        """Call the PaymentIntent off, unless somebody was faster."""
        return self._paying.cancel(attempt)

    def fulfil(self, legs: Sequence[Leg]) -> Outcome:
        """Stripe knows nothing of goods: it is so because we say it, from now on. What has nothing
        to be fulfilled says nothing."""
        now = self._clock.now()
        facts = [
            Observation(
                leg_reference=leg.external_reference,
                effect_id=f"{leg.external_reference}:fulfilled",
                observation_id=f"{leg.external_reference}:fulfilled",
                stage=FactStage.REACHED,
                fact=Fact(
                    kind=FactKind.FULFILLED, deadline=int(now.timestamp()) + leg.terms.window
                ),
                occurred_at=now,
                evidence=evidence_of(),
            )
            for leg in legs
            if leg.terms.fulfil_by
        ]
        return Executed(legs[0].external_reference, tuple(facts))

    def release(self, legs: Sequence[Leg]) -> Outcome:
        """All that is held goes to the sellers, less the fee. Raises `NothingHeld`."""
        return _instructed(_release(leg, leg.remaining) for leg in legs)

    def refund(self, legs: Sequence[Leg]) -> Outcome:
        """All that is held goes back to the cards. Raises `NothingHeld`."""
        return _instructed(_refund(leg, leg.remaining) for leg in legs)

    def dispute(self, leg: Leg, by: Party) -> Outcome:
        """Raises `MethodUnavailable`: no arbiter decides about cards."""
        raise MethodUnavailable(
            "a card payment is disputed at the buyer's bank; ask the seller for the money first",
            context={"order_id": leg.order_id, "by": by},
        )

    def resolve(self, leg: Leg, to_buyer: int) -> Outcome:
        """Raises `MethodUnavailable`: the buyer's bank decides."""
        raise MethodUnavailable(
            "about a card payment the buyer's bank decides",
            context={"order_id": leg.order_id, "to_buyer": str(to_buyer)},
        )

    def settle(
        self,
        leg: Leg,
        split: Split,
        consents: Mapping[Party, str] | None = None,
        sender: Party | None = None,
    ) -> Outcome:
        """Divide what is held, or a part of it. Nothing is signed on this rail: whoever gives
        something away has to be the sender, or one whose consent the caller vouches for. Raises
        `SplitOutOfRange`, `OfferOver`, `OfferTooLong`, `MethodUnavailable`."""
        split.check(remaining=leg.remaining, now=int(self._clock.now().timestamp()))
        if {*split.needs} - {*(consents or ()), sender}:
            raise MethodUnavailable(
                "money from a card is divided when each who gives some of it away has agreed"
            )
        return _instructed((_refund(leg, split.to_buyer), _release(leg, split.to_seller)))

    def reimburse(self, leg: Leg, amount: int) -> Outcome:
        """The seller's account gives the money back first, and then the buyer gets it. Raises
        `SplitOutOfRange` for more than was released, and not given back."""
        if not 0 < amount <= leg.returnable:
            raise SplitOutOfRange(
                "only what was released, and not given back, can be given back",
                context={"total": str(amount), "remaining": str(leg.returnable)},
            )
        kinds = (InstructionKind.RECOVER, InstructionKind.REIMBURSE)
        return _instructed(Instruction(leg_id=leg.id, kind=kind, amount=amount) for kind in kinds)

    def carry_out(self, stored: StoredInstruction, leg: Leg, attempt: Attempt) -> Outcome:
        """A transfer, reversals of transfers, or a refund, under the instruction's key."""
        return self._carrying.carry_out(stored, leg, attempt)


def _release(leg: Leg, amount: int) -> Instruction:
    fee = fee_of(amount, released_before=leg.released, fee_bps=leg.terms.fee_bps)
    return Instruction(leg_id=leg.id, kind=InstructionKind.RELEASE, amount=amount, fee=fee)


def _refund(leg: Leg, amount: int) -> Instruction:
    return Instruction(leg_id=leg.id, kind=InstructionKind.REFUND, amount=amount)


def _instructed(instructions: Iterable[Instruction]) -> Instructed:
    moving = tuple(each for each in instructions if each.amount)
    if not moving:
        raise NothingHeld("no money is held here that could move")
    return Instructed(moving)
