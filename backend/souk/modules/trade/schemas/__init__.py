"""Requests and answers of trade."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, ConfigDict, Field

from souk.core.addresses import ZERO_ADDRESS
from souk.core.clock import rfc3339
from souk.core.web import MoneyOut, RequestModel, ResponseModel
from souk.modules.orders.domain import MAX_LINES, MAX_QUANTITY, OrderRecord, Tracking
from souk.modules.payments.domain import PaymentMethod, PayWay, PayWish, choose, outcome_json
from souk.modules.trade.domain import Moved
from souk.modules.trade.schemas.finality import ConfirmationsOut, FinalityOut
from souk.modules.trade.service import Placed

_LISTING = "prd_01h455vb4pex5vsknk084sn02q"
ListingId = Annotated[str, Field(examples=[_LISTING], max_length=64)]


class ItemIn(RequestModel):
    """One listing and how many of it."""

    listing_id: ListingId
    quantity: int = Field(ge=1, le=MAX_QUANTITY, examples=[1])


class PayIn(RequestModel):
    """How to pay. Into escrow: the chain, the token (without one, the chain's own coin), the wallet
    that will sign, and in which way (without, by calls). Of crypto all of these may be left out:
    they are then chosen by what stands in the buyer's wallets. By card: a saved one, or one that is
    entered at the provider."""

    method: PaymentMethod = Field(examples=["ESCROW"])
    chain_id: int | None = Field(None, ge=1, le=2**53, examples=[31337])
    token: str | None = Field(None, max_length=64, examples=[ZERO_ADDRESS])
    wallet: str | None = Field(
        None, max_length=64, examples=["0x70997970C51812dc3A010C7d01b50e0d17dc79C8"]
    )
    way: PayWay | None = None
    saved_method: str | None = Field(None, max_length=255, examples=["pm_1NvPc2LkdIwHu7ixQJkJ"])
    anyway: bool = Field(
        False,
        description="Pay by card though calls that were handed out before could still be signed;"
        " should both be paid, the card is returned.",
    )

    def choice(self) -> PayWish:
        """The same, looked through. Raises `ChoiceIncomplete`, `MalformedAddress`."""
        return choose(
            self.method,
            chain_id=self.chain_id,
            token=self.token,
            wallet=self.wallet,
            way=self.way,
            saved_method=self.saved_method,
            anyway=self.anyway,
        )


class PlaceIn(RequestModel):
    """Exactly one of `items`, `cart_id` and `payment_id`; `pay` also starts the first attempt."""

    items: list[ItemIn] | None = Field(
        None, max_length=MAX_LINES, examples=[[{"listing_id": _LISTING, "quantity": 1}]]
    )
    cart_id: str | None = Field(None, max_length=64, examples=["crt_01h455vb4pex5vsknk084sn02q"])
    payment_id: str | None = Field(None, max_length=64, examples=["pay_01h455vb4pex5vsknk084sn02q"])
    pay: PayIn | None = None


class TrackingIn(RequestModel):
    """Where the parcel can be followed."""

    carrier: str = Field(min_length=1, max_length=80, examples=["Posta"])
    code: str = Field(min_length=1, max_length=100, examples=["RR123456785TR"])
    url: str | None = Field(None, max_length=2048)
    status: str = Field("handed to the carrier", min_length=1, max_length=200)
    occurred_at: AwareDatetime | None = None

    def tracking(self, now: datetime) -> Tracking:
        """The same as the orders module knows it."""
        return Tracking(
            carrier=self.carrier,
            code=self.code,
            url=self.url,
            status=self.status,
            occurred_at=self.occurred_at or now,
        )


class StatusIn(RequestModel):
    """The status that is asked for. What money decides follows once the rail says so."""

    status: Literal["processing", "shipped", "delivered", "completed", "cancelled"]
    tracking: TrackingIn | None = None
    reason: str = Field("", max_length=500)


class CallOut(ResponseModel):
    """A transaction for a wallet to sign and send."""

    chain_id: int
    to: str
    data: str
    value: str
    says: str


class ActionOut(ResponseModel):
    """What the rail answered: `executed`, `pending`, `needs_signature` with the calls to sign in
    their order, by whom, and until when, or `needs_browser` with what opens the provider's fields,
    of which a repeated answer lacks the secret (`GET /api/payments/{id}/action`)."""

    type: Literal["executed", "pending", "needs_signature", "needs_browser"]
    reference: str | None = None
    provider: str | None = None
    client_secret: str | None = None
    publishable_key: str | None = None
    by: str | None = None
    until: str | None = None
    calls: tuple[CallOut, ...] = ()
    typed_data: dict[str, object] | None = None


class PlacedOrderOut(ResponseModel):
    """One order of a placed checkout."""

    id: str
    seller_id: str
    status: str
    total: MoneyOut


class PaymentStartedOut(ResponseModel):
    """The attempt that was started along with the order; `route` says why it takes its way."""

    payment_id: str
    attempt_id: str
    action: ActionOut
    route: dict[str, object]


class PlacedOut(ResponseModel):
    """A placed checkout."""

    checkout_id: str
    expires_at: str
    total: MoneyOut
    orders: list[PlacedOrderOut]
    payment: PaymentStartedOut | None


class MovedOut(ResponseModel):
    """An order's status after a request, and what has to happen for the rest to follow."""

    id: str
    status: str
    action: ActionOut | None


class SellerRef(ResponseModel):
    """The store that an order is with."""

    id: str
    handle: str
    name: str


class LineImageOut(ResponseModel):
    """A picture of what was bought."""

    ipfs_hash: str
    alt_text: str
    url: str = Field(description="Where to fetch it from in its full size.")


class LineOut(ResponseModel):
    """One line as it was when the order was placed."""

    listing_id: str
    title: str
    quantity: int
    kind: str
    unit_price: MoneyOut
    total: MoneyOut
    images: list[LineImageOut] = Field(
        description="What the listing showed when it was bought; nothing when it ended unpaid."
    )


class StepOut(ResponseModel):
    """One step of the order's history; `from` is `null` for the first."""

    model_config = ConfigDict(populate_by_name=True)

    sequence: int
    source: str | None = Field(alias="from")
    to: str
    actor: str
    reason: str
    evidence: dict[str, str | int | None]
    occurred_at: str
    observed_at: str


class TrackingOut(ResponseModel):
    """What a carrier said."""

    carrier: str
    code: str
    url: str | None
    status: str
    occurred_at: str


class HoldOut(ResponseModel):
    """Why nothing irreversible may happen for now."""

    kind: str
    reference: str
    opened_at: str


class LegOut(ResponseModel):
    """This order's part of an attempt, as its rail knows it."""

    id: str
    status: str
    escrow_id: str | None
    contract: str | None
    ref: str
    amount: MoneyOut
    deadline: str | None
    duplicate: bool


class AttemptOut(ResponseModel):
    """One try to pay."""

    id: str
    payment_id: str
    method: str
    status: str
    chain_id: int | None
    symbol: str
    total: MoneyOut
    pay_by: str
    transaction_hash: str | None
    failure_reason: str | None
    created_at: str
    leg: LegOut
    confirmations: ConfirmationsOut | None
    finality: FinalityOut | None = Field(description="`null` where no chain is involved.")


class OrderMoneyOut(ResponseModel):
    """Where the money of one leg is: `held` is all that came in, `pending` is not final yet."""

    leg_id: str
    symbol: str
    pending: MoneyOut
    held: MoneyOut
    released: MoneyOut
    refunded: MoneyOut
    reimbursed: MoneyOut
    charged_back: MoneyOut
    fee: MoneyOut


class RefundDueOut(ResponseModel):
    """Money that came too late or twice, and is owed back."""

    leg_id: str
    reason: str
    status: str
    amount: MoneyOut


class OrderOut(ResponseModel):
    """An order, whole."""

    id: str = Field(examples=["ord_01h455vb4pex5vsknk084sn02q"])
    checkout_id: str
    status: str = Field(examples=["paid"])
    payment_status: str = Field(examples=["held"])
    buyer_id: str
    seller: SellerRef
    total: MoneyOut
    kind: str
    handling_days: int | None
    transit_days: int | None
    created_at: str
    expires_at: str
    lines: list[LineOut]
    history: list[StepOut]
    tracking: list[TrackingOut]
    holds: list[HoldOut]
    attempts: list[AttemptOut]
    money: list[OrderMoneyOut]
    refunds_due: list[RefundDueOut]


class PartyOrderOut(OrderOut):
    """An order as its parties see it."""

    timeline_key: str = Field(description="Opens `/orders/{id}?key=` for whoever holds it.")


class OrderRowLine(ResponseModel):
    """A line in a list of orders."""

    listing_id: str
    title: str
    quantity: int


class OrderRow(ResponseModel):
    """One order in a list."""

    id: str
    checkout_id: str
    status: str
    payment_status: str
    total: MoneyOut
    created_at: str
    lines: list[OrderRowLine]


class OrdersOut(ResponseModel):
    """A page of orders, newest first."""

    data: list[OrderRow]
    next_cursor: str | None


class TermsOut(ResponseModel):
    """The clear terms of one leg; `ref` is the SHA-256 of `document`'s bytes."""

    leg_id: str
    ref: str
    document: str


class TermsListOut(ResponseModel):
    """The terms of every attempt to pay an order."""

    data: list[TermsOut]


def _order_out(order: OrderRecord) -> PlacedOrderOut:
    return PlacedOrderOut(
        id=order.id,
        seller_id=order.seller_id,
        status=order.status,
        total=MoneyOut.model_validate(order.total.to_json()),
    )


def render_placed(result: object) -> Mapping[str, object]:
    """A `Placed` as JSON-ready values."""
    if not isinstance(result, Placed):
        raise TypeError("only a placed checkout is rendered here")
    started = result.started
    payment = None
    if started is not None:
        payment = PaymentStartedOut(
            payment_id=started.payment_id,
            attempt_id=started.attempt_id,
            action=ActionOut.model_validate(outcome_json(started.needs)),
            route=dict(started.attempt.route),
        )
    placed = PlacedOut(
        checkout_id=result.checkout.checkout_id,
        expires_at=rfc3339(result.checkout.expires_at),
        total=MoneyOut.model_validate(result.checkout.total.to_json()),
        orders=[_order_out(order) for order in result.checkout.orders],
        payment=payment,
    )
    return placed.model_dump(mode="json")


def render_moved(result: object) -> Mapping[str, object]:
    """A `Moved` as JSON-ready values."""
    if not isinstance(result, Moved):
        raise TypeError("only a moved order is rendered here")
    action = None
    if result.outcome is not None:
        action = ActionOut.model_validate(outcome_json(result.outcome))
    moved = MovedOut(id=result.order_id, status=result.status, action=action)
    return moved.model_dump(mode="json")
