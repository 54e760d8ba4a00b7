"""Facts that leave a transaction through the outbox.

An event is a frozen dataclass of plain values with a class-level `name` and `version`. Its
`aggregate` names the object whose events must be delivered in order.
"""

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import ClassVar, NamedTuple, Self

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
        return dict(vars(self))

    @classmethod
    def from_payload(cls, payload: Payload) -> Self:
        """The inverse of `to_payload`; unknown fields of a later version are dropped."""
        known = {field.name for field in dataclasses.fields(cls)}
        return cls(**{key: value for key, value in payload.items() if key in known})


Handler = Callable[[Event], None]
"""Handles one event in a transaction of its own, and is harmless when called again."""


class Origin(NamedTuple):
    """The row of the outbox that an event came from: the same in every delivery of it. `at` is
    when it was published."""

    id: str
    at: datetime


Reader = Callable[[Event, Origin], None]
"""A handler that has to know one delivery of an event from two events that say the same."""


class HandlerRegistry:
    """Which functions handle which event; made once by the composition root."""

    def __init__(
        self,
        subscriptions: Iterable[tuple[type[Event], Sequence[Handler]]],
        readers: Iterable[tuple[type[Event], Sequence[Reader]]] = (),
    ) -> None:
        self._classes: dict[tuple[str, int], type[Event]] = {}
        self._handlers: dict[tuple[str, int], list[Handler]] = {}
        self._readers: dict[tuple[str, int], list[Reader]] = {}
        for event_class, handlers in subscriptions:
            self._handlers.setdefault(self._known(event_class), []).extend(handlers)
        for event_class, found in readers:
            self._readers.setdefault(self._known(event_class), []).extend(found)

    def _known(self, event_class: type[Event]) -> tuple[str, int]:
        key = (event_class.name, event_class.version)
        if self._classes.setdefault(key, event_class) is not event_class:
            raise ValueError(f"two events are called {key[0]} version {key[1]}")
        return key

    @property
    def names(self) -> frozenset[str]:
        """The names of the events that anybody handles, in whatever version."""
        return frozenset(name for name, _version in self._classes)

    def dispatch(
        self, name: str, version: int, payload: Payload, origin: Origin | None = None
    ) -> int:
        """Call every handler of this event in turn, then its readers, who need the `origin`;
        returns how many there were. An event that nobody handles is a fact without a reader, not
        an error."""
        key = (name, version)
        event_class = self._classes.get(key)
        if event_class is None:
            return 0
        event = event_class.from_payload(payload)
        handlers, readers = self._handlers.get(key, []), self._readers.get(key, [])
        for handler in handlers:
            handler(event)
        for reader in readers:
            if origin is None:
                raise ValueError(f"whoever reads {name} has to know which one it is")
            reader(event, origin)
        return len(handlers) + len(readers)
