"""Playing all stories and judging them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TypeVar

import psycopg

from souk.entrypoints.demo.cards import CardProvider
from souk.entrypoints.demo.client import Api
from souk.entrypoints.demo.contracts import Escrow, Token
from souk.entrypoints.demo.documents import Document
from souk.entrypoints.demo.evidence import Evidence
from souk.entrypoints.demo.narrator import Narrator
from souk.entrypoints.demo.node import Node, Refused
from souk.entrypoints.demo.people import Merchant, Shopper
from souk.entrypoints.demo.place import Place
from souk.entrypoints.demo.rows import Connection
from souk.entrypoints.demo.stories import (
    by_card,
    cart,
    door,
    expired,
    named,
    orphaned,
    released,
    whole,
    window,
)
from souk.entrypoints.demo.waiting import StoryFailed
from souk.entrypoints.demo.world import World

_CHAIN_ID = 31337
S = TypeVar("S")


@contextmanager
def enter(place: Place, narrator: Narrator) -> Iterator[World]:
    """Find the contracts, and bring the people together. Raises `StoryFailed` when the chain is
    not a disposable one: its clock will be moved and its blocks replaced."""
    with ExitStack() as stack:
        api, node = Api(place.url), Node(place.rpc_url)
        cards = CardProvider(place.card_url, place.card_key)
        stack.callback(cards.close)
        stack.callback(api.close)
        stack.callback(node.close)
        connection: Connection = psycopg.connect(place.database_url, autocommit=True)
        stack.callback(connection.close)
        chain = _local_chain(api, node)
        narrator.assets = _assets(chain)
        buyer = Shopper("Buyer", api, node, _CHAIN_ID)
        sellers = tuple(Merchant(name, api, node, _CHAIN_ID) for name in ("Hammam", "Kiln"))
        world = World(
            api=api,
            node=node,
            cards=cards,
            connection=connection,
            narrator=narrator,
            chain_id=_CHAIN_ID,
            escrow=Escrow(node, chain["escrow"].text),
            dollar=Token(node, _dollar(chain)["address"].text),
            confirmations=chain["confirmations"].number,
            buyer=buyer,
            sellers=(sellers[0], sellers[1]),
        )
        _gather(world)
        yield world


def _local_chain(api: Api, node: Node) -> Document:
    client = node.call("web3_clientVersion").text
    if node.number("eth_chainId") != _CHAIN_ID or not client.startswith("anvil/"):
        raise StoryFailed(
            f"the stories move the clock and replace blocks, so they are only played on a local"
            f" anvil, and this is {client}"
        )
    for chain in api.do("GET", "/api/config")["chains"]:
        if chain["chain_id"].number == _CHAIN_ID:
            return chain
    raise StoryFailed(f"the API does not serve chain {_CHAIN_ID}; is it deployed to?")


def _dollar(chain: Document) -> Document:
    return next(token for token in chain["tokens"] if token["symbol"].text == "tUSD")


def _assets(chain: Document) -> dict[str, tuple[str, int]]:
    prefix, coin = f"eip155:{_CHAIN_ID}", chain["native"]
    assets = {
        "USD": ("USD", 2),
        f"{prefix}/slip44:{coin['slip44'].number}": (coin["symbol"].text, coin["exponent"].number),
    }
    for token in chain["tokens"]:
        code = f"{prefix}/erc20:{token['address'].text}"
        assets[code] = (token["symbol"].text, token["exponent"].number)
    return assets


def _gather(world: World) -> None:
    """Everybody gets coins for gas, signs in, and the sellers open their stores."""
    world.narrator.title("The people")
    for person in (world.buyer, *world.sellers):
        person.wallet.receive_coins()
        person.sign_in()
        world.narrator.say(person.name, f"signs in as {person.address}")
    for seller in world.sellers:
        seller.open_store()
        world.narrator.say(seller.name, "opens a store")
    # What was given to the wallets must lie in a block before any block is replaced.
    world.node.mine()


def play(world: World) -> Evidence:
    """All stories in their order, and a look at the whole. The time is moved in the third and the
    fourth, so the fifth shows that everything goes on afterwards."""
    seen = Evidence()
    tell = _Teller(world, seen)
    seen.released = tell("1  Paid in coin, shipped, delivered, released", released.play)
    seen.cart = tell("2  A cart of two sellers, paid by one call", cart.play)
    seen.expired = tell("3  Begun and never paid", expired.play)
    seen.window = tell("4  The buyer stays silent, the keeper releases", window.play)
    seen.orphaned = tell("5  The payment's block is replaced", orphaned.play)
    seen.card_released = tell(
        "6  Paid by card, shipped, delivered, released", by_card.play_released
    )
    seen.card_cart = tell("7  A cart of two sellers, paid by one card", by_card.play_cart)
    seen.card_given_up = tell("8  Begun by card and given up", by_card.play_given_up)
    seen.card_declined = tell("9  A declined card that ends in escrow", by_card.play_declined)
    seen.named = tell("10  A name of ENS, shown at the store", named.play)
    first = seen.released
    if first is not None:
        seen.door = tell("And at the door", lambda w: door.play(w, first.order))
    seen.whole = tell("The books", whole.look)
    return seen


class _Teller:
    """Plays one story after the other; one that fails does not keep the others from being
    played."""

    def __init__(self, world: World, seen: Evidence) -> None:
        self._world = world
        self._seen = seen

    def __call__(self, title: str, story: Callable[[World], S]) -> S | None:
        self._world.narrator.title(title)
        try:
            return story(self._world)
        except (StoryFailed, Refused, psycopg.Error, ValueError) as error:
            self._seen.stopped[title] = str(error)
            self._world.narrator.verdict(f"the story stopped: {error}", well=False)
            return None
