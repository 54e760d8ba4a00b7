"""Which way to pay is best for a buyer now, and why each one stands where it does.

Pure: everything that had to be looked at was looked at before, and the same question has the same
answer in whatever order its parts were given. What cannot pay never stands above what can.

A network's fee may eat a small purchase up. A way whose fee is more than the configured share of
the basket is refused, with both in numbers. What a card costs does not count there: the platform
bears it. Neither does what the platform pays to send a signed payment, but it sends none that
would cost it more than the same share.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product

from souk.core.addresses import ZERO_ADDRESS, Address
from souk.core.clock import rfc3339
from souk.core.money import USD, Asset, Money, divide_half_even
from souk.modules.payments.domain.candidates import (
    Basket,
    Candidate,
    ChainView,
    Chance,
    Cost,
    Earlier,
    Refusal,
    Spenders,
    of_sellers,
    usd,
)
from souk.modules.payments.domain.choices import CryptoWish, PayWish
from souk.modules.payments.domain.funds import Bill, GasToPay, WalletFunds, calls_before, lacks
from souk.modules.payments.domain.offers import CardMoney, EscrowChoice
from souk.modules.payments.domain.quotes import PAR, Rate, price_in
from souk.modules.payments.domain.route_rules import RouteRules
from souk.modules.payments.domain.settlements import PayWay
from souk.modules.payments.domain.statuses import CARD_METHODS, PaymentMethod
from souk.modules.payments.errors import AmountOutOfRange

_BPS = 10_000
_ANYONE_BRINGS = frozenset({PayWay.AUTHORIZATION, PayWay.PERMIT2})
"""What one has signed another may send; a permit only its signer."""
_UNASKED: Spenders = {PayWay.CALLS: None}
_NO_GAS = GasToPay(pay=0, approve=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked: how an account pays a basket, from any of its wallets. `wish` is what it asked
    for, if anything: the contract goes by the name that is used there, and a way that is named is
    the only one there. `earlier` is an attempt that stands in the way."""

    basket: Basket
    account_id: str
    rules: RouteRules
    wallets: tuple[Address, ...] = ()
    chains: tuple[ChainView, ...] = ()
    cards: CardMoney | None = None
    earlier: Earlier | None = None
    wish: PayWish | None = None


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate, its place from 1 on, and why it is there."""

    candidate: Candidate
    place: int
    why: str


def rank(question: Question) -> tuple[Ranked, ...]:
    """Every way to pay, the best one first."""
    found = sorted([*_cards(question), *_escrows(question)], key=lambda one: one.order)
    above = [None, *found]
    return tuple(
        Ranked(candidate, place, _why(candidate, above[place - 1]))
        for place, candidate in enumerate(found, 1)
    )


def find_choice(ranked: Iterable[Ranked], wish: PayWish) -> Ranked | None:
    """Where what was asked for stands; of what was left to us, the best."""
    for one in ranked:
        if one.candidate.is_of(wish):
            return one
    return None


def most_for_gas(view: ChainView, gas: int, *, cents: int) -> int:
    """The highest price of a unit of gas, in wei, at which so much gas costs no more than `cents`,
    on a chain whose coin has a rate."""
    if view.rate is None or gas == 0:
        return 0
    unit: int = 10 ** (view.money.native.exponent + view.rate.exponent - USD.exponent)
    return cents * unit // (view.rate.amount * gas)


# Cards


def _cards(question: Question) -> Iterator[Candidate]:
    money = question.cards
    if money is None:
        return
    for method in PaymentMethod:
        if method not in CARD_METHODS:
            continue
        total = question.basket.total
        yield Candidate(
            method=method,
            asset=USD,
            price=usd(total),
            cost=Cost(price=total, platform=total * money.fee_bps // _BPS + money.fee_fixed),
            seconds=money.bank_seconds if method is PaymentMethod.BANK_TRANSFER else 0,
            # Calls of an earlier attempt could be signed as well; a card can be called off.
            anyway=_escrow_earlier(question) is not None,
            refusals=tuple(_of_card(question, money, method)),
        )


def _escrow_earlier(question: Question) -> tuple[EscrowChoice, Earlier] | None:
    earlier = question.earlier
    if earlier is None or not isinstance(earlier.choice, EscrowChoice):
        return None
    return earlier.choice, earlier


def _of_card(question: Question, money: CardMoney, method: PaymentMethod) -> Iterator[Refusal]:
    basket = question.basket
    yield from _of_rules(question, method)
    if not money.least <= basket.total <= money.most:
        bounds = f"{usd(money.least)} to {usd(money.most)}"
        yield Refusal("outside_limits", f"cards take {bounds}, this is {usd(basket.total)}")
    without = sum(not order.takes_cards for order in basket.orders)
    if without:
        says = f"{without} of {len(basket.orders)} sellers cannot be paid by card yet"
        yield Refusal("seller_takes_no_cards", says)
    days = max(order.held_days for order in basket.orders) + money.dispute_days
    if days > money.hold_days:
        says = f"its money may wait {days} days, and cards let it wait {money.hold_days}"
        yield Refusal("hold_too_long", says)


def _of_rules(question: Question, method: PaymentMethod) -> Iterator[Refusal]:
    if not question.rules.is_on(method, question.account_id):
        yield Refusal("method_off", f"{method} is not offered to you at present")
    wrong = question.rules.out_of_limits(method, question.basket.total)
    if wrong is not None:
        yield Refusal("outside_limits", wrong)


# The contract


def _escrows(question: Question) -> Iterator[Candidate]:
    wallets: tuple[Address | None, ...] = tuple(dict.fromkeys(question.wallets)) or (None,)
    for view in question.chains:
        for (token, asset), wallet in product(view.assets.items(), wallets):
            place = _Place(question, view, token, asset, wallet)
            yield min(place.candidates(), key=lambda one: one.order)


@dataclass(frozen=True, slots=True)
class _Place:
    """One asset on one chain in one wallet, or in none that is known."""

    question: Question
    view: ChainView
    token: Address
    asset: Asset
    wallet: Address | None

    @property
    def funds(self) -> WalletFunds | None:
        """The wallet, where it was read with this asset in mind."""
        found = None if self.wallet is None else self.view.funds.get(self.wallet)
        asked = found is not None and (self.token == ZERO_ADDRESS or self.token in found.tokens)
        return found if asked else None

    def candidates(self) -> Iterator[Candidate]:
        """One for each way, and where we send what is signed, another one of that way."""
        known = self.view.spenders.get(self.token, _UNASKED)
        wanted = self._wanted
        for way in known if wanted is None else [wanted]:
            own = self._candidate(way, known)
            yield own
            if self.view.relays and way in _ANYONE_BRINGS and own.cost.gas is not None:
                relayed = self._candidate(way, known, relayed=True)
                if relayed.cost.platform * _BPS <= self._fee_bound:
                    yield relayed

    @property
    def _wanted(self) -> PayWay | None:
        """The one way that was asked for: everywhere, or at this place alone."""
        match self.question.wish:
            case CryptoWish(way=way):
                return way
            case EscrowChoice() as choice if self._place == choice.place:
                return choice.way
            case _:
                return None

    @property
    def _place(self) -> tuple[int, Address, Address | None]:
        return self.view.money.chain_id, self.token, self.wallet

    @property
    def _fee_bound(self) -> int:
        return self.question.basket.total * self.question.rules.max_fee_bps

    def _candidate(self, way: PayWay, known: Spenders, *, relayed: bool = False) -> Candidate:
        price, refusals = self._price()
        bill = self._bill(way, known, price, relayed=relayed)
        funds = None if bill is None else self.funds
        calls = 0 if funds is None or bill is None else calls_before(funds, bill)
        cost = self._cost(bill, calls, platform=self._gas(way).pay if relayed else 0)
        candidate = Candidate(
            method=self._method,
            asset=self.asset,
            price=price,
            cost=cost,
            seconds=self.view.money.finality.seconds_for(self.question.basket.total),
            chain_id=self.view.money.chain_id,
            chain=self.view.money.name,
            token=self.token,
            wallet=self.wallet,
            way=way,
            ways=tuple(sorted(known)),
            steps=calls + (way is not PayWay.CALLS) + (not relayed),
            seen=funds is not None,
            relayed=relayed,
            lacks=() if funds is None or bill is None else lacks(funds, bill),
        )
        refused = (*self._of_place(), *refusals, *self._of_way(way, known), *self._of_fee(cost))
        return replace(candidate, refusals=(*refused, *self._of_earlier(candidate)))

    @property
    def _method(self) -> PaymentMethod:
        """The name by which the contract was chosen, or may be."""
        question = self.question
        if isinstance(question.wish, EscrowChoice | CryptoWish):
            return question.wish.method
        escrow, crypto = PaymentMethod.ESCROW, PaymentMethod.CRYPTO
        return escrow if question.rules.is_on(escrow, question.account_id) else crypto

    def _price(self) -> tuple[Money | None, tuple[Refusal, ...]]:
        rate = self._rate
        if rate is None:
            says = self.view.unpriced or f"{self.asset.symbol} has no price at present"
            known = self.view.unpriced is not None
            return None, (Refusal("price_unusable", says),) if known else ()
        try:
            total, _ = price_in(
                self.question.basket.totals,
                asset=self.asset,
                rate=rate,
                spread_bps=self._spread_bps,
            )
        except AmountOutOfRange as refusal:
            return None, (Refusal(refusal.code, refusal.detail),)
        return Money(total, self.asset), ()

    @property
    def _rate(self) -> Rate | None:
        return self.view.rate if self.token == ZERO_ADDRESS else PAR

    @property
    def _spread_bps(self) -> int:
        return self.view.spread_bps if self.token == ZERO_ADDRESS else 0

    def _gas(self, way: PayWay) -> GasToPay:
        return self.view.gas.get((way, self.token), _NO_GAS)

    def _bill(
        self, way: PayWay, known: Spenders, price: Money | None, *, relayed: bool
    ) -> Bill | None:
        if price is None or way not in known:
            return None
        gas = self._gas(way)
        return Bill(
            way=way,
            price=price,
            token=self.token,
            spender=known[way],
            gas=replace(gas, pay=0) if relayed else gas,
            coin=self.view.money.native,
        )

    def _cost(self, bill: Bill | None, calls: int, *, platform: int) -> Cost:
        """`calls` come before the payment; `platform` is the gas that we pay."""
        total = self.question.basket.total
        spread = divide_half_even(total * self._spread_bps, _BPS)
        if bill is None or self.funds is None:
            return Cost(price=total, spread=spread, gas=None)
        gas = self._gas_cents(bill.gas.pay + calls * bill.gas.approve)
        return Cost(price=total, spread=spread, gas=gas, platform=self._gas_cents(platform) or 0)

    def _gas_cents(self, gas: int) -> int | None:
        """What so much gas will most likely cost, in US cents, rounded up."""
        funds, rate = self.funds, self.view.rate
        if gas == 0:
            return 0
        if funds is None or rate is None:
            return None
        wei = gas * funds.fees.expected
        unit: int = 10 ** (self.view.money.native.exponent + rate.exponent - USD.exponent)
        return -(-wei * rate.amount // unit)

    def _of_place(self) -> Iterator[Refusal]:
        yield from _of_rules(self.question, self._method)
        if self.view.trouble is not None:
            yield Refusal("chain_away", self.view.trouble)
        yield from of_sellers(self.question.basket, self.view.money)
        if self.wallet is None:
            yield Refusal("payer_wallet_unproved", "no wallet of yours is known; prove one first")
        elif self.wallet in self._parties:
            says = "this wallet has another part in the purchase; use another one"
            yield Refusal("parties_collide", says)

    @property
    def _parties(self) -> frozenset[Address]:
        money, orders = self.view.money, self.question.basket.orders
        sellers = {order.payouts.on(money.chain_id) for order in orders}
        return self.question.rules.barred | sellers | {money.escrow}

    def _of_way(self, way: PayWay, known: Spenders) -> Iterator[Refusal]:
        if way not in known:
            yield Refusal("escrow_way_missing", f"{self.asset.symbol} cannot be paid by {way}")

    def _of_fee(self, cost: Cost) -> Iterator[Refusal]:
        if cost.fee * _BPS > self._fee_bound:
            what = "the network's fee" if cost.spread == 0 else "the network's fee with the spread"
            share = percent(cost.fee, cost.price)
            allowed = percent(self.question.rules.max_fee_bps, _BPS)
            says = f"{what} of about {usd(cost.fee)} is {share} of this purchase"
            yield Refusal("route_too_dear", f"{says}, more than {allowed}")

    def _of_earlier(self, candidate: Candidate) -> Iterator[Refusal]:
        found = _escrow_earlier(self.question)
        if found is None:
            return
        choice, earlier = found
        until = rfc3339(earlier.payable_until)
        if earlier.lapsed:
            says = f"calls that could be paid until {until} may have been; wait a moment"
            yield Refusal("quote_over", says)
            return
        if candidate.is_of(choice):
            return
        says = f"the calls of an earlier attempt can still be paid until {until}"
        yield Refusal("attempt_still_payable", says)


# In words


def percent(part: int, whole: int) -> str:
    """A share for a person: one decimal below ten, and never less than it is."""
    tenths = -(-part * 1_000 // whole)
    if tenths < 100 and tenths % 10:
        return f"{tenths // 10}.{tenths % 10} %"
    return f"{-(-tenths // 10)} %"


def _why(candidate: Candidate, above: Candidate | None) -> str:
    if candidate.chance is Chance.CANNOT:
        return "cannot be paid now: " + "; ".join(reason.says for reason in candidate.reasons)
    if above is None:
        return f"ranks first: costs {usd(candidate.cost.total)} in all, {_settles(candidate)}"
    if candidate.chance is not above.chance:
        return "nobody has looked whether the wallet can pay it"
    if candidate.anyway != above.anyway:
        return "an earlier attempt could still be paid as well; the card would be returned"
    return f"ranks below the one before: {_difference(candidate, above)}"


def _difference(candidate: Candidate, above: Candidate) -> str:
    cost, other = candidate.cost, above.cost
    if (cost.gas is None) != (other.gas is None):
        return "what the network takes is not known"
    if cost.total != other.total:
        return f"it costs {usd(cost.total - other.total)} more"
    if candidate.seconds != above.seconds:
        return f"it costs the same and settles {candidate.seconds - above.seconds} s later"
    if cost.platform != other.platform:
        return "it costs the buyer the same, and the platform more"
    if candidate.steps != above.steps:
        return "it takes more signatures"
    return "it is as good, and comes later in the list of names"


def _settles(candidate: Candidate) -> str:
    return "settles at once" if candidate.seconds == 0 else f"settles in {candidate.seconds} s"
