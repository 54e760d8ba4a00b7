"""That a server lacks what it is said to lack: the table of what each can do stays honest."""

import pytest
import stripe

from tests.support.card_capabilities import RAILS, Can
from tests.support.localstripe import UNKNOWN_THERE, known, refuses


def remembers_keys(client) -> bool:
    options = {"idempotency_key": "the same"}
    first, again = (client.v1.customers.create({}, options) for _ in range(2))
    return first.id == again.id


def hands_on(client) -> bool:
    return answers(lambda: client.v1.transfers.list({}))


def tells(client) -> bool:
    intent = client.v1.payment_intents.create({"amount": 100, "currency": "usd"})
    return answers(lambda: client.v1.charges.list({"payment_intent": intent.id}))


def answers(ask) -> bool:
    try:
        ask()
    except stripe.StripeError:
        return False
    return True


ASK = {Can.REMEMBER_KEYS: remembers_keys, Can.HAND_ON: hands_on, Can.TELL: tells}


@pytest.mark.parametrize("what", ASK)
@pytest.mark.parametrize(
    "server", ["card_server", pytest.param("localstripe", marks=pytest.mark.deep)]
)
def test_can_do_what_is_said_and_no_more(request, server, what) -> None:
    client = request.getfixturevalue(server).client()

    assert ASK[what](client) is (what in RAILS[server])


@pytest.mark.deep
@pytest.mark.parametrize("parameter", UNKNOWN_THERE["/v1/payment_intents"])
def test_takes_out_only_what_is_not_known_there(localstripe, parameter) -> None:
    asked = f"amount=100&currency=usd&{parameter}=x"

    assert known("/v1/payment_intents", asked) == "amount=100&currency=usd"
    assert refuses(localstripe, "/v1/payment_intents", asked)
