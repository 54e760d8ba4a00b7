"""Legs and facts for those who compare them with what the rails say."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import or_, select

from souk.core.unit_of_work import Transaction
from souk.modules.chain.domain import Level
from souk.modules.payments.domain import (
    HOLDING,
    Fact,
    FactKind,
    FactStage,
    LegStatus,
    Observation,
    Shares,
    is_later,
)
from souk.modules.payments.models import (
    PaymentAttemptLegRow,
    PaymentEffectRow,
    PaymentObservationRow,
)

_UNSETTLED = sorted(HOLDING | {LegStatus.SEEN, LegStatus.ORPHANED})


def list_to_compare(
    tx: Transaction, clock: str, since: datetime, *, changed_alone: bool
) -> list[str]:
    """The legs by a clock that changed since an instant, or, unless it is `changed_alone`, of which
    money is held or on its way; by id."""
    leg = PaymentAttemptLegRow
    unsettled = [] if changed_alone else [leg.status.in_(_UNSETTLED)]
    found = tx.session.scalars(
        select(leg.id)
        .where(leg.clock == clock, or_(leg.updated_at >= since, *unsettled))
        .order_by(leg.id)
    )
    return list(found)


def list_known(tx: Transaction, references: Collection[str]) -> set[str]:
    """Those of these names by which a rail knows a leg of ours."""
    leg = PaymentAttemptLegRow
    found = tx.session.scalars(
        select(leg.external_reference).where(leg.external_reference.in_(list(references)))
    )
    return set(found)


def list_changed_since(tx: Transaction, leg_ids: Collection[str], instant: datetime) -> set[str]:
    """Those of these legs that changed after an instant."""
    leg = PaymentAttemptLegRow
    found = tx.session.scalars(
        select(leg.id).where(leg.id.in_(list(leg_ids)), leg.updated_at > instant)
    )
    return set(found)


def list_news(
    tx: Transaction, observations: Sequence[Observation]
) -> list[tuple[str, Observation]]:
    """Those of these observations that are about legs of ours, each with its leg's id, and say
    more than is known."""
    row, leg = PaymentObservationRow, PaymentAttemptLegRow
    known = tx.session.execute(
        select(row.id, row.stage).where(row.id.in_([one.observation_id for one in observations]))
    )
    stages = {observation_id: FactStage(stage) for observation_id, stage in known}
    references = [one.leg_reference for one in observations]
    legs = tx.session.execute(
        select(leg.external_reference, leg.id, leg.divisions, leg.finality).where(
            leg.external_reference.in_(references)
        )
    )
    ours = {row.external_reference: row for row in legs}
    said = [
        one.asked_for(Level(ours[one.leg_reference].finality or Level.CONFIRMED))
        for one in observations
        if one.leg_reference in ours
    ]
    return [
        (ours[one.leg_reference].id, one)
        for one in said
        if _is_divided_so(one, ours[one.leg_reference].divisions)
        and (one.observation_id not in stages or is_later(one.stage, stages[one.observation_id]))
    ]


def _is_divided_so(one: Observation, divisions: Mapping[str, Shares]) -> bool:
    """Whether it says nothing against how something was divided before."""
    return one.division is None or one.division.holds(divisions)


def list_counted(tx: Transaction, leg_id: str) -> list[Observation]:
    """What was observed of a leg and not taken back."""
    leg, effect, row = PaymentAttemptLegRow, PaymentEffectRow, PaymentObservationRow
    rows = tx.session.execute(
        select(row, effect.kind, leg.external_reference)
        .join(effect, effect.id == row.effect_id)
        .join(leg, leg.id == effect.leg_id)
        .where(leg.id == leg_id, row.stage != FactStage.ORPHANED)
        .order_by(row.id)
        .execution_options(populate_existing=True)
    )
    return [_observation(one, FactKind(kind), reference) for one, kind, reference in rows]


def _observation(row: PaymentObservationRow, kind: FactKind, reference: str) -> Observation:
    return Observation(
        leg_reference=reference,
        effect_id=row.effect_id,
        observation_id=row.id,
        stage=FactStage(row.stage),
        fact=Fact(
            kind=kind,
            amount=row.amount,
            to_buyer=row.to_buyer,
            to_seller=row.to_seller,
            fee=row.fee,
            deadline=row.deadline,
        ),
        occurred_at=row.occurred_at,
        evidence=row.evidence,
    )
