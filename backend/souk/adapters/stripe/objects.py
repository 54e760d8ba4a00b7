"""What we read of Stripe's objects, checked: https://docs.stripe.com/api.

The object of a webhook and one that was fetched are the same JSON, and are read alike.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from souk.core.errors import ProviderRejected

DOLLARS = "usd"

Word = Annotated[str, Field(min_length=1, max_length=255)]
Cents = Annotated[int, Field(ge=0)]
Seconds = Annotated[int, Field(ge=0, le=253_402_300_799)]
"""Unix seconds up to the end of the calendar."""

Metadata = dict[str, str]


class Read(BaseModel):
    """A part of an object; what is not declared is left out."""

    model_config = ConfigDict(strict=True, frozen=True)


class _Dated(Read):
    id: Word
    created: Seconds

    @property
    def at(self) -> datetime:
        """When it was made."""
        return instant(self.created)


class Booked(Read):
    """A movement of our balance at Stripe; `amount` is negative when it went out."""

    id: Word
    amount: int
    created: Seconds


class _Kind(Read):
    type: str


class _Outcome(Read):
    reason: str | None = None


class Charge(_Dated):
    """One try to take an attempt's money."""

    status: str
    amount: Cents
    amount_refunded: Cents = 0
    currency: Word
    metadata: Metadata | None = None
    payment_intent: Word | None = None
    payment_method_details: _Kind | None = None
    balance_transaction: str | Booked | None = None
    failure_code: str | None = None
    outcome: _Outcome | None = None

    @property
    def paid_at(self) -> datetime:
        """When its money was booked; when it was made, as long as that is not told."""
        booked = self.balance_transaction
        return instant(booked.created) if isinstance(booked, Booked) else self.at


class _Method(Read):
    id: Word
    type: str | None = None


class PaymentError(Read):
    """Why the last try came to nothing."""

    code: str | None = None
    decline_code: str | None = None
    charge: str | None = None
    payment_method: _Method | None = None


class Intent(_Dated):
    """An attempt, as Stripe knows it. `client_secret` is shown to nobody but its payer."""

    status: str
    amount: Cents
    currency: Word
    amount_received: Cents | None = None
    client_secret: str | None = Field(default=None, repr=False)
    metadata: Metadata | None = None
    latest_charge: str | Charge | None = None
    last_payment_error: PaymentError | None = None
    processing: _Kind | None = None
    canceled_at: Seconds | None = None


class Refund(_Dated):
    """Money on its way back to the payer."""

    status: str | None = None
    amount: Cents
    currency: Word
    charge: str | None = None
    payment_intent: str | None = None
    metadata: Metadata | None = None


class Reversal(_Dated):
    """Money that a connected account gave back."""

    amount: Cents
    currency: Word
    metadata: Metadata | None = None


class _Reversals(Read):
    data: list[Reversal]
    has_more: bool = False


class Transfer(_Dated):
    """Money handed on to a connected account."""

    amount: Cents
    amount_reversed: Cents
    currency: Word
    source_transaction: str | None = None
    metadata: Metadata | None = None
    reversals: _Reversals = _Reversals(data=[])

    @property
    def left(self) -> int:
        """What has not come back of it."""
        return self.amount - self.amount_reversed


class Dispute(_Dated):
    """The payer's bank asks for the money back."""

    status: str
    amount: Cents
    currency: Word
    charge: Word
    payment_intent: str | None = None
    balance_transactions: list[Booked]


class Movement(_Dated):
    """A movement of our own balance: `net` is what it changed, after the `fee` that Stripe took."""

    net: int
    fee: int
    currency: Word


class _EventData(Read):
    object: dict[str, JsonValue]


class Event(_Dated):
    """What a webhook tells, as it can be asked for afterwards."""

    type: Word
    account: Word | None = None
    data: _EventData


class _Capabilities(Read):
    transfers: str | None = None


class _Requirements(Read):
    currently_due: list[str] | None = None


class Account(Read):
    """A connected account: a seller's."""

    id: Word
    capabilities: _Capabilities | None = None
    requirements: _Requirements | None = None

    @property
    def ready(self) -> bool:
        """Whether money can be handed on to it."""
        return self.capabilities is not None and self.capabilities.transfers == "active"

    @property
    def is_complete(self) -> bool:
        """Whether Stripe asks its owner for nothing more."""
        return self.requirements is not None and not self.requirements.currently_due


class _CheckError(Read):
    code: str | None = None


class Session(Read):
    """A check of somebody's identity, without what it found out about them."""

    id: Word
    status: str
    metadata: Metadata | None = None
    last_error: _CheckError | None = None
    url: str | None = None


T = TypeVar("T", bound=Read)


def read(kind: type[T], raw: Mapping[str, object]) -> T:
    """An object of that kind. Raises `ProviderRejected` for what cannot be one: nobody guesses
    about money."""
    try:
        return kind.model_validate(raw)
    except ValidationError:
        raise ProviderRejected(
            "the card provider said something that is not understood here",
            context={"provider_code": f"unreadable_{kind.__name__.lower()}"},
        ) from None


def instant(timestamp: int) -> datetime:
    """Unix seconds as an instant."""
    return datetime.fromtimestamp(timestamp, UTC)
