"""Effects and observations: what a rail said about a leg, and what was done about it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from souk.core.unit_of_work import Transaction
from souk.modules.ledger.domain import Stage
from souk.modules.payments.domain import (
    Fact,
    FactKind,
    FactStage,
    Observation,
    Observed,
    current,
    is_later,
)
from souk.modules.payments.models import (
    PaymentAttemptLegRow,
    PaymentEffectRow,
    PaymentObservationRow,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """The ledger entries that are open for an effect: the `number`-th there were. `from_held` is
    the part of a chargeback that came out of held money."""

    number: int
    observation_id: str
    stage: Stage
    from_held: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """A business fact about a leg with all its observations. `told`: the order was moved by it;
    `frozen`: its loss holds the order up."""

    id: str
    leg_id: str
    kind: FactKind
    bookings: int
    booked: Booking | None
    told: bool
    frozen: bool
    observations: tuple[Observed, ...]

    @property
    def current(self) -> Observed | None:
        """The observation that counts."""
        return current(self.observations)


def record(tx: Transaction, leg_id: str, observation: Observation) -> bool:
    """Take an observation in; `False` when it says nothing new."""
    tx.session.execute(
        upsert(PaymentEffectRow)
        .values(
            id=observation.effect_id,
            leg_id=leg_id,
            kind=observation.fact.kind,
            bookings=0,
            told=False,
            frozen=False,
        )
        .on_conflict_do_nothing()
    )
    known = tx.session.execute(
        select(PaymentObservationRow.stage).filter_by(id=observation.observation_id)
    ).scalar_one_or_none()
    if known is None:
        _insert(tx, observation)
        return True
    if not is_later(observation.stage, FactStage(known)):
        return False
    tx.session.execute(
        update(PaymentObservationRow)
        .where(PaymentObservationRow.id == observation.observation_id)
        .values(stage=observation.stage, observed_at=tx.now)
    )
    return True


def _insert(tx: Transaction, observation: Observation) -> None:
    fact = observation.fact
    tx.session.execute(
        insert(PaymentObservationRow).values(
            id=observation.observation_id,
            effect_id=observation.effect_id,
            stage=observation.stage,
            amount=fact.amount,
            to_buyer=fact.to_buyer,
            to_seller=fact.to_seller,
            fee=fact.fee,
            deadline=fact.deadline,
            occurred_at=observation.occurred_at,
            evidence=dict(observation.evidence),
            observed_at=tx.now,
        )
    )


def list_of_legs(tx: Transaction, leg_ids: Sequence[str]) -> dict[str, list[Effect]]:
    """The effects of each leg, by kind and id."""
    effects = tx.session.execute(
        select(PaymentEffectRow)
        .where(PaymentEffectRow.leg_id.in_(leg_ids))
        .order_by(PaymentEffectRow.id)
        .execution_options(populate_existing=True)
    ).scalars()
    rows = list(effects)
    observed = _observations(tx, [row.id for row in rows])
    found: dict[str, list[Effect]] = defaultdict(list)
    for row in rows:
        found[row.leg_id].append(_effect(row, observed[row.id]))
    return found


def _observations(tx: Transaction, effect_ids: Sequence[str]) -> dict[str, list[Observed]]:
    rows = tx.session.execute(
        select(PaymentObservationRow, PaymentEffectRow.kind)
        .join(PaymentEffectRow, PaymentEffectRow.id == PaymentObservationRow.effect_id)
        .where(PaymentObservationRow.effect_id.in_(effect_ids))
        .order_by(PaymentObservationRow.id)
        .execution_options(populate_existing=True)
    )
    found: dict[str, list[Observed]] = defaultdict(list)
    for row, kind in rows:
        found[row.effect_id].append(_observed(row, FactKind(kind)))
    return found


def _observed(row: PaymentObservationRow, kind: FactKind) -> Observed:
    fact = Fact(
        kind=kind,
        amount=row.amount,
        to_buyer=row.to_buyer,
        to_seller=row.to_seller,
        fee=row.fee,
        deadline=row.deadline,
    )
    return Observed(
        observation_id=row.id,
        stage=FactStage(row.stage),
        fact=fact,
        occurred_at=row.occurred_at,
        evidence=row.evidence,
    )


def _effect(row: PaymentEffectRow, observations: Sequence[Observed]) -> Effect:
    booked = None
    if row.booked_observation is not None and row.booked_stage is not None:
        booked = Booking(
            number=row.bookings,
            observation_id=row.booked_observation,
            stage=Stage(row.booked_stage),
            from_held=row.booked_from_held,
        )
    return Effect(
        id=row.id,
        leg_id=row.leg_id,
        kind=FactKind(row.kind),
        bookings=row.bookings,
        booked=booked,
        told=row.told,
        frozen=row.frozen,
        observations=tuple(observations),
    )


def exists_lost_hold(tx: Transaction, order_id: str) -> bool:
    """Whether an order is held up because a payment for it left the chain."""
    found = tx.session.execute(
        select(PaymentEffectRow.id)
        .join(PaymentAttemptLegRow, PaymentAttemptLegRow.id == PaymentEffectRow.leg_id)
        .where(
            PaymentAttemptLegRow.order_id == order_id,
            PaymentEffectRow.kind == FactKind.HELD,
            PaymentEffectRow.frozen,
        )
        .limit(1)
    )
    return found.first() is not None


def exists_of_instruction(tx: Transaction, leg_id: str, instruction_id: str) -> bool:
    """Whether a rail has said that it moved what an instruction of this leg told it to."""
    row = PaymentObservationRow
    found = tx.session.execute(
        select(row.id)
        .join(PaymentEffectRow, PaymentEffectRow.id == row.effect_id)
        .where(
            PaymentEffectRow.leg_id == leg_id,
            row.stage == FactStage.REACHED,
            row.evidence["instruction"].astext == instruction_id,
        )
        .limit(1)
    )
    return found.first() is not None


def set_booked(tx: Transaction, effect_id: str, bookings: int, booked: Booking | None) -> None:
    """Remember which ledger entries are open for an effect."""
    tx.session.execute(
        update(PaymentEffectRow)
        .where(PaymentEffectRow.id == effect_id)
        .values(
            bookings=bookings,
            booked_observation=None if booked is None else booked.observation_id,
            booked_stage=None if booked is None else booked.stage,
            booked_from_held=0 if booked is None else booked.from_held,
        )
    )


def set_told(tx: Transaction, effect_id: str, *, told: bool, frozen: bool) -> None:
    """Remember whether the order was moved by an effect, or is held up by its loss."""
    tx.session.execute(
        update(PaymentEffectRow)
        .where(PaymentEffectRow.id == effect_id)
        .values(told=told, frozen=frozen)
    )
