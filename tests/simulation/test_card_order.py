"""Whatever the provider tells, in whatever order and however often: where it ends is the same."""

from itertools import permutations
from random import Random

import pytest

from souk.modules.payments.domain import AttemptNews, AttemptTurn
from tests.support.card_books import standing
from tests.support.card_shop import ANYHOW, EMPTY

BANK, POOR_BANK = "pm_usBankAccount_success", "pm_usBankAccount_insufficientFunds"
FAILING = "pm_card_refundFail"


def paid(shop, started) -> None:
    shop.confirm(started)


def declined_then_paid(shop, started) -> None:
    shop.confirm(started, EMPTY)
    shop.confirm(started)


def declined_then_called_off(shop, started) -> None:
    shop.confirm(started, EMPTY)
    shop.client.v1.payment_intents.cancel(started.needs.reference)


def paid_by_bank(shop, started) -> None:
    shop.confirm(started, BANK)
    shop.hurry()


def refused_by_bank(shop, started) -> None:
    shop.confirm(started, POOR_BANK)
    shop.hurry()


def refused_by_bank_then_paid(shop, started) -> None:
    refused_by_bank(shop, started)
    shop.confirm(started)


def refused_by_bank_then_under_way(shop, started) -> None:
    refused_by_bank(shop, started)
    shop.confirm(started, BANK)


def partly_refunded_and_released(shop, started) -> None:
    shop.confirm(started)
    shop.hear(started)
    shop.payments.refund_part(shop.seller(), shop.payment_id, shop.order_id, 500)
    shop.deliveries.release(shop.buyer, shop.order_id)


def released_and_given_back(shop, started) -> None:
    shop.confirm(started)
    shop.hear(started)
    shop.deliveries.release(shop.buyer, shop.order_id)
    shop.payments.refund_part(shop.seller(), shop.payment_id, shop.order_id, 500)


def a_refund_was_sent_back(shop, started) -> None:
    shop.confirm(started, FAILING)
    shop.hear(started)
    shop.payments.refund_part(shop.seller(), shop.payment_id, shop.order_id, 500)
    shop.hurry()


STORIES = [
    paid,
    declined_then_paid,
    declined_then_called_off,
    paid_by_bank,
    refused_by_bank,
    refused_by_bank_then_paid,
    refused_by_bank_then_under_way,
    partly_refunded_and_released,
    released_and_given_back,
    a_refund_was_sent_back,
]


def told(shop, connection, story) -> list[tuple[str, bytes]]:
    """What the provider tells of a story, none of which has been heard."""
    started = shop.begin(ANYHOW)
    with connection.begin_nested() as played:
        story(shop, started)
        played.rollback()
    gateway, gate = shop.cards.gateway, shop.cards.webhooks
    every = shop.webhooks(started)
    return [one for one in every if gateway.parse_observation(gate.read(one[1]))]


def ends(shop, connection, orders) -> list[tuple]:
    """Where the messages end in each of these orders, the books balanced after every one."""
    found = []
    for order in orders:
        with connection.begin_nested() as branch:
            for message in order:
                shop.payments.handle_webhook(*message)
                shop.sees.assert_balanced()
            found.append(standing(shop))
            branch.rollback()
    return found


@pytest.mark.pitfall("P6")
@pytest.mark.parametrize("story", STORIES)
def test_ends_the_same_when_messages_come_in_another_order(shop, connection, story) -> None:
    messages = told(shop, connection, story)
    shuffled = Random(story.__name__).sample(messages, len(messages))

    first, *others = ends(shop, connection, [messages, messages[::-1], shuffled, messages * 2])

    assert len(messages) > 1
    assert others == [first] * 3


@pytest.mark.pitfall("P6")
def test_is_not_under_way_again_when_its_end_was_told_before(shop) -> None:
    started = shop.begin()
    turns = [AttemptTurn.DECLINED, AttemptTurn.PROCESSING]
    told = [
        AttemptNews(
            attempt_id=started.attempt_id,
            turn=turn,
            about="ch_one",
            reason="the bank says so",
            occurred_at=shop.wall.now(),
        )
        for turn in turns
    ]

    heard = [shop.payments.observe(news) for news in told]

    assert (heard, shop.sees.attempts()) == ([True, False], ["failed"])


@pytest.mark.deep
@pytest.mark.parametrize("story", STORIES)
def test_ends_the_same_in_every_order_there_is(shop, connection, story) -> None:
    """All of the orders, of the longer stories a good part of them."""
    messages = told(shop, connection, story)
    every = list(permutations(messages))
    chosen = Random(story.__name__).sample(every, min(len(every), 200))

    found = ends(shop, connection, [messages, *chosen])

    assert found == [found[0]] * len(found)
