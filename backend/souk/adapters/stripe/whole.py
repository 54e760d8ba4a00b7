"""All of an attempt at Stripe at one time, and what it says as a whole.

A refund that somebody made by hand in the dashboard, and a chargeback, name no order. Both are
divided over the legs by what each of them has left when that is first looked at, the last cents by
largest remainder; what is more than all have left, as a bank may take, falls to the first of those
who have most. Whoever looks later divides as it was divided then.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from souk.adapters.stripe.holds import evidence_of, said_of_charge, said_of_intent
from souk.adapters.stripe.moves import (
    Moved,
    refund_evidence,
    said_of_refund,
    said_of_transfer,
    stage_of,
)
from souk.adapters.stripe.objects import Charge, Dispute, Intent, Refund, Transfer
from souk.adapters.stripe.tags import MoveTag, PaymentTag, find_move_tag, find_payment_tag
from souk.core.money import allocate
from souk.modules.payments.domain import (
    AttemptNews,
    CardLeg,
    Division,
    Fact,
    FactKind,
    FactStage,
    InstructionKind,
    Leg,
    Observation,
    Shares,
)

_Movement = Transfer | Refund | Dispute
_Move = TypeVar("_Move", Transfer, Refund, Dispute)

_ONLY_ASKED = frozenset({"warning_needs_response", "warning_under_review"})
_GIVEN_UP = frozenset({"won", "warning_closed", "prevented"})
_LOST = "lost"
_ASKED = ":asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """An intent and all that has to do with its money."""

    intent: Intent
    charges: Sequence[Charge] = ()
    transfers: Sequence[Transfer] = ()
    refunds: Sequence[Refund] = ()
    disputes: Sequence[Dispute] = ()


def known_of(legs: Sequence[Leg]) -> Mapping[str, Shares]:
    """How what names no order fell to the legs of an attempt, by what any of them knows of it."""
    cards = [leg for leg in legs if isinstance(leg, CardLeg)]
    return {name: shares for leg in cards for name, shares in leg.divisions.items()}


def said_of_whole(whole: Whole, known: Mapping[str, Shares]) -> list[Observation | AttemptNews]:
    """The same as all messages about it together, as of now."""
    tag = find_payment_tag(whole.intent)
    if tag is None:
        return []
    said = list(_said_without_charge(whole.intent))
    for charge in whole.charges:
        said += said_of_charge(charge)
    said += _Followed(tag, known).follow(whole)
    return said


def _said_without_charge(intent: Intent) -> Iterator[Observation | AttemptNews]:
    error = intent.last_payment_error
    if intent.status == "canceled" or (error is not None and error.charge is None):
        yield from said_of_intent(intent, intent.at)


@dataclass(slots=True)
class _Followed:
    """What each leg holds, what its seller has of it, and what the buyer does not have back, one
    movement after the other. `known` are the shares of what was divided before."""

    tag: PaymentTag
    known: Mapping[str, Shares]
    held: list[int] = field(init=False)
    released: list[int] = field(init=False)
    unreturned: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.held = list(self.tag.amounts)
        self.unreturned = list(self.tag.amounts)
        self.released = [0] * len(self.held)

    def follow(self, whole: Whole) -> Iterator[Observation]:
        """What every movement says: first of those that say whose they are, and of those that were
        divided before, and then of the others, which have to do with what is left."""
        moves: list[_Movement] = [
            *_by_id(whole.transfers),
            *_by_id(whole.refunds),
            *_by_id(whole.disputes),
        ]
        for move in sorted(moves, key=lambda move: (not self._is_certain(move), move.created)):
            match move:
                case Transfer():
                    yield from self._hand_on(move)
                case Refund():
                    yield from self._give_back(move)
                case Dispute():
                    yield from self._charge_back(move)

    def _is_certain(self, move: _Movement) -> bool:
        if isinstance(move, Dispute):
            return move.id in self.known
        return find_move_tag(move) is not None or move.id in self.known

    def _hand_on(self, transfer: Transfer) -> Iterator[Observation]:
        tag = find_move_tag(transfer)
        if tag is None or not self._has(tag):
            return
        self.held[tag.position] -= transfer.amount + tag.fee
        self.released[tag.position] += transfer.amount + tag.fee
        yield from said_of_transfer(transfer)

    def _has(self, tag: MoveTag) -> bool:
        return tag.attempt_id == self.tag.attempt_id and tag.position < len(self.held)

    def _give_back(self, refund: Refund) -> Iterator[Observation]:
        tag = find_move_tag(refund)
        if tag is None:
            yield from self._give_back_by_hand(refund)
        elif self._has(tag):
            if stage_of(refund) is not FactStage.ORPHANED:
                reimbursed = tag.kind is InstructionKind.REIMBURSE
                self._take(self.released if reimbursed else self.held, tag.position, refund.amount)
            yield from said_of_refund(refund)

    def _take(self, source: list[int], position: int, amount: int) -> None:
        source[position] -= amount
        self.unreturned[position] -= amount

    def _give_back_by_hand(self, refund: Refund) -> Iterator[Observation]:
        """Out of what is held, and then out of what the sellers have: the buyer cannot tell. It has
        left our balance at once, though it may take days to arrive: nobody else may have it."""
        division = self._divided(refund.id, lambda: self._divide(refund.amount))
        for name, amount in division.shares.items():
            position, kind = _read_share(name)
            if _stage_by_hand(refund) is not FactStage.ORPHANED:
                self._take(
                    self.held if kind is FactKind.SETTLED else self.released, position, amount
                )
            yield self._by_hand(refund, position, amount, kind, division)

    def _divided(self, movement: str, divide: Callable[[], Shares]) -> Division:
        shares = self.known.get(movement)
        if shares is not None:
            return Division(movement=movement, shares=shares)
        division = Division(movement=movement, shares=divide(), beside=self.known)
        if division.shares:
            self.known = {**self.known, movement: division.shares}
        return division

    def _divide(self, amount: int) -> Shares:
        held = _shares(amount, _at_most(self.held, self.unreturned))
        left = [total - part for total, part in zip(self.unreturned, held, strict=True)]
        released = _shares(amount - sum(held), _at_most(self.released, left))
        beyond = amount - sum(held) - sum(released)
        return _named(FactKind.SETTLED, _with_most(held, beyond)) | _named(
            FactKind.REIMBURSED, released
        )

    def _by_hand(
        self, refund: Refund, position: int, amount: int, kind: FactKind, division: Division
    ) -> Observation:
        settled = kind is FactKind.SETTLED
        figures = {"to_buyer" if settled else "amount": amount}
        return Moved(
            leg=self.tag.leg(position),
            object_id=refund.id,
            fact=Fact(kind=kind, **figures),
            at=refund.at,
            evidence=refund_evidence(refund),
            stage=_stage_by_hand(refund),
            mark="" if settled else f":{kind}",
            division=division,
        ).observed()

    def _charge_back(self, dispute: Dispute) -> Iterator[Observation]:
        """What the buyer does not have back yet is what the bank takes first. While it only asks,
        that may still change: how what it takes falls to the legs is another division."""
        asked = f"{dispute.id}{_ASKED}"
        stage = _stage_of(dispute)
        if stage is FactStage.SEEN:
            yield from self._charged_back(dispute, asked, stage)
            return
        if dispute.id in self.known or asked not in self.known or stage is FactStage.REACHED:
            yield from self._charged_back(dispute, dispute.id, stage)
        if asked in self.known:
            yield from self._charged_back(dispute, asked, FactStage.ORPHANED)

    def _charged_back(
        self, dispute: Dispute, movement: str, stage: FactStage
    ) -> Iterator[Observation]:
        kind = FactKind.CHARGED_BACK
        division = self._divided(
            movement, lambda: _named(kind, _all_of(dispute.amount, self.unreturned))
        )
        for name, amount in division.shares.items():
            position, _ = _read_share(name)
            taken = Moved(
                leg=self.tag.leg(position),
                object_id=dispute.id,
                fact=Fact(kind=kind, amount=amount),
                at=dispute.at,
                evidence=_dispute_evidence(dispute),
                stage=stage,
                stay=movement.removeprefix(dispute.id),
                division=division,
            )
            yield taken.observed()
            if stage is not FactStage.REACHED:
                continue
            self.unreturned[position] -= amount
            self.held[position] = max(0, self.held[position] - amount)
            if dispute.status == _LOST:
                yield _conceded(taken).observed()


def _by_id(moves: Sequence[_Move]) -> list[_Move]:
    return sorted(moves, key=lambda move: (_is_by_hand(move), move.id))


def _is_by_hand(move: _Movement) -> bool:
    return not isinstance(move, Dispute) and find_move_tag(move) is None


def _at_most(amounts: Sequence[int], limits: Sequence[int]) -> list[int]:
    return [min(amount, limit) for amount, limit in zip(amounts, limits, strict=True)]


def _named(kind: FactKind, amounts: Sequence[int]) -> dict[str, int]:
    """Shares by which leg's they are and what they were."""
    return {f"{position}:{kind}": amount for position, amount in enumerate(amounts) if amount}


def _read_share(name: str) -> tuple[int, FactKind]:
    position, _, kind = name.partition(":")
    return int(position), FactKind(kind)


def _conceded(taken: Moved) -> Moved:
    kind = FactKind.CONCEDED
    return replace(taken, fact=replace(taken.fact, kind=kind), mark=f":{kind}")


def _shares(total: int, weights: Sequence[int]) -> list[int]:
    """A total divided by weights, none of which gets more than it is."""
    fitting = [max(0, weight) for weight in weights]
    together = min(total, sum(fitting))
    return allocate(together, fitting) if together > 0 else [0] * len(fitting)


def _all_of(total: int, weights: Sequence[int]) -> list[int]:
    """The same, and what is more than all of them."""
    shares = _shares(total, weights)
    return _with_most(shares, total - sum(shares))


def _with_most(shares: Sequence[int], more: int) -> list[int]:
    most = shares.index(max(shares))
    return [share + more * (place == most) for place, share in enumerate(shares)]


def _stage_by_hand(refund: Refund) -> FactStage:
    stage = stage_of(refund)
    return FactStage.REACHED if stage is FactStage.SEEN else stage


def _dispute_evidence(dispute: Dispute) -> dict[str, str | int]:
    references = evidence_of(
        intent=dispute.payment_intent, charge=dispute.charge, dispute=dispute.id
    )
    return {**references, "disputed": dispute.amount}


def _stage_of(dispute: Dispute) -> FactStage:
    """The bank asks, has the money, or has given it back."""
    taken = sum(booked.amount for booked in dispute.balance_transactions)
    if dispute.status == _LOST:
        return FactStage.REACHED
    if dispute.status in _GIVEN_UP or (dispute.balance_transactions and taken >= 0):
        return FactStage.ORPHANED
    if dispute.status in _ONLY_ASKED or not dispute.balance_transactions:
        return FactStage.SEEN
    return FactStage.REACHED
