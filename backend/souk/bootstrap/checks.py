"""What `/health/ready` looks at."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from souk.adapters.redis.connections import asking
from souk.core import migrations
from souk.core.errors import DatabaseUnavailable, UnavailableError
from souk.core.readiness import Readiness
from souk.core.unit_of_work import UnitOfWork
from souk.modules.chain.service import Chains

MAX_SILENCE = timedelta(seconds=30)


class SchemaBehind(UnavailableError):
    """The database is not at the schema that this version needs."""

    code = "schema_behind"


class ChainNotFollowedNow(UnavailableError):
    """The chain's worker has been silent for too long, or has not begun."""

    code = "chain_not_followed_now"


def readiness(
    engine: Engine,
    ping_redis: Callable[[], object],
    uow: UnitOfWork,
    chains: Chains,
    said: Mapping[str, Callable[[], str]],
) -> Readiness:
    """One check for each part that a purchase needs. How the others are is only `said`: orders can
    be paid in other ways than by card, and without new pictures."""
    checks: dict[str, Callable[[], str]] = {
        "database": partial(_database, engine),
        "redis": partial(_redis, ping_redis),
    }
    for chain_id in chains.ids:
        checks[f"chain {chain_id}"] = partial(followed_now, uow, chains, chain_id)
    return Readiness(checks, said)


def _database(engine: Engine) -> str:
    try:
        present, needed = migrations.pending(engine)
    except SQLAlchemyError as error:
        raise DatabaseUnavailable("the database cannot be reached") from error
    if present != needed:
        raise SchemaBehind(f"the schema is at {present}, {needed} is needed: run souk migrate")
    return f"schema {present}"


def _redis(ping: Callable[[], object]) -> str:
    with asking("the queues"):
        ping()
    return "answers"


def followed_now(uow: UnitOfWork, chains: Chains, chain_id: int) -> str:
    """Where a chain stands, as its worker has stored it. Raises `ChainNotFollowedNow`."""
    with uow.begin() as tx:
        head = chains.head(tx, chain_id)
        advanced_at = chains.advanced_at(tx, chain_id)
        silent = None if advanced_at is None else tx.now - advanced_at
    if head is None or silent is None:
        raise ChainNotFollowedNow("no block was taken in yet: is its worker running?")
    if silent > MAX_SILENCE:
        seconds = int(silent.total_seconds())
        raise ChainNotFollowedNow(f"its worker has been silent for {seconds} s")
    return f"block {head.number}"
