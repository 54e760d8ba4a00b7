"""What a wallet has, what paying takes of it, and what is missing, in numbers and words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from souk.core.addresses import ZERO_ADDRESS, Address
from souk.core.money import Asset, Money
from souk.modules.payments.domain.settlements import PayWay

_DIGITS_SHOWN = 2


class WalletKind(StrEnum):
    """What stands at a wallet's address. `key`: nothing, its key signs. `delegated`: code that its
    key has delegated to (EIP-7702); the key still signs and pays gas. `contract`: code without a
    key, which is paid for by whoever sends for it."""

    KEY = "key"
    DELEGATED = "delegated"
    CONTRACT = "contract"

    @property
    def has_key(self) -> bool:
        """Whether an account's own signature is worth anything."""
        return self is not WalletKind.CONTRACT


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenFunds:
    """What a wallet has of a token, and what each spender may take of it; `None` where the token
    does not say so in the form that it has to."""

    balance: int | None
    allowances: Mapping[Address, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class GasFees:
    """Of the next block, in wei a gas."""

    base_fee: int
    tip: int

    @property
    def max_fee(self) -> int:
        """What to offer: it is taken also after six full blocks in a row, each of which raises the
        base fee by an eighth."""
        return 2 * self.base_fee + self.tip

    @property
    def expected(self) -> int:
        """What it will most likely be: the price to tell, not the one to offer."""
        return self.base_fee + self.tip


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockRead:
    """The block as of which something was read."""

    number: int
    hash: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletFunds:
    """Everything that decides whether a wallet can pay, as of one block. `coin` is its balance of
    the native coin, `delegate` the code that it has delegated to."""

    chain_id: int
    wallet: Address
    kind: WalletKind
    delegate: Address | None
    coin: int
    tokens: Mapping[Address, TokenFunds]
    fees: GasFees
    block: BlockRead


@dataclass(frozen=True, slots=True, kw_only=True)
class GasToPay:
    """The most gas that the transactions of a payment take: `pay` for the payment itself,
    `approve` for each call of a token before it."""

    pay: int
    approve: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """One way to pay a cart. `token` is the zero address for the native coin, `coin`, in which the
    gas is paid; `spender` has to be allowed to take the price, `None` where nobody has to."""

    way: PayWay
    price: Money
    token: Address
    spender: Address | None
    gas: GasToPay
    coin: Asset


class LackKind(StrEnum):
    """What is missing. An allowance is a step that the payer takes first, all else has to be
    brought or chosen otherwise."""

    BALANCE = "balance"
    ALLOWANCE = "allowance"
    GAS = "gas"
    SIGNATURE = "signature"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """One thing that a wallet lacks: how much of what, and a sentence for its owner, which goes on
    after "the wallet"."""

    kind: LackKind
    amount: Money
    says: str

    @property
    def blocks(self) -> bool:
        """Whether it cannot pay before somebody does something else than signing."""
        return self.kind is not LackKind.ALLOWANCE


def lacks(funds: WalletFunds, bill: Bill) -> tuple[Lack, ...]:
    """What a wallet needs before it can pay a bill; nothing when it can. The bill's token was asked
    about when the wallet was read."""
    found = [*_of_signature(funds, bill), *_of_price(funds, bill)]
    calls = calls_before(funds, bill)
    if calls:
        found.append(_allowance(bill))
    return (*found, *_of_gas(funds, bill, calls))


def calls_before(funds: WalletFunds, bill: Bill) -> int:
    """How many calls of the token come before the payment, to let the spender at it."""
    if bill.spender is None or bill.token == ZERO_ADDRESS:
        return 0
    return _calls_to_allow(funds.tokens[bill.token].allowances[bill.spender] or 0, bill)


def _of_signature(funds: WalletFunds, bill: Bill) -> Iterator[Lack]:
    """A permit is signed by an account's key in its one form, which no contract has."""
    if bill.way is PayWay.PERMIT and not funds.kind.has_key:
        says = "is a contract and cannot sign a permit; choose another way to pay"
        yield Lack(kind=LackKind.SIGNATURE, amount=bill.price, says=says)


def _of_price(funds: WalletFunds, bill: Bill) -> Iterator[Lack]:
    price = bill.price
    native = bill.token == ZERO_ADDRESS
    has = funds.coin if native else funds.tokens[bill.token].balance
    if has is None:
        says = f"cannot be asked for its {price.asset.symbol}; pay in another asset"
        yield Lack(kind=LackKind.UNREADABLE, amount=price, says=says)
    elif has < price.amount:
        missing = Money(price.amount - has, price.asset)
        yield Lack(kind=LackKind.BALANCE, amount=missing, says=f"needs {missing} more")


def _calls_to_allow(allowed: int, bill: Bill) -> int:
    """Of the two, the first takes back what does not suffice, as some tokens want it."""
    if allowed >= bill.price.amount:
        return 0
    return 2 if allowed else 1


def _allowance(bill: Bill) -> Lack:
    says = f"needs an allowance of {bill.price} first"
    return Lack(kind=LackKind.ALLOWANCE, amount=bill.price, says=says)


def _of_gas(funds: WalletFunds, bill: Bill, calls_before: int) -> Iterator[Lack]:
    """What is left of the coin after the price has to pay the gas, unless another pays that."""
    if not funds.kind.has_key:
        return
    gas = bill.gas.pay + calls_before * bill.gas.approve
    left = funds.coin - (bill.price.amount if bill.token == ZERO_ADDRESS else 0)
    missing = gas * funds.fees.max_fee - max(left, 0)
    if missing > 0:
        money = Money(missing, bill.coin)
        says = f"needs about {about(money)} more for gas"
        yield Lack(kind=LackKind.GAS, amount=money, says=says)


def about(money: Money) -> Money:
    """An amount in two digits, rounded up: enough for what is estimated anyway."""
    digits = len(str(money.amount)) - _DIGITS_SHOWN
    unit = 10 ** max(digits, 0)
    return Money(-(-money.amount // unit) * unit, money.asset)
