"""The local default: every part that is not given by a URL runs here, under one supervisor."""

import http.client
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from souk.embedded import anvil, foundations
from souk.embedded.directories import make_private, make_state
from souk.embedded.foundations import Foundations
from souk.embedded.occupancy import Occupant, announce, occupy
from souk.embedded.parts import Part
from souk.embedded.supervisor import Report, StopAsked, Supervisor

_SERVE_SECONDS = 90
_LOOPBACK = "127.0.0.1"
_ALL_ADDRESSES = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared with, not bound to


class PortTaken(RuntimeError):
    """Another program listens where the API was to listen."""


@dataclass(frozen=True, slots=True)
class Options:
    """Where a stack lives. A port of 0 takes any free one, a `chain_port` or `card_port` of `None`
    the usual one if it is free."""

    state: Path
    contracts: Path
    environment: Mapping[str, str]
    host: str = "127.0.0.1"
    port: int = 8000
    chain_port: int | None = None
    card_port: int | None = None


class Stack:
    """One stack, from an empty directory to a shop that serves."""

    def __init__(self, options: Options, report: Report) -> None:
        self._options = options
        self._report = report
        self._state = options.state.resolve()
        self._port = options.port or anvil.free_port()
        self._deployed = False

    @property
    def url(self) -> str:
        """Where the API serves, as this machine can open it."""
        host = _LOOPBACK if self._options.host in _ALL_ADDRESSES else self._options.host
        return f"http://{host}:{self._port}"

    @property
    def note_on_sign_in(self) -> str:
        """What to say to whoever opens it to other machines; empty when there is nothing to say.
        A wallet signs in to one address, and the one to listen on may be none that can be opened.
        """
        if self._options.host not in _ALL_ADDRESSES or self._options.environment.get("PUBLIC_URL"):
            return ""
        return (
            f"wallets sign in to {self.url} alone: set PUBLIC_URL to the address that other"
            " machines open"
        )

    def run(self) -> int:
        """Bring everything up and keep it up until asked to stop. Returns the exit code; raises
        `AlreadyUp`, `PortTaken` and `PartFailed`."""
        make_state(self._state)
        with occupy(self._state):
            if not anvil.is_free(self._port, self._options.host):
                raise PortTaken(
                    f"port {self._port} is taken by another program: stop it, or choose another"
                    " port with --port (0 takes any free one)"
                )
            try:
                with Supervisor(make_private(self._state / "logs"), self._report) as supervisor:
                    return self._serve(supervisor)
            except StopAsked:
                self._report("stopped; the data stays")
                return 0

    def _serve(self, supervisor: Supervisor) -> int:
        below = foundations.lay(
            self._state,
            self._options.contracts,
            self._options.environment,
            chain_port=self._options.chain_port,
            card_port=self._options.card_port,
            public_url=self.url,
            redeploy=lambda: self._deploy_again(supervisor, environment),
        )
        environment = self._complete(below.environment)
        for note in filter(None, (*below.notes, self.note_on_sign_in)):
            self._report(note)
        self._report(f"starting {', '.join(sorted(below.names)) or 'on given services'}")
        supervisor.start(*below.parts)
        self._prepare(supervisor, below, environment)
        self._report("starting the API and the workers")
        supervisor.launch(self._api(environment), *self._workers(below, environment))
        self._stock(supervisor, below, environment)
        supervisor.await_ready()
        announce(self._state, Occupant(os.getpid(), self.url, environment))
        self._report(self._welcome(below))
        self._report(supervisor.watch())
        return 1

    def _complete(self, environment: Mapping[str, str]) -> dict[str, str]:
        return {
            "PATH": os.defpath,
            "PUBLIC_URL": self.url,
            **environment,
            "PYTHONUNBUFFERED": "1",
            "STATE_DIR": str(self._state),
            "HTTP_HOST": self._options.host,
            "HTTP_PORT": str(self._port),
        }

    def _prepare(
        self, supervisor: Supervisor, below: Foundations, environment: Mapping[str, str]
    ) -> None:
        """Schema and contracts; each finds its own earlier work and leaves it. Only our own chain
        is deployed to."""
        ours = "anvil" in below.names
        self._report("preparing the database" + (" and the contracts" if ours else ""))
        tasks = ["migrate", "deploy"] if ours else ["migrate"]
        supervisor.run({task: _souk(task) for task in tasks}, environment)
        self._deployed = ours

    def _stock(
        self, supervisor: Supervisor, below: Foundations, environment: Mapping[str, str]
    ) -> None:
        """A demo shop, while the API is still starting. Its wallet's key is public: on a real
        chain whoever reads it would take the buyers' money."""
        if below.disposable:
            self._report("stocking the demo shop")
            supervisor.run({"seed": _souk("seed")}, environment)

    def _deploy_again(self, supervisor: Supervisor, environment: Mapping[str, str]) -> None:
        if self._deployed:
            supervisor.run({"deploy": _souk("deploy")}, environment)

    def _api(self, environment: Mapping[str, str]) -> Part:
        return Part(
            name="api",
            command=lambda: _souk("api"),
            ready=lambda: answers(self._options.host, self._port, "/health/ready"),
            environment=environment,
            ready_seconds=_SERVE_SECONDS,
        )

    @staticmethod
    def _workers(below: Foundations, environment: Mapping[str, str]) -> list[Part]:
        queues = ["events", "timers", "webhooks", *(f"chain-{number}" for number in below.chains)]
        return [_worker(queue, environment) for queue in queues]

    def _welcome(self, below: Foundations) -> str:
        chain = below.environment.get(f"CHAIN_{anvil.CHAIN_ID}_RPC_URLS", "")
        cards = below.environment.get("STRIPE_API_BASE", "")
        lines = [
            f"Souk serves on {self.url}",
            f"  shop and what is running   {self.url}/",
            f"  API reference              {self.url}/reference",
            f"  is everything well?        {self.url}/health/ready   or: souk doctor",
            f"  whole stories, played      souk demo{self._where()}",
            *([f"  local chain (id {anvil.CHAIN_ID})      {chain}"] if chain else []),
            *([f"  cards, in a sandbox        {cards}/"] if cards else []),
            f"  logs                       {self._state / 'logs'}",
            "Ctrl-C stops everything; the data stays.",
        ]
        return "\n".join(lines)

    def _where(self) -> str:
        return "" if self._state.name == ".souk" else f" --state-dir {self._state}"


def _worker(queue: str, environment: Mapping[str, str]) -> Part:
    return Part(
        name=f"worker-{queue}",
        command=lambda: _souk("worker", queue),
        ready=lambda: True,
        environment=environment,
    )


def _souk(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "souk.entrypoints.cli", *arguments]


def answers(host: str, port: int, path: str) -> bool:
    """Whether an HTTP server answers 200 there."""
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
