"""The product's processes around the simulated world: watchers of the chain, and relays that tell
payments what happened on it."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy.orm import sessionmaker

from souk.adapters.evm.event_decoder import EscrowEventDecoder
from souk.adapters.evm.log_source import NodeLogSource
from souk.adapters.evm.node import EvmNode
from souk.adapters.evm.rpc import JsonRpcClient
from souk.core.documents import CachedDocuments
from souk.core.errors import DatabaseUnavailable
from souk.core.events import Event, HandlerRegistry
from souk.core.outbox import LEASE_SECONDS, OutboxRelay
from souk.core.unit_of_work import UnitOfWork
from souk.modules.chain.domain import Advanced, ChainConfig, Purpose
from souk.modules.chain.events import (
    ChainIncidentOpened,
    EscrowEventOrphaned,
    EscrowEventReached,
    EscrowEventSeen,
)
from souk.modules.chain.service import Chains, FollowedChain, Pace
from souk.modules.chain.service.loops import LOOK_SECONDS
from souk.modules.payments.handlers import subscriptions
from tests.support.clock import MovableClock
from tests.support.http import NothingKept
from tests.support.payment_builders import a_gateway, payments_on
from tests.support.simchain.endpoint import Endpoint
from tests.support.simchain.market import CountedIds
from tests.support.simchain.times import VirtualTime
from tests.support.simchain.trouble import Trouble

WATCH_SECONDS = 600.0
HEARD = (EscrowEventSeen, EscrowEventReached, EscrowEventOrphaned, ChainIncidentOpened)


@dataclass
class Workers:
    """Whoever works on one database. `time` is also their wall clock."""

    engine: Engine
    clock: MovableClock
    time: VirtualTime
    config: ChainConfig
    trouble: Trouble

    def __post_init__(self) -> None:
        self.uow = UnitOfWork(sessionmaker(self.engine), self.clock, CountedIds(10**9))
        self._heard: list[tuple[Callable[[Event], None], Event]] = []
        self._telling = 0
        documents = CachedDocuments(NothingKept())
        told = subscriptions(payments_on(self.uow), a_gateway(), documents)
        self._registry = HandlerRegistry(
            (event, [self._disturbed(handler) for handler in handlers])
            for event, handlers in told
            if event in HEARD
        )

    def start(self, endpoints: Sequence[Endpoint]) -> Chains:
        """A process begins to watch through these endpoints, of which it knows nothing yet."""
        clients = [
            JsonRpcClient("http://node.test", label="the world", transport=each)
            for each in endpoints
        ]
        source, *others = (NodeLogSource(EvmNode(client)) for client in clients)
        chain = FollowedChain(self.config, source, EscrowEventDecoder(), others=others)
        pace = Pace(WATCH_SECONDS, self.time.pass_by, self.time.monotonic)
        gas = dict.fromkeys(Purpose, 10**9)
        return Chains(self.uow, {self.config.chain_id: chain}, daily_gas=gas, pace=pace)

    def watch(
        self,
        chains: Chains,
        *,
        seconds: float | None = None,
        keep_on: Callable[[], bool] = lambda: True,
    ) -> Advanced:
        """It watches until it has nothing to do, or for so long, and looks at all endpoints now
        and then."""
        due = self.time.monotonic()

        def going() -> bool:
            nonlocal due
            if self.time.monotonic() >= due:
                self.look(chains)
                due = self.time.monotonic() + LOOK_SECONDS
            return keep_on()

        return chains.advance(self.config.chain_id, budget_seconds=seconds, keep_on=going)

    def look(self, chains: Chains) -> None:
        """It looks at all endpoints, in a thread of its own, which a failure ends."""
        with suppress(DatabaseUnavailable):
            chains.looks.look(self.config.chain_id)

    def tell(self, *, limit: int = 50) -> int:
        """A relay delivers what is due; how many facts that were."""
        self._telling += 1
        try:
            return OutboxRelay(self.engine, self._registry, self.clock).drain(limit=limit)
        finally:
            self._telling -= 1

    def wait_for_relays(self) -> None:
        """Whatever a relay had claimed before it died is due again."""
        self.time.pass_by(LEASE_SECONDS + 60)

    def _disturbed(self, handler: Callable[[Event], None]) -> Callable[[Event], None]:
        def handle(event: Event) -> None:
            self._disturb(handler, event)
            handler(event)

        return handle

    def _disturb(self, handler: Callable[[Event], None], event: Event) -> None:
        trouble = self.trouble
        if trouble.strikes("handler_failed", 0.01):
            raise RuntimeError("the handler was told to fail")
        if trouble.strikes("handled_twice", 0.02):
            handler(event)
        if self._heard and trouble.strikes("heard_again_late", 0.02):
            again, old = trouble.random.choice(self._heard)
            again(old)
        if self._telling == 1 and trouble.strikes("delivery_overtaken", 0.01):
            self.time.pass_by(LEASE_SECONDS + 1)
            self.tell(limit=5)
        self._heard.append((handler, event))
