"""Payments over HTTP: sixteen buyers, a real API with its worker, and the Stripe sandbox.

Souk and the floor each have a database, a sandbox, an API of two processes and two workers, and
pay in turns. What is measured is what a buyer waits for: whether the way to pay would work, the
attempt, the card at the provider, and until the payment is completed in the database. Checkouts
are placed before a turn begins.
"""

import asyncio
import json
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import psutil
import psycopg
from sqlalchemy.orm import sessionmaker

from souk.adapters.evm import registry
from souk.adapters.evm.registry import Contract, Deployment, NativeCoin
from souk.core.clock import SystemClock
from souk.core.db import make_engine
from souk.core.ids import TimeOrderedIds
from souk.core.unit_of_work import UnitOfWork
from souk.embedded import parts
from souk.embedded.anvil import free_port
from souk.embedded.parts import Part
from souk.embedded.stack import answers
from souk.embedded.stripe import StripeSandbox, stripe_sandbox
from tests.support.account_builders import a_session
from tests.support.bench_payments_shop import BUYERS, Database, stocked
from tests.support.bench_payments_souk import Souk
from tests.support.order_builders import orders_on
from tests.support.waiting import eventually

ROOT = Path(__file__).resolve().parents[2]
_HOST = "127.0.0.1"
_SECRET = "whsec_of_the_bench"
_LOOK_SECONDS = 0.01
_PATIENCE_SECONDS = 60
_NOBODY = "0x" + "00" * 19 + "01"
# An installation has a chain. That it is away makes no difference to whoever pays by card.
_CHAIN = Deployment(
    chain_id=31337,
    name="away",
    block_number=0,
    confirmations=1,
    escrow=Contract(address=_NOBODY, code_hash="0x" + "12" * 32),
    native=NativeCoin(symbol="ETH", price_feed=_NOBODY),
    tokens=(),
)
_PROGRAMS: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "souk": (
        ["-m", "souk.entrypoints.cli", "api"],
        ["-m", "souk.entrypoints.cli", "worker", "events"],
    ),
    "floor": (
        [
            *("-m", "granian", "--interface", "asgi", "--workers", "2", "--no-ws", "--factory"),
            "tests.support.bench_payments_floor_app:app",
        ],
        ["-m", "tests.support.bench_payments_floor_app"],
    ),
}


@dataclass
class Paid:
    """What came of a turn; times in seconds. `own` is what of each payment was not the buyer's own
    request to the provider."""

    lasted: float = 0
    steps: dict[str, list[float]] = field(default_factory=dict)
    own: list[float] = field(default_factory=list)
    cores: dict[str, float] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Completed payments a second."""
        return len(self.own) / self.lasted

    def cost(self, part: str) -> float:
        """Milliseconds of a processor for one payment."""
        return 1000 * self.cores[part] / max(1, len(self.own))


class Line:
    """One kept connection, over a plain socket: a real client would need more of the two cores
    than the server that it measures."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, body: bytes, kind: str, **headers: str) -> dict:
        """The answer, which must be a good one."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(_HOST, self._port)
        reader, writer = self._streams
        named = {"Host": _HOST, "Content-Type": kind, "Content-Length": str(len(body)), **headers}
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in named.items())
        writer.write(f"POST {path} HTTP/1.1\r\n{lines}\r\n".encode() + body)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r")[0])
        answer = await reader.readexactly(length)
        if not head.startswith(b"HTTP/1.1 20"):
            raise AssertionError(f"{path} was refused: {head[:20]!r} {answer[:400]!r}")
        return json.loads(answer)


class Stage:
    """Everything of one rail."""

    def __init__(
        self, rail: str, database: Database, sandbox: StripeSandbox, port: int, tokens: list[str]
    ) -> None:
        self.rail = rail
        self.tokens = tokens
        self.sandbox = sandbox
        self.port = port
        self._database = database
        self.running: dict[str, parts.Running] = {}
        self._souk = Souk(database.url, connections=2)

    def place(self, count: int) -> list[str]:
        """So many payments that wait to be begun, in turn one of each buyer, with nothing left of
        what was published about them."""
        uow, shop = self._souk.uow, self._database.shop
        orders = orders_on(uow, max_unpaid_checkouts=1_000_000)
        placed = []
        for number in range(count):
            listing = shop.listings[number * 7 % len(shop.listings)]
            with uow.begin() as tx:
                checkout = orders.place(tx, shop.buyers[number % BUYERS], [(listing, 1)], None)
                placed.append(self._souk.payments.open_placed(tx, checkout))
                tx.commit()
        eventually(self._is_idle, seconds=_PATIENCE_SECONDS, what="the outbox to be empty")
        return placed

    def _is_idle(self) -> bool:
        waiting = (
            "SELECT (SELECT count(*) FROM outbox WHERE delivered_at IS NULL)"
            " + (SELECT count(*) FROM webhook_inbox WHERE handled_at IS NULL)"
        )
        return self.ask(waiting) == 0

    def ask(self, question: str) -> int:
        """A number that the database knows."""
        with psycopg.connect(self._database.url) as connection:
            row = connection.execute(question.encode()).fetchone()
        assert row is not None
        return int(row[0])

    def turn(self, seconds: float, expected: float) -> Paid:
        """Pay for some seconds, and wait until everything is completed, delivered and handled."""
        waiting = self.place(int(seconds * expected) + BUYERS)
        paid, used = Paid(), self.core_seconds()
        asyncio.run(self._pay(waiting, paid, seconds))
        eventually(self._is_idle, seconds=_PATIENCE_SECONDS, what="the last webhook")
        paid.cores = {name: now - used[name] for name, now in self.core_seconds().items()}
        return paid

    async def _pay(self, waiting: list[str], paid: Paid, seconds: float) -> None:
        completed = Completions(self._database.url)
        looking = asyncio.create_task(completed.look())
        begun = time.perf_counter()
        buyers = (
            self._buy(number, waiting[number::BUYERS], completed, paid, begun + seconds)
            for number in range(BUYERS)
        )
        await asyncio.gather(*buyers)
        paid.lasted = time.perf_counter() - begun
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking

    async def _buy(
        self,
        number: int,
        waiting: Sequence[str],
        completed: "Completions",
        paid: Paid,
        until: float,
    ) -> None:
        """One buyer, one payment after the other."""
        shop, provider = Line(self.port), Line(self.sandbox.port)
        for payment_id in waiting:
            if time.perf_counter() >= until:
                return
            at, took = time.perf_counter(), dict[str, float]()
            async for step in self._steps(payment_id, self.tokens[number], shop, provider):
                took[step], at = time.perf_counter() - at, time.perf_counter()
            await completed.wait_for(payment_id)
            took["complete"] = time.perf_counter() - at
            for name, each in took.items():
                paid.steps.setdefault(name, []).append(each)
            paid.own.append(sum(took.values()) - took["card"])
        raise AssertionError("more could be paid than was placed: expect a higher rate")

    async def _steps(self, payment_id: str, token: str, shop: Line, provider: Line):
        bearer = {"Authorization": f"Bearer {token}"}
        body = json.dumps({"payment_id": payment_id, "method": "STRIPE"}).encode()
        kind = "application/json"
        said = await shop.post("/api/payments/validate", body, kind, **bearer)
        assert said["valid"], said
        yield "validate"
        key = {"Idempotency_Key": secrets.token_hex(8)}
        action = (await shop.post("/api/payments/process", body, kind, **bearer, **key))["action"]
        yield "attempt"
        secret = action["client_secret"]
        card = urlencode({"payment_method": "pm_card_visa", "client_secret": secret}).encode()
        await provider.post(
            f"/v1/payment_intents/{action['reference']}/confirm",
            card,
            "application/x-www-form-urlencoded",
            Authorization=f"Bearer {self.sandbox.publishable_key}",
        )
        yield "card"

    def core_seconds(self) -> dict[str, float]:
        """What each part has used of the processors so far."""
        mine = psutil.Process().cpu_times()
        found = {name: _core_seconds(running) for name, running in self.running.items()}
        return {
            **found,
            "database": self._database.core_seconds(),
            "buyers": mine.user + mine.system,
        }


class Completions:
    """Sees in the database when payments are completed, all that are waited for at once."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._waiting: dict[str, asyncio.Event] = {}

    async def wait_for(self, payment_id: str) -> None:
        """Until it is. Raises `TimeoutError`."""
        event = self._waiting[payment_id] = asyncio.Event()
        await asyncio.wait_for(event.wait(), _PATIENCE_SECONDS)

    async def look(self) -> None:
        """Look again and again."""
        found = "SELECT id FROM payment WHERE id = ANY(%s) AND status = 'COMPLETED'"
        async with await psycopg.AsyncConnection.connect(
            self._database_url, autocommit=True, prepare_threshold=0
        ) as connection:
            while True:
                rows = await connection.execute(found, [list(self._waiting)])
                for (payment_id,) in await rows.fetchall():
                    self._waiting.pop(payment_id).set()
                await asyncio.sleep(_LOOK_SECONDS)


def _core_seconds(running: parts.Running) -> float:
    processes = psutil.Process(running.guardian_pid).children(recursive=True)
    return sum(each.cpu_times().user + each.cpu_times().system for each in processes)


@contextmanager
def stage(rail: str) -> Iterator[Stage]:
    """A rail with everything that it needs."""
    with ExitStack() as closing:
        home = Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="souk-h-")))
        database, port = closing.enter_context(stocked()), free_port()
        sandbox = stripe_sandbox(
            home / "stripe",
            free_port(),
            webhook_url=f"http://{_HOST}:{port}/api/webhooks/stripe",
            webhook_secret=_SECRET,
        )
        made = Stage(rail, database, sandbox, port, _tokens(database.url))
        registry.save(home / "deployments", _CHAIN)
        environment = _environment(database, sandbox, port, home)
        api, worker = _PROGRAMS[rail]
        started: Mapping[str, Part] = {
            "sandbox": sandbox.part(),
            "api": _part("api", [*api, "--port", str(port)], environment, made.port),
            "worker": _part("worker", worker, environment, None),
            "worker 2": _part("worker 2", worker, environment, None),
        }
        for name, part in started.items():
            made.running[name] = parts.start(part, home / f"{name}.log")
            closing.callback(made.running[name].kill)
        yield made


def _tokens(database_url: str) -> list[str]:
    engine = make_engine(database_url, pool_size=1)
    uow = UnitOfWork(sessionmaker(engine), SystemClock(), TimeOrderedIds())
    tokens = [a_session(uow, f"buyer{number}") for number in range(BUYERS)]
    engine.dispose()
    return tokens


def _part(
    name: str, words: Sequence[str], environment: Mapping[str, str], port: int | None
) -> Part:
    def serves() -> bool:
        return port is None or answers(_HOST, port, "/health/live")

    ready: Callable[[], bool] = serves
    return Part(
        name=name,
        command=lambda: [sys.executable, *words],
        ready=ready,
        environment=environment,
        directory=ROOT,
    )


def _environment(
    database: Database, sandbox: StripeSandbox, port: int, home: Path
) -> dict[str, str]:
    return {
        "PATH": os.defpath,
        "PYTHONUNBUFFERED": "1",
        "DATABASE_URL": database.url,
        "REDIS_URL": database.redis_url,
        "SECRET_KEY": secrets.token_hex(32),
        "STATE_DIR": str(home),
        f"CHAIN_{_CHAIN.chain_id}_RPC_URLS": f"http://{_HOST}:9",
        "PUBLIC_URL": f"http://{_HOST}:{port}",
        "STRIPE_SECRET_KEY": sandbox.secret_key,
        "STRIPE_PUBLISHABLE_KEY": sandbox.publishable_key,
        "STRIPE_API_BASE": sandbox.url,
        "STRIPE_WEBHOOK_SECRETS": _SECRET,
        "STRIPE_REQUESTS_PER_SECOND": "10000",
    }
