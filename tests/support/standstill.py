"""What people do while the chain's node stands still or is gone, and what they are answered."""

import secrets
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
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
class Traded:
    """What goes on without the chain: a store is edited, and somebody pays by card."""

    edited: Edited
    validated: Document
    paid_order: Document
    bought: ByCard


@dataclass(frozen=True)
class Told:
    """What is said to those who ask about names, and how long it took to say nothing of one."""

    looked_up: Document
    seconds: float
    shown: Answer
    suggested: Answer


def trade(world: World) -> Traded:
    """Edit the first store, pay by card what was validated, and have a whole purchase."""
    edited = named.edit(world, world.sellers[0])
    validated, paid_order = validate_and_pay(world)
    return Traded(edited, validated, paid_order, by_card.play_released(world))


def ask_about_a_name(world: World, name: str) -> Told:
    """Look it up, want to show it, and ask for others like it."""
    begun = time.monotonic()
    (looked_up,) = look_up(world, [name])
    seconds = time.monotonic() - begun
    shown = world.sellers[0].show_name(name)
    return Told(looked_up, seconds, shown, world.api.ask("GET", f"/api/ens/suggestions/{name}"))


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


def look_up(world: World, names: Sequence[str]) -> list[Document]:
    """Look all of these up at once, from several network addresses, as one alone may not ask so
    often."""
    with ExitStack() as stack:
        askers = [
            stack.enter_context(somebody_new(world.api.url))
            for _ in range(1 + len(names) // _ASKED_BY_ONE)
        ]

        def ask(number: int) -> Document:
            path = f"/api/ens/validate/{names[number]}"
            answer = askers[number // _ASKED_BY_ONE].get(path)
            assert answer.status_code == httpx.codes.OK, answer.text
            return Document.parse(answer.text, path)

        with ThreadPoolExecutor(len(names)) as crowd:
            return list(crowd.map(ask, range(len(names))))


def somebody_new(url: str) -> httpx.Client:
    """A client at an address of this machine's that nobody has asked from lately."""
    address = ".".join(["127", *(str(1 + secrets.randbelow(254)) for _ in range(3))])
    transport = httpx.HTTPTransport(local_address=address)
    return httpx.Client(base_url=url, transport=transport, timeout=20)


def buy_in_a_crowd(world: World, name: str) -> tuple[ByCard, list[Document]]:
    """Somebody buys by card while very many look a name up."""
    with ThreadPoolExecutor(1) as side:
        asked = side.submit(look_up, world, [name] * CROWD)
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
