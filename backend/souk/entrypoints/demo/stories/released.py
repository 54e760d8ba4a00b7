"""Story 1: paid in the chain's own coin, shipped, delivered, released."""

import secrets
from dataclasses import dataclass

from souk.entrypoints.demo.client import Answer
from souk.entrypoints.demo.documents import Document
from souk.entrypoints.demo.evidence import Released
from souk.entrypoints.demo.node import Mined
from souk.entrypoints.demo.people import Listing, stock_of
from souk.entrypoints.demo.streams import Stream
from souk.entrypoints.demo.wallet import COIN
from souk.entrypoints.demo.world import Timeline, World, events_url

_CENTS = 6_400


@dataclass(frozen=True, slots=True)
class _Placed:
    """The first answer, and the one to the same request sent again."""

    answer: Document
    replayed: Answer

    @property
    def order_id(self) -> str:
        """Of the only order."""
        return self.answer["orders"][0]["id"].text


def play(world: World) -> Released:
    """Play it and collect what is to be checked."""
    seller = world.sellers[0]
    pot = seller.list_goods("Copper coffee pot", _CENTS, stock=3)
    world.narrator.say("seller", f"lists “{pot.title}”, 64.00 USD, 3 in stock")
    stock = stock_of(seller, pot)
    placed = _place(world, pot)
    timeline = Timeline(world, world.buyer, placed.order_id)
    stream = Stream(events_url(world, timeline.look()), "completed")
    funds = world.node.balance(world.buyer.address)
    paid = _pay(world, timeline, placed.answer)
    spent = funds - world.node.balance(world.buyer.address)
    fulfilled = _ship(world, timeline)
    credit = world.escrow.credit(COIN, _fee_to(world, placed.order_id))
    before = world.node.balance(seller.address)
    released = _release(world, timeline)
    page = timeline.until_status("completed")
    etag = world.buyer.ask("GET", f"/api/orders/{placed.order_id}/terms").headers.get("etag", "")
    return Released(
        order=world.evidence(placed.order_id),
        paid=paid,
        fulfilled=fulfilled,
        released=released,
        buyer_spent=spent,
        seller_gained=world.node.balance(seller.address) - before,
        fee_credited=world.escrow.credit(COIN, _fee_to(world, placed.order_id)) - credit,
        stock_before=stock,
        stock_after=stock_of(seller, pot),
        stream=stream.events(),
        cached=_again(world, placed.order_id, etag),
        stale=_again(world, placed.order_id, '"another"'),
        replayed=placed.replayed,
        placed=placed.answer,
        seller_list=seller.do("GET", f"/api/orders/seller/{page['seller']['id'].text}"),
        buyer_list=world.buyer.do("GET", f"/api/orders/buyer/{world.buyer.account_id}"),
    )


def _place(world: World, pot: Listing) -> _Placed:
    """Place the order, and send the same request again, as after a lost answer."""
    buyer, key = world.buyer, secrets.token_hex(12)
    answer = buyer.place(pot, key=key)
    world.narrator.say("buyer", "places the order, and once more under the same key")
    body = {"items": [{"listing_id": pot.id, "quantity": 1}], "pay": buyer.pay_with()}
    return _Placed(answer, buyer.ask("POST", "/api/orders", body, key=key))


def _pay(world: World, timeline: Timeline, placed: Document) -> Mined:
    (paid,) = world.buyer.perform(placed["payment"]["action"])
    world.narrator.say("buyer", "signs pay, which sends the coins into the escrow", paid)
    world.buyer.hand_in(placed, paid)
    timeline.until_attempt("confirming", "succeeded")
    world.confirm()
    timeline.until_status("paid")
    return paid


def _ship(world: World, timeline: Timeline) -> Mined:
    seller = world.sellers[0]
    seller.move(timeline.order_id, "processing")
    timeline.until_status("processing")
    tracking = {"carrier": "Posta", "code": "RR123456785TR"}
    asked = seller.move(timeline.order_id, "shipped", tracking=tracking)
    (fulfilled,) = seller.perform(asked["action"])
    world.narrator.say("seller", "hands the parcel to the carrier and signs fulfil", fulfilled)
    world.confirm()
    timeline.until_status("shipped")
    return fulfilled


def _release(world: World, timeline: Timeline) -> Mined:
    buyer = world.buyer
    buyer.move(timeline.order_id, "delivered")
    timeline.until_status("delivered")
    asked = buyer.move(timeline.order_id, "completed")
    (released,) = buyer.perform(asked["action"])
    world.narrator.say("buyer", "has the pot and signs release", released)
    world.confirm()
    return released


def _fee_to(world: World, order_id: str) -> str:
    terms = world.buyer.do("GET", f"/api/orders/{order_id}/terms")["data"][0]
    return Document.parse(terms["document"].text)["escrow"]["order"]["feeTo"].text


def _again(world: World, order_id: str, etag: str) -> Answer:
    """The terms once more, by a client that has them under this ETag."""
    return world.api.ask(
        "GET",
        f"/api/orders/{order_id}/terms",
        token=world.buyer.token,
        headers={"If-None-Match": etag},
    )
