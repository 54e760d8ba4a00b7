"""Webhooks are opened when Stripe has signed them just now, and refused whatever else they are."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from souk.adapters.stripe.webhooks import StripeWebhooks
from souk.modules.payments.errors import WebhookRefused
from tests.support.clock import MovableClock

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OLD, NEW = "whsec_old", "whsec_new"
EVENT = {
    "id": "evt_1",
    "object": "event",
    "type": "payment_intent.succeeded",
    "created": 1_772_366_400,
    "livemode": False,
    "data": {"object": {"id": "pi_1", "object": "payment_intent"}},
}
BODY = json.dumps(EVENT).encode()


def webhooks(*secrets: str) -> StripeWebhooks:
    return StripeWebhooks(secrets or (NEW,), MovableClock(NOW))


def header(body: bytes, secret: str = NEW, at: datetime = NOW) -> str:
    timestamp = int(at.timestamp())
    signed = hmac.new(secret.encode(), b"%d.%s" % (timestamp, body), hashlib.sha256)
    return f"t={timestamp},v1={signed.hexdigest()}"


def test_event_is_opened_when_it_is_signed() -> None:
    event = webhooks().open(BODY, header(BODY))
    assert (event.id, event.type, event.object["id"]) == (
        "evt_1",
        "payment_intent.succeeded",
        "pi_1",
    )


def test_event_is_opened_when_the_library_has_signed_it() -> None:
    signed = stripe.WebhookSignature.generate_signature_header(
        BODY.decode(), NEW, timestamp=int(NOW.timestamp())
    )
    assert webhooks().open(BODY, signed).id == "evt_1"


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_both_secrets_open_while_they_are_exchanged(secret: str) -> None:
    assert webhooks(NEW, OLD).open(BODY, header(BODY, secret)).id == "evt_1"


def test_event_is_opened_when_one_of_two_signatures_fits() -> None:
    both = f"{header(BODY, OLD)},{header(BODY).split(',')[1]}"
    assert webhooks().open(BODY, both).id == "evt_1"


def test_event_is_refused_when_another_secret_has_signed_it() -> None:
    with pytest.raises(WebhookRefused):
        webhooks().open(BODY, header(BODY, OLD))


@pytest.mark.pitfall("P13")
@pytest.mark.parametrize(
    "changed",
    [
        BODY.replace(b"pi_1", b"pi_2"),
        BODY + b"\n",
        b" " + BODY,
        BODY.replace(b": ", b":"),
        json.dumps(EVENT, indent=1).encode(),
    ],
)
def test_event_is_refused_when_one_byte_is_another(changed: bytes) -> None:
    assert changed != BODY
    with pytest.raises(WebhookRefused):
        webhooks().open(changed, header(BODY))


@pytest.mark.pitfall("P10")
@pytest.mark.parametrize(
    ("seconds", "opens"),
    [(-301, False), (-300, True), (300, True), (301, False), (10 * 365 * 86_400, False)],
)
def test_event_is_refused_when_it_was_signed_too_early_or_too_late(
    seconds: int, opens: bool
) -> None:
    signed = header(BODY, at=NOW + timedelta(seconds=seconds))
    if opens:
        assert webhooks().open(BODY, signed).id == "evt_1"
        return
    with pytest.raises(WebhookRefused):
        webhooks().open(BODY, signed)


@pytest.mark.pitfall("P11")
@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        "t=1",
        "v1=ab",
        "t=,v1=ab",
        "t=1e9,v1=ab",
        "t=-1,v1=ab",
        "t=" + "9" * 400 + ",v1=ab",
        "t=\u0661,v1=ab",
        "t=1772366400,t=1772366400,v1=ab",
        "t=1772366400,v1=\u00e9",
        "t=1772366400," + ",".join(["v1=ab"] * 50),
        "=,=,=",
    ],
)
def test_header_is_refused_when_it_is_junk(signature: str | None) -> None:
    with pytest.raises(WebhookRefused):
        webhooks().open(BODY, signature)


@pytest.mark.pitfall("P11")
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b"[" * 100_000,
        json.dumps({**EVENT, "data": []}).encode(),
        json.dumps({**EVENT, "data": {"object": "pi_1"}}).encode(),
        json.dumps({**EVENT, "id": 7}).encode(),
        json.dumps({**EVENT, "id": ""}).encode(),
        json.dumps({**EVENT, "type": None}).encode(),
        json.dumps({**EVENT, "livemode": "false"}).encode(),
        json.dumps({**EVENT, "created": "now"}).encode(),
        b" " * (512 * 1024 + 1),
    ],
)
def test_body_is_refused_when_it_is_junk_though_signed(body: bytes) -> None:
    with pytest.raises(WebhookRefused):
        webhooks().open(body, header(body))


@pytest.mark.pitfall("P11")
@given(body=st.binary(max_size=200), signature=st.none() | st.text(max_size=200))
def test_junk_of_any_kind_is_refused(body: bytes, signature: str | None) -> None:
    with pytest.raises(WebhookRefused):
        webhooks().open(body, signature)


@pytest.mark.pitfall("P12")
@pytest.mark.parametrize("secrets", [(), ("",), ("  ",), (NEW, ""), (NEW, OLD, "whsec_third")])
def test_secrets_are_refused_when_there_are_none_or_too_many(secrets: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="webhook secrets"):
        StripeWebhooks(secrets, MovableClock(NOW))
