"""A server that speaks Stripe's API, and what everybody but us does there.

The payer's browser, the sellers and whoever sits at the dashboard speak to it by the official
library, past our own code.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import stripe

from souk.adapters.stripe.client import StripeApi, StripeKeys
from souk.adapters.stripe.webhooks import StripeWebhookGate, StripeWebhooks
from souk.embedded import parts
from souk.embedded.anvil import free_port
from souk.embedded.stripe import stripe_sandbox
from souk.modules.payments.domain import Attempt
from souk.modules.payments.ports import RailMessage
from tests.support.clock import MovableClock
from tests.support.waiting import eventually


@dataclass(frozen=True)
class CardServer:
    """A server that speaks Stripe's API, and its keys."""

    url: str
    secret_key: str
    publishable_key: str

    def client(self) -> stripe.StripeClient:
        """The official library, for everybody but us."""
        return stripe.StripeClient(
            self.secret_key, base_addresses={"api": self.url}, max_network_retries=0
        )

    def api(self, read_seconds: float = 15) -> StripeApi:
        """Our own client."""
        return StripeApi(
            StripeKeys(self.secret_key, self.url),
            requests_per_second=10_000,
            burst=10_000,
            answer_seconds=read_seconds,
        )

    def control(self, path: str, **fields: object) -> Any:
        """Order a fault, a dispute or the time of the sandbox."""
        answer = httpx.post(
            f"{self.url}/sandbox/{path}",
            data={name: str(value) for name, value in fields.items()},
            headers={"Authorization": f"Bearer {self.secret_key}"},
        )
        answer.raise_for_status()
        return answer.json()

    def happened(self, fault: str) -> int:
        """How often the sandbox has failed in this way."""
        told = httpx.get(f"{self.url}/sandbox/health").json()
        return told["faults"]["happened"].get(fault, 0)

    def hurry_until(self, probe: Callable[[], object]) -> None:
        """Let happen what banks take days for."""
        self.control("time")
        eventually(probe)

    def next_second(self) -> None:
        """Stripe dates by the second: what follows is later than what was before."""
        begun = int(time.time())
        eventually(lambda: int(time.time()) > begun)


@contextmanager
def a_sandbox(directory: Path) -> Iterator[CardServer]:
    """The sandbox as a process. What happens there by itself waits until it is told to hurry."""
    server = stripe_sandbox(directory / "cards", free_port(), bank_seconds=3_600)
    running = parts.start(server.part(), directory / "cards.log")
    yield CardServer(server.url, server.secret_key, server.publishable_key)
    running.kill()


@dataclass
class AtStripe:
    """What is done at a server past us, and what is found there."""

    server: CardServer
    clock: MovableClock = field(default_factory=lambda: MovableClock(datetime.now(UTC)))
    begun: int = field(default_factory=lambda: int(time.time()))

    @cached_property
    def client(self) -> stripe.StripeClient:
        """The official library."""
        return self.server.client()

    def confirm(self, attempt: Attempt, method: str = "pm_card_visa") -> None:
        """What the payer's browser does; a decline is an answer like any other."""
        intent = attempt.provider_reference
        try:
            self.client.v1.payment_intents.update(intent, {"payment_method": method})
            self.client.v1.payment_intents.confirm(intent)
        except stripe.CardError:
            return

    def confirm_refused(self, attempt: Attempt) -> None:
        """The payer's browser is told that this cannot be paid."""
        try:
            self.client.v1.payment_intents.update(
                attempt.provider_reference, {"payment_method": "pm_card_visa"}
            )
            self.client.v1.payment_intents.confirm(attempt.provider_reference)
        except stripe.InvalidRequestError:
            return
        raise AssertionError("what was called off could be paid")

    def authenticate(self, attempt: Attempt, answer: str) -> None:
        """What the payer tells the bank that asks who it is."""
        page = f"{self.server.url}/sandbox/authenticate/{attempt.provider_reference}"
        httpx.post(page, data={"answer": answer})

    def refunds(self, attempt: Attempt) -> list[stripe.Refund]:
        """All refunds of an attempt at Stripe."""
        asked = {"payment_intent": attempt.provider_reference, "limit": 100}
        return self.client.v1.refunds.list(asked).data

    def transfers(self, attempt: Attempt) -> list[stripe.Transfer]:
        """All transfers of an attempt at Stripe."""
        return self.client.v1.transfers.list({"transfer_group": attempt.id, "limit": 100}).data

    def worth(self, account: str) -> int:
        """All that a connected account has at Stripe."""
        balance = self.client.v1.balance.retrieve({}, {"stripe_account": account})
        return sum(each.amount for each in (*balance.available, *balance.pending))

    def messages(self, attempt: Attempt) -> list[RailMessage]:
        """Every webhook about an attempt, from the first to the last, as our gate reads it."""
        asked = {"limit": 100, "created": {"gte": self.begun}}
        found = self.client.v1.events.list(asked).auto_paging_iter()
        bodies = [json.dumps(event.to_dict()).encode() for event in found]
        known = (attempt.id, attempt.provider_reference or attempt.id)
        mine = [body for body in bodies if any(name.encode() in body for name in known)]
        return [a_gate(self.clock).read(body) for body in reversed(mine)]

    def messages_of(self, account: str) -> list[RailMessage]:
        """The webhooks about a connected account."""
        found = self.client.v1.events.list({"limit": 100}, {"stripe_account": account}).data
        bodies = [json.dumps(event.to_dict()).encode() for event in found]
        return [a_gate(self.clock).read(body) for body in reversed(bodies)]


def a_gate(clock: MovableClock, *, is_test: bool = True) -> StripeWebhookGate:
    return StripeWebhookGate(StripeWebhooks(["whsec_cards"], clock), is_test=is_test)


def a_seller(server: CardServer) -> str:
    """A connected account whose papers are in order."""
    account = server.client().v1.accounts.create(
        {"type": "express", "capabilities": {"transfers": {"requested": True}}}
    )
    server.control(f"accounts/{account.id}/complete")
    return account.id
