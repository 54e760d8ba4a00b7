"""Buyers, sellers, banks, messages and processes in any order: after every step the books balance,
and in the end the provider has what they say."""

from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Connection

from souk.modules.payments.domain import CardChoice, FactKind, Observation, PaymentMethod
from tests.support.card_shop import BY_CARD, CardShop, a_card_shop
from tests.support.card_world import CardWorld, Trouble
from tests.support.payment_builders import a_choice, orphaned, reached, seen

CARDS = [
    "pm_card_visa",
    "pm_card_visa",
    "pm_card_bypassPending",
    "pm_card_chargeDeclinedInsufficientFunds",
    "pm_card_pendingRefund",
    "pm_card_refundFail",
    "pm_usBankAccount_success",
    "pm_usBankAccount_insufficientFunds",
]
CHOICES = st.builds(
    CardChoice,
    method=st.sampled_from([PaymentMethod.CREDIT_CARD, PaymentMethod.STRIPE]),
    anyway=st.booleans(),
)
# How far a story has come when it begins: nothing, chosen, paid, heard of, released.
BEGINNINGS = [0, 1, 2, 3, 3, 3, 4]
SHARES = st.sampled_from([1, 10, 50, 100])
AMONG = st.integers(0, 50)
TIMES = st.sampled_from([{"seconds": 61}, {"minutes": 31}, {"hours": 25}, {"days": 45}])
_PATHS = (
    "SELECT 'order', order_id, sequence, from_status, to_status FROM order_status_history"
    " UNION ALL SELECT 'attempt', attempt_id, sequence, from_status, to_status"
    " FROM payment_attempt_history ORDER BY 1, 2, 3"
)
_FIGURES = (
    "SELECT l.id, l.held, l.released, l.refunded, l.reimbursed, l.charged_back,"
    " coalesce(m.held, 0), coalesce(m.released, 0), coalesce(m.refunded, 0),"
    " coalesce(m.reimbursed, 0), coalesce(m.charged_back, 0)"
    " FROM payment_attempt_leg l LEFT JOIN order_money m ON m.holder = l.id"
)
_COMPLETIONS = (
    "SELECT order_id FROM payment_attempt_leg WHERE NOT duplicate"
    " AND status NOT IN ('awaiting', 'seen', 'orphaned') GROUP BY 1 HAVING count(*) > 1"
)


def is_begun(story: "CardStories") -> bool:
    return bool(story.world.started)


def is_paid(story: "CardStories") -> bool:
    return story.world.happened["paid in browser"] > 0


def is_disputed(story: "CardStories") -> bool:
    return bool(story.world.disputes)


class CardStories(RuleBasedStateMachine):
    """Each example is a story of its own in a savepoint of one transaction."""

    def __init__(
        self, connection: Connection, shops: list[CardShop], happened: Counter[str]
    ) -> None:
        super().__init__()
        self._branch = connection.begin_nested()
        self._shops = shops
        self._happened = happened

    @initialize(sellers=st.integers(0, 1), beginning=st.sampled_from(BEGINNINGS))
    def begin(self, sellers: int, beginning: int) -> None:
        shop = self._shops[sellers]
        shop.wall.advance(seconds=(datetime.now(UTC) - shop.wall.now()).total_seconds())
        shop.empty_payee()
        self.shop, self.world = shop, CardWorld(shop)
        steps = (
            lambda: self.world.choose_card(BY_CARD),
            lambda: self.world.pay_in_browser("pm_card_visa"),
            self.world.look_at_all,
            lambda: self.release(0),
        )
        for step in steps[:beginning]:
            step()

    def teardown(self) -> None:
        try:
            if hasattr(self, "world"):
                self.world.come_to_rest()
                self.assert_provider_agrees()
        finally:
            self._branch.rollback()

    # -- the buyer ------------------------------------------------------------------------------

    @rule(choice=CHOICES)
    def choose_card(self, choice: CardChoice) -> None:
        self.world.choose_card(choice)

    @precondition(is_begun)
    @rule(method=st.sampled_from(CARDS))
    def pay_in_browser(self, method: str) -> None:
        self.world.pay_in_browser(method)

    @rule(choice=CHOICES, method=st.sampled_from(CARDS[:3]), heard=st.booleans())
    def buy(self, choice: CardChoice, method: str, heard: bool) -> None:
        """All of a payment that goes well, which is where most of the rest begins."""
        self.world.choose_card(choice)
        self.world.pay_in_browser(method)
        if heard:
            self.world.look_at_all()

    @precondition(is_begun)
    @rule()
    def come_back(self) -> None:
        with self.world.trying("come back"):
            self.shop.payments.confirm(self.shop.buyer, self.shop.payment_id)

    @precondition(is_begun)
    @rule()
    def read_what_to_do(self) -> None:
        with self.world.trying("action"):
            self.shop.payments.read_action(self.shop.buyer, self.shop.payment_id)

    @precondition(is_begun)
    @rule()
    def give_the_attempt_up(self) -> None:
        with self.world.trying("give up"):
            self.shop.payments.cancel(self.shop.buyer, self.shop.payment_id)

    @rule()
    def cancel(self) -> None:
        with self.world.trying("cancel"):
            self.shop.cancel()

    @precondition(is_paid)
    @rule(order=AMONG)
    def release(self, order: int) -> None:
        with self.world.trying("release"):
            self.shop.deliveries.release(self.shop.buyer, self.an_order(order).id)

    # -- the seller -----------------------------------------------------------------------------

    @precondition(is_paid)
    @rule(order=AMONG)
    def ship(self, order: int) -> None:
        chosen = self.an_order(order)
        with self.world.trying("ship"):
            self.shop.deliveries.ship(self.shop.seller_of(chosen), chosen.id, None)

    @precondition(is_paid)
    @rule(order=AMONG)
    def refuse_the_order(self, order: int) -> None:
        chosen = self.an_order(order)
        with self.world.trying("seller cancels"):
            self.shop.cancellations.cancel(self.shop.seller_of(chosen), chosen.id, "sold out")

    @precondition(is_paid)
    @rule(order=AMONG, percent=SHARES)
    def give_back(self, order: int, percent: int) -> None:
        """A part or all, out of what is held or of what was released."""
        chosen = self.an_order(order)
        amount = chosen.total.amount * percent // 100
        with self.world.trying("give back"):
            self.shop.payments.refund_part(
                self.shop.seller_of(chosen), self.shop.payment_id, chosen.id, amount
            )

    @precondition(is_paid)
    @rule(there=st.booleans())
    def take_money_out_of_the_provider(self, there: bool) -> None:
        if there:
            self.shop.fill_payee(5_000)
        else:
            self.shop.empty_payee()

    # -- the chain ------------------------------------------------------------------------------

    @rule()
    def choose_escrow(self) -> None:
        with self.world.trying("escrow"):
            self.world.legs += self.shop.start(a_choice()).attempt.legs

    @precondition(lambda self: self.world.legs)
    @rule(leg=AMONG, stay=st.integers(1, 2), say=st.sampled_from([seen, reached, orphaned]))
    def see_a_payment_on_the_chain(self, leg: int, stay: int, say) -> None:
        self.tell(say(self.a_leg(leg), stay=stay))

    @precondition(lambda self: self.world.legs)
    @rule(leg=AMONG, kind=st.sampled_from([FactKind.FULFILLED, FactKind.DISPUTED]))
    def see_the_parties_on_the_chain(self, leg: int, kind: FactKind) -> None:
        self.tell(reached(self.a_leg(leg), kind))

    @precondition(lambda self: self.world.legs)
    @rule(leg=AMONG, back=st.booleans())
    def see_it_settled_on_the_chain(self, leg: int, back: bool) -> None:
        chosen = self.a_leg(leg)
        figures = {"to_buyer": chosen.amount} if back else {"to_seller": chosen.amount}
        self.tell(reached(chosen, FactKind.SETTLED, **figures))

    def tell(self, observation: Observation) -> None:
        with self.world.trying("chain"):
            self.shop.observe(observation)

    # -- the bank, and whoever sits at the provider ----------------------------------------------

    @precondition(is_paid)
    @rule(inquiry=st.booleans(), percent=st.sampled_from([30, 100]))
    def dispute(self, inquiry: bool, percent: int) -> None:
        amount = self.shop.checkout.total.amount * percent // 100
        part = {} if percent == 100 else {"amount": amount}
        self.world.dispute(inquiry=str(inquiry).lower(), **part)

    @precondition(is_disputed)
    @rule(won=st.booleans())
    def decide(self, won: bool) -> None:
        self.world.of_dispute("end", won=str(won).lower())

    @precondition(is_disputed)
    @rule()
    def escalate(self) -> None:
        self.world.of_dispute("escalate")

    @precondition(is_paid)
    @rule(amount=st.sampled_from([100, 1_000]))
    def give_back_by_hand(self, amount: int) -> None:
        self.world.give_back_by_hand(amount)

    @precondition(is_begun)
    @rule()
    def hurry(self) -> None:
        self.shop.hurry()

    # -- messages -------------------------------------------------------------------------------

    @precondition(is_begun)
    @rule(number=AMONG, again=st.booleans())
    def deliver(self, number: int, again: bool) -> None:
        """One of those on their way, or one that has arrived before."""
        world = self.world
        world.fetch_mail()
        box = world.arrived if again else world.mail
        if box:
            message = box[number % len(box)]
            world.deliver(message)
            if not again:
                world.mail.remove(message)
                world.arrived.append(message)

    @precondition(is_begun)
    @rule(count=st.integers(1, 8))
    def deliver_in_order(self, count: int) -> None:
        world = self.world
        world.fetch_mail()
        for message in world.mail[:count]:
            world.deliver(message)
        world.mail, world.arrived = world.mail[count:], world.arrived + world.mail[:count]

    @precondition(is_begun)
    @rule()
    def lose_the_mail(self) -> None:
        self.world.fetch_mail()
        self.world.mail.clear()

    # -- our workers ----------------------------------------------------------------------------

    @rule(duration=TIMES)
    def let_time_pass(self, duration: dict[str, int]) -> None:
        """After a day the provider has forgotten our keys."""
        self.shop.wall.advance(**duration)
        if "seconds" not in duration and "minutes" not in duration:
            self.shop.server.control("keys/forget")

    @rule()
    def look(self) -> None:
        self.world.work(self.shop.payments.look_at_open)

    @rule()
    def reconcile(self) -> None:
        self.world.look_at_all()

    @rule()
    def carry_out(self) -> None:
        self.world.work(self.shop.payments.carry_out_due)

    @rule()
    def keep(self) -> None:
        self.world.work(self.shop.keeper.settle_due_at_our_word)

    @rule()
    def expire(self) -> None:
        checkout = self.shop.checkout.checkout_id
        self.world.work(lambda: self.shop.expiries.expire_checkout(checkout))

    @rule(trouble=st.sampled_from(Trouble))
    def order_trouble(self, trouble: Trouble) -> None:
        """For the next call to the provider."""
        self.world.trouble = trouble

    # -- what is true after every step ------------------------------------------------------------

    @invariant()
    def books_balance(self) -> None:
        self.shop.sees.assert_balanced()

    @invariant()
    def books_say_what_the_legs_say(self) -> None:
        for leg, *figures in self.world.read(_FIGURES):
            assert figures[:5] == figures[5:], leg

    @invariant()
    def order_is_paid_at_most_once(self) -> None:
        assert self.world.read(_COMPLETIONS) == []

    @invariant()
    def history_is_a_path(self) -> None:
        last: dict[object, object] = {}
        for _kind, subject, _sequence, before, after in self.world.read(_PATHS):
            assert last.get(subject) == before, subject
            last[subject] = after

    def assert_provider_agrees(self) -> None:
        self._happened += self.world.happened
        for there, booked in self.world.money():
            self._happened += Counter({name: bool(cents) for name, cents in asdict(there).items()})
            assert there == booked, self.world.happened

    def an_order(self, number: int):
        return self.shop.checkout.orders[number % len(self.shop.orders)]

    def a_leg(self, number: int):
        return self.world.legs[number % len(self.world.legs)]


def run(
    connection: Connection, shops: list[CardShop], *, examples: int, steps: int
) -> Counter[str]:
    """Tell so many stories; how often what happened, by name, and in how many attempts money went
    each way."""
    happened: Counter[str] = Counter()
    run_state_machine_as_test(
        lambda: CardStories(connection, shops, happened),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            suppress_health_check=list(HealthCheck),
        ),
    )
    return happened


@pytest.fixture
def shops(uow, card_server, clock) -> list[CardShop]:
    """One with an order, and one with an order of each of two sellers."""
    alone = a_card_shop(uow, card_server, clock)
    return [alone, a_card_shop(uow, card_server, clock, sellers=["sami", "boris"])]


def test_accounts_for_all_money_in_any_story(connection, shops) -> None:
    happened = run(connection, shops, examples=60, steps=15)

    print(sorted(happened.items()))
    assert happened["charged"] > 10


@pytest.mark.deep
def test_accounts_for_all_money_in_many_long_stories(connection, shops) -> None:
    happened = run(connection, shops, examples=300, steps=40)

    print(sorted(happened.items()))
    assert happened["charged"] > 150
