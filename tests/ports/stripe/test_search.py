"""What the sandbox lets a caller find, limit and forget."""

import pytest
import stripe

from tests.ports.stripe.conftest import Control, paid

PARAMS = {"amount": 1_234, "currency": "usd"}


def search(client: stripe.StripeClient, query: str) -> list[str]:
    return [each.id for each in client.v1.payment_intents.search({"query": query}).data]


def test_intent_is_found_by_what_is_written_on_it(client: stripe.StripeClient) -> None:
    wanted = client.v1.payment_intents.create({**PARAMS, "metadata": {"thing": "one"}})
    client.v1.payment_intents.create({**PARAMS, "metadata": {"thing": "two"}})

    assert search(client, "metadata['thing']:'one'") == [wanted.id]


@pytest.mark.parametrize(
    "query", ["thing", "metadata['a']:'b' OR metadata['c']:'d'", "metadata['a']:'it''s'"]
)
def test_query_is_refused_when_it_is_not_understood(
    client: stripe.StripeClient, query: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        search(client, query)


@pytest.mark.parametrize("service", ["payment_intents", "setup_intents"])
def test_kinds_are_limited_in_the_way_of_the_pinned_version(
    client: stripe.StripeClient, service: str
) -> None:
    intents = getattr(client.v1, service)
    params = PARAMS if service == "payment_intents" else {}

    made = intents.create({**params, "allowed_payment_method_types": ["card"]})

    assert made.payment_method_types == ["card"]
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        intents.create({**params, "payment_method_types": ["card"]})
    assert refusal.value.code == "payment_method_types_no_longer_supported"


def test_key_is_free_when_a_day_has_passed(client: stripe.StripeClient, control: Control) -> None:
    options = {"idempotency_key": "yesterday"}
    first = client.v1.payment_intents.create(PARAMS, options)

    control("keys/forget")

    assert client.v1.payment_intents.create(PARAMS, options).id != first.id


def test_account_is_empty_when_it_was_paid_out(
    client: stripe.StripeClient, seller: stripe.Account, control: Control
) -> None:
    charge = paid(client, 5_000).latest_charge.id
    asked = {"amount": 4_000, "currency": "usd", "destination": seller.id}
    client.v1.transfers.create({**asked, "source_transaction": charge})

    control(f"accounts/{seller.id}/pay_out")

    balance = client.v1.balance.retrieve({}, {"stripe_account": seller.id})
    assert sum(each.amount for each in (*balance.available, *balance.pending)) == 0
