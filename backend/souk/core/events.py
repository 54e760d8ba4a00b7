"""Facts that leave a transaction through the outbox.

An event is a frozen dataclass of plain values with a class-level `name` and `version`. Its
`aggregate` names the object whose events must be delivered in order.
"""

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import ClassVar, Self

Plain = str | int | bool | None
Payload = Mapping[str, object]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened. Subclasses add fields of plain values (str, int, bool, None, and
    lists or dicts of these) and set `name` and `version`."""

    name: ClassVar[str]
    version: ClassVar[int] = 1

    @property
    def aggregate(self) -> str:
        """The key under which order of delivery is kept, such as an order's or escrow's id."""
        raise TypeError(f"{type(self).__name__} does not say what it happened to")

    def to_payload(self) -> dict[str, object]:
        """The fields as JSON-ready values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_payload(cls, payload: Payload) -> Self:
        """The inverse of `to_payload`; unknown fields of a later version are dropped."""
        known = {field.name for field in dataclasses.fields(cls)}
        return cls(**{key: value for key, value in payload.items() if key in known})


Handler = Callable[[Event], None]
"""Handles one event in a transaction of its own, and is harmless when called again."""


class HandlerRegistry:
    """Which functions handle which event; made once by the composition root."""

    def __init__(self, subscriptions: Iterable[tuple[type[Event], Sequence[Handler]]]) -> None:
        self._classes: dict[tuple[str, int], type[Event]] = {}
        self._handlers: dict[tuple[str, int], list[Handler]] = {}
        for event_class, handlers in subscriptions:
            key = (event_class.name, event_class.version)
            if self._classes.setdefault(key, event_class) is not event_class:
                raise ValueError(f"two events are called {key[0]} version {key[1]}")
            self._handlers.setdefault(key, []).extend(handlers)

    @property
    def names(self) -> frozenset[str]:
        """The names of the events that anybody handles, in whatever version."""
        return frozenset(name for name, _version in self._classes)

    def dispatch(self, name: str, version: int, payload: Payload) -> int:
        """Call every handler of this event in turn; returns how many there were. An event that
        nobody handles is a fact without a reader, not an error."""
        key = (name, version)
        event_class = self._classes.get(key)
        if event_class is None:
            return 0
        event = event_class.from_payload(payload)
        for handler in self._handlers[key]:
            handler(event)
        return len(self._handlers[key])
