"""How soon after a block's header an order says what the block did to it: on the local chain, with
the loops of the workers, looking four times a second or woken over a WebSocket."""

import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from statistics import quantiles

import psycopg
from pydantic import SecretStr

from souk.adapters.evm.heads import WebSocketHeads
from souk.adapters.evm.log_source import NodeLogSource
from souk.core.jobs import Loop
from souk.core.unit_of_work import UnitOfWork
from souk.embedded import accounts, parts, postgres
from souk.embedded.redis import redis_server
from souk.modules.chain.service import watch_chain
from tests.support.chain_builders import CHAIN_ID, EscrowOnChain, a_node, chains_of
from tests.support.clock import MovableClock
from tests.support.shop import Shop, deployed, shop
from tests.support.stack import Chain, Databases, chain
from tests.support.waiting import eventually

MOST_MILLISECONDS = 500
ORDERS = 40
_OTHER_CHAIN = CHAIN_ID + 1
_STEP_SECONDS = 0.002


def measure_latency() -> bool:
    """With and without a WebSocket, and beside a second chain; whether all were soon enough."""
    slow = [
        _measure("one chain, polled", websocket=False, two=False),
        _measure("one chain, WebSocket", websocket=True, two=False),
        _measure("two chains, WebSocket", websocket=True, two=True),
    ]
    return max(slow) <= MOST_MILLISECONDS


def _measure(name: str, *, websocket: bool, two: bool) -> float:
    """The slowest twentieth of some orders, in milliseconds."""
    with tempfile.TemporaryDirectory(prefix="souk-l-") as directory, ExitStack() as going:
        home = Path(directory)
        market, url = going.enter_context(_shop(home, websocket=websocket))
        for queue in (f"chain-{CHAIN_ID}", "events"):
            going.enter_context(_running(market.container.loops[queue]))
        if two:
            going.enter_context(_second_chain(home, market.container.get(UnitOfWork)))
        took = _orders(market, going.enter_context(psycopg.connect(url, autocommit=True)))
    cuts = quantiles(took, n=20)
    print(f"  {name:<24} 50 % {cuts[9]:6.0f} ms, 95 % {cuts[18]:6.0f} ms", flush=True)
    return cuts[18]


@contextmanager
def _shop(home: Path, *, websocket: bool) -> Iterator[tuple[Shop, str]]:
    home.chmod(0o711)
    cluster = postgres.cluster(
        home / "postgres",
        accounts.unprivileged_account(),
        owner_password="owner of the bench",
        password="application",
    )
    redis = redis_server(home / "redis", durable=False)
    with ExitStack() as closing_all:
        for part, log in ((cluster.part(), "postgres.log"), (redis.part(), "redis.log")):
            closing_all.callback(parts.start(part, home / log).kill)
        node = closing_all.enter_context(chain(home / "anvil.log", ticking=False))
        groups = {"ws_urls": {CHAIN_ID: (_websocket(node),)}} if websocket else {}
        url = Databases(cluster).migrated()
        place = (url, redis.url, node, deployed(node), MovableClock(), home / "state")
        yield closing_all.enter_context(shop(*place, **groups)), url


def _websocket(node: Chain) -> SecretStr:
    return SecretStr(node.url.replace("http:", "ws:"))


@contextmanager
def _running(loop: Loop) -> Iterator[None]:
    """A worker's loop, run again and again as its process does."""
    over = threading.Event()

    def work() -> None:
        while not over.is_set():
            loop.run(lambda: not over.is_set())

    thread = threading.Thread(target=work, name=loop.name)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def _second_chain(home: Path, uow: UnitOfWork) -> Iterator[None]:
    """Another chain in the same database: a block each second, each with a payment in it."""
    with (
        chain(home / "other.log", ticking=False, chain_id=_OTHER_CHAIN) as node,
        a_node(node.url) as asked,
        closing(WebSocketHeads([_websocket(node).get_secret_value()], label="other")) as heads,
    ):
        escrow = EscrowOnChain.deployed(node)
        other = chains_of(
            uow,
            NodeLogSource(asked),
            escrow=escrow,
            chain_id=_OTHER_CHAIN,
            disposable=False,
            poll_seconds=0.25,
            heads=heads,
        )
        paying = Loop("pay", lambda keep_on: _pay(escrow, keep_on))
        with _running(watch_chain(other, _OTHER_CHAIN)), _running(paying):
            yield


def _pay(escrow: EscrowOnChain, keep_on) -> None:
    escrow.paid()
    until = time.monotonic() + 1
    while keep_on() and time.monotonic() < until:
        time.sleep(_STEP_SECONDS * 10)


def _orders(market: Shop, database: psycopg.Connection) -> list[float]:
    """For each order, the milliseconds from the header of the block at which it counts as paid to
    its row."""
    buyer = market.person("bruno")
    listing = market.listing(market.seller(), stock=ORDERS)
    return [_pay_order(market, database, buyer, listing) for _ in range(ORDERS)]


def _pay_order(market: Shop, database: psycopg.Connection, buyer, listing: str) -> float:
    placed = market.place(buyer, (listing, 1))
    [order] = placed["orders"]
    market.sign(buyer, placed["payment"]["action"])
    height = market.chain.height()
    eventually(lambda: _taken_in(database) > height, seconds=60, what="the payment's block")
    market.chain.mine()
    begun = time.perf_counter()
    while _status(database, order["id"]) == "pending_payment":
        if time.perf_counter() - begun > 60:
            raise TimeoutError("the order was not paid within a minute")
        time.sleep(_STEP_SECONDS)
    return 1000 * (time.perf_counter() - begun)


def _taken_in(database: psycopg.Connection) -> int:
    query = "SELECT next_block FROM chain WHERE chain_id = %s"
    return database.execute(query, (CHAIN_ID,)).fetchone()[0]


def _status(database: psycopg.Connection, order_id: str) -> str:
    return database.execute("SELECT status FROM orders WHERE id = %s", (order_id,)).fetchone()[0]
