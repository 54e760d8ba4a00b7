"""Which way to pay is best, and why the others are not."""

from dataclasses import replace
from datetime import timedelta

import pytest

from souk.core.addresses import ZERO_ADDRESS
from souk.modules.payments.domain import EscrowChoice, PaymentMethod, PayWay
from souk.modules.payments.domain.candidates import ChainView, Chance, Earlier
from souk.modules.payments.domain.choices import CryptoWish
from souk.modules.payments.domain.funds import WalletKind
from souk.modules.payments.domain.route_rules import Limits, RouteRules
from souk.modules.payments.domain.routing import Question, Ranked, percent, rank
from souk.modules.sellers.domain import PayoutWallets
from tests.support.account_builders import a_wallet
from tests.support.clock import START
from tests.support.route_builders import (
    CARDS,
    CENT,
    CHAIN,
    DOLLAR,
    ESCROW,
    ETHER,
    EVERY_WAY,
    GWEI,
    OF_COIN,
    SELLER,
    WALLET,
    a_basket,
    a_question,
    a_view,
    funds,
    money,
)

M = PaymentMethod


def names(question: Question) -> list[str]:
    """What ranks where, in short, without what cannot be paid."""
    return [short(one) for one in rank(question) if one.candidate.chance is not Chance.CANNOT]


def short(one: Ranked) -> str:
    candidate = one.candidate
    return f"{candidate.method} {candidate.asset.symbol}"


def at(question: Question, token: object = DOLLAR, method: M | None = None) -> Ranked:
    """Where one asset stands, or one method."""
    for one in rank(question):
        found = one.candidate.token == token if method is None else one.candidate.method is method
        if found:
            return one
    raise LookupError(token)


def codes(one: Ranked) -> list[str]:
    return [reason.code for reason in one.candidate.reasons]


def test_takes_what_costs_the_buyer_least_in_all() -> None:
    # 210 000 gas at a gwei are 0.53 dollars; 80 000 are 0.20, beside a spread of 0.25.
    assert names(a_question()) == ["ESCROW ETH", "ESCROW tUSD"]
    assert [one.candidate.cost.total for one in rank(a_question())] == [5_045, 5_053]


def test_says_by_how_much_another_way_costs_more() -> None:
    first, second = rank(a_question())

    assert first.why == "ranks first: costs 50.45 USD in all, settles in 24 s"
    assert second.why == "ranks below the one before: it costs 0.08 USD more"


def test_takes_the_card_when_the_network_is_dear() -> None:
    dear = a_question(a_view(funds(gas_price=3 * GWEI)), cards=CARDS)

    assert names(dear)[0] == "STRIPE USD"
    assert at(dear, method=M.CREDIT_CARD).candidate.cost.platform == 5_000 * 290 // 10_000 + 30


def test_takes_what_settles_first_when_the_cost_is_the_same() -> None:
    found = [one.candidate.method for one in rank(a_question(cards=CARDS))]

    assert found[:4] == [M.STRIPE, M.CREDIT_CARD, M.DEBIT_CARD, M.BANK_TRANSFER]
    assert at(a_question(cards=CARDS), method=M.BANK_TRANSFER).why == (
        "ranks below the one before: it costs the same and settles 432000 s later"
    )


def test_refuses_a_network_whose_fee_eats_the_purchase_up() -> None:
    small = a_question(a_view(funds(gas_price=6 * GWEI)), basket=a_basket(1_292))

    refused = at(small)

    assert codes(refused) == ["route_too_dear"]
    assert refused.candidate.reasons[0].says == (
        "the network's fee of about 3.15 USD is 25 % of this purchase, more than 5 %"
    )


@pytest.mark.parametrize(("bps", "refused"), [(106, False), (105, True)])
def test_refuses_a_fee_only_when_it_is_above_the_share(bps, refused) -> None:
    # 0.53 of 50 dollars are 1.06 %.
    question = a_question(rules=RouteRules(max_fee_bps=bps))

    assert (codes(at(question)) == ["route_too_dear"]) is refused


def test_does_not_hold_against_a_card_what_the_platform_pays_for_it() -> None:
    assert codes(at(a_question(basket=a_basket(100), cards=CARDS), method=M.STRIPE)) == []


def test_says_what_the_wallet_lacks() -> None:
    poor = a_question(a_view(funds(dollars=4_680 * CENT)))

    assert at(poor).why == "cannot be paid now: the wallet needs 3.2 tUSD more"


def test_takes_the_wallet_that_can_pay() -> None:
    rich = a_wallet("rich").address
    view = a_view(funds(dollars=0, coin=0), funds(dollars=10**9, coin=ETHER, wallet=rich))

    best = rank(a_question(view, wallets=(WALLET, rich)))[0]

    assert best.candidate.wallet == rich


def test_takes_the_way_that_needs_least_gas() -> None:
    ways = {ZERO_ADDRESS: OF_COIN, DOLLAR: EVERY_WAY}
    fresh = a_question(a_view(funds(), spenders=ways))
    allowed = a_question(a_view(funds(allowed={ESCROW: 10**12}), spenders=ways))

    assert [at(each).candidate.way for each in (fresh, allowed)] == [PayWay.PERMIT, PayWay.CALLS]
    assert at(fresh).candidate.ways == tuple(sorted(EVERY_WAY))


def test_looks_at_one_way_alone_when_it_is_asked_for() -> None:
    ways = {ZERO_ADDRESS: OF_COIN, DOLLAR: EVERY_WAY}
    question = a_question(a_view(funds(), spenders=ways), wish=CryptoWish(way=PayWay.PERMIT2))

    assert at(question).candidate.way is PayWay.PERMIT2
    assert codes(at(question, ZERO_ADDRESS)) == ["escrow_way_missing"]


def test_lets_no_contract_sign_a_permit() -> None:
    ways = {ZERO_ADDRESS: OF_COIN, DOLLAR: EVERY_WAY}
    view = a_view(funds(kind=WalletKind.CONTRACT), spenders=ways)

    assert at(a_question(view)).candidate.way is PayWay.AUTHORIZATION


def test_sends_what_was_signed_when_we_relay_and_bears_the_gas() -> None:
    ways = {ZERO_ADDRESS: OF_COIN, DOLLAR: EVERY_WAY}
    view = a_view(funds(coin=0), spenders=ways, relays=True)

    best = rank(a_question(view))[0].candidate

    assert (best.way, best.relayed) == (PayWay.AUTHORIZATION, True)
    assert (best.cost.gas, best.cost.platform) == (0, 53)


def test_relays_nothing_that_would_cost_us_more_than_the_share() -> None:
    ways = {ZERO_ADDRESS: OF_COIN, DOLLAR: EVERY_WAY}
    view = a_view(funds(coin=0), spenders=ways, relays=True)

    found = rank(a_question(view, basket=a_basket(1_000)))

    assert not [one for one in found if one.candidate.relayed]


@pytest.mark.parametrize("way", [PayWay.CALLS, PayWay.PERMIT])
def test_relays_nothing_that_only_its_signer_may_send(way) -> None:
    ways = {ZERO_ADDRESS: OF_COIN, DOLLAR: EVERY_WAY}
    view = a_view(funds(coin=0), spenders=ways, relays=True)

    found = at(a_question(view, wish=CryptoWish(way=way)))

    assert "gas" in codes(found)


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        (RouteRules(off=frozenset({M.ESCROW, M.CRYPTO})), "method_off"),
        (RouteRules(shares={M.ESCROW: 0, M.CRYPTO: 0}), "method_off"),
        (RouteRules(limits={M.ESCROW: Limits(least=5_001)}), "outside_limits"),
        (RouteRules(limits={M.ESCROW: Limits(most=4_999)}), "outside_limits"),
        (RouteRules(barred=frozenset({WALLET})), "parties_collide"),
    ],
)
def test_keeps_to_what_the_installation_allows(rules, code) -> None:
    assert codes(at(a_question(rules=rules))) == [code]


def test_says_how_much_a_method_takes() -> None:
    question = a_question(rules=RouteRules(limits={M.ESCROW: Limits(least=5_250)}))

    assert (
        at(question).why == "cannot be paid now: it takes 52.50 USD or more, this is 2.50 USD less"
    )


def test_calls_the_contract_crypto_when_escrow_is_off() -> None:
    question = a_question(rules=RouteRules(off=frozenset({M.ESCROW})))

    assert names(question) == ["CRYPTO ETH", "CRYPTO tUSD"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"takes_cards": False}, "seller_takes_no_cards"),
        ({"handling_days": 30, "transit_days": 17}, "hold_too_long"),
        ({"total": 49}, "outside_limits"),
    ],
)
def test_takes_no_card_that_the_rail_would_refuse(fields, code) -> None:
    basket = a_basket(**fields) if "total" not in fields else a_basket(fields["total"])

    assert codes(at(a_question(basket=basket, cards=CARDS), method=M.CREDIT_CARD)) == [code]


def test_says_for_how_long_money_would_wait() -> None:
    slow = a_question(basket=a_basket(handling_days=40, transit_days=20), cards=CARDS)

    assert at(slow, method=M.STRIPE).why == (
        "cannot be paid now: its money may wait 104 days, and cards let it wait 90"
    )


def test_holds_what_is_digital_for_three_days() -> None:
    basket = a_basket(digital=True, handling_days=None, transit_days=None)

    assert codes(at(a_question(basket=basket, cards=CARDS), method=M.STRIPE)) == []


def test_pays_from_no_wallet_of_the_seller() -> None:
    question = a_question(a_view(funds(wallet=SELLER)), wallets=(SELLER,))

    assert codes(at(question)) == ["parties_collide"]


@pytest.mark.parametrize(
    ("wallets", "reasons"),
    [
        (PayoutWallets(WALLET, {CHAIN: SELLER}), []),
        (PayoutWallets(SELLER, {CHAIN: WALLET}), ["parties_collide"]),
        (PayoutWallets(SELLER, {1: WALLET}), []),
    ],
)
def test_compares_a_wallet_with_that_to_which_the_chain_pays(wallets, reasons) -> None:
    assert codes(at(a_question(basket=a_basket(payouts=wallets)))) == reasons


@pytest.mark.parametrize(
    ("proofs", "reasons"),
    [
        ({SELLER: None}, []),
        ({SELLER: CHAIN}, []),
        ({SELLER: CHAIN + 1}, ["payout_wallet_not_here"]),
        ({}, ["payout_wallet_not_here"]),
    ],
)
def test_pays_no_wallet_that_is_not_known_to_be_the_sellers_there(proofs, reasons) -> None:
    assert codes(at(a_question(basket=a_basket(proofs=proofs)))) == reasons


def test_asks_for_a_wallet_when_none_is_known() -> None:
    assert codes(at(a_question(wallets=()))) == ["payer_wallet_unproved"]


def test_does_not_claim_of_a_wallet_what_nobody_has_seen() -> None:
    question = a_question(ChainView(money=money()), cards=CARDS)

    unseen = at(question)

    assert unseen.candidate.chance is Chance.UNSEEN
    assert names(question)[-1].startswith("ESCROW")
    assert unseen.candidate.cost.gas is None


def test_offers_nothing_on_a_chain_that_is_away() -> None:
    question = a_question(a_view(funds(), trouble="chain 1 does not answer"), cards=CARDS)

    assert names(question) == [
        "STRIPE USD",
        "CREDIT_CARD USD",
        "DEBIT_CARD USD",
        "BANK_TRANSFER USD",
    ]
    assert codes(at(question)) == ["chain_away"]


def test_pays_in_a_dollar_when_the_coin_has_no_price() -> None:
    question = a_question(a_view(funds(), rate=None, unpriced="the feed is old"))

    assert names(question) == ["ESCROW tUSD"]
    assert at(question, ZERO_ADDRESS).why == "cannot be paid now: the feed is old"


def test_offers_the_same_calls_alone_beside_an_attempt_that_can_still_be_paid() -> None:
    again = EscrowChoice(chain_id=CHAIN, token=DOLLAR, wallet=WALLET)
    earlier = Earlier(choice=again, payable_until=START + timedelta(minutes=10))
    question = a_question(earlier=earlier, cards=CARDS)

    assert names(question)[0] == "ESCROW tUSD"
    assert at(question, method=M.STRIPE).candidate.anyway
    assert codes(at(question, ZERO_ADDRESS)) == ["attempt_still_payable"]


def test_offers_no_coin_without_a_feed_and_no_token_that_is_no_dollar() -> None:
    loose = replace(money().tokens[DOLLAR], usd_pegged=False)
    bare = money(native_feed=None, tokens={DOLLAR: loose})

    assert rank(a_question(a_view(funds(), chain=bare))) == ()


@pytest.mark.parametrize(
    ("part", "whole", "says"),
    [(310, 1_292, "24 %"), (504, 10_000, "5.1 %"), (500, 10_000, "5 %"), (1, 10**6, "0.1 %")],
)
def test_tells_no_share_smaller_than_it_is(part, whole, says) -> None:
    assert percent(part, whole) == says


def test_keeps_who_is_offered_a_method_while_its_share_grows() -> None:
    accounts = [f"acc_{number}" for number in range(400)]

    def offered(share: int) -> set[str]:
        rules = RouteRules(shares={M.CRYPTO: share})
        return {account for account in accounts if rules.is_on(M.CRYPTO, account)}

    assert offered(10) < offered(50) < offered(100) == set(accounts)
    assert offered(0) == set()
    assert 140 < len(offered(50)) < 260
