"""Booking what the facts of a leg amount to.

For each effect at most one set of entries is open in the books. When the effect comes nearer to
finality, leaves the chain, or turns out different on another branch, that set is mirrored and
the right one is booked.
"""

from dataclasses import replace

from souk.core.unit_of_work import Transaction
from souk.modules.ledger.domain import (
    AccountKind,
    EntryDraft,
    Flow,
    PostingDraft,
    Stage,
    charge_back_postings,
    hold_postings,
    recover_postings,
    refund_postings,
    reimburse_postings,
    release_postings,
)
from souk.modules.ledger.service import Ledger
from souk.modules.payments.domain import (
    HOLDING,
    PAID,
    Fact,
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
    number = effect.bookings + 1
    booked = None if wanted is None else _booking(number, *wanted)
    if booked and open_now and booked == replace(open_now, number=number):
        return
    if open_now is not None:
        _mirror(tx, ledger, leg, effect, open_now)
    if wanted is None or booked is None:
        fact_rows.set_booked(tx, effect.id, effect.bookings, None)
        return
    for draft in _drafts(leg, buyer_id, effect, number, *wanted):
        ledger.post(tx, draft)
    fact_rows.set_booked(tx, effect.id, number, booked)


def _booking(number: int, observed: Observed, stage: Stage) -> Booking:
    back = observed.fact.kind is FactKind.CHARGED_BACK
    return Booking(
        number=number,
        observation_id=observed.observation_id,
        stage=stage,
        amount=observed.fact.amount if back else observed.fact.moves,
        from_held=observed.fact.to_buyer if back else 0,
    )


def _wanted(effect: Effect, leg: Leg, history: LegHistory) -> tuple[Observed, Stage] | None:
    """What should be in the books. A settlement stands on the hold, and a reimbursement on the
    settlement: while that is not final, nothing can have left escrow, or come back."""
    now = effect.current
    ids = {one.observation_id: one for one in _standing(leg, history)}
    observed = None if now is None else ids.get(now.observation_id)
    if observed is None:
        return None
    stage = Stage.POSTED if observed.stage is FactStage.REACHED else Stage.PENDING
    return observed, stage


def _standing(leg: Leg, history: LegHistory) -> list[Observed]:
    """What moves money, and can have happened at the present status of the leg."""
    standing = [] if history.hold is None else [history.hold]
    if leg.status in PAID:
        standing += history.settlements + _final(history.chargebacks)
    if leg.status in PAID - HOLDING:
        standing += history.reimbursements + history.recoveries
    return standing


def _final(chargebacks: tuple[Observed, ...]) -> tuple[Observed, ...]:
    """Those whose money is gone: what a bank merely asks for has not moved."""
    return tuple(one for one in chargebacks if one.stage is FactStage.REACHED)


def _mirror(tx: Transaction, ledger: Ledger, leg: Leg, effect: Effect, booking: Booking) -> None:
    observed = next(o for o in effect.observations if o.observation_id == booking.observation_id)
    for flow, _postings in _flows(observed, "", leg, booking.stage):
        reference = _reference(effect, booking.number, flow)
        ledger.reverse(tx, reference, as_reference=f"{reference}:mirror", occurred_at=tx.now)


def _drafts(
    leg: Leg, buyer_id: str, effect: Effect, number: int, observed: Observed, stage: Stage
) -> list[EntryDraft]:
    flows = _flows(observed, buyer_id, leg, stage)
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
    observed: Observed, buyer: str, leg: Leg, stage: Stage
) -> list[tuple[Flow, tuple[PostingDraft, ...]]]:
    """The movements that one fact consists of; those of nothing are left out."""
    fact, asset, seller = observed.fact, leg.asset.code, leg.seller_id
    match fact.kind:
        case FactKind.REIMBURSED:
            # What we give back at our word is fetched from the seller separately.
            payer = AccountKind.RECEIVABLE if leg.by_us else AccountKind.SELLER
            back = reimburse_postings(
                buyer=buyer,
                seller=seller,
                payer=payer,
                asset=asset,
                amount=fact.amount,
                stage=stage,
            )
            return [(Flow.REIMBURSE, back)]
        case FactKind.RECOVERED:
            return [(Flow.RECOVER, recover_postings(seller, asset, fact.amount, stage))]
        case FactKind.CHARGED_BACK:
            gone = charge_back_postings(
                buyer=buyer,
                holder=leg.id,
                seller=seller,
                asset=asset,
                amount=fact.amount,
                from_held=fact.to_buyer,
                stage=stage,
            )
            return [(Flow.CHARGE_BACK, gone)]
        case _:
            return _through_escrow(fact, buyer, leg, stage)


def _through_escrow(
    fact: Fact, buyer: str, leg: Leg, stage: Stage
) -> list[tuple[Flow, tuple[PostingDraft, ...]]]:
    holder, asset = leg.id, leg.asset.code
    hold = hold_postings(buyer=buyer, holder=holder, asset=asset, amount=fact.amount, stage=stage)
    release = release_postings(
        holder=holder,
        seller=leg.seller_id,
        asset=asset,
        amount=fact.to_seller,
        fee=fact.fee,
        stage=stage,
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
