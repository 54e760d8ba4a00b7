"""The terms of an order in escrow, and the document that states them in full.

The document's sha2-256 is `ref`, the last field of `Order`, so that a `Paid` log leads to the
document and the document to every other field. It is canonical JSON (RFC 8785; all values are
strings, which makes the canonical form the plain one), names no person and no postal address,
and carries a random salt, so that nobody can guess it from its hash.
"""

import hashlib
import json
from dataclasses import dataclass, replace

from souk.core.addresses import Address
from souk.core.money import Money
from souk.modules.media.domain import Cid

_DAY = 86_400
_BPS = 10_000
MARGIN_DAYS = 7
"""Added to handling and to transit."""
DIGITAL_WINDOW_SECONDS = 3 * _DAY
RETURN_POLICY = (
    "Buyer and seller may agree on a return until the window ends. The seller may refund at any"
    " time; when the seller has not fulfilled by fulfilBy, anyone may have the buyer refunded."
)
ZERO_REF = "0x" + "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class EscrowOrder:
    """The twelve fields of the contract's `Order`, in its order. Times are unix seconds by block
    time; `fulfil_by` 0 means that nothing is to be fulfilled; `token` is the zero address for
    the native coin; `ref` is 0x-hex."""

    buyer: Address
    seller: Address
    token: Address
    amount: int
    arbiter: Address
    fee_to: Address
    fee_bps: int
    silent_bps: int
    pay_by: int
    fulfil_by: int
    window: int
    ref: str = ZERO_REF


@dataclass(frozen=True, slots=True, kw_only=True)
class CardTerms:
    """What is agreed about money that we hold at a card provider; times are unix seconds of wall
    time, otherwise as in `EscrowOrder`. `payee` is the seller's account at the provider."""

    payee: str
    amount: int
    fee_bps: int
    pay_by: int
    fulfil_by: int
    window: int
    ref: str = ZERO_REF


@dataclass(frozen=True, slots=True, kw_only=True)
class TermsLine:
    """One line of an order as it was sold."""

    listing_id: str
    title: str
    kind: str
    quantity: int
    unit_price: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTerms:
    """What the document says of the order itself. Days are `None` for digital goods."""

    order_id: str
    checkout_id: str
    seller_id: str
    total: Money
    lines: tuple[TermsLine, ...]
    digital: bool
    handling_days: int | None
    transit_days: int | None


@dataclass(frozen=True, slots=True)
class TermsDocument:
    """Canonical JSON and its sha2-256 as 0x-hex."""

    ref: str
    body: str


@dataclass(frozen=True, slots=True)
class StoredTerms:
    """A document as it is kept, and what its sealed copy is called, once there is one."""

    id: str
    leg_id: str
    ref: str
    body: str
    sealed_cid: Cid | None


def clocks(terms: OrderTerms, *, pay_by: int) -> tuple[int, int]:
    """`fulfilBy` and `window` that follow from the seller's promise."""
    if terms.digital:
        return 0, DIGITAL_WINDOW_SECONDS
    handling, transit = terms.handling_days or 0, terms.transit_days or 0
    return pay_by + (handling + MARGIN_DAYS) * _DAY, (transit + MARGIN_DAYS) * _DAY


def fee_of(amount: int, *, released_before: int, fee_bps: int) -> int:
    """The platform's part of `amount` when so much was released before: whatever the number of
    parts, the fees sum to that of the whole, rounded down (as the contract does it)."""
    whole = (released_before + amount) * fee_bps // _BPS
    return whole - released_before * fee_bps // _BPS


def state_terms(
    terms: OrderTerms, order: EscrowOrder, *, chain_id: int, contract: Address, salt: str
) -> tuple[EscrowOrder, TermsDocument]:
    """Write the document for `order` and return it with the order that carries its `ref`."""
    escrow: dict[str, object] = {
        "chain_id": str(chain_id),
        "contract": contract,
        "order": escrow_fields(order),
    }
    document = _state(terms, salt, {"escrow": escrow})
    return replace(order, ref=document.ref), document


def state_card_terms(
    terms: OrderTerms, card: CardTerms, *, provider: str, salt: str
) -> tuple[CardTerms, TermsDocument]:
    """The same for money that is held at a card provider."""
    held: dict[str, object] = {
        "provider": provider,
        "payee": card.payee,
        "amount": str(card.amount),
        "feeBps": str(card.fee_bps),
        "payBy": str(card.pay_by),
        "fulfilBy": str(card.fulfil_by),
        "window": str(card.window),
    }
    document = _state(terms, salt, {"card": held})
    return replace(card, ref=document.ref), document


def _state(terms: OrderTerms, salt: str, held: dict[str, object]) -> TermsDocument:
    return seal(
        {
            "document": "souk terms 1",
            "order_id": terms.order_id,
            "checkout_id": terms.checkout_id,
            "seller_id": terms.seller_id,
            "total": _money(terms.total),
            "lines": [_line(line) for line in terms.lines],
            "shipping_promise": _promise(terms),
            "return_policy": RETURN_POLICY,
            "salt": salt,
            **held,
        }
    )


def seal(content: dict[str, object]) -> TermsDocument:
    """The canonical text of string-valued content, and its hash."""
    body = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return TermsDocument("0x" + hashlib.sha256(body.encode()).hexdigest(), body)


def escrow_fields(order: EscrowOrder) -> dict[str, str]:
    """Every field of `Order` except `ref`, under the contract's names, as strings."""
    return {
        "buyer": order.buyer,
        "seller": order.seller,
        "token": order.token,
        "amount": str(order.amount),
        "arbiter": order.arbiter,
        "feeTo": order.fee_to,
        "feeBps": str(order.fee_bps),
        "silentBps": str(order.silent_bps),
        "payBy": str(order.pay_by),
        "fulfilBy": str(order.fulfil_by),
        "window": str(order.window),
    }


def _money(money: Money) -> dict[str, str]:
    return {
        "amount": str(money.amount),
        "currency": money.asset.code,
        "exponent": str(money.asset.exponent),
    }


def _line(line: TermsLine) -> dict[str, object]:
    return {
        "listing_id": line.listing_id,
        "title": line.title,
        "kind": line.kind,
        "quantity": str(line.quantity),
        "unit_price": _money(line.unit_price),
        "images": [],
    }


def _promise(terms: OrderTerms) -> dict[str, str]:
    if terms.digital:
        return {"delivery": "download"}
    return {
        "delivery": "parcel",
        "handling_days": str(terms.handling_days or 0),
        "transit_days": str(terms.transit_days or 0),
    }
