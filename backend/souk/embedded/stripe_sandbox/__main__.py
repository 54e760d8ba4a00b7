"""`python -m souk.embedded.stripe_sandbox`: serve the sandbox on loopback.

It is told what to do by variables, because some are secrets: `STRIPE_SANDBOX_PORT`,
`STRIPE_SANDBOX_STATE` (a file; without one nothing is kept), `STRIPE_SANDBOX_SECRET_KEY`,
`STRIPE_SANDBOX_PUBLISHABLE_KEY`, and `STRIPE_SANDBOX_WEBHOOK_URL` with
`STRIPE_SANDBOX_WEBHOOK_SECRET`.
"""

import logging
import os
from pathlib import Path

from granian.constants import Interfaces
from granian.server import Server

from souk.embedded.stripe_sandbox.app import Sandbox
from souk.embedded.stripe_sandbox.deliveries import given_endpoint
from souk.embedded.stripe_sandbox.store import Store
from souk.embedded.stripe_sandbox.world import Settings, World

PREFIX = "STRIPE_SANDBOX_"


def _told(name: str, otherwise: str = "") -> str:
    return os.environ.get(f"{PREFIX}{name}", otherwise)


def _port() -> int:
    return int(_told("PORT", "12111"))


def app() -> Sandbox:
    """The application, built in the serving process."""
    logging.basicConfig(level=logging.WARNING)
    state = _told("STATE")
    settings = Settings(
        url=f"http://127.0.0.1:{_port()}",
        secret_key=_told("SECRET_KEY", "sk_test_sandbox"),
        publishable_key=_told("PUBLISHABLE_KEY", "pk_test_sandbox"),
        bank_seconds=float(_told("BANK_SECONDS", "2")),
    )
    world = World(Store(Path(state) if state else None), settings)
    if url := _told("WEBHOOK_URL"):
        given_endpoint(world, url, _told("WEBHOOK_SECRET"))
    return Sandbox(world)


if __name__ == "__main__":
    Server(
        "souk.embedded.stripe_sandbox.__main__:app",
        address="127.0.0.1",
        port=_port(),
        interface=Interfaces.RSGI,
        workers=1,
        factory=True,
        log_access=False,
        workers_kill_timeout=3,
    ).serve()
