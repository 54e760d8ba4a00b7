"""Hypothesis strategies for sequences of actions on an escrow contract.

Most actions are ones that could succeed, or fail for one reason alone: the right party, near a
moment that matters, over what really remains. The rest is anyone doing anything.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from typing import Any

from hypothesis import strategies as st

from tests.support.escrow_actions import (
    COIN_WAYS,
    OF_CARTS,
    TOKEN_WAYS,
    Action,
    Approve,
    Call,
    Donate,
    Treat,
)
from tests.support.escrow_model import DAY, WITHOUT_END
from tests.support.escrow_scene import MOST, Choices, Scene
from tests.support.escrow_stage import FICKLE_PAYEE, MONEY, PEOPLE, SIGNERS, TOKENS, WALLET
from tests.support.escrow_terms import (
    COIN,
    ESCROW,
    NOBODY,
    PERMIT2,
    Authorization,
    Offer,
    Order,
    Permit,
    Permit2Transfer,
    Signature,
    Status,
    Way,
)

ALIVE = (Status.PAID, Status.FULFILLED, Status.DISPUTED)
FAULTS = ("high s", "low v", "cut short")
# In one sequence tokens may pretend that they have paid or deny it, but not both: within one call
# the contract takes what was pretended to be gone for what is denied to be gone.
_PRETENDING = tuple(name for name, way in TOKEN_WAYS.items() if way is not Way.LIES)
_DENYING = tuple(name for name, way in TOKEN_WAYS.items() if way is not Way.PRETENDS)
_LIKELY = {
    "pay": 3,
    "pay_with_permit": 1,
    "pay_with_authorization": 1,
    "pay_with_permit2": 1,
    "fulfil": 6,
    "release": 2,
    "refund": 2,
    "dispute": 5,
    "resolve": 4,
    "settle": 4,
    "reimburse": 2,
    "withdraw": 2,
}


@dataclass(frozen=True, slots=True)
class Script:
    """A sequence of actions, and the orders by the places that the actions name."""

    orders: dict[int, Order]
    actions: tuple[Action, ...]

    def __str__(self) -> str:
        """Its source, a line for each order and action."""
        orders = [f"{place}: {order}" for place, order in self.orders.items()]
        lines = ["orders={", *(f"    {each}," for each in orders), "},"]
        lines += ["actions=(", *(f"    {each}," for each in self.actions), "),"]
        return "\n".join(["Script(", *(f"    {line}" for line in lines), ")"])


def scripts(length: int) -> st.SearchStrategy[Script]:
    """Sequences of so many actions.

    One is made as a whole from a seed, with the model at hand to know what could succeed next.
    Made from many small draws, five of six sequences would be others with parts of them doubled.
    Hypothesis shrinks one by leaving out actions, each by a byte that becomes zero.
    """
    kept = st.binary(min_size=length, max_size=length)
    return st.builds(written, st.integers(0, 2**32 - 1), kept)


def written(seed: int, kept: bytes) -> Script:
    """The sequence of a seed, as long as `kept`, without the actions whose byte there is zero."""
    made = Choices(seed)
    scene = Scene(made.one(_PRETENDING, _DENYING))
    made_up = [scene.play(_action(made, scene)) for _ in kept]
    actions = tuple(compress(made_up, kept))
    named = {place for action in actions for place in action.places()}
    return Script({place: scene.orders[place] for place in sorted(named)}, actions)


def _action(made: Choices, scene: Scene) -> Action:
    if scene.has_room() and (not scene.payable(*MONEY) or made.one_in(6)):
        _draft(made, scene)
    if made.one_in(8):
        return _around(made, scene)
    could: dict[str, Any] = {
        "pay": scene.payable(*MONEY),
        "pay_with_permit": scene.payable(*TOKENS),
        "pay_with_authorization": scene.payable(*TOKENS),
        "pay_with_permit2": scene.payable(*TOKENS),
        "fulfil": scene.timely(Status.PAID),
        "release": scene.places(*ALIVE),
        "refund": scene.places(*ALIVE),
        "dispute": scene.disputable(),
        "resolve": scene.timely(Status.DISPUTED),
        "settle": scene.places(*ALIVE),
        "reimburse": scene.reimbursable(),
        "withdraw": scene.credited(),
    }
    likely = [name for name, targets in could.items() if targets for _ in range(_LIKELY[name])]
    name = made.usual(likely, tuple(could), one_in=16)
    action: Action = _MAKERS[name](made, scene, name, could[name])
    return action


def _draft(made: Choices, scene: Scene) -> None:
    """Makes an order, or two that can be paid together."""
    first = scene.orders[scene.draft(made)]
    if scene.has_room() and made.one_in(2):
        scene.draft(made, buyer=first.buyer, token=first.token)


def _when(made: Choices, scene: Scene, cart: Sequence[int], one_in: int = 8) -> int:
    """Soon, or one time in so many a second before, at or after what these orders wait for."""
    now = scene.model.now
    if made.one_in(one_in):
        moments = [moment + by for place in cart for moment in scene.moments(place) for by in _NEAR]
        later = [moment for moment in moments if moment > now]
        if later:
            return int(made.one(*later))
    return now + int(made.one(1, 1, 1, 60))


_NEAR = (1, 0, -1)


def _cart(made: Choices, scene: Scene, could: Sequence[int], *alike: str) -> tuple[int, ...]:
    """Places of up to three orders, usually alike in these fields. What is settled does no harm in
    a batch, so it may be among them unless the batch is a payment."""
    if made.one_in(48):
        return ()
    first = made.usual(could, scene.places())
    others = [
        place
        for place in (*could, *(scene.places(Status.SETTLED) if "token" not in alike else ()))
        if place != first and _alike(scene.orders[first], scene.orders[place], alike)
    ]
    more = made.one(0, 1, 2) if others else 0
    return (first, *(made.usual(others, scene.places()) for _ in range(more)))


def _alike(one: Order, other: Order, fields: Sequence[str]) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in fields)


def _pay(made: Choices, scene: Scene, name: str, could: Sequence[int]) -> Call:
    cart = _cart(made, scene, could, "buyer", "token")
    at = _when(made, scene, cart)
    paid = [scene.orders[place] for place in cart]
    if not paid:
        return Call(at, "buyer", name, ((), *_NOTHING[name]))
    if name == "pay":
        due = sum(order.amount for order in paid) if paid[0].token == COIN else 0
        value = made.usual((due,), (due + 1, max(due - 1, 0)))
        spoiled = _spoiled(made, paid[-1], at) if made.one_in(4) else None
        return Call(at, _by(made, paid[0].buyer), name, (cart,), value, spoiled)
    by, arguments = _SIGNED_PAYMENTS[name](made, scene, at, cart)
    return Call(at, by, name, (cart, *arguments))


_NOTHING: dict[str, tuple[int | None, ...]] = {
    "pay": (),
    "pay_with_permit": (0, None),
    "pay_with_authorization": (0, 0, None),
    "pay_with_permit2": (0, 0, None),
}
_Signed = tuple[str, tuple[Any, ...]]


def _permitted(made: Choices, scene: Scene, at: int, cart: Sequence[int]) -> _Signed:
    first, total = _first_and_total(scene, cart)
    by, until = _by(made, first.buyer), made.usual((at, at + 60), (at - 1,))
    nonce = scene.model.permit_nonces[first.token, by]
    over = Permit(first.token, by, total, nonce, until)
    # It has no form that a contract could sign.
    signature = None if by == WALLET else _signature(made, by, over, "value", "nonce", "deadline")
    return by, (until, signature)


def _authorized(made: Choices, scene: Scene, at: int, cart: tuple[int, ...]) -> _Signed:
    first, total = _first_and_total(scene, cart)
    after, before = made.usual((0, at - 1), (at,)), made.usual((at + 1, at + 60), (at,))
    over: Any = Authorization(first.token, first.buyer, total, after, before, cart)  # of places
    signature = _signature(made, first.buyer, over, "value", "after", "before")
    return _by(made, "stranger", first.buyer), (after, before, signature)


def _transferred(made: Choices, scene: Scene, at: int, cart: tuple[int, ...]) -> _Signed:
    first, total = _first_and_total(scene, cart)
    nonce, until = made.one(*range(8)), made.usual((at, at + 60), (at - 1,))
    over: Any = Permit2Transfer(first.token, total, nonce, until, cart)  # of places
    signature = _signature(made, first.buyer, over, "value", "nonce", "deadline")
    return _by(made, "stranger", first.buyer), (nonce, until, signature)


_SIGNED_PAYMENTS: dict[str, Callable[..., _Signed]] = {
    "pay_with_permit": _permitted,
    "pay_with_authorization": _authorized,
    "pay_with_permit2": _transferred,
}


def _first_and_total(scene: Scene, cart: Sequence[int]) -> tuple[Order, int]:
    paid = [scene.orders[place] for place in cart]
    return paid[0], sum(order.amount for order in paid)


def _spoiled(made: Choices, order: Order, at: int) -> tuple[str, int | str]:
    """A field and a content that the terms must not have there."""
    fees = (("fee_to", NOBODY), ("fee_to", ESCROW)) if order.fee_bps else ()
    spoiled: tuple[str, int | str] = made.one(
        ("seller", NOBODY),
        ("seller", order.buyer),
        ("seller", ESCROW),
        ("token", "no contract"),
        ("amount", 0),
        ("arbiter", order.buyer),
        ("arbiter", order.seller),
        ("arbiter", ESCROW),
        ("fee_bps", 1_001),
        ("silent_bps", 10_001),
        ("pay_by", at + 30 * DAY + 1),
        ("fulfil_by", order.pay_by),
        ("fulfil_by", order.pay_by + 365 * DAY + 1),
        ("window", 180 * DAY + 1),
        *fees,
    )
    return spoiled


def _by(made: Choices, *right: str) -> str:
    return str(made.usual(right, PEOPLE))


def _signature(made: Choices, party: str, over: Any, *numbers: str) -> Signature | None:
    """Usually by the party; else over other numbers, faulty, by another, or none."""
    what = made.one(*["right"] * 12, "other numbers", "fault", "another", "none")
    if what == "another":
        return Signature(made.one(*SIGNERS), over)
    if what == "none" or party not in SIGNERS:
        return None
    if what == "fault" and isinstance(over, Offer):
        return Signature(party, over, made.one(*FAULTS))
    if what == "other numbers":
        name = made.one(*numbers)
        return Signature(party, replace(over, **{name: getattr(over, name) + 1}))
    return Signature(party, over)


def _fulfil(made: Choices, scene: Scene, name: str, could: Sequence[int]) -> Call:
    cart = _cart(made, scene, could, "seller")
    sellers = [scene.orders[place].seller for place in cart[:1]]
    return Call(_when(made, scene, cart), _by(made, *sellers), name, (cart,))


def _end(made: Choices, scene: Scene, name: str, could: Sequence[int]) -> Call:
    """`release` or `refund`: by the party that gives, or by anyone near the deadline."""
    giver = "buyer" if name == "release" else "seller"
    due = (Status.FULFILLED,) if name == "release" else (Status.PAID, Status.DISPUTED)
    if scene.places(*due) and made.one_in(2):
        cart = _cart(made, scene, scene.places(*due))
        at, by = _when(made, scene, cart, one_in=1), made.one(*PEOPLE)
    else:
        cart = _cart(made, scene, could, giver)
        givers = [getattr(scene.orders[place], giver) for place in cart[:1]]
        at, by = _when(made, scene, cart), _by(made, *givers)
    has_gas = len(cart) != 1 or not made.one_in(16)
    return Call(at, by, name, (cart,), has_gas=has_gas)


def _dispute(made: Choices, scene: Scene, name: str, could: Sequence[int]) -> Call:
    place = made.usual(could, scene.places())
    order = scene.orders[place]
    by = _by(made, order.buyer, order.seller)
    return Call(_when(made, scene, (place,)), by, name, (place,))


def _resolve(made: Choices, scene: Scene, name: str, could: Sequence[int]) -> Call:
    place = made.usual(could, scene.places())
    left = scene.state(place).remaining
    to_buyer = made.one(left // 2, 0, 1, left, min(left + 1, MOST), MOST)
    by = _by(made, "arbiter")
    return Call(_when(made, scene, (place,)), by, name, (place, to_buyer))


def _settle(made: Choices, scene: Scene, name: str, could: Sequence[int]) -> Call:
    """A new offer, or one made before, which the order's state may have overtaken."""
    if scene.offered and made.one_in(4):
        old = made.one(*scene.offered)
        return replace(old, at=_when(made, scene, old.arguments[:1]), by=made.one(*PEOPLE))
    place = made.usual(could, scene.places())
    order, state = scene.orders[place], scene.state(place)
    at = _when(made, scene, (place,))
    to_buyer, to_seller = made.one(*_divisions(state.remaining))
    until = made.usual((at, at + 3 * DAY), (at - 1,))
    # Of a place, as in all that sequences have of orders.
    over: Any = Offer(place, to_buyer, to_seller, state.remaining, int(state.status), until)
    numbers = ("to_buyer", "to_seller", "remaining", "status", "valid_until")
    signed = [_signature(made, party, over, *numbers) for party in (order.buyer, order.seller)]
    by = made.one(order.buyer, order.buyer, order.seller, *PEOPLE)
    return Call(at, by, name, (place, to_buyer, to_seller, until, *signed))


def _divisions(left: int) -> tuple[tuple[int, int], ...]:
    half, third, less = left // 2, left // 3, max(left - 1, 0)
    parts = ((third, third), (0, half), (0, half), (0, third), (half, 0), (0, 1), (1, 0), (0, less))
    return (*parts, (0, left), (left, 0), (less, 1), (0, 0), (1, left), (MOST, MOST))


def _reimburse(made: Choices, scene: Scene, name: str, could: Sequence[int]) -> Call:
    place = made.usual(could, scene.places())
    order, released = scene.orders[place], scene.state(place).released
    amount = made.usual((released, released // 2 or 1), (0, min(released + 1, MOST)), one_in=5)
    due = amount if order.token == COIN else 0
    value = made.usual((due,), (due + 1, max(due - 1, 0)))
    at = _when(made, scene, (place,))
    return Call(at, _by(made, order.seller), name, (place, amount), value)


def _withdraw(made: Choices, scene: Scene, name: str, could: Sequence[tuple[str, str]]) -> Call:
    token, who = made.usual(could, [(token, who) for token in MONEY for who in PEOPLE])
    to = made.usual((who, *PEOPLE), (NOBODY, ESCROW))
    return Call(_when(made, scene, ()), who, name, (token, to))


def _around(made: Choices, scene: Scene) -> Action:
    """Not the contract itself, but what it deals with."""
    at, what = _when(made, scene, ()), made.one(*range(8))
    if what == 0:
        return Donate(at, made.one("dollar", COIN), made.one(1, MOST))
    if what == 1:
        amount = made.one(0, 10**8, WITHOUT_END)
        by, spender = made.one("buyer", WALLET, FICKLE_PAYEE), made.one(ESCROW, PERMIT2)
        return Approve(at, by, made.one(*TOKENS), spender, amount)
    token, account = made.usual(scene.treatable(), [(COIN, FICKLE_PAYEE), ("fickle", ESCROW)])
    return Treat(at, token, account, made.one(*(COIN_WAYS if token == COIN else scene.token_ways)))


_MAKERS: dict[str, Callable[..., Action]] = {
    **dict.fromkeys(OF_CARTS, _pay),
    "fulfil": _fulfil,
    "release": _end,
    "refund": _end,
    "dispute": _dispute,
    "resolve": _resolve,
    "settle": _settle,
    "reimburse": _reimburse,
    "withdraw": _withdraw,
}
