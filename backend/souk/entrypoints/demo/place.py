"""Where the stories are played: on the stack that runs, or on one of their own."""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from souk.embedded.accounts import unprivileged_account
from souk.embedded.anvil import CHAIN_ID
from souk.embedded.directories import reachable_state
from souk.embedded.occupancy import find_occupant
from souk.embedded.parts import Part, start
from souk.entrypoints.failures import CommandFailed

_RPC_URLS = f"CHAIN_{CHAIN_ID}_RPC_URLS"
_ANY_PORTS = ("--chain-port", "0", "--card-port", "0")
_START_SECONDS = 120
_STOP_SECONDS = 8
# What a process needs to be started at all. The rest of the environment might name services that
# a stack of our own must not touch.
_PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR")


@dataclass(frozen=True, slots=True, repr=False)
class Place:
    """The addresses of a running stack, and the key of its card provider, which is one for tests.
    `logs` is where its processes write, when it is ours."""

    url: str
    database_url: str
    rpc_url: str
    card_url: str
    card_key: str
    logs: Path | None


def find_place(environment: Mapping[str, str], state: Path) -> Place | None:
    """The stack that the environment names, or the one that runs on `state`; `None` when there is
    none. Raises `CommandFailed` when it lacks what the stories need."""
    if environment.get("DATABASE_URL"):
        return _place(environment, environment.get("PUBLIC_URL"), None)
    occupant = find_occupant(state)
    if occupant is None:
        return None
    return _place(occupant.environment, occupant.url, state / "logs")


def _place(environment: Mapping[str, str], url: str | None, logs: Path | None) -> Place:
    rpc_urls = environment.get(_RPC_URLS)
    if not url or not rpc_urls:
        raise CommandFailed(
            f"the stories need a local chain and the API: set {_RPC_URLS} and PUBLIC_URL beside"
            " DATABASE_URL, or unset DATABASE_URL to play them on a stack of their own"
        )
    return Place(
        url=url,
        database_url=environment["DATABASE_URL"],
        rpc_url=rpc_urls.split(",")[0].strip(),
        card_url=environment.get("STRIPE_API_BASE", ""),
        card_key=environment.get("STRIPE_SECRET_KEY", ""),
        logs=logs,
    )


@contextmanager
def own_place(environment: Mapping[str, str], say: Callable[[str], None]) -> Iterator[Place]:
    """A stack on free ports in a directory of its own; both are gone at the end. Should we be
    killed, its processes end with us."""
    directory = Path(tempfile.mkdtemp(prefix="souk-demo-"))
    state = directory / "state"
    try:
        if os.geteuid() == 0:
            # PostgreSQL runs as somebody else then, who has to pass through.
            directory.chmod(0o711)
        running = start(_stack(environment, state), directory / "stack.log")
        try:
            place = find_place({}, state)
            if place is None:
                raise CommandFailed(f"the stack ended again\n{running.tail()}")
            say(f"a stack of its own serves on {place.url}")
            yield place
        finally:
            say("stopping it")
            running.stop(_STOP_SECONDS)
    finally:
        stand_in = reachable_state(state, unprivileged_account()) if state.exists() else state
        shutil.rmtree(directory)
        shutil.rmtree(stand_in, ignore_errors=True)


def _stack(environment: Mapping[str, str], state: Path) -> Part:
    command = [sys.executable, "-m", "souk.entrypoints.cli", "up", "--port", "0"]
    return Part(
        name="stack",
        command=lambda: [*command, *_ANY_PORTS, "--state-dir", str(state)],
        ready=lambda: find_occupant(state) is not None,
        environment={name: environment[name] for name in _PASSED_ON if name in environment},
        ready_seconds=_START_SECONDS,
    )
