"""What people do while the chain's node stands still or is gone, and what they are answered."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from souk.entrypoints.demo.cards import GOOD_CARD
from souk.entrypoints.demo.client import Answer
from souk.entrypoints.demo.documents import Document
from souk.entrypoints.demo.evidence import ByCard, Edited
from souk.entrypoints.demo.stories import by_card, named
from souk.entrypoints.demo.world import Timeline, World
from tests.support.kill_parts import KillParts

ANVIL = "anvil"
# The API has two processes with forty threads each.
CROWD = 120
_ASKED_BY_ONE = 40
_HEAD = (
    b"SELECT number, hash FROM chain_block WHERE chain_id = %s AND canonical"
    b" ORDER BY number DESC LIMIT 1"
)


@dataclass(frozen=True)
class Meanwhile:
    """One round of what goes on without the chain, and what is said about names."""

    edited: Edited
    validated: Document
    paid_order: Document
    bought: ByCard
    looked_up: Document
    looked_up_seconds: float
    shown: Answer
    suggested: Answer


def play_round(world: World, name: str) -> Meanwhile:
    """The store is edited, somebody validates and pays by card, and names are asked about."""
    seller = world.sellers[0]
    begun = time.monotonic()
    (looked_up,) = ask_about_names(world, [name])
    looked_up_seconds = time.monotonic() - begun
    edited = named.edit(world, seller)
    validated, paid_order = validate_and_pay(world)
    return Meanwhile(
        edited=edited,
        validated=validated,
        paid_order=paid_order,
        bought=by_card.play_released(world),
        looked_up=looked_up,
        looked_up_seconds=looked_up_seconds,
        shown=seller.show_name(name),
        suggested=world.api.ask("GET", f"/api/ens/suggestions/{name}"),
    )


def validate_and_pay(world: World) -> tuple[Document, Document]:
    """Place an order, ask whether a card would do, and pay with one; the advice, and the order
    once it is paid."""
    buyer, cup = world.buyer, world.sellers[0].list_goods("Clay cup", 800, stock=1)
    placed = buyer.do("POST", "/api/orders", {"items": [{"listing_id": cup.id, "quantity": 1}]})
    checkout = {"checkout_id": placed["checkout_id"].text}
    card = {"method": "CREDIT_CARD"}
    validated = buyer.ask("POST", "/api/payments/validate", {**checkout, **card}).document
    payment = buyer.do("POST", "/api/payments", checkout)
    wish = {"payment_id": payment["id"].text, **card}
    action = buyer.do("POST", "/api/payments/process", wish)["action"]
    assert world.cards.confirm(action, GOOD_CARD)
    timeline = Timeline(world, buyer, placed["orders"][0]["id"].text)
    return validated, timeline.until_status("paid")


def ask_about_names(world: World, names: Sequence[str]) -> list[Document]:
    """Look all of them up at once, by a crowd of people at many addresses, as one alone may not ask
    so often."""

    def ask(number: int) -> Document:
        path = f"/api/ens/validate/{names[number]}"
        address = f"127.0.0.{2 + number // _ASKED_BY_ONE}"
        transport = httpx.HTTPTransport(local_address=address)
        with httpx.Client(base_url=world.api.url, transport=transport, timeout=20) as client:
            answer = client.get(path)
        assert answer.status_code == httpx.codes.OK, answer.text
        return Document.parse(answer.text, path)

    with ThreadPoolExecutor(len(names)) as crowd:
        return list(crowd.map(ask, range(len(names))))


def buy_in_a_crowd(world: World, name: str) -> tuple[ByCard, list[Document]]:
    """Somebody buys by card while very many look a name up."""
    with ThreadPoolExecutor(1) as side:
        asked = side.submit(ask_about_names, world, [name] * CROWD)
        return by_card.play_released(world), asked.result()


@contextmanager
def gone(parts: KillParts) -> Iterator[None]:
    """The node is killed, and not started again while the block runs."""
    with parts.unattended():
        killed = parts.kill(ANVIL)
        parts.await_end(killed)
        yield
    parts.await_return(ANVIL, killed)


def is_followed(world: World) -> bool:
    """Whether what the watcher has taken in is the chain as it stands now, up to its head."""
    head, _ = world.node.head()
    ((number, block_hash),) = world.connection.execute(_HEAD, (world.chain_id,)).fetchall()
    return number >= head - 1 and world.node.block_hash(number) == block_hash
