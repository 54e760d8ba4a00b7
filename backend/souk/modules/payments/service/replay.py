"""What legs say, computed anew from what a rail has told, without what was taken in on the way."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from souk.core.unit_of_work import Transaction
from souk.modules.payments.domain import (
    EscrowLeg,
    Leg,
    LegFigures,
    Observation,
    Observed,
)
from souk.modules.payments.repository import legs as leg_rows
from souk.modules.payments.repository import replays as replay_rows
from souk.modules.payments.repository.facts import Effect
from souk.modules.payments.service.settle import weigh_leg, with_figures

_PAGE = 200


@dataclass(frozen=True, slots=True)
class LegUnlike:
    """A leg that says something else than what was told of it."""

    leg: EscrowLeg
    due: LegFigures


def pages_on_chain(tx: Transaction, chain_id: int) -> Iterator[list[EscrowLeg]]:
    """Every leg on a chain, a page at a time."""
    after = ""
    while page := replay_rows.list_ids_on_chain(tx, chain_id, after=after, limit=_PAGE):
        found = leg_rows.list_by_id(tx, page)
        yield [leg for leg_id in page if isinstance(leg := found[leg_id], EscrowLeg)]
        after = page[-1]


def compare_leg(leg: EscrowLeg, told: Sequence[Observation]) -> LegUnlike | None:
    """A leg beside all that was told of it, each as a fact of its own; `None` when both say the
    same."""
    said = (one.asked_for(leg.finality) for one in told)
    due = weigh_leg(leg, tuple(_effect(leg, one) for one in said)).figures
    return None if with_figures(leg, due) == leg else LegUnlike(leg, due)


def _effect(leg: Leg, told: Observation) -> Effect:
    observed = Observed(
        observation_id=told.observation_id,
        stage=told.stage,
        fact=told.fact,
        occurred_at=told.occurred_at,
        evidence=told.evidence,
    )
    return Effect(
        id=told.effect_id,
        leg_id=leg.id,
        kind=told.fact.kind,
        bookings=0,
        booked=None,
        told=False,
        frozen=False,
        observations=(observed,),
    )
