"""What holds of a ranking, whatever is asked."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from random import Random
from typing import TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from souk.core.addresses import ZERO_ADDRESS
from souk.modules.chain.domain import Level
from souk.modules.payments.domain import (
    EscrowChoice,
    FinalityPolicy,
    PaymentMethod,
    PayWay,
    Rate,
)
from souk.modules.payments.domain.candidates import Basket, Candidate, ChainView, Chance, Earlier
from souk.modules.payments.domain.choices import CryptoWish
from souk.modules.payments.domain.funds import WalletFunds, WalletKind
from souk.modules.payments.domain.route_rules import Limits, RouteRules
from souk.modules.payments.domain.routing import Question, rank
from tests.support.account_builders import a_wallet
from tests.support.clock import START
from tests.support.route_builders import (
    BY_CALLS,
    CARDS,
    CENT,
    CHAIN,
    DOLLAR,
    ETHER,
    EVERY_WAY,
    GWEI,
    OF_COIN,
    a_question,
    a_view,
    an_order,
    funds,
    money,
)

WALLETS = tuple(a_wallet(name).address for name in ("bruno", "rich", "poor"))
METHODS = list(PaymentMethod)
CHAINS = [1, 10, CHAIN]
BPS = 10_000
T = TypeVar("T")


def some(random: Random, of: Sequence[T], at_most: int) -> list[T]:
    """Several of these, or none."""
    return random.sample(of, random.randint(0, min(at_most, len(of))))


def rarely(random: Random) -> bool:
    """What makes most ways impossible must not happen in most questions."""
    return random.random() < 0.15


def a_random_view(random: Random, chain_id: int) -> ChainView:
    looked = [
        funds(
            wallet=wallet,
            chain_id=chain_id,
            coin=0 if rarely(random) else ETHER,
            dollars=None if rarely(random) else random.randint(0, 20_000 * CENT),
            gas_price=random.randint(2, 4 * GWEI),
            kind=random.choice(list(WalletKind)),
        )
        for wallet in (some(random, WALLETS, 3) if rarely(random) else WALLETS)
    ]
    rate = None if rarely(random) else Rate(random.randint(1, 10_000), 0, "feed")
    return a_view(
        *looked,
        chain=money(
            chain_id,
            finality=FinalityPolicy(seconds=dict.fromkeys(Level, random.choice([2, 24, 780]))),
        ),
        spread_bps=random.choice([0, 50, 400]),
        rate=rate,
        unpriced=None if rate else random.choice([None, "no price"]),
        spenders={ZERO_ADDRESS: OF_COIN, DOLLAR: random.choice([EVERY_WAY, BY_CALLS])},
        trouble="away" if rarely(random) else None,
        relays=random.choice([True, False]),
    )


def random_rules(random: Random) -> RouteRules:
    limits = [Limits(least=random.randint(0, 9_000)), Limits(most=random.randint(0, 9_000))]
    return RouteRules(
        max_fee_bps=random.choice([10, 500, 1_000]),
        off=frozenset(some(random, METHODS, 1)),
        shares={method: random.randint(0, 100) for method in some(random, METHODS, 1)},
        limits={method: random.choice(limits) for method in some(random, METHODS, 1)},
        barred=frozenset(WALLETS[:1] if rarely(random) else ()),
    )


def an_earlier(random: Random) -> Earlier:
    choice = EscrowChoice(
        chain_id=random.choice([1, CHAIN]),
        token=random.choice([DOLLAR, ZERO_ADDRESS]),
        wallet=random.choice(WALLETS),
        way=random.choice(list(PayWay)),
    )
    return Earlier(choice=choice, payable_until=START)


def a_random_question(seed: int) -> Question:
    """The seed decides everything: building a question is many choices, and drawing each of them
    from Hypothesis takes a hundred times as long as ranking it."""
    random = Random(seed)
    orders = [
        an_order(
            random.randint(1, 9_000),
            takes_cards=not rarely(random),
            digital=rarely(random),
            handling_days=random.randint(0, 30),
        )
        for _ in range(random.randint(1, 3))
    ]
    return a_question(
        *(a_random_view(random, chain_id) for chain_id in sorted(some(random, CHAINS, 3))),
        basket=Basket(tuple(orders)),
        rules=random_rules(random),
        wallets=tuple(some(random, WALLETS, 3) if rarely(random) else WALLETS),
        cards=random.choice([None, CARDS]),
        earlier=an_earlier(random) if rarely(random) else None,
        wish=CryptoWish(way=random.choice(list(PayWay))) if rarely(random) else None,
    )


QUESTIONS = st.integers(0, 2**32).map(a_random_question)
many = settings(max_examples=4 * settings().max_examples)


def candidates(question: Question) -> list[Candidate]:
    return [one.candidate for one in rank(question)]


@given(QUESTIONS)
def test_ranks_nothing_that_cannot_pay_above_what_can(question) -> None:
    chances = [candidate.chance for candidate in candidates(question)]

    assert chances == sorted(chances)


@given(QUESTIONS, st.randoms(use_true_random=False))
def test_answers_the_same_in_whatever_order_it_is_asked(question, random) -> None:
    wallets, chains, orders = (
        random.sample(parts, len(parts))
        for parts in (question.wallets, question.chains, question.basket.orders)
    )
    shuffled = replace(
        question, wallets=tuple(wallets), chains=tuple(chains), basket=Basket(tuple(orders))
    )

    assert rank(shuffled) == rank(question)


@given(QUESTIONS)
def test_leaves_no_two_in_the_same_place(question) -> None:
    ranked = rank(question)

    assert [one.place for one in ranked] == list(range(1, len(ranked) + 1))
    assert all(one.order < next_one.order for one, next_one in pairwise(candidates(question)))


@given(QUESTIONS)
def test_asks_less_of_the_buyer_the_higher_it_ranks(question) -> None:
    payable = [
        one for one in candidates(question) if one.chance is Chance.CAN and one.cost.gas is not None
    ]

    for warned in (False, True):
        totals = [one.cost.total for one in payable if one.anyway is warned]
        assert totals == sorted(totals)


@many
@given(QUESTIONS)
def test_takes_no_more_for_fees_than_the_share(question) -> None:
    bound = question.basket.total * question.rules.max_fee_bps

    for one in candidates(question):
        if one.chance is not Chance.CANNOT:
            assert one.cost.fee * BPS <= bound
        if one.relayed:
            assert one.cost.platform * BPS <= bound


@given(QUESTIONS)
def test_says_of_each_why_it_stands_there(question) -> None:
    for one in rank(question):
        refused = one.candidate.chance is Chance.CANNOT
        assert one.why.startswith("cannot be paid now: ") is refused
        assert all(reason.says in one.why for reason in one.candidate.reasons)


@given(QUESTIONS)
def test_ranks_what_is_left_as_before_when_one_chain_is_taken_off(question) -> None:
    fewer = replace(question, chains=question.chains[1:])
    gone = {view.money.chain_id for view in question.chains[:1]}

    left = [one for one in candidates(question) if one.chain_id not in gone]

    assert candidates(fewer) == left


@many
@given(QUESTIONS, st.integers(1, 10**9))
def test_never_loses_a_way_by_more_money_in_the_wallet(question, more) -> None:
    richer = replace(question, chains=tuple(_richer(view, more) for view in question.chains))

    before = {one.names for one in candidates(question) if one.chance is Chance.CAN}
    after = {one.names for one in candidates(richer) if one.chance is Chance.CAN}

    assert {name[:4] for name in before} <= {name[:4] for name in after}


def _richer(view: ChainView, more: int) -> ChainView:
    """The same chain, with more of everything in each wallet."""
    return replace(view, funds={at: _more(has, more) for at, has in view.funds.items()})


def _more(has: WalletFunds, more: int) -> WalletFunds:
    tokens = {
        at: replace(token, balance=None if token.balance is None else token.balance + more)
        for at, token in has.tokens.items()
    }
    return replace(has, coin=has.coin + more, tokens=tokens)
