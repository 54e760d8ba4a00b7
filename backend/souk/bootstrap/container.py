"""What an entrypoint gets: everything, composed."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import Engine

from souk.bootstrap.networks import Network
from souk.core.events import HandlerRegistry
from souk.core.jobs import Loop
from souk.settings import Settings

T = TypeVar("T")


class Services(dict[object, object]):
    """One instance of each service, found by its class."""

    def of(self, service: type[T]) -> T:
        """The instance of a class."""
        found = self[service]
        if not isinstance(found, service):
            raise TypeError(f"{service.__name__} is provided by a {type(found).__name__}")
        return found


@dataclass(frozen=True)
class Container:
    """`services` are found by their class; `loops` are the jobs of the workers, by queue."""

    settings: Settings
    engine: Engine
    registry: HandlerRegistry
    networks: Mapping[int, Network]
    services: Services
    make_loops: Callable[[], Mapping[str, Loop]]
    closing: ExitStack = field(default_factory=ExitStack)

    @property
    def redis_url(self) -> str:
        """Where the queues are."""
        return self.settings.redis.redis_url.get_secret_value()

    @property
    def loops(self) -> Mapping[str, Loop]:
        """The loop of each queue: `events`, `timers`, `webhooks`, `chain-<id>`."""
        return self.make_loops()

    def get(self, service: type[T]) -> T:
        """The instance of a class."""
        return self.services.of(service)

    def close(self) -> None:
        """Give every connection back."""
        self.closing.close()
