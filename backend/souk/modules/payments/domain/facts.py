"""What a rail says about money, and what follows from all that it said.

An *effect* is the business fact ("this escrow was paid"); an *observation* is one stay of it in
a place that may cease to count (a block). Observations only move forward, seen to reached to
orphaned, and an orphaned one never comes back: the same effect is then observed anew. Therefore
the state of a leg is a function of the set of observations, whatever order they came in.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum

from souk.modules.chain.domain import Level
from souk.modules.payments.domain.statuses import AttemptStatus, LegStatus


class FactKind(StrEnum):
    """What happened to the money of a leg. `recovered`: the seller's account gave back what the
    buyer gets back after the release. `charged_back`: the payer's bank took the money, or asks
    for it (then `seen`); when it gives it back that is orphaned. `conceded`: it keeps it."""

    HELD = "held"
    FULFILLED = "fulfilled"
    DISPUTED = "disputed"
    SETTLED = "settled"
    REIMBURSED = "reimbursed"
    RECOVERED = "recovered"
    CHARGED_BACK = "charged_back"
    CONCEDED = "conceded"


class FactStage(StrEnum):
    """How far an observation has come. `reached` means final by the policy of this rail."""

    SEEN = "seen"
    REACHED = "reached"
    ORPHANED = "orphaned"


_RANK = {FactStage.SEEN: 0, FactStage.REACHED: 1, FactStage.ORPHANED: 2}


def is_later(stage: FactStage, than: FactStage) -> bool:
    """Whether an observation moves forward to `stage`."""
    return _RANK[stage] > _RANK[than]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A fact's figures, in the leg's asset: `amount` of a hold, a reimbursement, a recovery or a
    chargeback; `to_buyer`, `to_seller` (with `fee`) of a settlement; `deadline` (unix seconds by
    the leg's clock) of a fulfilment or a dispute."""

    kind: FactKind
    amount: int = 0
    to_buyer: int = 0
    to_seller: int = 0
    fee: int = 0
    deadline: int = 0

    @property
    def moves(self) -> int:
        """All that it moves: to each side, or as a whole."""
        return self.amount + self.to_buyer + self.to_seller


Evidence = Mapping[str, str | int]


class AttemptTurn(StrEnum):
    """What a rail says of an attempt when no money has moved. `processing`: the payer did what is
    needed, and the bank takes its time. `declined`: it came to nothing, and another card may
    follow. `closed`: nobody can pay it any more."""

    PROCESSING = "processing"
    DECLINED = "declined"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptNews:
    """One thing said by a rail about an attempt: `about` names the try to pay, or the whole, of
    which it speaks."""

    attempt_id: str
    turn: AttemptTurn
    about: str
    reason: str
    occurred_at: datetime

    @property
    def reference(self) -> str:
        """Its name, by which it is heard once."""
        return self.reference_of(self.turn)

    def reference_of(self, turn: AttemptTurn) -> str:
        """The name of another turn of the same thing."""
        return f"{self.about}:{turn}"


Shares = Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Division:
    """How a movement that names no order falls to the legs of its attempt: each share under a name
    of the rail's own. It is made once: looked at later, when more has moved, it might come out
    otherwise, and money that is booked does not change hands again. `beside` is how the rail
    thought that others were divided when it made this one: where that is not so, it is not either.
    """

    movement: str
    shares: Shares
    beside: Mapping[str, Shares] = field(default_factory=dict)

    def holds(self, known: Mapping[str, Shares]) -> bool:
        """Whether it is the one that is known, or could be added to those."""
        if (shares := known.get(self.movement)) is not None:
            return shares == self.shares
        return all(self.beside.get(name) == shares for name, shares in known.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One thing said by a rail about one leg, which it knows by `leg_reference`; about a share of
    something that was divided, with the `division`. Of a chain it tells the `level` as well: its
    stage is then that of what asks for no more than `confirmed`."""

    leg_reference: str
    effect_id: str
    observation_id: str
    stage: FactStage
    fact: Fact
    occurred_at: datetime
    evidence: Evidence
    division: Division | None = None
    level: Level | None = None

    def asked_for(self, finality: Level) -> "Observation":
        """The same at the stage that it has for a leg whose payment counts from a level on. Only
        the payment is asked for it: everything else about the leg stands on that."""
        if self.level is None or self.fact.kind is not FactKind.HELD:
            return self
        early = self.stage is FactStage.REACHED and not self.level.reaches(finality)
        return replace(self, stage=FactStage.SEEN) if early else self


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """An observation as it stands now."""

    observation_id: str
    stage: FactStage
    fact: Fact
    occurred_at: datetime
    evidence: Evidence

    @property
    def by_hand(self) -> bool:
        """Whether it is a refund that none of our instructions asked for."""
        return "refund" in self.evidence and "instruction" not in self.evidence


def current(observations: Iterable[Observed]) -> Observed | None:
    """Of one effect's observations the one that counts: the furthest of those that were not
    orphaned; `None` when there is none."""
    living = [o for o in observations if o.stage is not FactStage.ORPHANED]
    return max(living, key=lambda o: (_RANK[o.stage], o.observation_id), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class LegFigures:
    """What the facts amount to. `deadline` is when the waiting party's time is over; `reimbursed`
    came back to the buyer out of what was released, `charged_back` through the payer's bank, out
    of what is held first; `recovered` came back from the seller, also where the buyer does not
    get it after all."""

    status: LegStatus
    held: int = 0
    released: int = 0
    refunded: int = 0
    reimbursed: int = 0
    charged_back: int = 0
    recovered: int = 0
    fee: int = 0
    deadline: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LegHistory:
    """Of each thing that happened to a leg the observation that counts now; `was_seen` says that
    a hold was seen at all. `lost`, by observation: what went to the buyer without being theirs."""

    hold: Observed | None
    was_seen: bool
    fulfilment: Observed | None = None
    dispute: Observed | None = None
    settlements: tuple[Observed, ...] = ()
    reimbursements: tuple[Observed, ...] = ()
    chargebacks: tuple[Observed, ...] = ()
    recoveries: tuple[Observed, ...] = ()
    lost: Mapping[str, int] = field(default_factory=dict)

    @property
    def counted(self) -> frozenset[str]:
        """The observations of money that went further than into escrow."""
        moved = (*self.settlements, *self.reimbursements, *self.recoveries, *self.chargebacks)
        return frozenset(one.observation_id for one in moved)


def covered(history: LegHistory) -> LegHistory:
    """The history without settlements of more than was held, reimbursements of more than was
    released, and so on. No rail allows that; it can only seem so while a fact that ceased to be
    true, or another that takes its place, is awaited. Those that count go before those that do not
    yet, and then the earlier ones. A bank takes what it wants: of a chargeback that part counts
    which the buyer does not have by then, and `to_buyer` is what came out of held money. What
    somebody gave back by hand was divided without knowing what we were just moving: it goes last,
    and as much of it counts as is left. The rest of both is `lost`."""
    held = history.hold.fact.amount if history.hold else 0
    final, moved = _settled(history.settlements, held)
    left = held - sum(fact.moves for fact in moved)
    back = sum(fact.to_buyer for fact in moved)
    sent = sum(fact.to_seller for fact in moved)
    returned = _by_hand_last(_reached(history.reimbursements), min(sent, held - back))
    back += sum(fact.amount for fact in _counting(returned))
    chargebacks = _out_of_held(_up_to(history.chargebacks, held - back), left)
    gone = _counting(chargebacks)
    left -= sum(fact.to_buyer for fact in gone)
    back += sum(fact.amount for fact in gone)
    returnable = min(sent - sum(fact.amount for fact in _counting(returned)), held - back)
    coming = _within(_pending(history.reimbursements), returnable)
    kept = replace(
        history,
        settlements=final + _within(_pending(history.settlements), left),
        reimbursements=() if left else returned + coming,
        chargebacks=chargebacks,
        recoveries=_within(history.recoveries, sent),
    )
    return replace(kept, lost=_lost(history, kept, settled=not left))


def _lost(told: LegHistory, kept: LegHistory, *, settled: bool) -> dict[str, int]:
    """What is known to have gone and was not there. What was given back out of the seller's money
    may wait for the news that the seller has it, until all is `settled`."""
    by_hand = [*told.settlements, *(told.reimbursements if settled else ())]
    gone = [*told.chargebacks, *(one for one in by_hand if one.by_hand)]
    counts = (*kept.settlements, *kept.reimbursements, *kept.chargebacks)
    left = {one.observation_id: _given(one) for one in counts}
    excess = {
        one.observation_id: _given(one) - left.get(one.observation_id, 0)
        for one in gone
        if one.stage is FactStage.REACHED
    }
    return {id_: amount for id_, amount in excess.items() if amount}


def _given(one: Observed) -> int:
    """Of a chargeback `to_buyer` is a part of the amount."""
    charged_back = one.fact.kind is FactKind.CHARGED_BACK
    return one.fact.amount if charged_back else one.fact.moves


def _settled(settlements: Iterable[Observed], held: int) -> tuple[tuple[Observed, ...], list[Fact]]:
    final = _by_hand_last(_reached(settlements), held)
    return final, _counting(final)


def _by_hand_last(observed: Sequence[Observed], limit: int) -> tuple[Observed, ...]:
    ours = _within((one for one in observed if not one.by_hand), limit)
    left = limit - sum(one.fact.moves for one in ours)
    return ours + _up_to((one for one in observed if one.by_hand), left)


def _reached(observed: Iterable[Observed]) -> list[Observed]:
    return [one for one in observed if one.stage is FactStage.REACHED]


def _pending(observed: Iterable[Observed]) -> Iterable[Observed]:
    return (one for one in observed if one.stage is not FactStage.REACHED)


def _out_of_held(chargebacks: Iterable[Observed], left: int) -> tuple[Observed, ...]:
    """Chargebacks with the part of each that takes held money, as long as there is some."""
    found = []
    for one in chargebacks:
        taken = min(left, one.fact.amount)
        found.append(replace(one, fact=replace(one.fact, to_buyer=taken)))
        left -= taken if one.stage is FactStage.REACHED else 0
    return tuple(found)


def _within(observed: Iterable[Observed], limit: int) -> tuple[Observed, ...]:
    """Of these, one after the other, those that together move no more than `limit`."""
    found, left = [], limit
    for one in _counting_first(observed):
        if one.fact.moves <= left:
            found.append(one)
            left -= one.fact.moves
    return tuple(found)


def _up_to(observed: Iterable[Observed], limit: int) -> tuple[Observed, ...]:
    """The same of what moves one way only, with a part of the one that moves more than is left."""
    found, left = [], limit
    for one in _counting_first(observed):
        if part := min(one.fact.moves, left):
            back = one.fact.to_buyer > 0
            cut = replace(one.fact, to_buyer=part) if back else replace(one.fact, amount=part)
            found.append(replace(one, fact=cut))
            left -= part
    return tuple(found)


def _counting_first(observed: Iterable[Observed]) -> list[Observed]:
    return sorted(observed, key=lambda o: (-_RANK[o.stage], o.occurred_at, o.observation_id))


def leg_figures(history: LegHistory, *, fulfil_by: int, window: int) -> LegFigures:
    """The leg's state by the facts that count, of a history that is `covered`. Nothing but the
    hold matters until it reached its finality, because everything else stands on it."""
    hold = history.hold
    if hold is None:
        lost = LegStatus.ORPHANED if history.was_seen else LegStatus.AWAITING
        return LegFigures(status=lost)
    if hold.stage is not FactStage.REACHED:
        return LegFigures(status=LegStatus.SEEN)
    moved, gone = _counting(history.settlements), _counting(history.chargebacks)
    released, refunded = sum(f.to_seller for f in moved), sum(f.to_buyer for f in moved)
    taken = sum(f.to_buyer for f in gone)
    settled = _settled_status(hold.fact.amount, released, refunded, taken)
    holding, deadline = _holding(history, hold, fulfil_by=fulfil_by, window=window)
    return LegFigures(
        status=settled or holding,
        held=hold.fact.amount,
        released=released,
        refunded=refunded,
        reimbursed=sum(f.amount for f in _counting(history.reimbursements)),
        charged_back=sum(f.amount for f in gone),
        recovered=sum(f.amount for f in _counting(history.recoveries)),
        fee=sum(f.fee for f in moved),
        deadline=deadline,
    )


def _counting(observed: Iterable[Observed]) -> list[Fact]:
    return [one.fact for one in _reached(observed)]


def _holding(
    history: LegHistory, hold: Observed, *, fulfil_by: int, window: int
) -> tuple[LegStatus, int]:
    """Where a leg stands while money is held, and when the time of the waiting party ends: of the
    seller, of the buyer, or of the arbiter."""
    dispute, fulfilment = history.dispute, history.fulfilment
    if dispute is not None and dispute.stage is FactStage.REACHED:
        return LegStatus.DISPUTED, dispute.fact.deadline
    if fulfil_by == 0:
        return LegStatus.FULFILLED, int(hold.occurred_at.timestamp()) + window
    if fulfilment is not None and fulfilment.stage is FactStage.REACHED:
        return LegStatus.FULFILLED, fulfilment.fact.deadline
    return LegStatus.HELD, fulfil_by


def _settled_status(held: int, released: int, refunded: int, taken: int) -> LegStatus | None:
    if released + refunded + taken < held:
        return None
    if taken and not released:
        return LegStatus.CHARGED_BACK
    if refunded + taken == 0:
        return LegStatus.RELEASED
    return LegStatus.REFUNDED if released == 0 else LegStatus.SPLIT


def attempt_status(now: AttemptStatus, legs: Iterable[LegStatus]) -> AttemptStatus:
    """Where an attempt stands by its legs; unchanged while none of them was ever seen. One that has
    expired is not confirming because some of its orders are paid: the rest cannot be any more."""
    statuses = set(legs)
    if LegStatus.ORPHANED in statuses:
        return AttemptStatus.ORPHANED
    if statuses == {LegStatus.AWAITING}:
        return now
    if LegStatus.SEEN in statuses:
        return AttemptStatus.CONFIRMING
    if LegStatus.AWAITING in statuses:
        return now if now is AttemptStatus.EXPIRED else AttemptStatus.CONFIRMING
    return AttemptStatus.SUCCEEDED


def instant_of(timestamp: int | None) -> datetime | None:
    """Unix seconds of a chain as an instant; 0 and `None` are no time."""
    return datetime.fromtimestamp(timestamp, UTC) if timestamp else None
