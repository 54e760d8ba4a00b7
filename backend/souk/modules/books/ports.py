"""What the books need from outside: the word of each rail on what it holds."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from souk.modules.books.domain import Position, RailFigures
from souk.modules.payments.domain import Leg, Observation


class RailStatement(Protocol):
    """What one rail says itself, at one place: a chain, or an account with a provider. Called with
    no transaction open; everything raises `UnavailableError` when it cannot be asked.

    A rail is compared up to a position that it has left behind for a while, so that whatever it
    said until then has had the time to arrive here.
    """

    @property
    def place(self) -> str:
        """The name of the place, which holds no secret and names no person: `eip155:1`."""
        ...

    @property
    def clock(self) -> str:
        """The clock that judges the legs it knows."""
        ...

    def knows(self, leg: Leg) -> bool:
        """Whether a leg by its clock belongs to this place."""
        ...

    def position(self, patience: timedelta) -> Position | None:
        """Up to where it can be compared: what it said by then is `patience` old. `None` while
        there is nothing yet."""
        ...

    def observations(self, since: datetime, position: Position) -> Iterator[Sequence[Observation]]:
        """Page by page, what it has said since this instant of our clock, up to the position. Each
        is the same as the one by which it is, or will be, told of in the ordinary way."""
        ...

    def figures(self, position: Position, legs: Sequence[Leg]) -> Mapping[str, RailFigures]:
        """What it holds and held of each leg, by leg id, at the position. A leg of which it cannot
        tell that, for having moved since, is left out."""
        ...

    def recover(
        self, position: Position, leg: Leg, known: Sequence[Observation]
    ) -> Sequence[Observation]:
        """Everything that is to be observed so that we know of a leg what the rail knew of it at
        the position; looks for it at the source, beyond what `observations` tells. `known` is what
        we count: of these it gives those back, as orphaned, that it once said and no longer does.
        What it never said is not touched."""
        ...

    def holdings(self, position: Position, legs: Sequence[Leg]) -> Mapping[str, int]:
        """All that lies where the money of these legs is held, also what belongs to strangers, by
        the code of each asset among them, at the position."""
        ...
