"""How the sandbox tells the endpoints: over kept connections, in order or in none."""

import json

import pytest
import stripe

from tests.ports.stripe.conftest import Control
from tests.support.waiting import eventually
from tests.support.webhook_receiver import Receiver

PARAMS = {"amount": 1_234, "currency": "usd"}


@pytest.fixture
def manner(control: Control):
    """Sets how webhooks are told, until the end of the test."""
    yield lambda **how: control("webhooks", **how)
    control("webhooks", at_once=16, shuffled="false")


def create(client: stripe.StripeClient, count: int) -> list[str]:
    return [client.v1.payment_intents.create(PARAMS).id for _ in range(count)]


def create_at_once(
    client: stripe.StripeClient, control: Control, count: int, *, hours: int = 0
) -> list[str]:
    """Intents whose webhooks become due at the same time, some hours later."""
    control("faults", kind="delay", on="payment_intent.created", count=count, milliseconds=60_000)
    ids = create(client, count)
    eventually(lambda: "delay" not in control("faults/state")["ordered"])
    control("time", seconds=hours * 3600)
    return ids


def told(hooks: Receiver, ids: list[str]) -> list[str]:
    """The intents that were told of, in that order."""
    objects = [json.loads(body)["data"]["object"]["id"] for body, _ in hooks.taken]
    return [each for each in objects if each in ids]


def test_connections_are_kept(client: stripe.StripeClient, hooks: Receiver, manner) -> None:
    manner(at_once=2)
    before = hooks.connections
    ids = create(client, 40)
    eventually(lambda: len(told(hooks, ids)) == 40)
    assert hooks.connections - before <= 2


def test_webhook_is_taken_once_when_a_kept_connection_was_closed(
    client: stripe.StripeClient, hooks: Receiver
) -> None:
    hooks.cut = True
    ids = create(client, 10)
    eventually(lambda: len(told(hooks, ids)) == 10)
    hooks.cut = False
    assert sorted(told(hooks, ids)) == sorted(ids)


@pytest.mark.parametrize(("hours", "comes"), [(71, True), (73, False)])
def test_webhook_is_tried_for_three_days(
    client: stripe.StripeClient, control: Control, hooks: Receiver, hours: int, comes: bool
) -> None:
    ids = create_at_once(client, control, 1, hours=hours)
    eventually(lambda: control("webhooks")["waiting"] == 0)
    assert told(hooks, ids) == (ids if comes else [])


@pytest.mark.parametrize(("shuffled", "in_order"), [("false", True), ("true", False)])
def test_order_is_kept_unless_it_is_shuffled(
    client: stripe.StripeClient,
    control: Control,
    hooks: Receiver,
    manner,
    shuffled: str,
    in_order: bool,
) -> None:
    manner(at_once=1, shuffled=shuffled)
    ids = create_at_once(client, control, 40)
    eventually(lambda: len(told(hooks, ids)) == 40)
    assert (told(hooks, ids) == ids) is in_order
