"""Story 4: the buyer stays silent; when the window is over the keeper releases the money."""

from souk.entrypoints.demo.documents import Document
from souk.entrypoints.demo.evidence import Window
from souk.entrypoints.demo.node import selector
from souk.entrypoints.demo.rows import read_order
from souk.entrypoints.demo.world import Timeline, World

_CENTS = 1_450
_DAY = 86_400
_KEEPER_SECONDS = 25


def play(world: World) -> Window:
    """Play it and collect what is to be checked."""
    buyer, seller = world.buyer, world.sellers[1]
    spoon = seller.list_goods("Olive wood spoon", _CENTS, stock=5)
    placed = buyer.place(spoon, token=world.dollar.address)
    world.narrator.say("buyer", "orders a spoon")
    timeline = Timeline(world, buyer, placed["orders"][0]["id"].text)
    paid = buyer.perform(placed["payment"]["action"])[-1]
    world.narrator.say("buyer", "pays", paid)
    world.confirm()
    timeline.until_status("paid")
    released_by_hand = _ship(world, timeline)
    early = world.node.revert_data({**released_by_hand, "from": seller.address})
    nonces = [
        world.node.number("eth_getTransactionCount", p.address, "latest") for p in (buyer, seller)
    ]
    before = world.dollar.balance(seller.address)
    moved = _let_the_window_end(world, timeline)
    page = timeline.until_status("completed", seconds=_KEEPER_SECONDS)
    after = [
        world.node.number("eth_getTransactionCount", p.address, "latest") for p in (buyer, seller)
    ]
    return Window(
        order=world.evidence(timeline.order_id),
        early_revert=early,
        buyer_nonce=nonces[0],
        buyer_nonce_after=after[0],
        seller_nonce=nonces[1],
        seller_nonce_after=after[1],
        seller_gained=world.dollar.balance(seller.address) - before,
        moved_seconds=moved,
        settled_by=_sender(world, page),
    )


def _ship(world: World, timeline: Timeline) -> dict[str, str]:
    """Ship without a word in between; the call by which anyone could release, too early now."""
    seller = world.sellers[1]
    asked = seller.move(timeline.order_id, "shipped", tracking={"carrier": "Posta", "code": "S1"})
    (fulfilled,) = seller.perform(asked["action"])
    world.narrator.say("seller", "ships at once and signs fulfil", fulfilled)
    world.confirm()
    timeline.until_status("shipped")
    call = asked["action"]["calls"][0]
    terms = call["data"].text[10:]
    return {"to": call["to"].text, "data": "0x" + selector(RELEASE).hex() + terms}


RELEASE = (
    "release((address,address,address,uint96,address,address,uint16,uint16,uint40,uint40,uint32,"
    "bytes32)[])"
)


def _let_the_window_end(world: World, timeline: Timeline) -> int:
    (leg,) = read_order(world.connection, timeline.order_id).legs
    deadline = world.escrow.state(leg.escrow_id).deadline
    seconds = world.node.move_past(deadline)
    world.confirm()
    days = round(seconds / _DAY)
    world.narrator.say("clock", f"the chain's time is moved ahead by {days} days; nobody acts")
    return seconds


def _sender(world: World, page: Document) -> str:
    """Whose transaction settled the order."""
    evidence = page["history"][-1]["evidence"]
    found = world.node.call("eth_getTransactionByHash", evidence["transaction_hash"].text)
    return found["from"].text
