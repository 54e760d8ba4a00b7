"""Requests and responses of payments."""

from typing import Annotated

from pydantic import Field

from souk.core.addresses import ZERO_ADDRESS
from souk.core.web import MoneyOut, RequestModel, ResponseModel
from souk.modules.chain.domain import Level
from souk.modules.payments.domain import PaymentMethod, PaymentState, PayWay, PayWish, choose

_Address = Annotated[
    str, Field(max_length=64, examples=["0x70997970C51812dc3A010C7d01b50e0d17dc79C8"])
]


class PaymentCreate(RequestModel):
    """Which checkout is to be paid."""

    checkout_id: str = Field(max_length=64, examples=["chk_01h455vb4pex5vsknk084sn02q"])


class PaymentWish(RequestModel):
    """How to pay. Into escrow: the chain, the token (without one, the chain's own coin), the wallet
    that will sign, which the caller has proved, and in which way (without, by calls). Of crypto all
    of these may be left out: they are then chosen by what stands in the caller's wallets. By card:
    a saved one, or one that is entered at the provider."""

    method: PaymentMethod = Field(examples=["ESCROW"])
    chain_id: int | None = Field(None, ge=1, le=2**53, examples=[31337])
    token: _Address | None = None
    wallet: _Address | None = None
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


class PaymentProcess(PaymentWish):
    """Which payment to start an attempt on, and how to pay."""

    payment_id: str = Field(max_length=64, examples=["pay_01h455vb4pex5vsknk084sn02q"])


class PaymentConfirm(RequestModel):
    """The transaction that the wallet sent; nothing when the payer came back from the provider's
    page."""

    transaction_hash: str | None = Field(None, max_length=80, examples=["0x" + "ab" * 32])


class PaymentRefund(RequestModel):
    """Of which order how much is given back, a whole number of the smallest unit of the asset that
    it was paid in."""

    order_id: str = Field(max_length=64, examples=["ord_01h455vb4pex5vsknk084sn02q"])
    amount: str = Field(max_length=78, pattern="^[1-9][0-9]*$", examples=["500"])


class PaymentOpened(ResponseModel):
    """A payment that can be started."""

    id: str = Field(examples=["pay_01h455vb4pex5vsknk084sn02q"])
    checkout_id: str


class PaymentStateOut(ResponseModel):
    """Where a payment stands."""

    id: str
    status: PaymentState


class PaymentCallOut(ResponseModel):
    """A transaction to sign: calldata as 0x-hex, the value in the native coin's smallest unit."""

    chain_id: int
    to: str
    data: str
    value: str = Field(examples=["0"])
    says: str = Field(examples=["Pay 12.990000 tUSD into escrow for 1 order"])


class OutcomeOut(ResponseModel):
    """What has to happen next: nothing (`executed`), wait (`pending`), sign the calls in order,
    with the wallet `by`, not after `until` (`needs_signature`), or go on at the provider's fields
    in a browser (`needs_browser`). `client_secret` is empty in a repeated answer: read it anew at
    `GET /api/payments/{id}/action`."""

    type: str = Field(examples=["needs_signature"])
    reference: str | None = None
    provider: str | None = None
    client_secret: str | None = None
    publishable_key: str | None = None
    by: str | None = None
    calls: list[PaymentCallOut] = Field(default_factory=list)
    typed_data: dict[str, object] | None = None
    until: str | None = Field(None, examples=["2026-03-01T12:10:00.000Z"])


class WithdrawIn(RequestModel):
    """Which credit to fetch, of one of the caller's wallets, and the address that gets it: where
    the wallet itself could not be paid, another one."""

    chain_id: int = Field(ge=1, le=2**53, examples=[31337])
    token: _Address = ZERO_ADDRESS
    wallet: _Address
    to: _Address


class CreditOut(ResponseModel):
    """Money that waits in the contract for a wallet; `token` is the zero address for the coin."""

    wallet: str
    token: str
    amount: MoneyOut


class CreditsOut(ResponseModel):
    """All that waits for the caller's wallets on one chain."""

    data: list[CreditOut]


class StartedLegOut(ResponseModel):
    """One order's part of an attempt. `ref` is the sha2-256 of its terms document."""

    id: str
    order_id: str
    escrow_id: str | None = None
    contract: str | None = None
    amount: MoneyOut
    ref: str


class StartedOut(ResponseModel):
    """An attempt and what its payer has to do."""

    payment_id: str
    checkout_id: str
    attempt_id: str
    status: str = Field(examples=["awaiting_payer"])
    method: PaymentMethod
    chain_id: int | None = None
    wallet: str | None = None
    saved_method: str | None = None
    total: MoneyOut
    pay_by: str = Field(examples=["2026-03-01T12:10:00.000Z"])
    quote_expires_at: str
    legs: list[StartedLegOut]
    action: OutcomeOut
    route: dict[str, object] = Field(
        description="Why this way: what it costs, its rank, and the alternatives that were weighed."
    )


class PaymentLegOut(ResponseModel):
    """The money of one order in one attempt."""

    id: str
    order_id: str
    status: str = Field(examples=["held"])
    escrow_id: str | None
    contract: str | None
    ref: str
    finality: Level | None = Field(
        description="How settled its payment has to be to count; `null` where no chain holds it."
    )
    amount: MoneyOut
    held: MoneyOut
    released: MoneyOut
    refunded: MoneyOut
    reimbursed: MoneyOut
    charged_back: MoneyOut
    deadline: str | None
    duplicate: bool


class PaymentStepOut(ResponseModel):
    """One change of an attempt."""

    from_status: str | None
    to_status: str
    reason: str
    observed_at: str


class RateOut(ResponseModel):
    """Dollars for one whole unit: `amount / 10 ** exponent`, and where that is from."""

    amount: str
    exponent: int
    source: str
    spread_bps: int


class PaymentAttemptOut(ResponseModel):
    """One try to pay."""

    id: str
    number: int
    method: PaymentMethod
    status: str = Field(examples=["confirming"])
    chain_id: int | None
    token: str | None
    wallet: str | None
    provider_reference: str | None
    total: MoneyOut
    rate: RateOut
    pay_by: str
    transaction_hash: str | None
    failure_reason: str | None
    route: dict[str, object]
    created_at: str
    legs: list[PaymentLegOut]
    history: list[PaymentStepOut]


class PaymentRefundDueOut(ResponseModel):
    """Money that arrived and is owed back."""

    leg_id: str
    order_id: str
    reason: str = Field(examples=["duplicate_payment"])
    status: str = Field(examples=["awaiting_seller"])
    amount: MoneyOut


class PaymentOut(ResponseModel):
    """A payment with all its attempts."""

    id: str
    checkout_id: str
    buyer_id: str
    status: PaymentState
    total: MoneyOut
    reason: str | None = Field(description="Why it was given up, if it was.")
    created_at: str
    updated_at: str
    completed_at: str | None
    attempts: list[PaymentAttemptOut]
    refunds_due: list[PaymentRefundDueOut]


class PaymentRowOut(ResponseModel):
    """A payment in a list."""

    id: str
    checkout_id: str
    buyer_id: str
    status: PaymentState
    total: MoneyOut
    created_at: str
    completed_at: str | None


class PaymentPage(ResponseModel):
    """Payments, newest first."""

    data: list[PaymentRowOut]
    next_cursor: str | None


class AssetOut(ResponseModel):
    """Something to pay with. `price` is `par` for dollars, `feed` for a quoted coin. `ways` are
    those in which a wallet may let the escrow have it; `null` while the chain does not answer."""

    token: str | None
    asset: str
    symbol: str
    exponent: int
    price: str
    ways: list[PayWay] | None = None


class FinalityStepOut(ResponseModel):
    """From `since` on a payment counts at this level, until the next one's: so many blocks deep
    (`confirmed`), or as the chain's own word has it. All that one attempt pays is one amount."""

    level: Level
    since: MoneyOut
    seconds_to_finality: int


class MethodOut(ResponseModel):
    """A way to pay. `seconds_to_finality` is of the smallest amounts."""

    method: PaymentMethod
    provider: str | None = None
    chain_id: int | None = None
    chain: str | None = None
    escrow: str | None = None
    quote_seconds: int
    seconds_to_finality: int
    finality: list[FinalityStepOut] | None = None
    assets: list[AssetOut]


class PayeeOut(ResponseModel):
    """A store's account at the card provider: whether it can be paid to, and where its owner goes
    on to complete it."""

    ready: bool
    onboarding_url: str | None


class PayeeStateOut(ResponseModel):
    """Whether a store can be paid by card."""

    ready: bool


class SavedMethodOut(ResponseModel):
    """A card or bank account that the provider keeps for the caller."""

    reference: str = Field(examples=["pm_1NvPc2LkdIwHu7ixQJkJ"])
    kind: str = Field(examples=["card"])
    brand: str = Field(examples=["visa"])
    last4: str = Field(examples=["4242"])
    expires: str | None = Field(examples=["2030-12"])


class SavedMethodsOut(ResponseModel):
    """All that is kept for the caller."""

    data: list[SavedMethodOut]


class MethodsOut(ResponseModel):
    """Every way to pay here."""

    data: list[MethodOut]
