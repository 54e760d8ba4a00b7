"""Keys that replay, webhooks that arrive, and everything that can be made to go wrong."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import stripe

from souk.embedded import parts
from souk.embedded.anvil import free_port
from souk.embedded.stripe import StripeSandbox, stripe_sandbox
from tests.ports.stripe.conftest import SECRET, Control, paid
from tests.support.waiting import eventually
from tests.support.webhook_receiver import Receiver, receiver

PARAMS = {"amount": 1_234, "currency": "usd"}


def impatient(sandbox: StripeSandbox) -> stripe.StripeClient:
    return stripe.StripeClient(
        sandbox.secret_key,
        base_addresses={"api": sandbox.url},
        max_network_retries=0,
        http_client=stripe.HTTPXClient(timeout=0.3, allow_sync_methods=True),
    )


def kinds(hooks: Receiver, id_: str) -> list[str]:
    """The types of the webhooks about an object, in the order of their arrival."""
    events = [json.loads(body) for body, _ in hooks.taken]
    return [each["type"] for each in events if each["data"]["object"]["id"] == id_]


def count(client: stripe.StripeClient, marker: str) -> int:
    found = client.v1.payment_intents.list({"limit": 100}).auto_paging_iter()
    return len([each for each in found if each.metadata.to_dict() == {"marker": marker}])


def test_answer_is_replayed_when_the_key_is_the_same(client: stripe.StripeClient) -> None:
    first = client.v1.payment_intents.create(PARAMS, {"idempotency_key": "same"})
    second = client.v1.payment_intents.create(PARAMS, {"idempotency_key": "same"})
    assert second.id == first.id
    assert second.last_response.headers["Idempotent-Replayed"] == "true"


def test_key_is_refused_when_the_request_is_another(client: stripe.StripeClient) -> None:
    client.v1.payment_intents.create(PARAMS, {"idempotency_key": "changed"})
    with pytest.raises(stripe.IdempotencyError):
        client.v1.payment_intents.create(
            {**PARAMS, "amount": 9_999}, {"idempotency_key": "changed"}
        )


def test_decline_is_replayed_when_the_key_is_the_same(client: stripe.StripeClient) -> None:
    params = {**PARAMS, "confirm": True, "payment_method": "pm_card_chargeDeclined"}
    refusals = []
    for _ in range(2):
        with pytest.raises(stripe.CardError) as refusal:
            client.v1.payment_intents.create(params, {"idempotency_key": "declined"})
        refusals.append(refusal.value.error.payment_intent.id)
    assert refusals[0] == refusals[1]


def test_key_is_free_when_the_parameters_were_refused(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.create({"currency": "usd"}, {"idempotency_key": "refused"})
    assert client.v1.payment_intents.create(PARAMS, {"idempotency_key": "refused"}).amount == 1_234


def test_effect_stays_when_the_answer_is_too_late(
    sandbox: StripeSandbox, client: stripe.StripeClient, control: Control
) -> None:
    control("faults", kind="timeout_after_effect", milliseconds=1_000)
    params = {**PARAMS, "metadata": {"marker": "late"}}
    with pytest.raises(stripe.APIConnectionError):
        impatient(sandbox).v1.payment_intents.create(params, {"idempotency_key": "late"})
    client.v1.payment_intents.create(params, {"idempotency_key": "late"})
    assert count(client, "late") == 1


def test_error_is_replayed_when_the_effect_has_happened(
    client: stripe.StripeClient, control: Control
) -> None:
    control("faults", kind="server_error_after_effect", on="/v1/payment_intents")
    params = {**PARAMS, "metadata": {"marker": "broken"}}
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            client.v1.payment_intents.create(params, {"idempotency_key": "broken"})
    assert count(client, "broken") == 1


def test_nothing_happens_when_the_server_fails_before(
    client: stripe.StripeClient, control: Control
) -> None:
    control("faults", kind="server_error", on="/v1/payment_intents")
    with pytest.raises(stripe.APIError):
        client.v1.payment_intents.create({**PARAMS, "metadata": {"marker": "before"}})
    assert count(client, "before") == 0


def test_request_is_refused_when_there_are_too_many(
    client: stripe.StripeClient, control: Control
) -> None:
    control("faults", kind="rate_limit", on="/v1/payment_intents")
    with pytest.raises(stripe.RateLimitError):
        client.v1.payment_intents.create(PARAMS)
    assert client.v1.payment_intents.create(PARAMS).amount == 1_234


@pytest.mark.parametrize(("kind", "effects"), [("before", 0), ("after", 1)])
def test_connection_ends_without_an_answer_when_it_is_reset(
    client: stripe.StripeClient, control: Control, kind: str, effects: int
) -> None:
    control("faults", kind=f"reset_{kind}_effect", on="/v1/payment_intents")
    with pytest.raises(stripe.APIConnectionError):
        client.v1.payment_intents.create({**PARAMS, "metadata": {"marker": f"reset {kind}"}})
    assert count(client, f"reset {kind}") == effects


def test_effect_is_replayed_when_the_connection_was_reset(
    client: stripe.StripeClient, control: Control
) -> None:
    control("faults", kind="reset_after_effect", on="/v1/payment_intents")
    params = {**PARAMS, "metadata": {"marker": "replayed"}}
    with pytest.raises(stripe.APIConnectionError):
        client.v1.payment_intents.create(params, {"idempotency_key": "replayed"})
    client.v1.payment_intents.create(params, {"idempotency_key": "replayed"})
    assert count(client, "replayed") == 1


def refused_at(client: stripe.StripeClient, requests: int) -> list[int]:
    """Which of so many requests were refused as too many."""
    refused = []
    for place in range(requests):
        try:
            client.v1.balance.retrieve()
        except stripe.RateLimitError:
            refused.append(place)
    return refused


def test_faults_happen_at_the_same_places_when_the_seed_is_the_same(
    client: stripe.StripeClient, control: Control
) -> None:
    drawn = []
    for seed in (7, 7, 8):
        control("faults", kind="rate_limit", on="/v1/balance", count=5, among=30, seed=seed)
        drawn.append(refused_at(client, 30))
    assert drawn[0] == drawn[1] != drawn[2]
    assert [len(each) for each in drawn] == [5, 5, 5]


def test_every_fault_happens_when_two_meet_the_same_request(
    client: stripe.StripeClient, control: Control
) -> None:
    before = control("faults/state")["happened"]
    for kind in ("rate_limit", "server_error"):
        control("faults", kind=kind, on="/v1/balance", count=2)
    for _ in range(4):
        with pytest.raises(stripe.StripeError):
            client.v1.balance.retrieve()
    after = control("faults/state")
    told = [
        after["happened"][kind] - before.get(kind, 0) for kind in ("rate_limit", "server_error")
    ]
    assert (told, after["ordered"]) == ([2, 2], {})


def test_requests_are_refused_when_they_pass_the_limit(
    client: stripe.StripeClient, control: Control
) -> None:
    control("limit", requests_per_second=1)
    assert refused_at(client, 3)[0] == 1
    control("limit")
    assert refused_at(client, 3) == []


def test_faults_are_counted_when_they_happen(sandbox: StripeSandbox, control: Control) -> None:
    url = f"{sandbox.url}/sandbox/health"
    before = httpx.get(url).json()["faults"]["happened"].get("rate_limit", 0)
    control("faults", kind="rate_limit", on="/v1/balance", count=3)
    for _ in range(4):
        httpx.get(f"{sandbox.url}/v1/balance")
    assert httpx.get(url).json()["faults"]["happened"]["rate_limit"] == before + 3


def test_webhook_has_a_signature_that_the_library_accepts(
    client: stripe.StripeClient, hooks: Receiver
) -> None:
    intent = paid(client)
    eventually(lambda: "payment_intent.succeeded" in kinds(hooks, intent.id))
    body, signature = hooks.taken[-1]
    assert stripe.Webhook.construct_event(body, signature, SECRET).object == "event"


def test_webhook_comes_again_when_it_was_not_taken(
    client: stripe.StripeClient, hooks: Receiver
) -> None:
    hooks.refuse = 1
    intent = client.v1.payment_intents.create(PARAMS)
    eventually(lambda: kinds(hooks, intent.id) == ["payment_intent.created"])


def test_webhook_comes_twice_when_it_is_duplicated(
    client: stripe.StripeClient, hooks: Receiver, control: Control
) -> None:
    control("faults", kind="duplicate", on="payment_intent.created")
    intent = client.v1.payment_intents.create(PARAMS)
    eventually(lambda: kinds(hooks, intent.id) == ["payment_intent.created"] * 2)


def test_webhook_comes_many_times_at_once_when_many_copies_are_ordered(
    client: stripe.StripeClient, hooks: Receiver, control: Control
) -> None:
    control("faults", kind="duplicate", on="payment_intent.created", copies=9)
    intent = client.v1.payment_intents.create(PARAMS)
    eventually(lambda: kinds(hooks, intent.id) == ["payment_intent.created"] * 10)


def test_webhook_never_comes_when_it_is_lost(
    client: stripe.StripeClient, hooks: Receiver, control: Control
) -> None:
    control("faults", kind="lose", on="payment_intent.created")
    intent = client.v1.payment_intents.create(PARAMS)
    client.v1.payment_intents.cancel(intent.id)
    eventually(lambda: kinds(hooks, intent.id))
    assert kinds(hooks, intent.id) == ["payment_intent.canceled"]
    assert [each.type for each in client.v1.events.list({"limit": 2}).data] == [
        "payment_intent.canceled",
        "payment_intent.created",
    ]


def test_webhook_comes_after_a_later_one_when_it_is_reordered(
    client: stripe.StripeClient, hooks: Receiver, control: Control
) -> None:
    control("faults", kind="reorder", on="payment_intent.created", milliseconds=30_000)
    intent = client.v1.payment_intents.create(PARAMS)
    client.v1.payment_intents.cancel(intent.id)
    expected = ["payment_intent.canceled", "payment_intent.created"]
    eventually(lambda: kinds(hooks, intent.id) == expected)


def test_webhook_comes_late_when_it_is_delayed(
    client: stripe.StripeClient, hooks: Receiver, control: Control
) -> None:
    control("faults", kind="delay", on="payment_intent.created", milliseconds=60_000)
    intent = client.v1.payment_intents.create(PARAMS)
    client.v1.payment_intents.cancel(intent.id)
    eventually(lambda: kinds(hooks, intent.id) == ["payment_intent.canceled"])
    control("time")
    eventually(lambda: kinds(hooks, intent.id)[1:] == ["payment_intent.created"])


def test_objects_and_webhooks_survive_a_kill(stack_directory: Path) -> None:
    with receiver() as hooks:
        server = stripe_sandbox(
            stack_directory / "killed", free_port(), webhook_url=hooks.url, webhook_secret=SECRET
        )
        log = stack_directory / "killed.log"
        first = parts.start(server.part(), log)
        hooks.refuse = 1
        client = stripe.StripeClient(server.secret_key, base_addresses={"api": server.url})
        intent = client.v1.payment_intents.create(PARAMS)
        eventually(lambda: hooks.refused)
        first.kill()
        second = parts.start(server.part(), log)
        assert client.v1.payment_intents.retrieve(intent.id).amount == 1_234
        eventually(lambda: kinds(hooks, intent.id) == ["payment_intent.created"], seconds=30)
        second.kill()


def test_answers_survive_a_kill_when_many_are_asked_at_once(stack_directory: Path) -> None:
    server = stripe_sandbox(stack_directory / "busy", free_port())
    log = stack_directory / "busy.log"
    first = parts.start(server.part(), log)
    answered: dict[str, str] = {}

    def pay(number: int) -> None:
        client = stripe.StripeClient(server.secret_key, base_addresses={"api": server.url})
        for round_ in range(1_000):
            key = f"{number}:{round_}"
            made = client.v1.payment_intents.create(PARAMS, {"idempotency_key": key})
            answered[key] = made.id

    with ThreadPoolExecutor(4) as pool:
        payers = [pool.submit(pay, number) for number in range(4)]
        eventually(lambda: len(answered) > 200)
        first.kill()
        assert all(isinstance(each.exception(), stripe.StripeError) for each in payers)
    second = parts.start(server.part(), log)
    client = stripe.StripeClient(server.secret_key, base_addresses={"api": server.url})
    again = {
        key: client.v1.payment_intents.create(PARAMS, {"idempotency_key": key}).id
        for key in answered
    }
    second.kill()
    assert again == answered
