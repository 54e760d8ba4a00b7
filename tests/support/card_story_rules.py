"""What everybody may do in a story about cards, as rules from which Hypothesis makes stories."""

from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from souk.modules.payments.domain import CardChoice, FactKind, Observation, PaymentMethod
from tests.support.card_shop import CardShop
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
_TRIES = 2
SHARES = st.sampled_from([1, 10, 50, 100])
AMONG = st.integers(0, 50)
TIMES = st.sampled_from([{"seconds": 61}, {"minutes": 31}, {"hours": 25}, {"days": 45}])


def is_begun(story: "Story") -> bool:
    return bool(story.world.started)


def is_paid(story: "Story") -> bool:
    return story.world.happened["paid in browser"] > 0


def is_disputed(story: "Story") -> bool:
    return bool(story.world.disputes)


def not_in_vain(what: str, of: Callable[["Story"], bool] = lambda _story: True):
    """Whoever was refused something twice asks for other things."""
    return precondition(
        lambda story: of(story) and story.world.happened[f"{what} refused"] < _TRIES
    )


class Story(RuleBasedStateMachine):
    """One world, and what the rules of all who are in it need."""

    shop: CardShop
    world: CardWorld

    def an_order(self, number: int):
        return self.shop.checkout.orders[number % len(self.shop.orders)]

    def a_leg(self, number: int):
        return self.world.legs[number % len(self.world.legs)]


class Buying(Story):
    """The buyer."""

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

    @not_in_vain("come back", is_begun)
    @rule()
    def come_back(self) -> None:
        with self.world.trying("come back"):
            self.shop.payments.confirm(self.shop.buyer, self.shop.payment_id)

    @not_in_vain("action", is_begun)
    @rule()
    def read_what_to_do(self) -> None:
        with self.world.trying("action"):
            self.shop.payments.read_action(self.shop.buyer, self.shop.payment_id)

    @not_in_vain("give up", is_begun)
    @rule()
    def give_the_attempt_up(self) -> None:
        with self.world.trying("give up"):
            self.shop.payments.cancel(self.shop.buyer, self.shop.payment_id)

    @not_in_vain("cancel")
    @rule()
    def cancel(self) -> None:
        with self.world.trying("cancel"):
            self.shop.cancel()

    @not_in_vain("release", is_paid)
    @rule(order=AMONG)
    def release(self, order: int) -> None:
        with self.world.trying("release"):
            self.shop.deliveries.release(self.shop.buyer, self.an_order(order).id)


class Selling(Story):
    """The sellers."""

    @not_in_vain("ship", is_paid)
    @rule(order=AMONG)
    def ship(self, order: int) -> None:
        chosen = self.an_order(order)
        with self.world.trying("ship"):
            self.shop.deliveries.ship(self.shop.seller_of(chosen), chosen.id, None)

    @not_in_vain("seller cancels", is_paid)
    @rule(order=AMONG)
    def refuse_the_order(self, order: int) -> None:
        chosen = self.an_order(order)
        with self.world.trying("seller cancels"):
            self.shop.cancellations.cancel(self.shop.seller_of(chosen), chosen.id, "sold out")

    @not_in_vain("give back", is_paid)
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


class OnChain(Story):
    """What the escrow's chain shows of the other way to pay."""

    @not_in_vain("escrow")
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


class Banking(Story):
    """The payer's bank, and whoever sits at the provider's own pages."""

    @not_in_vain("dispute", is_paid)
    @rule(inquiry=st.booleans(), percent=st.sampled_from([30, 100]))
    def dispute(self, inquiry: bool, percent: int) -> None:
        amount = self.shop.checkout.total.amount * percent // 100
        part = {} if percent == 100 else {"amount": amount}
        self.world.dispute(inquiry=str(inquiry).lower(), **part)

    @precondition(is_disputed)
    @rule(won=st.booleans())
    def decide(self, won: bool) -> None:
        self.world.decide(won=won)

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


class Telling(Story):
    """Messages of the provider, which come late, again, or never."""

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


class Working(Story):
    """Our own workers, and what may happen to them."""

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
