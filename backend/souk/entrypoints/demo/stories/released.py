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
class _Purchase:
    """What the first half leaves for the second."""

    order_id: str
    placed: Document
    replayed: Answer
    paid: Mined
    spent: int
    stock_before: tuple[int, int]


def play(world: World) -> Released:
    """Play it and collect what is to be checked."""
    seller = world.sellers[0]
    pot = seller.list_goods("Copper coffee pot", _CENTS, stock=3)
    world.narrator.say("seller", f"lists “{pot.title}”, 64.00 USD, 3 in stock")
    bought = _buy(world, pot)
    timeline = Timeline(world, world.buyer, bought.order_id)
    stream = Stream(events_url(world, timeline.look()), "completed")
    _confirm_payment(world, timeline, bought)
    fulfilled = _ship(world, timeline)
    credit = world.node.credit(world.escrow, COIN, _fee_to(world, bought.order_id))
    before = world.node.balance(seller.address)
    released = _release(world, timeline)
    page = timeline.until_status("completed")
    etag = world.buyer.ask("GET", f"/api/orders/{bought.order_id}/terms").headers.get("etag", "")
    return Released(
        order=world.evidence(bought.order_id),
        paid=bought.paid,
        fulfilled=fulfilled,
        released=released,
        buyer_spent=bought.spent,
        seller_gained=world.node.balance(seller.address) - before,
        fee_credited=world.node.credit(world.escrow, COIN, _fee_to(world, bought.order_id))
        - credit,
        stock_before=bought.stock_before,
        stock_after=stock_of(seller, pot),
        stream=stream.events(),
        cached=_again(world, bought.order_id, etag),
        stale=_again(world, bought.order_id, '"another"'),
        replayed=bought.replayed,
        placed=bought.placed,
        seller_list=seller.do("GET", f"/api/orders/seller/{page['seller']['id'].text}"),
        buyer_list=world.buyer.do("GET", f"/api/orders/buyer/{world.buyer.account_id}"),
    )


def _buy(world: World, pot: Listing) -> _Purchase:
    """Place the order twice under one key, and pay it once."""
    buyer, key = world.buyer, secrets.token_hex(12)
    stock = stock_of(world.sellers[0], pot)
    placed = buyer.place(pot, key=key)
    body = {"items": [{"product_id": pot.id, "quantity": 1}], "pay": buyer.pay_with()}
    replayed = buyer.ask("POST", "/api/orders", body, key=key)
    action = placed["payment"]["action"]
    before = world.node.balance(buyer.address)
    world.narrator.say("buyer", f"places the order and signs: {action['calls'][0]['says'].text}")
    (paid,) = buyer.perform(action)
    spent = before - world.node.balance(buyer.address)
    world.narrator.say("buyer", "pays", paid)
    order_id = placed["orders"][0]["id"].text
    return _Purchase(order_id, placed, replayed, paid, spent, stock)


def _confirm_payment(world: World, timeline: Timeline, bought: _Purchase) -> None:
    world.buyer.hand_in(bought.placed, bought.paid)
    timeline.until_attempt("confirming", "succeeded")
    world.confirm()
    timeline.until_status("paid")


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
