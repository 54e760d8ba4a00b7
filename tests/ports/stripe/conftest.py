"""One sandbox for these tests, spoken to by the official library; each has an account of its own
and looks at objects of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import stripe

from souk.embedded import parts
from souk.embedded.anvil import free_port
from souk.embedded.stripe import StripeSandbox, stripe_sandbox
from tests.support.webhook_receiver import Receiver, receiver

SECRET = "whsec_of_the_sandbox"

Control = Callable[..., dict]


@pytest.fixture(scope="session")
def _hooks() -> Iterator[Receiver]:
    with receiver() as hooks:
        yield hooks


@pytest.fixture(scope="session")
def sandbox(stack_directory: Path, _hooks: Receiver) -> Iterator[StripeSandbox]:
    """A running sandbox."""
    server = stripe_sandbox(
        stack_directory / "stripe",
        free_port(),
        webhook_url=_hooks.url,
        webhook_secret=SECRET,
        bank_seconds=0.05,
    )
    running = parts.start(server.part(), stack_directory / "stripe.log")
    yield server
    running.kill()


@pytest.fixture
def hooks(_hooks: Receiver) -> Receiver:
    """What the sandbox tells."""
    return _hooks


@pytest.fixture
def client(sandbox: StripeSandbox) -> stripe.StripeClient:
    """The official library, which does not try again by itself."""
    return stripe.StripeClient(
        sandbox.secret_key, base_addresses={"api": sandbox.url}, max_network_retries=0
    )


@pytest.fixture
def control(sandbox: StripeSandbox) -> Iterator[Control]:
    """Orders faults, disputes and time."""

    def act(path: str, **fields: object) -> dict:
        answer = httpx.post(
            f"{sandbox.url}/sandbox/{path}",
            data={name: str(value) for name, value in fields.items()},
            headers={"Authorization": f"Bearer {sandbox.secret_key}"},
        )
        answer.raise_for_status()
        return answer.json()

    yield act
    act("faults/clear")


@pytest.fixture
def seller(client: stripe.StripeClient, control: Control) -> stripe.Account:
    """A connected account whose papers are in order."""
    account = client.v1.accounts.create(
        {"type": "express", "capabilities": {"transfers": {"requested": True}}}
    )
    control(f"accounts/{account.id}/complete")
    return client.v1.accounts.retrieve(account.id)


def paid(client: stripe.StripeClient, amount: int = 10_000, method: str = "pm_card_visa"):
    """A PaymentIntent that has gone through, with its charge."""
    return client.v1.payment_intents.create(
        {
            "amount": amount,
            "currency": "usd",
            "payment_method": method,
            "confirm": True,
            "expand": ["latest_charge"],
        }
    )
