"""Standard Webhooks: https://www.standardwebhooks.com, symmetric signatures `v1`."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

SECRET_BYTES = 32
_PREFIX = "whsec_"


def spelled(secret: bytes) -> str:
    """A secret as its owner is shown it, once."""
    return _PREFIX + base64.b64encode(secret).decode()


def signed_headers(
    secrets: Sequence[bytes], message_id: str, at: datetime, body: bytes
) -> dict[str, str]:
    """The headers that go with `body`, with a signature under each secret: while two are live the
    receiver finds the one that it knows. `at` is when this attempt is made, so that an old one
    that somebody has recorded can be told from it."""
    timestamp = str(int(at.timestamp()))
    message = f"{message_id}.{timestamp}.".encode() + body
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(_signature(secret, message) for secret in secrets),
    }


def _signature(secret: bytes, message: bytes) -> str:
    digest = hmac.digest(secret, message, hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}"
