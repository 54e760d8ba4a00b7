"""Booking what the facts of a leg amount to.

For each effect at most one set of entries is open in the books. When the effect comes nearer to
finality, leaves the chain, or turns out different on another branch, that set is mirrored and
the right one is booked.
"""

from souk.core.unit_of_work import Transaction
from souk.modules.ledger.domain import (
    EntryDraft,
    Flow,
    PostingDraft,
    Stage,
    hold_postings,
    refund_postings,
    reimburse_postings,
    release_postings,
)
from souk.modules.ledger.service import Ledger
from souk.modules.payments.domain import (
    HOLDING,
    PAID,
    FactKind,
    FactStage,
    Leg,
    LegStatus,
    Observed,
)
from souk.modules.payments.repository import facts as fact_rows
from souk.modules.payments.repository.facts import Booking, Effect

# Which facts move money, and at which statuses of their leg that can have happened.
_STANDING_ON = {
    FactKind.HELD: frozenset(LegStatus),
    FactKind.SETTLED: PAID,
    FactKind.REIMBURSED: PAID - HOLDING,
}


def book(tx: Transaction, ledger: Ledger, leg: Leg, buyer_id: str, effect: Effect) -> None:
    """Make the books say of this effect what is true now; `leg` carries its present status."""
    wanted = _wanted(effect, leg)
    open_now = effect.booked
    if wanted is None and open_now is None:
        return
    if (
        wanted
        and open_now
        and (wanted[0].observation_id, wanted[1])
        == (
            open_now.observation_id,
            open_now.stage,
        )
    ):
        return
    if open_now is not None:
        _mirror(tx, ledger, effect, open_now)
    booked, number = None, effect.bookings
    if wanted is not None:
        observed, stage = wanted
        number += 1
        for draft in _drafts(leg, buyer_id, effect, number, observed, stage):
            ledger.post(tx, draft)
        booked = Booking(number=number, observation_id=observed.observation_id, stage=stage)
    fact_rows.set_booked(tx, effect.id, number, booked)


def _wanted(effect: Effect, leg: Leg) -> tuple[Observed, Stage] | None:
    """What should be in the books. A settlement stands on the hold, and a reimbursement on the
    settlement: while that is not final, nothing can have left escrow, or come back."""
    observed = effect.current
    if observed is None or effect.kind not in _STANDING_ON:
        return None
    if leg.status not in _STANDING_ON[effect.kind]:
        return None
    if effect.kind is FactKind.REIMBURSED and observed.fact.amount > leg.released:
        return None
    stage = Stage.POSTED if observed.stage is FactStage.REACHED else Stage.PENDING
    return observed, stage


def _mirror(tx: Transaction, ledger: Ledger, effect: Effect, booking: Booking) -> None:
    observed = next(o for o in effect.observations if o.observation_id == booking.observation_id)
    for flow, _postings in _flows(observed, "", "", "", "", booking.stage):
        reference = _reference(effect, booking.number, flow)
        ledger.reverse(tx, reference, as_reference=f"{reference}:mirror", occurred_at=tx.now)


def _drafts(
    leg: Leg, buyer_id: str, effect: Effect, number: int, observed: Observed, stage: Stage
) -> list[EntryDraft]:
    flows = _flows(observed, buyer_id, leg.id, leg.seller_id, leg.asset.code, stage)
    return [
        EntryDraft(
            external_reference=_reference(effect, number, flow),
            effect_reference=effect.id,
            flow=flow,
            order_id=leg.order_id,
            holder=leg.id,
            occurred_at=observed.occurred_at,
            postings=postings,
        )
        for flow, postings in flows
    ]


def _flows(
    observed: Observed, buyer: str, holder: str, seller: str, asset: str, stage: Stage
) -> list[tuple[Flow, tuple[PostingDraft, ...]]]:
    """The movements that one fact consists of; those of nothing are left out."""
    fact = observed.fact
    if fact.kind is FactKind.REIMBURSED:
        back = reimburse_postings(
            buyer=buyer, seller=seller, asset=asset, amount=fact.amount, stage=stage
        )
        return [(Flow.REIMBURSE, back)]
    hold = hold_postings(buyer=buyer, holder=holder, asset=asset, amount=fact.amount, stage=stage)
    release = release_postings(
        holder=holder, seller=seller, asset=asset, amount=fact.to_seller, fee=fact.fee, stage=stage
    )
    refund = refund_postings(
        buyer=buyer, holder=holder, asset=asset, amount=fact.to_buyer, stage=stage
    )
    moved = (
        (fact.amount, Flow.HOLD, hold),
        (fact.to_seller, Flow.RELEASE, release),
        (fact.to_buyer, Flow.REFUND, refund),
    )
    return [(flow, postings) for amount, flow, postings in moved if amount]


def _reference(effect: Effect, number: int, flow: Flow) -> str:
    return f"{effect.id}:{number}:{flow}"
