"""Signatures by Standard Webhooks, checked with an implementation of somebody else."""

from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from souk.modules.webhooks.domain import SECRET_BYTES, signed_headers, spelled

BODY = '{"type":"payment.completed","data":{"reason":"für dich ✓"}}'.encode()
NEW, OLD, OTHER = (letter * SECRET_BYTES for letter in (b"n", b"o", b"x"))


def now() -> datetime:
    """The receiver's own clock, as its implementation takes no other."""
    return datetime.now(UTC)


def verify(secret: bytes, headers: dict[str, str], body: bytes = BODY) -> object:
    return Webhook(spelled(secret)).verify(body, headers)


def test_receiver_finds_the_message_signed() -> None:
    message = verify(NEW, signed_headers([NEW], "evt_1", now(), BODY))
    assert message == {"type": "payment.completed", "data": {"reason": "für dich ✓"}}


@pytest.mark.parametrize("known", [NEW, OLD])
def test_receiver_finds_its_own_signature_while_two_secrets_are_live(known: bytes) -> None:
    headers = signed_headers([NEW, OLD], "evt_1", now(), BODY)
    assert verify(known, headers) == verify(NEW, headers)
    assert len(headers["webhook-signature"].split()) == 2


@pytest.mark.parametrize(
    "changed", [{"webhook-id": "evt_2"}, {"webhook-timestamp": str(int(now().timestamp()) + 120)}]
)
def test_receiver_refuses_when_a_header_was_changed(changed: dict[str, str]) -> None:
    headers = signed_headers([NEW], "evt_1", now(), BODY)
    with pytest.raises(WebhookVerificationError):
        verify(NEW, {**headers, **changed})


def test_receiver_refuses_when_the_body_was_changed() -> None:
    headers = signed_headers([NEW], "evt_1", now(), BODY)
    with pytest.raises(WebhookVerificationError):
        verify(NEW, headers, BODY.replace(b"completed", b"cancelled"))


def test_receiver_refuses_when_the_secret_is_anothers() -> None:
    headers = signed_headers([NEW], "evt_1", now(), BODY)
    with pytest.raises(WebhookVerificationError):
        verify(OTHER, headers)


def test_signature_is_that_of_the_specification() -> None:
    """The example of https://github.com/standard-webhooks/standard-webhooks, whose secret is
    `whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw`."""
    secret = Webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")._whsecret
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = signed_headers([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}')
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
