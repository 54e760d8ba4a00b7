"""Story 2: a cart of two sellers, paid in tokens by one call; one order kept, one sent back."""

from souk.entrypoints.demo.documents import Document
from souk.entrypoints.demo.evidence import Cart
from souk.entrypoints.demo.node import Mined
from souk.entrypoints.demo.people import Listing, stock_of
from souk.entrypoints.demo.world import Timeline, World

_CENTS = (2_500, 3_900)
_FUNDS = 1_000 * 10**6


def play(world: World) -> Cart:
    """Play it and collect what is to be checked."""
    buyer, (first, second) = world.buyer, world.sellers
    jam = first.list_goods("Fig jam, six jars", _CENTS[0], stock=4)
    lantern = second.list_goods("Glass lantern", _CENTS[1], stock=2)
    minted = buyer.wallet.mint(world.dollar.address, _FUNDS)
    world.narrator.say("buyer", "takes 1,000 tUSD from the token's open faucet", minted)
    stock_before = stock_of(second, lantern)
    cart_id, placed = _order(world, jam, lantern)
    kept, returned = _by_seller(world, placed)
    before = world.dollar.balance(buyer.address)
    approved, paid = _pay(world, placed)
    spent = before - world.dollar.balance(buyer.address)
    for timeline in (kept, returned):
        timeline.until_status("paid")
    gained = _keep(world, kept)
    refunded = _send_back(world, returned)
    payment_id = placed["payment"]["payment_id"].text
    return Cart(
        kept=world.evidence(kept.order_id),
        returned=world.evidence(returned.order_id),
        calls=placed["payment"]["action"]["calls"],
        approved=approved,
        paid=paid,
        buyer_spent=spent,
        buyer_refunded=refunded,
        seller_gained=gained,
        returned_stock_before=stock_before,
        returned_stock_after=stock_of(second, lantern),
        cart_after=buyer.do("GET", f"/api/carts/{cart_id}"),
        payment=buyer.do("GET", f"/api/payments/{payment_id}"),
        prices=_CENTS,
    )


def _order(world: World, *listings: Listing) -> tuple[str, Document]:
    """Put everything into a cart and order that, to be paid in test dollars."""
    buyer = world.buyer
    cart_id = buyer.do("POST", "/api/carts")["id"].text
    for listing in listings:
        item = {"listing_id": listing.id, "quantity": 1}
        buyer.ask("PUT", f"/api/carts/{cart_id}/items", item)
    titles = " and ".join(f"“{listing.title}”" for listing in listings)
    world.narrator.say("buyer", f"puts {titles} into a cart and orders them")
    body = {"cart_id": cart_id, "pay": buyer.pay_with(world.dollar.address)}
    return cart_id, buyer.do("POST", "/api/orders", body)


def _pay(world: World, placed: Document) -> tuple[Mined, Mined]:
    approved, paid = world.buyer.perform(placed["payment"]["action"])
    world.narrator.say("buyer", "lets the escrow take the sum", approved)
    world.narrator.say("buyer", "pays both orders by one call", paid)
    world.buyer.hand_in(placed, paid)
    world.confirm()
    return approved, paid


def _by_seller(world: World, placed: Document) -> tuple[Timeline, Timeline]:
    """The first seller's order and the second's; the answer's order is nobody's promise."""
    one, other = (Timeline(world, world.buyer, o["id"].text) for o in placed["orders"])
    total = {"2500": (one, other), "3900": (other, one)}
    return total[placed["orders"][0]["total"]["amount"].text]


def _keep(world: World, timeline: Timeline) -> int:
    """The buyer trusts the seller and releases before anything was sent; what the seller got."""
    seller = world.sellers[0]
    before = world.dollar.balance(seller.address)
    asked = world.buyer.move(timeline.order_id, "completed")
    (released,) = world.buyer.perform(asked["action"])
    world.narrator.say("buyer", "trusts the first seller and signs release at once", released)
    world.confirm()
    timeline.until_status("completed")
    return world.dollar.balance(seller.address) - before


def _send_back(world: World, timeline: Timeline) -> int:
    """The seller finds the lantern broken and refunds; what the buyer got back."""
    buyer, seller = world.buyer, world.sellers[1]
    before = world.dollar.balance(buyer.address)
    asked = seller.move(timeline.order_id, "cancelled", reason="the lantern broke in the kiln")
    (refunded,) = seller.perform(asked["action"])
    world.narrator.say("seller", "finds the lantern broken and signs refund", refunded)
    world.confirm()
    timeline.until_status("cancelled")
    return world.dollar.balance(buyer.address) - before
