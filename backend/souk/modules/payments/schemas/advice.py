"""Requests and responses about ways to pay that nobody has chosen yet."""

from pydantic import Field, model_validator

from souk.core.web import MoneyOut, RequestModel, ResponseModel
from souk.modules.payments.domain import PaymentMethod, PayWay
from souk.modules.payments.schemas import PaymentWish, RateOut


class PaymentValidate(PaymentWish):
    """How the caller thinks of paying, and what: a payment, or a checkout for which none was opened
    yet."""

    payment_id: str | None = Field(None, max_length=64, examples=["pay_01h455vb4pex5vsknk084sn02q"])
    checkout_id: str | None = Field(
        None, max_length=64, examples=["chk_01h455vb4pex5vsknk084sn02q"]
    )

    @model_validator(mode="after")
    def _names_one(self) -> "PaymentValidate":
        if (self.payment_id is None) == (self.checkout_id is None):
            raise ValueError("name exactly one of payment_id and checkout_id")
        return self


class PaymentSignature(RequestModel):
    """What the payer's wallet answered to `typed_data`, as 0x-hex; with `relay` the platform sends
    the payment."""

    signature: str = Field(min_length=4, max_length=8_194, examples=["0x" + "1b" * 65])
    relay: bool = False


class ReasonOut(ResponseModel):
    """Why a way is not possible: a stable word, and a sentence."""

    code: str = Field(examples=["balance"])
    says: str = Field(examples=["the wallet needs 3.2 tUSD more"])


class LackOut(ReasonOut):
    """What the wallet lacks, and how much of it. An `allowance` is signed on the way, all else has
    to be brought first."""

    amount: MoneyOut


class CostOut(ResponseModel):
    """What a purchase costs the buyer, in dollars: the price, the spread on a coin's rate, and what
    the network will most likely take, `null` and not in the total where that is not known.
    `platform` is what it costs the platform, which nobody is charged for."""

    total: MoneyOut
    fee: MoneyOut
    spread: MoneyOut
    gas: MoneyOut | None
    platform: MoneyOut


class WayOut(ResponseModel):
    """A way to pay. One that is not `checked` is possible as far as anybody knows: nobody has
    looked at the wallet. With `relayed` the platform sends what was signed, and pays the network
    for it; with `anyway` an earlier attempt could still be paid as well."""

    method: PaymentMethod
    chain_id: int | None
    chain: str | None
    token: str | None
    wallet: str | None
    way: PayWay | None
    ways: list[PayWay]
    symbol: str
    price: MoneyOut | None
    cost: CostOut
    seconds_to_settle: int
    possible: bool
    checked: bool
    relayed: bool
    anyway: bool
    missing: list[LackOut]
    reasons: list[ReasonOut]
    rank: int
    why: str = Field(examples=["ranks first: costs 50.45 USD in all, settles in 24 s"])


class AlternativesOut(ResponseModel):
    """Every other way, the best first; what does not work comes last."""

    payment_id: str
    total: MoneyOut
    data: list[WayOut]


class QuoteOut(ResponseModel):
    """What an attempt would lock now, for `quote_seconds`."""

    method: PaymentMethod
    chain_id: int | None
    wallet: str | None
    token: str | None
    way: PayWay | None
    relayed: bool
    total: MoneyOut
    rate: RateOut
    cost: CostOut
    quote_seconds: int
    seconds_to_settle: int


class ValidatedOut(ResponseModel):
    """Whether an attempt could be paid so now. `missing` is what the wallet lacks, of which only an
    allowance does no harm; `alternatives` are given where the answer is no."""

    valid: bool
    reasons: list[ReasonOut]
    missing: list[LackOut]
    quote: QuoteOut | None
    alternatives: list[WayOut]
