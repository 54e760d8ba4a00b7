"""What `/health/ready` looks at."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from souk.adapters.redis.connections import asking
from souk.core import migrations
from souk.core.errors import DatabaseUnavailable, UnavailableError
from souk.core.readiness import Readiness
from souk.core.unit_of_work import UnitOfWork
from souk.modules.chain.domain.endpoints import EndpointKind, EndpointState
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


def endpoints_now(uow: UnitOfWork, chains: Chains, chain_id: int, addresses: Sequence[str]) -> str:
    """How the endpoints of a chain are, by what its worker found out last."""
    with uow.begin() as tx:
        known = chains.looks.list_endpoints(tx, chain_id)
    announced = "".join(
        f"; WebSocket {'silent' if one.fault else 'announces'}"
        for one in known
        if one.kind is EndpointKind.WEBSOCKET
    )
    if len(addresses) == 1:
        return f"single endpoint {addresses[0]}: its word alone counts{announced}"
    by_number = {one.number: one for one in known if one.kind is EndpointKind.HTTP}
    lines = [
        f"#{number} {address} {_state(by_number.get(number))}"
        for number, address in enumerate(addresses, 1)
    ]
    quorum = chains.looks.of(chain_id).quorum
    counts = "single word counts" if quorum == 1 else f"{quorum} have to agree"
    return f"{len(addresses)} endpoints, {counts}: {'; '.join(lines)}{announced}"


def _state(known: EndpointState | None) -> str:
    if known is None:
        return "not looked at yet"
    fault = f", {known.fault}" if known.fault else ""
    head = "no block" if known.head is None else f"block {known.head}"
    return f"{known.standing} {known.score}{fault}, {head}"
