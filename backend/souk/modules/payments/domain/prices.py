"""When what a price feed says may be the base of a quote.

A feed goes wrong in few ways: it stops, a round of it is not finished, or one round says something
that is far from the truth, which the next one mends. Nobody can tell from one round alone whether
it is the last of these or a market that falls. So a jump is distrusted until the next round
confirms it, and no time that passes without one makes it any truer. What counts as a jump depends
on how much time the market had between the two rounds: a feed that was silent for hours may well
have come further, but never by as much as an error may. A feed that works takes a step of half a
percent or so for each round, also in a market that falls, and never jumps.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from souk.modules.payments.domain.quotes import Rate
from souk.modules.payments.errors import PriceUnusable

_BPS = 10_000
_ELSE = "pay with a dollar token, or try again later"


@dataclass(frozen=True, slots=True)
class PastRate:
    """A rate that counted at an instant of the chain's time."""

    rate: Rate
    at: datetime


@dataclass(frozen=True, slots=True)
class PriceAnswer:
    """What a price feed says in its newest round, which is number `round_id`: dollars scaled by
    `decimals`, found in the round `answered_in`, as of `updated_at`. `before` is what the round
    before it said, `None` where the feed does not have it."""

    answer: int
    decimals: int
    updated_at: datetime
    source: str
    round_id: int = 1
    answered_in: int = 1
    before: PastRate | None = None

    @property
    def is_finished(self) -> bool:
        """Whether its round is over, and the answer not one carried over from an earlier round."""
        finished = self.round_id > 0 and self.updated_at.timestamp() > 0
        return finished and self.answered_in >= self.round_id

    @property
    def rate(self) -> Rate:
        """The same, unjudged, as a rate."""
        return Rate(self.answer, self.decimals, self.source)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRules:
    """What is believed of a feed: a step of `max_jump_bps`, and as much again for every
    `jump_seconds` that went by since the price before it, up to `most_jump_bps`; and an answer not
    more than `ahead_seconds` newer than the newest block that we have seen, as the feed is read
    from a node that may be a little ahead of us."""

    max_jump_bps: int = 500
    jump_seconds: int = 1_800
    most_jump_bps: int = 3_000
    ahead_seconds: int = 120

    def allowed_bps(self, age: timedelta) -> int:
        """The largest step from a price of this age."""
        spans = max(age // timedelta(seconds=self.jump_seconds), 0)
        return max(self.max_jump_bps, min(self.max_jump_bps * (1 + spans), self.most_jump_bps))


def usable_rate(
    price: PriceAnswer,
    *,
    chain_time: datetime,
    max_age_seconds: int,
    rules: PriceRules,
    accepted: PastRate | None = None,
) -> Rate:
    """The feed's answer as a rate; `accepted` is the last one that was, which an answer without one
    before it is compared with. All times are the chain's, whose newest block is of `chain_time`.
    Raises `PriceUnusable`."""
    if price.answer <= 0:
        raise PriceUnusable(f"the price feed answers with no positive price; {_ELSE}")
    if not price.is_finished:
        raise PriceUnusable(f"the price feed has not finished its newest round; {_ELSE}")
    if price.updated_at < chain_time - timedelta(seconds=max_age_seconds):
        raise PriceUnusable(f"the price feed has not been updated for too long; {_ELSE}")
    if price.updated_at > chain_time + timedelta(seconds=rules.ahead_seconds):
        raise PriceUnusable(f"the price feed is ahead of what is known of its chain; {_ELSE}")
    before = price.before or accepted
    if before is not None and _is_doubtful(price, before, rules):
        raise PriceUnusable(f"the price feed has jumped, which may be an error; {_ELSE}")
    return price.rate


def _is_doubtful(price: PriceAnswer, before: PastRate, rules: PriceRules) -> bool:
    """The market had from the one round to the next: the time that has passed since counts for
    nothing, or an error would be believed once it had stood for long enough."""
    rate, allowed = price.rate, rules.allowed_bps(price.updated_at - before.at)
    new: int = rate.amount * 10**before.rate.exponent
    old: int = before.rate.amount * 10**rate.exponent
    return abs(new - old) * _BPS > old * allowed
