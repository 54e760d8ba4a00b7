"""What a reconciler reads: lists by time and type, and how long things are told of."""

import pytest
import stripe

from tests.ports.stripe.conftest import Control, paid

LISTED = (
    "payment_intents charges refunds transfers disputes balance_transactions events setup_intents"
    " payment_methods customers webhook_endpoints"
)
_DAY = 24 * 3600


def everything(client: stripe.StripeClient, seller: stripe.Account) -> None:
    """One of each kind of object."""
    intent = paid(client, method="pm_card_createDisputeInquiry")
    client.v1.refunds.create({"payment_intent": intent.id, "amount": 100})
    charge = {"source_transaction": intent.latest_charge.id, "destination": seller.id}
    client.v1.transfers.create({"amount": 100, "currency": "usd", **charge})
    customer = client.v1.customers.create({})
    client.v1.setup_intents.create({"customer": customer.id})
    client.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    client.v1.webhook_endpoints.create({"url": "http://127.0.0.1:9/", "enabled_events": ["x.y"]})


def test_nothing_is_live(client: stripe.StripeClient, seller: stripe.Account) -> None:
    everything(client, seller)
    told = {
        path: {
            each.to_dict().get("livemode", False) for each in getattr(client.v1, path).list().data
        }
        for path in LISTED.split()
    }
    assert told == {path: {False} for path in LISTED.split()}


@pytest.mark.parametrize("path", ["events", "balance_transactions", "payment_intents", "charges"])
def test_list_is_bounded_by_time(client: stripe.StripeClient, control: Control, path: str) -> None:
    since = control("time", seconds=100)["now"]
    paid(client)
    control("time", seconds=100)
    until = control("time", seconds=100)["now"]
    paid(client)
    bounds = {"created": {"gte": since, "lt": until}, "limit": 100}
    found = getattr(client.v1, path).list(bounds).data
    assert found
    assert {since <= each.created < until for each in found} == {True}


@pytest.mark.parametrize(
    ("path", "kind"),
    [("events", "charge.succeeded"), ("balance_transactions", "refund")],
)
def test_list_is_bounded_by_type(
    client: stripe.StripeClient, control: Control, path: str, kind: str
) -> None:
    since = control("time", seconds=10)["now"]
    client.v1.refunds.create({"payment_intent": paid(client).id})
    found = getattr(client.v1, path).list({"type": kind, "created": {"gte": since}}).data
    assert [each.type for each in found] == [kind]


def test_list_goes_on_after_the_last_one(client: stripe.StripeClient, control: Control) -> None:
    since = control("time", seconds=10)["now"]
    made = [client.v1.customers.create({}).id for _ in range(5)]
    pages = client.v1.customers.list({"limit": 2, "created": {"gte": since}}).auto_paging_iter()
    assert [each.id for each in pages] == made[::-1]


def test_money_becomes_available_when_time_passes(
    client: stripe.StripeClient, control: Control
) -> None:
    charge = paid(client, 5_000).latest_charge
    expanded = {"expand": ["balance_transaction"]}
    before = client.v1.charges.retrieve(charge.id, expanded).balance_transaction.status
    control("time", seconds=2 * _DAY)
    after = client.v1.charges.retrieve(charge.id, expanded).balance_transaction.status
    assert (before, after) == ("pending", "available")


@pytest.mark.parametrize(("days", "told"), [(29, True), (31, False)])
def test_events_are_told_of_for_a_month(
    client: stripe.StripeClient, control: Control, days: int, told: bool
) -> None:
    paid(client)
    event = client.v1.events.list({"limit": 1}).data[0]
    control("time", seconds=days * _DAY)
    listed = client.v1.events.list({"limit": 100, "created": {"lte": event.created}}).data
    assert (event.id in [each.id for each in listed]) is told


@pytest.mark.parametrize(("hours", "same"), [(23, True), (25, False)])
def test_idempotency_key_is_forgotten_after_a_day(
    client: stripe.StripeClient, control: Control, hours: int, same: bool
) -> None:
    params, key = {"amount": 700, "currency": "usd"}, {"idempotency_key": f"of {hours} h"}
    first = client.v1.payment_intents.create(params, key)
    control("time", seconds=hours * 3600)
    assert (client.v1.payment_intents.create(params, key).id == first.id) is same
