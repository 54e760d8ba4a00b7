"""Starting attempts: the quote, the terms, the calls, and what stands in the way."""

import json
from datetime import timedelta
from hashlib import sha256

import pytest
from sqlalchemy import text

from souk.core.idempotency import Receipt
from souk.modules.orders.domain import Actor
from souk.modules.payments.domain import NeedsSignature, PastRate, Rate, escrow_fields
from souk.modules.payments.errors import (
    AmountOutOfRange,
    AttemptStillPayable,
    ChainTimeUnknown,
    CheckoutNotPayable,
    MethodUnavailable,
    PartiesCollide,
    PayerWalletUnproved,
    PaymentNotFound,
    PaymentUnderWay,
    PriceUnusable,
    QuoteOver,
    TooManyAttempts,
)
from tests.support.account_builders import a_wallet, an_account
from tests.support.clock import START
from tests.support.order_builders import move
from tests.support.payment_builders import (
    DOLLAR,
    ESCROW,
    NATIVE,
    a_choice,
    a_paid_shop,
    a_shop,
    seen,
    stand_on_chain,
)

PAY_BY = int((START + timedelta(seconds=600)).timestamp())
DAY = 86_400


def test_asks_for_the_sum_of_all_orders_when_it_is_a_cart(uow) -> None:
    shop = a_shop(uow, sellers=("sofia", "sami"), price=1_299)

    started = shop.start()

    assert started.attempt.amount == 4 * 12_990_000
    assert [leg.amount for leg in started.attempt.legs] == [25_980_000] * 2
    assert isinstance(started.needs, NeedsSignature)
    assert [call.to for call in started.needs.calls] == [DOLLAR, ESCROW]


def test_takes_the_clocks_of_the_contract_from_the_chain(uow) -> None:
    shop = a_shop(uow, handling_days=2, transit_days=7)

    (leg,) = shop.start().attempt.legs

    assert leg.terms.pay_by == PAY_BY
    assert (leg.terms.fulfil_by, leg.terms.window) == (PAY_BY + 9 * DAY, 14 * DAY)


def test_has_nothing_to_fulfil_when_the_goods_are_digital(uow) -> None:
    (leg,) = a_shop(uow, digital=True).start().attempt.legs

    assert (leg.terms.fulfil_by, leg.terms.window) == (0, 3 * DAY)


def test_prices_the_native_coin_by_the_feed_and_adds_the_spread(uow) -> None:
    shop = a_shop(uow, price=125_000)

    attempt = shop.start(a_choice(**NATIVE)).attempt

    assert attempt.amount == 10**18 * 10_050 // 10_000
    rate = "SELECT rate_amount || ' ' || rate_exponent || ' ' || spread_bps FROM payment_attempt"
    assert shop.sees.read(rate) == "250000000000 8 50"


def test_keeps_a_document_whose_hash_is_the_orders_ref(uow) -> None:
    (leg,) = a_shop(uow).start().attempt.legs

    with uow.begin() as tx:
        body = tx.session.execute(text("SELECT body FROM terms_document")).scalar_one()
    document = json.loads(body)

    assert leg.terms.ref == "0x" + sha256(body.encode()).hexdigest()
    assert document["escrow"]["order"] == escrow_fields(leg.terms)
    assert document["order_id"] == leg.order_id


def test_reserves_the_goods_until_the_money_would_count(uow) -> None:
    shop = a_shop(uow)

    shop.start()

    timer = "SELECT clock || ' ' || extract(epoch FROM due_at)::bigint FROM timer"
    assert shop.sees.read(timer) == f"chain:31337 {PAY_BY + 60 + 600}"


def test_hands_out_the_same_calls_when_the_same_is_chosen_again(uow) -> None:
    shop = a_shop(uow)
    first = shop.start()
    shop.pass_time(minutes=9)

    again = shop.start()

    assert (again.attempt_id, again.needs) == (first.attempt_id, first.needs)


def test_finds_its_attempt_when_the_same_request_comes_again(uow) -> None:
    shop = a_shop(uow)
    first = shop.start(receipt=Receipt("req_one"))
    shop.pass_time(minutes=9)

    again = shop.start(a_choice(**NATIVE), receipt=Receipt("req_one"))

    assert again.attempt_id == first.attempt_id


def test_says_when_to_come_back_when_an_earlier_attempt_can_still_be_paid(uow) -> None:
    shop = a_shop(uow)
    first = shop.start()
    shop.pass_time(seconds=600)

    with pytest.raises(AttemptStillPayable) as refused:
        shop.start(a_choice(**NATIVE))

    assert refused.value.context["attempt_id"] == first.attempt_id
    assert refused.value.context["payable_until"] == "2026-03-01T12:10:00.000Z"


def test_starts_another_attempt_when_the_first_can_no_longer_be_paid(uow) -> None:
    shop = a_shop(uow)
    shop.start()
    shop.pass_time(seconds=601)

    shop.start(a_choice(**NATIVE))

    assert shop.sees.attempts() == ["expired", "awaiting_payer"]


def test_keeps_the_goods_from_others_no_longer_when_it_was_tried_too_often(uow) -> None:
    shop = a_shop(uow)
    for _ in range(5):
        shop.start()
        shop.pass_time(seconds=601)

    with pytest.raises(TooManyAttempts):
        shop.start()


def test_waits_for_finality_before_it_trusts_that_the_time_is_over(uow) -> None:
    shop = a_shop(uow)
    shop.start()
    shop.pass_time(seconds=599)
    shop.pass_time(seconds=2, blocks=1)

    with pytest.raises(QuoteOver) as refused:
        shop.start(a_choice(**NATIVE))

    assert refused.value.context["payable_until"] == "2026-03-01T12:10:00.000Z"


@pytest.mark.parametrize("request_key", [None, "req_one"])
def test_hands_out_no_calls_that_the_next_block_would_refuse(uow, request_key) -> None:
    shop = a_shop(uow)
    shop.start(receipt=Receipt(request_key))
    lapse(shop)

    with pytest.raises(QuoteOver):
        shop.start(receipt=Receipt(request_key))


def test_shows_no_calls_that_the_next_block_would_refuse(uow) -> None:
    shop = a_shop(uow)
    shop.start()
    lapse(shop)

    with pytest.raises(QuoteOver):
        shop.payments.read_action(shop.buyer, shop.payment_id)


def lapse(shop) -> None:
    """The newest block is past what may be paid, the newest that counts is not."""
    shop.pass_time(seconds=599)
    shop.pass_time(seconds=2, blocks=1)


def test_hands_out_a_cancelled_attempt_again_while_it_can_be_paid(uow) -> None:
    shop = a_shop(uow)
    first = shop.start()
    shop.payments.cancel(shop.buyer, shop.payment_id)

    assert shop.start().attempt_id == first.attempt_id
    assert shop.sees.attempts() == ["awaiting_payer"]


def test_refuses_another_choice_when_the_first_was_only_cancelled(uow) -> None:
    shop = a_shop(uow)
    shop.start()
    shop.payments.cancel(shop.buyer, shop.payment_id)

    with pytest.raises(AttemptStillPayable):
        shop.start(a_choice(**NATIVE))


def test_waits_when_a_payment_is_seen_and_not_final(uow) -> None:
    shop = a_shop(uow)
    (leg,) = shop.start().attempt.legs
    shop.observe(seen(leg))
    shop.pass_time(hours=1)

    with pytest.raises(PaymentUnderWay):
        shop.start()


def test_waits_when_the_chain_shows_a_payment_nobody_has_told_of_yet(uow) -> None:
    shop = a_shop(uow)
    (leg,) = shop.start().attempt.legs
    stand_on_chain(uow, leg)
    shop.pass_time(hours=1)

    with pytest.raises(PaymentUnderWay):
        shop.start(a_choice(**NATIVE))


def test_refuses_when_the_orders_are_paid(uow) -> None:
    shop, _leg = a_paid_shop(uow)
    shop.pass_time(hours=1)

    with pytest.raises(CheckoutNotPayable):
        shop.start()


def test_pays_the_rest_of_a_cart_when_one_order_was_cancelled(uow) -> None:
    shop = a_shop(uow, sellers=("sofia", "sami"))
    move(uow, shop.orders[0], "cancel", Actor.BUYER)

    attempt = shop.start().attempt

    assert [leg.order_id for leg in attempt.legs] == shop.orders[1:]


def test_refuses_when_the_wallet_was_not_proved(uow) -> None:
    with pytest.raises(PayerWalletUnproved):
        a_shop(uow).start(a_choice("stranger"))


def test_refuses_when_the_payer_is_the_sellers_wallet(uow) -> None:
    shop = a_shop(uow)
    both = type(shop.buyer)(shop.buyer.account_id, "ses", wallets=(a_wallet("sofia").address,))

    with pytest.raises(PartiesCollide):
        shop.payments.start_attempt(both, shop.payment_id, a_choice("sofia"))


@pytest.mark.pitfall("H3")
def test_hides_a_payment_from_everybody_but_its_buyer(uow) -> None:
    shop = a_shop(uow)
    stranger = an_account(uow, "stranger")

    with pytest.raises(PaymentNotFound):
        shop.payments.start_attempt(stranger, shop.payment_id, a_choice("stranger"))


@pytest.mark.parametrize(
    "choice", [{"chain_id": 1}, {"token": a_wallet("no token").address}], ids=["chain", "token"]
)
def test_refuses_what_is_not_on_offer(uow, choice) -> None:
    with pytest.raises(MethodUnavailable):
        a_shop(uow).start(a_choice(**choice))


@pytest.mark.parametrize("answer", [0, -1])
def test_refuses_a_price_that_is_not_positive(uow, answer) -> None:
    shop = a_shop(uow)
    shop.prices.answer = answer

    with pytest.raises(PriceUnusable):
        shop.start(a_choice(**NATIVE))


def test_refuses_a_price_that_is_stale_by_the_chains_clock(uow) -> None:
    shop = a_shop(uow)
    shop.prices.updated_at = START - timedelta(seconds=3_601)

    with pytest.raises(PriceUnusable):
        shop.start(a_choice(**NATIVE))


def test_refuses_a_price_that_has_jumped_since_the_round_before(uow) -> None:
    shop = a_shop(uow)
    shop.prices.before = PastRate(Rate(2_000 * 10**8, 8, "feed"), START - timedelta(minutes=5))

    with pytest.raises(PriceUnusable):
        shop.start(a_choice(**NATIVE))


def test_refuses_a_price_that_has_jumped_since_the_last_quote(uow) -> None:
    shop = a_shop(uow)
    shop.start(a_choice(**NATIVE))
    shop.pass_time(seconds=601)
    shop.prices.answer = 1_250 * 10**8

    with pytest.raises(PriceUnusable):
        shop.start(a_choice(**NATIVE))


def test_compares_a_price_with_the_newest_of_several_quotes(uow) -> None:
    shop = a_shop(uow)
    for dollars in (2_500, 2_600):
        shop.prices.answer = dollars * 10**8
        shop.start(a_choice(**NATIVE))
        shop.pass_time(seconds=601)
    shop.prices.answer = 2_700 * 10**8

    assert shop.start(a_choice(**NATIVE)).attempt.amount > 0


def test_believes_a_larger_step_when_the_last_quote_is_an_old_one(uow) -> None:
    shop = a_shop(uow)
    first = shop.start(a_choice(**NATIVE)).attempt
    shop.pass_time(seconds=9_000)
    shop.prices.answer = 2_000 * 10**8

    assert shop.start(a_choice(**NATIVE)).attempt.amount == first.amount * 5 // 4


def test_believes_no_jump_however_old_the_last_quote_is(uow) -> None:
    shop = a_shop(uow)
    shop.start(a_choice(**NATIVE))
    shop.pass_time(seconds=9_000)
    shop.prices.answer = 1_250 * 10**8

    with pytest.raises(PriceUnusable):
        shop.start(a_choice(**NATIVE))


def test_compares_a_feed_with_its_own_quotes_alone(uow) -> None:
    shop = a_shop(uow)
    shop.start()
    shop.pass_time(seconds=601)

    assert shop.start(a_choice(**NATIVE)).attempt.amount > 0


def test_asks_no_feed_when_a_token_counts_as_a_dollar(uow) -> None:
    shop = a_shop(uow)

    shop.start()

    assert shop.prices.asked == 0


def test_refuses_an_amount_that_is_less_than_the_smallest_unit(uow) -> None:
    shop = a_shop(uow, price=1)
    shop.prices.answer = 10**40

    with pytest.raises(AmountOutOfRange):
        shop.start(a_choice(**NATIVE))


def test_refuses_when_no_block_of_the_chain_is_known(uow, session) -> None:
    shop = a_shop(uow)
    session.execute(text("DELETE FROM chain_block"))
    session.commit()

    with pytest.raises(ChainTimeUnknown):
        shop.start()
