"""What the processes stand on: database, Redis, chain and card provider, each ours unless given."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from souk.embedded import anvil
from souk.embedded.accounts import unprivileged_account
from souk.embedded.directories import make_private, reachable_state
from souk.embedded.installation import load_secrets
from souk.embedded.parts import Part
from souk.embedded.postgres import cluster
from souk.embedded.redis import redis_server
from souk.embedded.stripe import USUAL_PORT as _USUAL_CARD_PORT
from souk.embedded.stripe import stripe_sandbox

_CHAIN = re.compile(r"^CHAIN_([1-9][0-9]*)_RPC_URLS$")
_USUAL_CHAIN_PORT = 8545


@dataclass(frozen=True, slots=True)
class Foundations:
    """The parts to run here, and the settings that say where everything is."""

    parts: tuple[Part, ...]
    environment: Mapping[str, str]
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """The names of the parts that run here."""
        return frozenset(part.name for part in self.parts)

    @property
    def disposable(self) -> bool:
        """Whether database and chain are both ours, so that goods for show can do no harm."""
        return {"postgres", "anvil"} <= self.names

    @property
    def chains(self) -> tuple[int, ...]:
        """The ids of all chains, ours or given."""
        return chain_ids(self.environment)


def chain_ids(environment: Mapping[str, str]) -> tuple[int, ...]:
    """The chains that `CHAIN_<id>_RPC_URLS` variables give an address for."""
    found = (_CHAIN.match(name) for name, value in environment.items() if value.strip())
    return tuple(sorted(int(match[1]) for match in found if match))


def lay(
    state: Path,
    contracts: Path,
    given: Mapping[str, str],
    *,
    chain_port: int | None = None,
    card_port: int | None = None,
    public_url: str = "",
    redeploy: Callable[[], None],
) -> Foundations:
    """Decide what runs here. `redeploy` is called each time the chain has come back after a
    crash, because what it held a moment before may be lost; `public_url` is where the API serves,
    for the webhooks."""
    laid = [
        _database(state) if not given.get("DATABASE_URL") else Foundations((), {}),
        _redis(state) if not given.get("REDIS_URL") else Foundations((), {}),
        _chain(state, contracts, chain_port, redeploy)
        if not chain_ids(given)
        else Foundations((), {}),
    ]
    environment = {"SECRET_KEY": load_secrets(state).secret_key}
    for one in laid:
        environment |= one.environment
    environment |= given
    if not given.get("STRIPE_SECRET_KEY", "").strip():
        # Over what is given: secrets without their key are of no use to the sandbox.
        laid.append(_cards(state, card_port, environment.get("PUBLIC_URL") or public_url))
        environment |= laid[-1].environment
    return Foundations(
        parts=tuple(part for one in laid for part in one.parts),
        environment=environment,
        notes=tuple(note for one in laid for note in one.notes),
    )


def _database(state: Path) -> Foundations:
    secrets, account = load_secrets(state), unprivileged_account()
    place = reachable_state(state, account)
    note = (
        f"{account.name if account else ''} cannot reach {state}: PostgreSQL's data is in {place}"
    )
    ours = cluster(
        place / "postgres",
        account,
        owner_password=secrets.database_owner_password,
        password=secrets.database_password,
    )
    notes = () if place == state else (note,)
    return Foundations((ours.part(),), {"DATABASE_URL": ours.url()}, notes)


def _redis(state: Path) -> Foundations:
    ours = redis_server(state / "redis")
    return Foundations((ours.part(),), {"REDIS_URL": ours.url})


def _chain(
    state: Path, contracts: Path, port: int | None, redeploy: Callable[[], None]
) -> Foundations:
    ours = anvil.Anvil(
        anvil.program(contracts), _port(port, _USUAL_CHAIN_PORT), make_private(state / "chain")
    )
    environment = {
        f"CHAIN_{anvil.CHAIN_ID}_RPC_URLS": ours.url,
        "KEEPER_PRIVATE_KEY": anvil.DEVELOPMENT_KEY,
        "ARBITER_ADDRESS": anvil.ARBITER_ADDRESS,
        "FEE_TO_ADDRESS": anvil.FEE_TO_ADDRESS,
    }
    return Foundations((ours.part(redeploy=redeploy),), environment)


def _cards(state: Path, port: int | None, public_url: str) -> Foundations:
    secret = f"whsec_{load_secrets(state).stripe_webhook_secret}"
    ours = stripe_sandbox(
        state / "stripe",
        _port(port, _USUAL_CARD_PORT),
        webhook_url=f"{public_url}/api/webhooks/stripe",
        webhook_secret=secret,
    )
    environment = {
        "STRIPE_SECRET_KEY": ours.secret_key,
        "STRIPE_PUBLISHABLE_KEY": ours.publishable_key,
        "STRIPE_API_BASE": ours.url,
        "STRIPE_WEBHOOK_SECRETS": secret,
    }
    return Foundations((ours.part(),), environment)


def _port(wanted: int | None, usual: int) -> int:
    """`None` wants the usual one if it is free, 0 any free one."""
    if wanted is None and anvil.is_free(usual):
        return usual
    return wanted or anvil.free_port()
