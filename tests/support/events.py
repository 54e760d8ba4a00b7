"""An event of no module, and readers of it."""

from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import text
from sqlalchemy.orm import Session

from souk.core.events import Event, HandlerRegistry


@dataclass(frozen=True, kw_only=True)
class Noted(Event):
    """Something was noted about a subject."""

    name: ClassVar[str] = "test.noted"
    subject: str
    number: int = 0

    @property
    def aggregate(self) -> str:
        return self.subject


class Reader:
    """Remembers what it was handed, and fails as often as it is told to."""

    def __init__(self) -> None:
        self.seen: list[Noted] = []
        self.failures: dict[int, int] = {}

    def __call__(self, event: Event) -> None:
        if self.failures.get(event.number, 0) > 0:
            self.failures[event.number] -= 1
            raise RuntimeError("the reader was told to fail")
        self.seen.append(event)

    @property
    def numbers(self) -> list[int]:
        return [event.number for event in self.seen]


def registry_of(*handlers) -> HandlerRegistry:
    return HandlerRegistry([(Noted, list(handlers))])


def publish(uow, subject: str, *numbers: int) -> None:
    """Note these numbers about one subject in one committed transaction."""
    with uow.begin() as tx:
        for number in numbers:
            tx.publish(Noted(subject=subject, number=number))
        tx.commit()


def published(session: Session, name: str) -> list[dict]:
    """The facts of this name in the outbox, in order."""
    query = text("SELECT payload FROM outbox WHERE name = :name ORDER BY sequence")
    return [row.payload for row in session.execute(query, {"name": name})]
