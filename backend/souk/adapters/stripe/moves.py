"""What transfers, their reversals and refunds say, when we made them under an instruction.

An effect is named by Stripe's object and the leg's position, so that the answer to our own
request, a webhook and a later look name it alike.
"""

from dataclasses import dataclass
from datetime import datetime

from souk.adapters.stripe.holds import evidence_of
from souk.adapters.stripe.objects import Refund, Reversal, Transfer
from souk.adapters.stripe.tags import find_move_tag, position_of
from souk.modules.payments.domain import (
    Division,
    Evidence,
    Fact,
    FactKind,
    FactStage,
    InstructionKind,
    Leg,
    Observation,
    StoredInstruction,
)

_STAGES = {
    "succeeded": FactStage.REACHED,
    "failed": FactStage.ORPHANED,
    "canceled": FactStage.ORPHANED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Money of a leg that moved, as one fact about it; `mark` tells two of the same object apart,
    and `stay` two ways in which the same was said."""

    leg: str
    object_id: str
    fact: Fact
    at: datetime
    evidence: Evidence
    stage: FactStage = FactStage.REACHED
    mark: str = ""
    stay: str = ""
    division: Division | None = None

    def observed(self) -> Observation:
        """The fact with its names."""
        name = f"{self.object_id}:{position_of(self.leg)}{self.mark}"
        return Observation(
            leg_reference=self.leg,
            effect_id=name,
            observation_id=f"{name}{self.stay}",
            stage=self.stage,
            fact=self.fact,
            occurred_at=self.at,
            evidence=self.evidence,
            division=self.division,
        )


def stage_of(refund: Refund) -> FactStage:
    """How far a refund has come: a bank may take days, and may send it back."""
    return _STAGES.get(refund.status or "", FactStage.SEEN)


def said_of_transfer(transfer: Transfer) -> list[Observation]:
    """What went to the seller, and what came back of it, also by hand."""
    tag = find_move_tag(transfer)
    if tag is None:
        return []
    gross = transfer.amount + tag.fee
    settled = Moved(
        leg=tag.leg,
        object_id=transfer.id,
        fact=Fact(kind=FactKind.SETTLED, to_seller=gross, fee=tag.fee),
        at=transfer.at,
        evidence=evidence_of(
            charge=transfer.source_transaction,
            transfer=transfer.id,
            instruction=tag.instruction_id,
        ),
    )
    back = [said_of_reversal(tag.leg, transfer, each) for each in transfer.reversals.data]
    return [settled.observed(), *back]


def said_of_reversal(leg: str, transfer: Transfer, reversal: Reversal) -> Observation:
    """What the seller's account gave back."""
    return Moved(
        leg=leg,
        object_id=reversal.id,
        fact=Fact(kind=FactKind.RECOVERED, amount=reversal.amount),
        at=reversal.at,
        evidence=evidence_of(
            transfer=transfer.id,
            reversal=reversal.id,
            instruction=(reversal.metadata or {}).get("instruction"),
        ),
    ).observed()


def said_of_refund(refund: Refund) -> list[Observation]:
    """What went back to the buyer: out of what was held, or after it was released."""
    tag = find_move_tag(refund)
    if tag is None:
        return []
    fact = Fact(kind=FactKind.SETTLED, to_buyer=refund.amount)
    if tag.kind is InstructionKind.REIMBURSE:
        fact = Fact(kind=FactKind.REIMBURSED, amount=refund.amount)
    moved = Moved(
        leg=tag.leg,
        object_id=refund.id,
        fact=fact,
        at=refund.at,
        evidence=refund_evidence(refund, tag.instruction_id),
        stage=stage_of(refund),
    )
    return [moved.observed()]


def refund_evidence(refund: Refund, instruction_id: str | None = None) -> Evidence:
    """Where a refund can be looked up."""
    return evidence_of(
        intent=refund.payment_intent,
        charge=refund.charge,
        refund=refund.id,
        instruction=instruction_id,
    )


def said_of_kept(stored: StoredInstruction, leg: Leg, at: datetime) -> Observation:
    """A release that is a fee as a whole moves nothing at Stripe: it is our word alone."""
    told = stored.instruction
    return Moved(
        leg=leg.external_reference,
        object_id=stored.id,
        fact=Fact(kind=FactKind.SETTLED, to_seller=told.amount, fee=told.fee),
        at=at,
        evidence=evidence_of(instruction=stored.id),
    ).observed()
