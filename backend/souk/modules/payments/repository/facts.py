"""Effects and observations: what a rail said about a leg, and what was done about it."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import ARRAY, Row, Text, any_, bindparam, select, text

from souk.core.db import table_of
from souk.core.unit_of_work import Transaction
from souk.modules.chain.domain import Level
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

_Joined = Row[tuple[Any, ...]]

_EFFECT, _OBSERVATION = table_of(PaymentEffectRow), table_of(PaymentObservationRow)
# An effect is there from its first observation on.
_OF_LEGS = (
    select(
        _EFFECT,
        _OBSERVATION.c.id.label("observation_id"),
        *(column for column in _OBSERVATION.columns if column.name != "id"),
    )
    .join(_OBSERVATION, _OBSERVATION.c.effect_id == _EFFECT.c.id)
    .where(_EFFECT.c.leg_id == any_(bindparam("legs", type_=ARRAY(Text))))
    .order_by(_EFFECT.c.id, _OBSERVATION.c.id)
)
_RECORD = text(
    """
    WITH effect AS (
        INSERT INTO payment_effect (id, leg_id, kind, bookings, told, frozen)
        VALUES (:effect_id, :leg_id, :kind, 0, false, false) ON CONFLICT DO NOTHING)
    INSERT INTO payment_observation
        (id, effect_id, stage, amount, to_buyer, to_seller, fee, deadline, occurred_at, evidence,
         observed_at)
    VALUES (:id, :effect_id, :stage, :amount, :to_buyer, :to_seller, :fee, :deadline,
            :occurred_at, CAST(:evidence AS jsonb), :now)
    ON CONFLICT (id) DO NOTHING RETURNING id
    """
)
_PLACE = text(
    """
    SELECT leg.id, leg.order_id, leg.payment_id, leg.finality, known.stage
    FROM payment_attempt_leg AS leg LEFT JOIN payment_observation AS known ON known.id = :id
    WHERE leg.external_reference = :reference
    """
)
_STAGE = text("SELECT stage FROM payment_observation WHERE id = :id")
_ADVANCE = text("UPDATE payment_observation SET stage = :stage, observed_at = :now WHERE id = :id")
_SET_BOOKED = text(
    "UPDATE payment_effect SET bookings = :bookings, booked_observation = :observation,"
    " booked_stage = :stage, booked_amount = :amount, booked_from_held = :from_held,"
    " booked_lost = :lost WHERE id = :id"
)
_SET_TOLD = text("UPDATE payment_effect SET told = :told, frozen = :frozen WHERE id = :id")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a leg belongs: enough to take the locks in their order. `said` is what was said of it
    by the measure that it was promised. Whether that `may_be_news` is known without any lock: what
    was taken in never becomes less."""

    leg_id: str
    order_id: str
    payment_id: str
    said: Observation
    may_be_news: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """The ledger entries that are open for an effect: the `number`-th there were, about so much
    money: of a chargeback what the buyer did not have yet, `from_held` of it out of held money.
    `lost` went to the buyer besides."""

    number: int
    observation_id: str
    stage: Stage
    amount: int
    from_held: int = 0
    lost: int = 0


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


def find_place(tx: Transaction, observation: Observation) -> Place | None:
    """Where the leg belongs that an observation is about; `None` for a stranger's."""
    row = tx.session.execute(
        _PLACE, {"reference": observation.leg_reference, "id": observation.observation_id}
    ).one_or_none()
    if row is None:
        return None
    said = observation.asked_for(Level(row.finality or Level.CONFIRMED))
    news = _is_later(said, row.stage)
    return Place(row.id, row.order_id, row.payment_id, said, may_be_news=news)


def _is_later(observation: Observation, known: str | None) -> bool:
    return known is None or is_later(observation.stage, FactStage(known))


def record(tx: Transaction, leg_id: str, observation: Observation) -> bool:
    """Take an observation in; `False` when it says nothing new."""
    fact = observation.fact
    new = tx.session.execute(
        _RECORD,
        {
            "effect_id": observation.effect_id,
            "leg_id": leg_id,
            "kind": fact.kind,
            "id": observation.observation_id,
            "stage": observation.stage,
            "amount": fact.amount,
            "to_buyer": fact.to_buyer,
            "to_seller": fact.to_seller,
            "fee": fact.fee,
            "deadline": fact.deadline,
            "occurred_at": observation.occurred_at,
            "evidence": json.dumps(dict(observation.evidence)),
            "now": tx.now,
        },
    )
    return new.first() is not None or _advance(tx, observation)


def _advance(tx: Transaction, observation: Observation) -> bool:
    known = tx.session.execute(_STAGE, {"id": observation.observation_id}).scalar_one_or_none()
    if not _is_later(observation, known):
        return False
    tx.session.execute(
        _ADVANCE,
        {"id": observation.observation_id, "stage": observation.stage, "now": tx.now},
    )
    return True


def list_of_legs(tx: Transaction, leg_ids: Sequence[str]) -> dict[str, list[Effect]]:
    """The effects of each leg, by kind and id."""
    rows = tx.session.execute(_OF_LEGS, {"legs": list(leg_ids)})
    found: dict[str, list[Effect]] = defaultdict(list)
    for _id, observed in groupby(rows, lambda row: row.id):
        effect = _effect(list(observed))
        found[effect.leg_id].append(effect)
    return found


def _effect(observed: Sequence[_Joined]) -> Effect:
    row = observed[0]
    booked = None
    if row.booked_observation is not None and row.booked_stage is not None:
        booked = Booking(
            number=row.bookings,
            observation_id=row.booked_observation,
            stage=Stage(row.booked_stage),
            amount=row.booked_amount,
            from_held=row.booked_from_held,
            lost=row.booked_lost,
        )
    return Effect(
        id=row.id,
        leg_id=row.leg_id,
        kind=FactKind(row.kind),
        bookings=row.bookings,
        booked=booked,
        told=row.told,
        frozen=row.frozen,
        observations=tuple(_observed(each) for each in observed),
    )


def _observed(row: _Joined) -> Observed:
    fact = Fact(
        kind=FactKind(row.kind),
        amount=row.amount,
        to_buyer=row.to_buyer,
        to_seller=row.to_seller,
        fee=row.fee,
        deadline=row.deadline,
    )
    return Observed(
        observation_id=row.observation_id,
        stage=FactStage(row.stage),
        fact=fact,
        occurred_at=row.occurred_at,
        evidence=row.evidence,
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
        _SET_BOOKED,
        {
            "id": effect_id,
            "bookings": bookings,
            "observation": None if booked is None else booked.observation_id,
            "stage": None if booked is None else booked.stage,
            "amount": 0 if booked is None else booked.amount,
            "from_held": 0 if booked is None else booked.from_held,
            "lost": 0 if booked is None else booked.lost,
        },
    )


def set_told(tx: Transaction, effect_id: str, *, told: bool, frozen: bool) -> None:
    """Remember whether the order was moved by an effect, or is held up by its loss."""
    tx.session.execute(_SET_TOLD, {"id": effect_id, "told": told, "frozen": frozen})
