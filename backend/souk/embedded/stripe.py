"""The card rail of the local default: the Stripe sandbox as a part of the stack."""

import http.client
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from souk.embedded.directories import make_private
from souk.embedded.parts import Part

NAME = "stripe-sandbox"
USUAL_PORT = 12111
_VARIABLE = "STRIPE_SANDBOX_"


@dataclass(frozen=True, slots=True)
class StripeSandbox:
    """One sandbox. Its keys are worth nothing: it listens on loopback, and no money moves."""

    home: Path
    port: int
    secret_key: str
    publishable_key: str
    webhook_url: str = ""
    webhook_secret: str = ""
    bank_seconds: float = 2

    @property
    def url(self) -> str:
        """The address for the `stripe` library."""
        return f"http://127.0.0.1:{self.port}"

    def part(self) -> Part:
        """How to run it."""
        told = {
            "PORT": str(self.port),
            "STATE": str(self.home / "sandbox.sqlite"),
            "SECRET_KEY": self.secret_key,
            "PUBLISHABLE_KEY": self.publishable_key,
            "WEBHOOK_URL": self.webhook_url,
            "WEBHOOK_SECRET": self.webhook_secret,
            "BANK_SECONDS": str(self.bank_seconds),
        }
        return Part(
            name=NAME,
            command=self._command,
            ready=self._is_ready,
            environment={
                "PATH": os.defpath,
                **{f"{_VARIABLE}{name}": value for name, value in told.items()},
            },
            directory=self.home,
            stage=1,
        )

    def _command(self) -> Sequence[str]:
        return [sys.executable, "-m", "souk.embedded.stripe_sandbox"]

    def _is_ready(self) -> bool:
        # Asked without a client library: the supervisor would wait for it to load.
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/sandbox/health")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def stripe_sandbox(
    home: Path,
    port: int,
    *,
    webhook_url: str = "",
    webhook_secret: str = "",
    bank_seconds: float = 2,
) -> StripeSandbox:
    """A sandbox whose file is in `home`, whose parent exists."""
    make_private(home)
    return StripeSandbox(
        home=home,
        port=port,
        secret_key="sk_test_sandbox",  # noqa: S106 - opens nothing but this sandbox
        publishable_key="pk_test_sandbox",
        webhook_url=webhook_url,
        webhook_secret=webhook_secret,
        bank_seconds=bank_seconds,
    )
