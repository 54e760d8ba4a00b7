"""Booking what the facts of a leg amount to.

For each effect at most one set of entries is open in the books. When the effect comes nearer to
finality, leaves the chain, or turns out different on another branch, that set is mirrored and
the right one is booked.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from souk.core.unit_of_work import Transaction
from souk.modules.ledger.domain import (
    AccountKind,
    EntryDraft,
    Flow,
    PostingDraft,
    Stage,
    charge_back_postings,
    hold_postings,
    loss_postings,
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

_log = logging.getLogger(__name__)


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
    booked = None if wanted is None else _booking(number, wanted)
    if booked and open_now and booked == replace(open_now, number=number):
        return
    if open_now is not None:
        _mirror(tx, ledger, effect)
    if wanted is None or booked is None:
        fact_rows.set_booked(tx, effect.id, effect.bookings, None)
        return
    if wanted.lost:
        _log.warning("%s: the buyer got %s beyond what was theirs", leg.id, wanted.lost)
    for draft in _drafts(leg, buyer_id, effect, number, wanted):
        ledger.post(tx, draft)
    fact_rows.set_booked(tx, effect.id, number, booked)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What should be in the books of an observation: the part of its `fact` that there is money
    for, and what was `lost`, because it went to the buyer without."""

    observed: Observed
    fact: Fact
    lost: int

    @property
    def stage(self) -> Stage:
        return Stage.POSTED if self.observed.stage is FactStage.REACHED else Stage.PENDING


def _booking(number: int, wanted: _Wanted) -> Booking:
    fact = wanted.fact
    back = fact.kind is FactKind.CHARGED_BACK
    return Booking(
        number=number,
        observation_id=wanted.observed.observation_id,
        stage=wanted.stage,
        amount=fact.amount if back else fact.moves,
        from_held=fact.to_buyer if back else 0,
        lost=wanted.lost,
    )


def _wanted(effect: Effect, leg: Leg, history: LegHistory) -> _Wanted | None:
    """A settlement stands on the hold, and a reimbursement on the settlement: while that is not
    final, nothing can have left escrow, or come back."""
    now = effect.current
    if now is None:
        return None
    lost = history.lost.get(now.observation_id, 0) if leg.status in PAID else 0
    kept = {one.observation_id: one for one in _standing(leg, history)}.get(now.observation_id)
    if kept is not None:
        return _Wanted(observed=now, fact=kept.fact, lost=lost)
    return _Wanted(observed=now, fact=Fact(kind=effect.kind), lost=lost) if lost else None


def _standing(leg: Leg, history: LegHistory) -> Sequence[Observed]:
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


def _mirror(tx: Transaction, ledger: Ledger, effect: Effect) -> None:
    for reference in ledger.standing(tx, effect.id):
        ledger.reverse(tx, reference, as_reference=f"{reference}:mirror", occurred_at=tx.now)


def _drafts(
    leg: Leg, buyer_id: str, effect: Effect, number: int, wanted: _Wanted
) -> list[EntryDraft]:
    flows = _flows(wanted.fact, buyer_id, leg, wanted.stage)
    if wanted.lost:
        lost = loss_postings(buyer_id, leg.asset.code, wanted.lost, wanted.stage)
        flows.append((Flow.LOSE, lost))
    return [
        EntryDraft(
            external_reference=f"{effect.id}:{number}:{flow}",
            effect_reference=effect.id,
            flow=flow,
            order_id=leg.order_id,
            holder=leg.id,
            occurred_at=wanted.observed.occurred_at,
            postings=postings,
        )
        for flow, postings in flows
    ]


def _flows(
    fact: Fact, buyer: str, leg: Leg, stage: Stage
) -> list[tuple[Flow, tuple[PostingDraft, ...]]]:
    """The movements that one fact consists of; those of nothing are left out."""
    asset, seller = leg.asset.code, leg.seller_id
    if fact.moves == 0:
        return []
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
