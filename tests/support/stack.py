"""The real parts that tests run on: one PostgreSQL and one Redis per worker, chains on demand."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from secrets import token_hex

import psycopg
from psycopg import sql

from souk.core.db import make_engine
from souk.core.migrations import upgrade
from souk.embedded import anvil, parts, postgres

CONTRACTS = Path(__file__).resolve().parents[2] / "contracts"
_TEMPLATE = "souk_template"
_numbers = count(1)


class Databases:
    """Fresh databases of one cluster, each a copy of one that was migrated once."""

    def __init__(self, cluster: postgres.Cluster) -> None:
        self._cluster = cluster
        self._template: str | None = None

    def empty(self) -> str:
        """The URL of a new database without tables."""
        name = f"t{next(_numbers)}"
        self._run(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self._cluster.url(name)

    def migrated(self) -> str:
        """The URL of a new database with every migration applied."""
        if self._template is None:
            self._template = self._make_template()
        return self._copied(self._template)

    def copied(self, url: str) -> str:
        """The URL of a new database with all that another holds, to which nobody is connected."""
        return self._copied(_name(url))

    def drop(self, url: str) -> None:
        """Remove a database, cutting whatever is still connected to it."""
        drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
        self._run(drop.format(sql.Identifier(_name(url))))

    def _copied(self, template: str) -> str:
        name = f"t{next(_numbers)}"
        copy = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        self._run(copy.format(sql.Identifier(name), sql.Identifier(template)))
        return self._cluster.url(name)

    def _make_template(self) -> str:
        # What an earlier attempt left when its migrations failed would hide the reason.
        self._run(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(_TEMPLATE)))
        self._run(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(_TEMPLATE)))
        engine = make_engine(self._cluster.url(_TEMPLATE), pool_size=2)
        try:
            upgrade(engine)
        finally:
            engine.dispose()
        return _TEMPLATE

    def _run(self, statement: sql.Composed) -> None:
        with psycopg.connect(self._cluster.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)


def _name(url: str) -> str:
    return url.partition("@/")[2].partition("?")[0]


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain of one test."""

    node: anvil.Anvil
    running: parts.Running

    @property
    def url(self) -> str:
        """Its JSON-RPC address."""
        return self.node.url

    def call(self, method: str, *params: object) -> object:
        """One JSON-RPC call."""
        return anvil.call(self.node.port, method, *params)

    def mine(self, blocks: int = 1, *, seconds_apart: int = 1) -> None:
        """Add blocks whose timestamps are `seconds_apart`."""
        self.call("anvil_mine", hex(blocks), hex(seconds_apart))

    def move_time(self, seconds: int) -> None:
        """Let the next block be `seconds` later than it would have been."""
        self.call("evm_increaseTime", seconds)

    def height(self) -> int:
        """The number of the newest block."""
        return int(str(self.call("eth_blockNumber")), 16)


@contextmanager
def rewound(shared: Chain) -> Iterator[Chain]:
    """A chain that several tests share, put back afterwards to where it stood, its clock too."""
    before = shared.call("evm_snapshot")
    # A state unlike that of any test before, so that no two of them make equal blocks: the node
    # forgets the state of a block as soon as an equal one that was put back grows old.
    shared.call("anvil_setBalance", f"0x{token_hex(20)}", "0x1")
    yield shared
    shared.call("anvil_dropAllTransactions")
    assert shared.call("evm_revert", before) is True


@contextmanager
def chain(log: Path, *, ticking: bool, chain_id: int = anvil.CHAIN_ID) -> Iterator[Chain]:
    """A fresh chain that forgets everything at its end."""
    program, port = anvil.program(CONTRACTS), anvil.free_port()
    node = anvil.Anvil(program, port, ticking=ticking, chain_id=chain_id)
    running = parts.start(node.part(), log)
    try:
        yield Chain(node, running)
    finally:
        running.kill()
