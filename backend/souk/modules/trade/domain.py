"""Rules of trade that need neither database nor provider."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from souk.modules.orders.domain import OrderStatus
from souk.modules.payments.domain import Outcome
from souk.modules.trade.errors import NoEscrowReceipt, ReceiptNotYet, TimelineLinkInvalid

_SIGNATURE_CHARACTERS = 32
_BRIEF = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of a request to move an order: its status now, and what the rail needs before
    the rest follows (`None` when nothing does)."""

    order_id: str
    status: OrderStatus
    outcome: Outcome | None


@dataclass(frozen=True, slots=True)
class OrderPages:
    """What order pages need besides the database: how many confirmations a payment needs, by
    chain id."""

    confirmations: Mapping[int, int]


def require_receipt(found: Mapping[str, Any] | None) -> None:
    """Raises `NoEscrowReceipt` where nothing was paid into escrow, and `ReceiptNotYet` until the
    payment is proved."""
    if found is None:
        raise NoEscrowReceipt("no payment into escrow counts for this order")
    if not any(proof["fact"] == "paid" for proof in found["proofs"]):
        raise ReceiptNotYet("the payment counts, and its proof is being made: ask again shortly")


class TimelineLinks:
    """Read-only keys to one order's timeline, for a browser that cannot send a bearer token.

    A key is `<expiry in Unix seconds>.<HMAC-SHA256 cut to 128 bits>`. It opens the page and the
    event stream of that order and nothing else.
    """

    def __init__(self, secret: bytes, *, days: int = 7) -> None:
        self._secret = secret
        self._lifetime = timedelta(days=days)

    def key(self, order_id: str, now: datetime, *, brief: bool = False) -> str:
        """A key that opens this order's timeline from now on. It is the same all day, so that a
        page which holds it stays the same as long as the order does; a `brief` one all hour, for
        an hour more: who it is for may be sent away before."""
        hour = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        day = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        end = hour + _BRIEF if brief else day + self._lifetime
        expires = int(end.timestamp())
        return f"{expires}.{self._sign(order_id, expires)}"

    def require(self, order_id: str, key: str, now: datetime) -> datetime:
        """When `key` ends. Raises `TimelineLinkInvalid` unless it was made for this order and is
        not over."""
        expires, _, signature = key.partition(".")
        if not (expires.isascii() and expires.isdigit() and len(expires) <= 12):
            raise TimelineLinkInvalid("this link is damaged; ask for it again")
        right = self._sign(order_id, int(expires))
        if not hmac.compare_digest(right.encode(), signature.encode("utf-8", "replace")):
            raise TimelineLinkInvalid("this link is damaged; ask for it again")
        ends_at = datetime.fromtimestamp(int(expires), UTC)
        if ends_at < now:
            raise TimelineLinkInvalid("this link has ended; ask for a new one")
        return ends_at

    def _sign(self, order_id: str, expires: int) -> str:
        message = f"timeline\0{order_id}\0{expires}".encode()
        digest = hmac.new(self._secret, message, hashlib.sha256).hexdigest()
        return digest[:_SIGNATURE_CHARACTERS]
