"""What Stripe says of our legs, for comparison with what we think.

It tells how its objects are now, and in events, for thirty days, what they went through. So what
moved since the position is not compared, and what is older than events is read from the objects.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from souk.adapters.stripe.client import StripeApi
from souk.adapters.stripe.hearing import StripeHearing
from souk.adapters.stripe.holds import said_of_charge
from souk.adapters.stripe.looking import Looking
from souk.adapters.stripe.moves import said_of_refund, said_of_transfer
from souk.adapters.stripe.objects import Charge, Event, Refund
from souk.adapters.stripe.ranges import Ranges
from souk.adapters.stripe.tags import find_move_tag, find_payment_tag
from souk.adapters.stripe.weighing import figures_by
from souk.adapters.stripe.whole import known_of, said_of_whole
from souk.core.clock import Clock
from souk.core.errors import ProviderRejected, ProviderUnavailable
from souk.core.timers import WALL
from souk.modules.books.domain import Deposit, Position, RailFigures, figures_of
from souk.modules.payments.domain import CardLeg, Leg, LegFigures, Observation, Shares
from souk.modules.payments.ports import RailMessage, Said

_log = logging.getLogger(__name__)

EVENTS_LAST = timedelta(days=29)
"""Stripe keeps events for thirty days; a day before that we do not count on them any more."""
FEES_MADE_UP = timedelta(days=31)
"""Stripe takes its fees out of what it holds for us. Whoever runs this pays them in once a month,
out of what the platform earns."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """An attempt at Stripe: its intent, if anybody tried to pay it, and all that was said of it."""

    intent: str | None
    said: Sequence[Observation]


class StripeStatement:
    """Our account at Stripe. `api` is one that leaves others some of the requests that Stripe
    allows; `divisions` tells by the id of an attempt how what names no order fell to its legs."""

    def __init__(
        self,
        api: StripeApi,
        clock: Clock,
        *,
        provider: str,
        divisions: Callable[[str], Mapping[str, Shares]],
    ) -> None:
        self.place = provider
        self.clock = WALL
        self.one_by_one = True
        self._ranges = Ranges(api)
        self._looking = Looking(api)
        self._hearing = StripeHearing(self._looking)
        self._wall = clock
        self._divisions = divisions

    def knows(self, leg: Leg) -> bool:
        """Whether the leg is paid by card."""
        return isinstance(leg, CardLeg)

    def position(self, patience: timedelta) -> Position:
        """An instant, to the second. Stripe's clock and ours are the same to within what webhooks
        are allowed to be late."""
        at = (self._wall.now() - patience).replace(microsecond=0)
        return Position(at=at, settled_at=at)

    def observations(self, since: datetime, position: Position) -> Iterator[list[Observation]]:
        """What events say, and, from before there were any, what objects do."""
        told_of = position.at - EVENTS_LAST
        looked_at: set[str] = set()
        for events in self._ranges.events(max(since, told_of), position.at):
            said = [one for event in events for one in self._said_in(event, looked_at)]
            yield _by_then(said, position)
        if since < told_of:
            for page in self._said_by_objects(since, position.at, looked_at):
                yield _by_then(page, position)

    def deposits(self, since: datetime, position: Position) -> Iterator[list[Deposit]]:
        """Every charge that was paid: the account serves nothing else."""
        for charges in self._ranges.charges(since, position.at):
            yield [_deposit(charge) for charge in charges if charge.status == "succeeded"]

    def figures(self, position: Position, legs: Sequence[Leg]) -> Mapping[str, RailFigures]:
        """What all objects of each attempt amount to, unless one of them changed since."""
        attempts = {leg.attempt_id: leg for leg in legs}
        seen = {attempt: self._see(attempts[attempt]) for attempt in sorted(attempts)}
        found = {}
        doubtful = []
        for leg in legs:
            if (known := seen[leg.attempt_id]) is not None:
                found[leg.id] = _figures(leg, figures_by(leg, known.said))
                if not found[leg.id].agrees(figures_of(leg)):
                    doubtful.append((leg, known))
        # Asked after all of them were looked at, so that it knows of whatever was seen.
        moved = self._moved_since(position) if doubtful else frozenset()
        for leg, known in doubtful:
            if not moved.isdisjoint({leg.attempt_id, known.intent}):
                del found[leg.id]
        return found

    def recover(
        self, position: Position, leg: Leg, known: Sequence[Observation]
    ) -> list[Observation]:
        """All that the attempt's objects say of the leg. They never go away, and say themselves
        what has ceased to be true."""
        del known
        seen = self._see(leg)
        if seen is None:
            raise ProviderUnavailable("what the card provider has of this is not understood")
        about = [one for one in seen.said if one.leg_reference == leg.external_reference]
        return _by_then(about, position)

    def holdings(self, position: Position, legs: Sequence[Leg]) -> Mapping[str, int]:
        """Our balance at the position, and the fees that were taken out of it lately."""
        if not legs:
            return {}
        before, since = self._ranges.balance(), position.at - FEES_MADE_UP
        there = sum(
            movement.fee if movement.at <= position.at else -movement.net
            for movements in self._ranges.movements(since, self._wall.now())
            for movement in movements
        )
        # What moves meanwhile must not look as if it were missing.
        there += max(before, self._ranges.balance())
        return dict.fromkeys({leg.asset.code for leg in legs}, there)

    def _said_in(self, event: Event, looked_at: set[str]) -> Sequence[Said]:
        """What a webhook about the same would have us observe."""
        about = {"created": event.created, "account": event.account, "object": event.data.object}
        message = RailMessage(event.type, about)
        try:
            said = self._hearing.parse_observation(message)
            reference = self._hearing.needs_look(message)
        except ProviderRejected:
            _log.error("event %s of the card provider is not understood", event.id)
            return ()
        return [*said, *self._look(reference, looked_at)]

    def _said_by_objects(
        self, since: datetime, until: datetime, looked_at: set[str]
    ) -> Iterator[Sequence[Said]]:
        for charges in self._ranges.charges(since, until):
            yield [one for charge in charges for one in said_of_charge(charge)]
        for transfers in self._ranges.transfers(since, until):
            yield [one for transfer in transfers for one in said_of_transfer(transfer)]
        for refunds in self._ranges.refunds(since, until):
            yield [one for refund in refunds for one in self._said_of_refund(refund, looked_at)]
        for disputes in self._ranges.disputes(since, until):
            yield [
                one for dispute in disputes for one in self._look(dispute.payment_intent, looked_at)
            ]

    def _said_of_refund(self, refund: Refund, looked_at: set[str]) -> Sequence[Said]:
        if find_move_tag(refund) is None:
            return self._look(refund.payment_intent, looked_at)
        return said_of_refund(refund)

    def _look(self, reference: str | None, looked_at: set[str]) -> Sequence[Said]:
        """All that an intent and what belongs to it say, once."""
        if reference is None or reference in looked_at:
            return ()
        looked_at.add(reference)
        try:
            intent = self._looking.intent(reference)
            tag = find_payment_tag(intent)
            if tag is None:
                return ()
            return said_of_whole(
                self._looking.whole(intent, tag.attempt_id), self._divisions(tag.attempt_id)
            )
        except ProviderRejected as refusal:
            _log.error("%s cannot be looked at: %s", reference, refusal)
            return ()

    def _see(self, leg: Leg) -> _Seen | None:
        """The attempt of a leg; `None` where it is not understood."""
        attempt_id = leg.attempt_id
        try:
            intent = self._looking.find_charged(attempt_id)
            if intent is None:
                return _Seen(None, ())
            said = said_of_whole(self._looking.whole(intent, attempt_id), known_of([leg]))
        except ProviderRejected as refusal:
            _log.error("attempt %s cannot be looked at: %s", attempt_id, refusal)
            return None
        return _Seen(intent.id, _facts(said))

    def _moved_since(self, position: Position) -> frozenset[str]:
        """The attempts and intents of which an event tells that is later than the position."""
        later = position.at + timedelta(seconds=1)
        return frozenset(
            str(event.data.object[name])
            for events in self._ranges.events(later, max(later, self._wall.now()))
            for event in events
            for name in ("id", "payment_intent", "transfer_group")
            if event.data.object.get(name)
        )


def _deposit(charge: Charge) -> Deposit:
    tag = find_payment_tag(charge)
    return Deposit(
        subject=charge.id,
        amount=max(0, charge.amount - charge.amount_refunded),
        currency=charge.currency.upper(),
        references=() if tag is None else tuple(tag.leg(n) for n in range(len(tag.amounts))),
    )


def _figures(leg: Leg, weighed: LegFigures) -> RailFigures:
    figures = RailFigures(
        held=weighed.held,
        released=weighed.released,
        refunded=weighed.refunded,
        reimbursed=weighed.reimbursed,
        charged_back=weighed.charged_back,
        status=weighed.status,
    )
    # What was released and all of it is our fee moved nothing at Stripe: our word is taken for it.
    kept = leg.fee - weighed.fee
    if 0 < kept == leg.released - weighed.released and kept <= figures.remaining:
        return replace(figures, released=leg.released, status=leg.status)
    return figures


def _facts(said: Iterable[Said]) -> list[Observation]:
    """What is said of money; of an attempt that has none, it is asked in the ordinary way."""
    return [one for one in said if isinstance(one, Observation)]


def _by_then(said: Iterable[Said], position: Position) -> list[Observation]:
    return [one for one in _facts(said) if one.occurred_at <= position.at]
