"""What is looked at when the books are checked."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from souk.core.clock import rfc3339
from souk.modules.ledger.domain import OrderMoney
from souk.modules.payments.domain import Leg, LegStatus


@dataclass(frozen=True, slots=True)
class FollowedTo:
    """Up to which block a chain was followed; `place` is its CAIP-2 name."""

    place: str
    number: int
    hash: str
    at: datetime


class BreakClass(StrEnum):
    """What a difference between a rail and us turned out to be.

    `missed_fact`: the rail had said it and we had not taken it in. `projection_stale`: we had, and
    had not drawn the conclusion. `money_missing`: we count on money that the rail does not have;
    nothing but a person mends that. `unknown`: the rail has more than we can explain, or could not
    be asked why it differs. `undone`: the rail was told to move money and has refused, or still has
    not.
    """

    MISSED_FACT = "missed_fact"
    PROJECTION_STALE = "projection_stale"
    MONEY_MISSING = "money_missing"
    UNKNOWN = "unknown"
    UNDONE = "undone"


class Rule(StrEnum):
    """What has to be so between a rail and us."""

    FACTS_ARRIVE = "facts_arrive"
    LEGS_EQUAL_THE_RAIL = "legs_equal_the_rail"
    BOOKS_EQUAL_THE_LEG = "books_equal_the_leg"
    HOLDERS_ARE_LEGS = "holders_are_legs"
    RAIL_HOLDS_WHAT_BOOKS_SAY = "rail_holds_what_books_say"
    RAIL_COVERS_THE_BOOKS = "rail_covers_the_books"
    MONEY_HAS_A_LEG = "money_has_a_leg"
    INSTRUCTIONS_END = "instructions_end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Up to where a rail is compared: `at` by the rail's own time, `settled_at` by our clock; what
    changed here later cannot be compared with it. Where the rail is a chain, its block."""

    at: datetime
    settled_at: datetime
    block_number: int | None = None
    block_hash: str | None = None

    def __str__(self) -> str:
        return rfc3339(self.at) if self.block_number is None else f"block {self.block_number}"


# Before money counts, a leg is whatever it is to us, and nothing to the rail.
_UNPAID = frozenset({LegStatus.AWAITING, LegStatus.SEEN, LegStatus.ORPHANED})


@dataclass(frozen=True, slots=True, kw_only=True)
class RailFigures:
    """What ever came in of a leg, and what of it went where, as somebody says it. `status` is
    `None` where they do not say that."""

    held: int = 0
    released: int = 0
    refunded: int = 0
    reimbursed: int = 0
    charged_back: int = 0
    status: LegStatus | None = None

    @property
    def remaining(self) -> int:
        """What is still held: what was charged back is taken out of that first."""
        left = self.held - self.released - self.refunded
        return left - min(max(0, left), self.charged_back)

    def agrees(self, other: "RailFigures") -> bool:
        """Whether both say the same, as far as both say it."""
        if replace(self, status=None) != replace(other, status=None):
            return False
        if self.status is None or other.status is None:
            return True
        return _settled(self.status) is _settled(other.status)

    def exceeds(self, other: "RailFigures") -> bool:
        """Whether this says that money came in, or is still there, of which the other does not
        know."""
        return self.held > other.held or self.remaining > other.remaining

    def __str__(self) -> str:
        figures = (
            f"held {self.held}, released {self.released}, refunded {self.refunded},"
            f" reimbursed {self.reimbursed}, charged back {self.charged_back}"
        )
        return figures if self.status is None else f"{figures}, {self.status}"


def _settled(status: LegStatus) -> LegStatus:
    return LegStatus.AWAITING if status in _UNPAID else status


def figures_of(leg: Leg) -> RailFigures:
    """What a leg says of itself."""
    return RailFigures(
        held=leg.held,
        released=leg.released,
        refunded=leg.refunded,
        reimbursed=leg.reimbursed,
        charged_back=leg.charged_back,
        status=leg.status,
    )


def figures_in_books(money: OrderMoney | None) -> RailFigures:
    """What the ledger says of a leg; it knows no status."""
    if money is None:
        return RailFigures()
    return RailFigures(
        held=money.held,
        released=money.released,
        refunded=money.refunded,
        reimbursed=money.reimbursed,
        charged_back=money.charged_back,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Two say different things of a leg or an asset (`subject`): what the one who has to know says
    (`expected`), and what the other does (`found`). `claims_more`: the other counts on money that
    is not there."""

    subject: str
    rule: Rule
    expected: str
    found: str
    claims_more: bool


def find_difference(leg: Leg, rail: RailFigures, money: OrderMoney | None) -> Difference | None:
    """The first difference about a leg: between the rail and the leg, then between the leg and
    the ledger."""
    ours, booked = figures_of(leg), figures_in_books(money)
    if not ours.agrees(rail):
        return _difference(leg, Rule.LEGS_EQUAL_THE_RAIL, rail, ours)
    if not booked.agrees(ours):
        return _difference(leg, Rule.BOOKS_EQUAL_THE_LEG, ours, booked)
    return None


def _difference(leg: Leg, rule: Rule, expected: RailFigures, found: RailFigures) -> Difference:
    return Difference(
        subject=leg.id,
        rule=rule,
        expected=str(expected),
        found=str(found),
        claims_more=found.exceeds(expected),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit:
    """Money that came in at a rail, which calls it `subject`, for the legs with these references;
    `amount` is what did not go back. None of the references is ours where it is not for us."""

    subject: str
    amount: int
    currency: str
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBreak:
    """A difference that was not mended. `kind` is its class."""

    place: str
    subject: str
    rule: str
    kind: str
    expected: str
    found: str
    opened_at: datetime


@dataclass(slots=True, kw_only=True)
class RailReport:
    """What came of comparing one rail: `facts` that had been missed and were taken in, `healed`
    differences, those that are `open` now, and `failure`, why it could not be compared."""

    place: str
    position: Position | None = None
    legs: int = 0
    facts: int = 0
    healed: int = 0
    open: int = 0
    failure: str | None = None
