"""How a leg stands by all that was said of it: the domain's own rules, without a database."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from souk.modules.payments.domain import (
    ATTEMPT_TRANSITIONS,
    Attempt,
    AttemptNews,
    AttemptStatus,
    AttemptTurn,
    CardLeg,
    FactKind,
    Leg,
    LegHistory,
    Observation,
    Observed,
    attempt_status,
    covered,
    current,
    instant_of,
    is_later,
    leg_figures,
)
from souk.modules.payments.ports import Said

L = TypeVar("L", bound=Leg)

_TURNS = {
    AttemptTurn.PROCESSING: AttemptStatus.SUBMITTED,
    AttemptTurn.DECLINED: AttemptStatus.FAILED,
    AttemptTurn.CLOSED: AttemptStatus.CANCELLED,
}


def furthest(said: Iterable[Observation]) -> dict[str, Observation]:
    """Each observation as it is kept: the first that was heard, at the furthest stage."""
    kept: dict[str, Observation] = {}
    for one in said:
        known = kept.setdefault(one.observation_id, one)
        if is_later(one.stage, known.stage):
            kept[one.observation_id] = replace(known, stage=one.stage)
    return kept


def after(attempt: Attempt, said: Iterable[Said]) -> Attempt:
    """An attempt that waited for its payer, after it heard all of this one by one, as the service
    lets it: each piece of news once, and only where it can follow."""
    facts: list[Observation] = []
    heard: set[str] = set()
    status = AttemptStatus.AWAITING_PAYER
    for one in said:
        if isinstance(one, Observation):
            known = furthest(facts).get(one.observation_id)
            if known is not None and not is_later(one.stage, known.stage):
                continue
            facts.append(one)
            to = attempt_status(status, [stand(leg, facts).status for leg in attempt.legs])
        elif isinstance(one, AttemptNews) and one.reference not in heard:
            to = _TURNS[one.turn]
            if to in ATTEMPT_TRANSITIONS[status]:
                heard.add(one.reference)
        else:
            continue
        status = to if to in ATTEMPT_TRANSITIONS[status] else status
    legs = tuple(stand(leg, facts) for leg in attempt.legs)
    return replace(attempt, status=status, legs=legs)


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
