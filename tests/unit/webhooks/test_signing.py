"""Signatures by Standard Webhooks, checked with an implementation of somebody else."""

from base64 import b64decode
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from souk.modules.webhooks.domain import SECRET_BYTES, signed_headers, spelled

BODY = '{"type":"payment.completed","data":{"reason":"für dich ✓"}}'.encode()
NEW, OLD = b"n" * SECRET_BYTES, b"o" * SECRET_BYTES


def now() -> datetime:
    """The receiver's own clock, as its implementation takes no other."""
    return datetime.now(UTC)


def verify(secret: bytes, headers: dict[str, str]) -> object:
    return Webhook(spelled(secret)).verify(BODY, headers)


def test_receiver_finds_the_message_signed() -> None:
    message = verify(NEW, signed_headers([NEW], "evt_1", now(), BODY))
    assert message == {"type": "payment.completed", "data": {"reason": "für dich ✓"}}


@pytest.mark.parametrize("known", [NEW, OLD])
def test_receiver_finds_its_own_signature_while_two_secrets_are_live(known: bytes) -> None:
    headers = signed_headers([NEW, OLD], "evt_1", now(), BODY)
    assert verify(known, headers) == verify(NEW, headers)
    assert len(headers["webhook-signature"].split()) == 2


def test_signature_is_that_of_the_specification() -> None:
    """The example of https://github.com/standard-webhooks/standard-webhooks."""
    secret = b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = signed_headers([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}')
    assert spelled(secret) == "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
