"""The API as a process of its own, beside a shop of the test's."""

import secrets
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from souk.embedded import parts
from souk.embedded.anvil import CHAIN_ID, free_port
from souk.embedded.parts import Part, Running
from souk.embedded.stack import answers
from tests.support.shop import Shop

ROOT = Path(__file__).resolve().parents[2]
API = ("-m", "souk.entrypoints.cli", "api")


def environment_of(market: Shop) -> dict[str, str]:
    """What a process needs to serve the same installation."""
    settings = market.container.settings
    return {
        "DATABASE_URL": settings.database.database_url.get_secret_value(),
        "REDIS_URL": market.container.redis_url,
        "SECRET_KEY": secrets.token_hex(32),
        "STATE_DIR": str(settings.paths.state_dir),
        f"CHAIN_{CHAIN_ID}_RPC_URLS": market.chain.url,
        "KEEPER_PRIVATE_KEY": settings.keeper.keeper_private_key.get_secret_value(),
    }


@contextmanager
def program(
    words: Sequence[str], environment: Mapping[str, str], path: str
) -> Iterator[tuple[int, Running]]:
    """A Python program that serves: its port, once `path` is answered, and itself."""
    port = free_port()
    part = Part(
        name="served",
        command=lambda: [sys.executable, *words, "--port", str(port)],
        ready=lambda: answers("127.0.0.1", port, path),
        environment=environment,
        directory=ROOT,
    )
    with tempfile.TemporaryDirectory(prefix="souk-s-") as home:
        running = parts.start(part, Path(home) / "served.log")
        try:
            yield port, running
        finally:
            running.kill()
