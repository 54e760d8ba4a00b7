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
    LegHistory,
    Observed,
)
from souk.modules.payments.repository import facts as fact_rows
from souk.modules.payments.repository.facts import Booking, Effect


def book(
    tx: Transaction,
    ledger: Ledger,
    leg: Leg,
    buyer_id: str,
    effect: Effect,
    history: LegHistory,
) -> None:
    """Make the books say of this effect what is true now; `leg` carries its present status, and
    `history` is what there is money for."""
    wanted = _wanted(effect, leg, history)
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


def _wanted(effect: Effect, leg: Leg, history: LegHistory) -> tuple[Observed, Stage] | None:
    """What should be in the books. A settlement stands on the hold, and a reimbursement on the
    settlement: while that is not final, nothing can have left escrow, or come back."""
    observed = effect.current
    if observed is None or observed not in _standing(leg, history):
        return None
    stage = Stage.POSTED if observed.stage is FactStage.REACHED else Stage.PENDING
    return observed, stage


def _standing(leg: Leg, history: LegHistory) -> list[Observed]:
    """What moves money, and can have happened at the present status of the leg."""
    standing = [] if history.hold is None else [history.hold]
    if leg.status in PAID:
        standing += history.settlements
    if leg.status in PAID - HOLDING:
        standing += history.reimbursements
    return standing


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
