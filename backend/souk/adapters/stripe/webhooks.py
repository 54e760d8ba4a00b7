"""Webhooks that really come from Stripe: https://docs.stripe.com/webhooks/signature.

Anybody can send anything to the address of a webhook, so that all of it is refused with one
sentence until a signature is seen to fit, whatever is wrong with it.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from souk.adapters.stripe.objects import Read, Seconds, instant, read
from souk.core.clock import Clock
from souk.modules.payments.errors import WebhookRefused
from souk.modules.payments.ports import RailMessage, SignedMessage, Topic

_TOLERANCE_SECONDS = 300
_BYTES_AT_MOST = 512 * 1024
_HEADER_AT_MOST = 1_024
_SIGNATURES_AT_MOST = 8
_TIMESTAMP_DIGITS = 12
_SECRETS_AT_MOST = 2

ABOUT_AN_ACCOUNT = "account.updated"
"""The one message that a connected account may send us: how it stands itself."""

_ABOUT_PEOPLE = "identity."


@dataclass(frozen=True, slots=True)
class StripeEvent:
    """An event as it was sent; `account` is the connected account that it is about, if any."""

    id: str
    type: str
    created: int
    livemode: bool
    account: str | None
    object: Mapping[str, JsonValue]


# Visible ASCII: what a name is made of, and what a database can keep.
_Word = Annotated[str, Field(min_length=1, max_length=255, pattern="^[!-~]+$")]


class _Data(BaseModel):
    model_config = ConfigDict(strict=True)

    object: dict[str, JsonValue]


class _Sent(BaseModel):
    model_config = ConfigDict(strict=True)

    id: _Word
    type: _Word
    created: Seconds
    livemode: bool
    account: _Word | None = None
    data: _Data


class StripeWebhooks:
    """Opens what was sent under one of the live secrets: two while they are exchanged."""

    def __init__(self, secrets: Sequence[str], clock: Clock) -> None:
        """Raises `ValueError` when there is none, one is empty, or there are more than two."""
        if not 1 <= len(secrets) <= _SECRETS_AT_MOST or not all(s.strip() for s in secrets):
            raise ValueError("one or two webhook secrets are needed, and none may be empty")
        self._secrets = [secret.encode() for secret in secrets]
        self._clock = clock

    def open(self, body: bytes, signature: str | None) -> StripeEvent:
        """The event in a request. Raises `WebhookRefused`."""
        if len(body) > _BYTES_AT_MOST or signature is None or len(signature) > _HEADER_AT_MOST:
            raise _refusal()
        timestamp, given = _read_header(signature)
        if abs(self._clock.now().timestamp() - timestamp) > _TOLERANCE_SECONDS:
            raise _refusal()
        if not any(self._fits(secret, body, timestamp, given) for secret in self._secrets):
            raise _refusal()
        return _read_event(body)

    @staticmethod
    def _fits(secret: bytes, body: bytes, timestamp: int, given: Sequence[str]) -> bool:
        expected = hmac.new(secret, b"%d.%s" % (timestamp, body), hashlib.sha256).hexdigest()
        return any(hmac.compare_digest(expected, each) for each in given)


class StripeWebhookGate:
    """Lets in what is meant for this installation: `is_test` says whether its own key is for tests.
    What is about a payment in somebody else's account, or from the other world of live and test,
    is signed like anything else and never for us."""

    def __init__(self, webhooks: StripeWebhooks, *, is_test: bool) -> None:
        self._webhooks = webhooks
        self._is_test = is_test

    def open(self, body: bytes, signature: str | None) -> SignedMessage:
        """Whose word it is. Raises `WebhookRefused`."""
        event = self._webhooks.open(body, signature)
        elsewhere = event.account is not None and event.type != ABOUT_AN_ACCOUNT
        return SignedMessage(
            external_id=event.id,
            topic=Topic.IDENTITY if _is_about_people(event) else Topic.MONEY,
            foreign=elsewhere or event.livemode == self._is_test,
            occurred_at=instant(event.created),
            body=_names_alone(event) if _is_about_people(event) else _without_secrets(body),
        )

    def read(self, body: bytes) -> RailMessage:
        """The type of an event that was opened before, with its object, when it was made, and in
        whose account. Raises `WebhookRefused` for what cannot have been opened."""
        event = _read_event(body)
        about = {"created": event.created, "account": event.account, "object": event.object}
        return RailMessage(event.type, about)


def read_event(body: bytes) -> StripeEvent:
    """What a gate has let in. Raises `WebhookRefused` for anything else."""
    return _read_event(body)


class Told(Read):
    """The content of such a message."""

    created: Seconds
    account: str | None
    object: dict[str, JsonValue]

    @property
    def at(self) -> datetime:
        """When Stripe said it."""
        return instant(self.created)


def read_message(message: RailMessage) -> Told:
    """What a gate has read. Raises `ProviderRejected` for anything else."""
    return read(Told, message.payload)


def _read_header(header: str) -> tuple[int, list[str]]:
    """`t=...,v1=...,v1=...`: one time, and the signatures of the scheme that is still in use."""
    pairs = [part.strip().split("=", 1) for part in header.split(",")]
    times = [pair[1] for pair in pairs if len(pair) == 2 and pair[0] == "t"]
    given = [pair[1] for pair in pairs if len(pair) == 2 and pair[0] == "v1"]
    if len(times) != 1 or not 1 <= len(given) <= _SIGNATURES_AT_MOST:
        raise _refusal()
    (text,) = times
    if not (text.isascii() and text.isdigit() and len(text) <= _TIMESTAMP_DIGITS):
        raise _refusal()
    # `compare_digest` takes text of ASCII alone.
    if not all(each.isascii() for each in given):
        raise _refusal()
    return int(text), given


def _read_event(body: bytes) -> StripeEvent:
    try:
        sent = _Sent.model_validate_json(body)
    except ValidationError:
        raise _refusal() from None
    return StripeEvent(
        sent.id, sent.type, sent.created, sent.livemode, sent.account, sent.data.object
    )


def _is_about_people(event: StripeEvent) -> bool:
    return event.type.startswith(_ABOUT_PEOPLE)


def _names_alone(event: StripeEvent) -> bytes:
    """The same event with nothing of its object but the id: the rest is about a person, and is
    looked up where it is needed."""
    kept = {"id": event.object.get("id")}
    named = {"id": event.id, "type": event.type, "created": event.created}
    told = {**named, "livemode": event.livemode, "account": event.account, "data": {"object": kept}}
    return json.dumps(told, separators=(",", ":")).encode()


def _without_secrets(body: bytes) -> bytes:
    """The same event without what opens a payment to its payer alone: that is kept nowhere."""
    return json.dumps(json.loads(body, object_hook=_opens_nothing), separators=(",", ":")).encode()


def _opens_nothing(part: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in part.items() if name != "client_secret"}


def _refusal() -> WebhookRefused:
    return WebhookRefused("this is not a webhook that the card provider has signed just now")
