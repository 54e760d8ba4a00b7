"""Dividing held money by agreement, and the ways in which a payer may consent."""

from dataclasses import dataclass
from enum import StrEnum

from souk.core.clock import rfc3339
from souk.modules.payments.domain.facts import instant_of
from souk.modules.payments.errors import OfferOver, OfferTooLong, SplitOutOfRange

MAX_OFFER_SECONDS = 72 * 3_600
"""No offer that a party signs stands for longer, so that none is forgotten and used much later."""


class Party(StrEnum):
    """Who may give a claim away."""

    BUYER = "buyer"
    SELLER = "seller"


class PayWay(StrEnum):
    """How a payer lets an escrow have the money: by calls alone, or by a signature in one of the
    ways of tokens (EIP-2612, EIP-3009, Permit2)."""

    CALLS = "calls"
    PERMIT = "permit"
    AUTHORIZATION = "authorization"
    PERMIT2 = "permit2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A division of held money, or of a part of it: `valid_until` in unix seconds by block time.
    `to_seller` includes the fee."""

    to_buyer: int
    to_seller: int
    valid_until: int

    @property
    def needs(self) -> tuple[Party, ...]:
        """Whose consent it takes: that of each party which gives something away."""
        givers = ((Party.BUYER, self.to_seller), (Party.SELLER, self.to_buyer))
        return tuple(party for party, given in givers if given)

    def check(self, *, remaining: int, now: int) -> None:
        """Raises `SplitOutOfRange`, `OfferOver`, `OfferTooLong`; `now` is block time."""
        total = self.to_buyer + self.to_seller
        if min(self.to_buyer, self.to_seller) < 0 or not 0 < total <= remaining:
            raise SplitOutOfRange(
                "both parts together must be more than nothing and not more than what is held",
                context={"total": str(total), "remaining": str(remaining)},
            )
        if self.valid_until < now:
            raise OfferOver("the time of this offer is over; make a new one")
        if self.valid_until > now + MAX_OFFER_SECONDS:
            latest = instant_of(now + MAX_OFFER_SECONDS)
            until = "" if latest is None else rfc3339(latest)
            raise OfferTooLong(
                f"an offer stands for 72 hours at most; choose a time up to {until}",
                context={"latest": until},
            )
