"""All of an attempt at Stripe at one time, and what it says as a whole.

A refund that somebody made by hand in the dashboard, and a chargeback, name no order. Both are
divided over the legs by what each of them had left at that moment, the last cents by largest
remainder, so that whoever looks later divides alike.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
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
    Fact,
    FactKind,
    FactStage,
    InstructionKind,
    Observation,
)

_Move = TypeVar("_Move", Transfer, Refund, Dispute)

_ONLY_ASKED = frozenset({"warning_needs_response", "warning_under_review"})
_GIVEN_UP = frozenset({"won", "warning_closed", "prevented"})
_LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """An intent and all that has to do with its money."""

    intent: Intent
    charges: Sequence[Charge] = ()
    transfers: Sequence[Transfer] = ()
    refunds: Sequence[Refund] = ()
    disputes: Sequence[Dispute] = ()


def said_of_whole(whole: Whole) -> list[Observation | AttemptNews]:
    """The same as all messages about it together, as of now."""
    tag = find_payment_tag(whole.intent)
    if tag is None:
        return []
    said = list(_said_without_charge(whole.intent))
    for charge in whole.charges:
        said += said_of_charge(charge)
    said += _Division(tag).follow(whole)
    return said


def _said_without_charge(intent: Intent) -> Iterator[Observation | AttemptNews]:
    error = intent.last_payment_error
    if intent.status == "canceled" or (error is not None and error.charge is None):
        yield from said_of_intent(intent, intent.at)


@dataclass(slots=True)
class _Division:
    """What each leg holds, what its seller has, and what the buyer got back, one movement after
    the other."""

    tag: PaymentTag
    held: list[int] = field(init=False)
    released: list[int] = field(init=False)
    back: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.held = list(self.tag.amounts)
        self.released = [0] * len(self.held)
        self.back = [0] * len(self.held)

    def follow(self, whole: Whole) -> Iterator[Observation]:
        """What every movement says, from the first to the last."""
        # Within a second, in the order in which Stripe lets these follow each other, and those
        # first that say whose they are.
        moves = [*_by_id(whole.transfers), *_by_id(whole.refunds), *_by_id(whole.disputes)]
        for move in sorted(moves, key=lambda move: move.created):
            match move:
                case Transfer():
                    yield from self._hand_on(move)
                case Refund():
                    yield from self._give_back(move)
                case Dispute():
                    yield from self._charge_back(move)

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
        self.back[position] += amount

    def _give_back_by_hand(self, refund: Refund) -> Iterator[Observation]:
        """Out of what is held, and then out of what the sellers have: the buyer cannot tell."""
        held = _shares(refund.amount, self.held)
        released = _shares(refund.amount - sum(held), self.released)
        for position in range(len(self.held)):
            for source, amount, kind in (
                (self.held, held[position], FactKind.SETTLED),
                (self.released, released[position], FactKind.REIMBURSED),
            ):
                if amount == 0:
                    continue
                if stage_of(refund) is not FactStage.ORPHANED:
                    self._take(source, position, amount)
                yield self._by_hand(refund, position, amount, kind)

    def _by_hand(self, refund: Refund, position: int, amount: int, kind: FactKind) -> Observation:
        settled = kind is FactKind.SETTLED
        figures = {"to_buyer" if settled else "amount": amount}
        return Moved(
            leg=self.tag.leg(position),
            object_id=refund.id,
            fact=Fact(kind=kind, **figures),
            at=refund.at,
            evidence=refund_evidence(refund),
            stage=stage_of(refund),
            mark="" if settled else f":{kind}",
        ).observed()

    def _charge_back(self, dispute: Dispute) -> Iterator[Observation]:
        """What the buyer does not have back yet is what the bank can take."""
        unreturned = [
            amount - back for amount, back in zip(self.tag.amounts, self.back, strict=True)
        ]
        for position, amount in enumerate(_shares(dispute.amount, unreturned)):
            if amount == 0:
                continue
            yield self._taken(dispute, position, amount)
            if dispute.status == _LOST:
                yield self._conceded(dispute, position, amount)

    def _taken(self, dispute: Dispute, position: int, amount: int) -> Observation:
        return Moved(
            leg=self.tag.leg(position),
            object_id=dispute.id,
            fact=Fact(kind=FactKind.CHARGED_BACK, amount=amount),
            at=dispute.at,
            evidence=_dispute_evidence(dispute),
            stage=_stage_of(dispute),
        ).observed()

    def _conceded(self, dispute: Dispute, position: int, amount: int) -> Observation:
        return Moved(
            leg=self.tag.leg(position),
            object_id=dispute.id,
            fact=Fact(kind=FactKind.CONCEDED, amount=amount),
            at=dispute.at,
            evidence=_dispute_evidence(dispute),
            mark=f":{FactKind.CONCEDED}",
        ).observed()


def _by_id(moves: Sequence[_Move]) -> list[_Move]:
    return sorted(moves, key=lambda move: (_is_by_hand(move), move.id))


def _is_by_hand(move: Transfer | Refund | Dispute) -> bool:
    return not isinstance(move, Dispute) and find_move_tag(move) is None


def _shares(total: int, weights: Sequence[int]) -> list[int]:
    """A total divided by weights, none of which gets more than it is."""
    fitting = [max(0, weight) for weight in weights]
    together = min(total, sum(fitting))
    return allocate(together, fitting) if together > 0 else [0] * len(fitting)


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
