"""Story 5: the block with the payment leaves the chain; the same signed bytes are mined again."""

from souk.entrypoints.demo.books import read_balances
from souk.entrypoints.demo.documents import Document
from souk.entrypoints.demo.evidence import Orphaned
from souk.entrypoints.demo.node import Mined
from souk.entrypoints.demo.world import Timeline, World

_CENTS = 2_200
# So many blocks below the payment, which are empty, are replaced too.
_MARGIN = 3


def play(world: World) -> Orphaned:
    """Play it and collect what is to be checked."""
    buyer = world.buyer
    saffron = world.sellers[0].list_goods("Saffron, 2 g", _CENTS, stock=6)
    placed = buyer.place(saffron)
    world.narrator.say("buyer", "orders saffron")
    timeline = Timeline(world, buyer, placed["orders"][0]["id"].text)
    world.node.mine(_MARGIN)
    before = world.node.balance(buyer.address)
    (first,) = buyer.perform(placed["payment"]["action"])
    world.narrator.say("buyer", "pays", first)
    world.confirm()
    timeline.until_status("paid")
    meanwhile = _lose(world, timeline, first)
    balances = {
        f"{b.kind} {b.stage}": int(b.amount)
        for b in read_balances(world.connection, timeline.order_id)
    }
    second = world.node.include(first.raw)
    world.narrator.say("wallet", "sends the same signed bytes again", second)
    world.confirm()
    timeline.until_status("paid")
    return Orphaned(
        order=world.evidence(timeline.order_id),
        first=first,
        second=second,
        meanwhile=meanwhile,
        meanwhile_balances=balances,
        hash_of_first_block_after=world.node.block_hash(first.block_number),
        buyer_spent=before - world.node.balance(buyer.address),
    )


def _lose(world: World, timeline: Timeline, paid: Mined) -> Document:
    """Replace the newest blocks, the payment's among them, by empty ones, and wait until the
    order says so."""
    with world.node.between_ticks():
        head, _ = world.node.head()
        depth = head - paid.block_number + 1 + _MARGIN
        world.node.call("anvil_reorg", depth, [])
    world.narrator.say("chain", f"the newest {depth} blocks are replaced; the payment is in none")
    return timeline.until(
        lambda page: (
            page["status"].text == "pending_payment"
            and page["attempts"][0]["status"].text == "orphaned"
        ),
        "to be unpaid again",
    )
