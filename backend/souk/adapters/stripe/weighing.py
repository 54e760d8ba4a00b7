"""What the facts about a leg amount to, for whoever compares them with the books."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from souk.modules.payments.domain import (
    HOLDING,
    Fact,
    FactKind,
    FactStage,
    Leg,
    LegFigures,
    LegHistory,
    LegLookup,
    LegStatus,
    Observation,
    Observed,
    covered,
    current,
    instant_of,
    leg_figures,
)

_UNPAID = frozenset({LegStatus.SEEN, LegStatus.ORPHANED, LegStatus.AWAITING})


def weigh(leg: Leg, said: Iterable[Observation]) -> LegLookup:
    """How a leg stands by all that was said of its attempt."""
    about = [one for one in said if one.leg_reference == leg.external_reference]
    history = covered(_history(leg, about))
    figures = leg_figures(history, fulfil_by=leg.terms.fulfil_by, window=leg.terms.window)
    if figures.status in _UNPAID:
        return LegLookup(status=LegStatus.AWAITING, remaining=0, released=0, deadline=None)
    released = figures.released - max(0, figures.reimbursed - leg.reimbursed)
    gone = figures.released + figures.refunded + figures.charged_back
    return LegLookup(
        status=_status(figures, released),
        remaining=max(0, figures.held - gone),
        released=released,
        deadline=instant_of(figures.deadline),
    )


def _status(figures: LegFigures, released: int) -> LegStatus:
    if figures.status in HOLDING or released == figures.released:
        return figures.status
    return LegStatus.SPLIT if released else LegStatus.REFUNDED


def _history(leg: Leg, about: Sequence[Observation]) -> LegHistory:
    counting = _counting(about)
    return LegHistory(
        hold=next(iter(counting[FactKind.HELD]), None),
        was_seen=bool(about),
        fulfilment=_fulfilment(leg),
        settlements=tuple(counting[FactKind.SETTLED]),
        reimbursements=tuple(counting[FactKind.REIMBURSED]),
        chargebacks=tuple(counting[FactKind.CHARGED_BACK]),
        recoveries=tuple(counting[FactKind.RECOVERED]),
    )


def _counting(about: Sequence[Observation]) -> dict[FactKind, list[Observed]]:
    """Of each effect what counts of it."""
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
        if (counts := current(observed)) is not None:
            counting[kind].append(counts)
    return counting


def _fulfilment(leg: Leg) -> Observed | None:
    """What the leg knows of it: nobody else does."""
    if leg.status is not LegStatus.FULFILLED or leg.deadline is None:
        return None
    return Observed(
        observation_id=leg.id,
        stage=FactStage.REACHED,
        fact=Fact(kind=FactKind.FULFILLED, deadline=int(leg.deadline.timestamp())),
        occurred_at=leg.deadline,
        evidence={},
    )
