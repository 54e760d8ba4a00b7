"""Stories 6 to 9: the same by card, and a declined card that ends in escrow."""

from souk.entrypoints.demo.books import read_balances
from souk.entrypoints.demo.cards import EMPTY_CARD, GOOD_CARD
from souk.entrypoints.demo.client import Answer
from souk.entrypoints.demo.documents import Document
from souk.entrypoints.demo.evidence import ByCard, CardOrder, Declined
from souk.entrypoints.demo.people import Listing, stock_of
from souk.entrypoints.demo.world import Timeline, World

_TRACKING = {"carrier": "Posta", "code": "RR123456785TR"}


def play_released(world: World) -> ByCard:
    """Paid, shipped, delivered, released: the provider hands the money on."""
    seller = world.sellers[0]
    world.accept_cards()
    pot = seller.list_goods("Copper coffee pot", 6_400, stock=3)
    stock = stock_of(seller, pot)
    placed = _pay(world, pot)
    timeline = Timeline(world, world.buyer, placed["orders"][0]["id"].text)
    timeline.until_status("paid")
    seller.move(timeline.order_id, "processing")
    seller.move(timeline.order_id, "shipped", tracking=_TRACKING)
    world.narrator.say("seller", "hands the parcel to the carrier")
    timeline.until_status("shipped")
    world.buyer.move(timeline.order_id, "delivered")
    world.buyer.move(timeline.order_id, "completed")
    world.narrator.say("buyer", "has the pot and lets the seller have the money")
    timeline.until_status("completed")
    return _seen(world, placed, timeline, stock=(stock, stock_of(seller, pot)))


def play_cart(world: World) -> ByCard:
    """One charge for two sellers, of whom one sends the money back."""
    first, second = world.sellers
    jam = first.list_goods("Fig jam, six jars", 2_500, stock=4)
    lantern = second.list_goods("Glass lantern", 3_900, stock=2)
    stock = stock_of(second, lantern)
    placed = _pay(world, jam, lantern)
    timelines = [Timeline(world, world.buyer, o["id"].text) for o in placed["orders"]]
    for timeline in timelines:
        timeline.until_status("paid")
    totals = {o["id"].text: o["total"]["amount"].text for o in placed["orders"]}
    (broken,) = (one for one in timelines if totals[one.order_id] == "3900")
    second.move(broken.order_id, "cancelled", reason="the lantern broke in the kiln")
    world.narrator.say("seller", "finds the lantern broken and sends the money back")
    broken.until_status("cancelled")
    return _seen(world, placed, *timelines, stock=(stock, stock_of(second, lantern)))


def play_given_up(world: World) -> ByCard:
    """Begun by card and given up: the provider lets nobody pay it any more."""
    seller = world.sellers[0]
    spoon = seller.list_goods("Olive wood spoon", 1_450, stock=1)
    stock = stock_of(seller, spoon)
    placed = world.buyer.order_by_card(spoon)
    world.narrator.say("buyer", "begins to pay by card, and thinks better of it")
    timeline = Timeline(world, world.buyer, placed["orders"][0]["id"].text)
    world.buyer.move(timeline.order_id, "cancelled", reason="changed my mind")
    timeline.until_status("cancelled")
    return _seen(world, placed, timeline, stock=(stock, stock_of(seller, spoon)))


def play_declined(world: World) -> Declined:
    """A declined card, and the same order paid into escrow."""
    buyer, seller = world.buyer, world.sellers[0]
    kilim = seller.list_goods("Wool kilim, 120 x 180", 28_900, stock=2)
    placed = buyer.order_by_card(kilim)
    timeline = Timeline(world, buyer, placed["orders"][0]["id"].text)
    took = world.cards.confirm(placed["payment"]["action"], EMPTY_CARD)
    world.narrator.say("buyer", "enters a card, which the bank declines")
    declined = timeline.until_attempt("failed")
    again = _into_escrow(world, placed)
    timeline.until_status("paid")
    return Declined(
        order=_order(world, timeline),
        took=took,
        declined=declined,
        second=again.document,
        intent=world.cards.intent(placed["payment"]["action"]["reference"].text),
        payment=_payment(world, placed),
    )


def _into_escrow(world: World, placed: Document) -> Answer:
    buyer = world.buyer
    body = {"payment_id": placed["payment"]["payment_id"].text, **buyer.pay_with()}
    answer = buyer.ask("POST", "/api/payments/process", body, key=f"escrow-{placed!r}"[:40])
    (paid,) = buyer.perform(answer.document["action"])
    world.narrator.say("buyer", "pays the same order from the wallet instead", paid)
    world.confirm()
    return answer


def _pay(world: World, *listings: Listing) -> Document:
    """Order, and enter a card where the provider asks for it."""
    placed = world.buyer.order_by_card(*listings)
    titles = " and ".join(f"“{listing.title}”" for listing in listings)
    if not world.cards.confirm(placed["payment"]["action"], GOOD_CARD):
        return placed
    world.narrator.say("buyer", f"orders {titles} and enters a card at the provider")
    return placed


def _payment(world: World, placed: Document) -> Document:
    return world.buyer.do("GET", f"/api/payments/{placed['payment']['payment_id'].text}")


def _order(world: World, timeline: Timeline) -> CardOrder:
    world.settled_rows(timeline.order_id)
    return CardOrder(
        page=timeline.look(),
        balances=tuple(read_balances(world.connection, timeline.order_id)),
        terms=world.buyer.do("GET", f"/api/orders/{timeline.order_id}/terms"),
    )


def _seen(
    world: World,
    placed: Document,
    *timelines: Timeline,
    stock: tuple[tuple[int, int], tuple[int, int]],
) -> ByCard:
    reference = placed["payment"]["action"]["reference"].text
    return ByCard(
        orders=tuple(_order(world, timeline) for timeline in timelines),
        placed=placed,
        payment=_payment(world, placed),
        intent=world.cards.intent(reference),
        refunds=tuple(world.cards.refunds(reference)),
        transfers=tuple(world.cards.transfers(placed["payment"]["attempt_id"].text)),
        stock_before=stock[0],
        stock_after=stock[1],
    )
