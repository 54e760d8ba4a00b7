"""How a leg stands by all that was said of it: the domain's own rules, without a database."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from souk.modules.payments.domain import (
    CardLeg,
    FactKind,
    Leg,
    LegHistory,
    Observation,
    Observed,
    covered,
    current,
    instant_of,
    is_later,
    leg_figures,
)

L = TypeVar("L", bound=Leg)


def furthest(said: Iterable[Observation]) -> dict[str, Observation]:
    """Each observation as it is kept: the first that was heard, at the furthest stage."""
    kept: dict[str, Observation] = {}
    for one in said:
        known = kept.setdefault(one.observation_id, one)
        if is_later(one.stage, known.stage):
            kept[one.observation_id] = replace(known, stage=one.stage)
    return kept


def stand(leg: L, said: Iterable[Observation]) -> L:
    """The leg with the figures that follow."""
    about = [o for o in furthest(said).values() if o.leg_reference == leg.external_reference]
    history = covered(_history(about))
    figures = leg_figures(history, fulfil_by=leg.terms.fulfil_by, window=leg.terms.window)
    changed = replace(
        leg,
        status=figures.status,
        held=figures.held,
        released=figures.released,
        refunded=figures.refunded,
        reimbursed=figures.reimbursed,
        charged_back=figures.charged_back,
        fee=figures.fee,
        deadline=instant_of(figures.deadline),
    )
    if isinstance(changed, CardLeg) and history.hold is not None:
        return replace(changed, charge=str(history.hold.evidence["charge"]))
    return changed


def _history(about: list[Observation]) -> LegHistory:
    effects: dict[tuple[FactKind, str], list[Observed]] = defaultdict(list)
    for one in about:
        effects[one.fact.kind, one.effect_id].append(
            Observed(
                observation_id=one.observation_id,
                stage=one.stage,
                fact=one.fact,
                occurred_at=one.occurred_at,
                evidence=one.evidence,
            )
        )
    counting: dict[FactKind, list[Observed]] = defaultdict(list)
    for (kind, _), observed in effects.items():
        if (one := current(observed)) is not None:
            counting[kind].append(one)
    return LegHistory(
        hold=next(iter(counting[FactKind.HELD]), None),
        was_seen=bool(about),
        fulfilment=next(iter(counting[FactKind.FULFILLED]), None),
        settlements=tuple(counting[FactKind.SETTLED]),
        reimbursements=tuple(counting[FactKind.REIMBURSED]),
        chargebacks=tuple(counting[FactKind.CHARGED_BACK]),
        recoveries=tuple(counting[FactKind.RECOVERED]),
    )
