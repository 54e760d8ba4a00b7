"""Story 3: a payment that was begun and never made; the goods are free again."""

from souk.entrypoints.demo.client import Answer
from souk.entrypoints.demo.documents import Document
from souk.entrypoints.demo.evidence import Expired
from souk.entrypoints.demo.people import stock_of
from souk.entrypoints.demo.rows import read_order
from souk.entrypoints.demo.world import Timeline, World

_CENTS = 28_900


def play(world: World) -> Expired:
    """Play it and collect what is to be checked."""
    buyer, seller = world.buyer, world.sellers[0]
    kilim = seller.list_goods("Wool kilim, 120 x 180", _CENTS, stock=1)
    before = stock_of(seller, kilim)
    placed = buyer.place(kilim)
    world.narrator.say("buyer", "orders the last kilim, gets the call to sign, and signs nothing")
    timeline = Timeline(world, buyer, placed["orders"][0]["id"].text)
    meanwhile = stock_of(seller, kilim)
    second_attempt = _try_in_tokens(world, placed)
    _let_time_pass(world, timeline)
    timeline.until_status("expired")
    _, expired_at = world.node.head()
    call = placed["payment"]["action"]["calls"][0]
    late = world.node.include(buyer.wallet.sign_call(call, doomed=True))
    world.narrator.say("buyer", "signs the old call after all; the contract reverts it", late)
    world.confirm()
    return Expired(
        order=world.evidence(timeline.order_id),
        stock_before=before,
        stock_meanwhile=meanwhile,
        stock_after=stock_of(seller, kilim),
        second_attempt=second_attempt,
        new_attempt_after=_try_in_tokens(world, placed),
        late=late,
        late_revert=world.node.revert_data(_as_request(call, buyer.address)),
        expired_at_chain_time=expired_at,
    )


def _let_time_pass(world: World, timeline: Timeline) -> None:
    """Move the chain's clock past the reservation, which the chain's time ends."""
    until = read_order(world.connection, timeline.order_id).order.expires_at
    seconds = world.node.move_past(int(until.timestamp()) + 1)
    world.confirm()
    minutes = round(seconds / 60)
    world.narrator.say("clock", f"the chain's time is moved ahead by {minutes} minutes")


def _try_in_tokens(world: World, placed: Document) -> Answer:
    """Another attempt on the same payment, in another asset."""
    payment_id = placed["payment"]["payment_id"].text
    body = {"payment_id": payment_id, **world.buyer.pay_with(world.dollar.address)}
    key = f"{payment_id}-{world.node.head()[0]}"
    return world.buyer.ask("POST", "/api/payments/process", body, key=key)


def _as_request(call: Document, sender: str) -> dict[str, str]:
    return {
        "from": sender,
        "to": call["to"].text,
        "data": call["data"].text,
        "value": hex(call["value"].number),
    }
