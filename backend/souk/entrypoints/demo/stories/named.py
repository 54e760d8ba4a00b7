"""Story 10: a store takes a free name of ENS and shows it, and nobody else can."""

import secrets
from contextlib import suppress
from functools import partial

from souk.entrypoints.demo.client import Answer
from souk.entrypoints.demo.documents import Document
from souk.entrypoints.demo.ens import KNOWN, Ens
from souk.entrypoints.demo.evidence import Edited, Named, Wished
from souk.entrypoints.demo.people import Merchant
from souk.entrypoints.demo.rows import NameRows, read_names
from souk.entrypoints.demo.waiting import StoryFailed, until
from souk.entrypoints.demo.world import World

_STEP_SECONDS = 20


def play(world: World) -> Named:
    """Play it and collect what is to be checked."""
    seller, ens = world.sellers[0], find_ens(world)
    # Each telling on the same chain needs a name that nobody took before.
    wish = f"hammam-{secrets.token_hex(3)}"
    suggested = _suggestions(world, wish)
    name = suggested["suggestions"][0]["name"].text
    label = name.removesuffix(".eth")
    before = _look_up(world, name.upper())
    free = {one["name"].text: ens.is_free(_label(one)) for one in suggested["suggestions"]}
    spent = take_name(world, ens, seller, suggested)
    looked_up = _look_up(world, name)
    had = world.api.ask("GET", seller.store_path)
    verified = seller.show_name(name)
    page = world.api.ask("GET", seller.store_path)
    world.narrator.say("seller", f"shows {name} at the store", status=verified.brief)
    block = verified.document.find("verification", "block", "number")
    return Named(
        wish=wish,
        name=name,
        wallet=seller.address,
        account_id=seller.account_id,
        store_id=seller.store_id,
        suggested=suggested,
        free_on_chain=free,
        suggested_for_taken=_suggestions(world, KNOWN),
        before=before,
        spent=spent,
        on_chain=ens.look(label),
        looked_up=looked_up,
        profile=had.document,
        verified=verified,
        page=page,
        cached=_again(world, seller, had.headers.get("etag", "")),
        block_hash=world.node.block_hash(block) if isinstance(block, int) else None,
        edited=edit(world, seller),
        others=_wish_for_it(world, ens, name),
        rows=_rows(world, seller, name),
    )


def find_ens(world: World) -> Ens:
    """Where names are, as a client is told. Raises `StoryFailed` when that is no local chain."""
    told = world.api.do("GET", "/api/config")["ens"]
    if told.missing or told["chain_id"].number != world.chain_id:
        raise StoryFailed(
            "names are read elsewhere than on the local chain, where none can be taken for this;"
            " unset ENS_RPC_URL"
        )
    return Ens(world.node, told["registry"].text, told["controller"].text)


def take_name(world: World, ens: Ens, seller: Merchant, suggested: Document) -> int:
    """Register the first name that was suggested, for the price that was said, and point it at
    the seller's wallet; what the registration cost beside gas."""
    first = suggested["suggestions"][0]
    funds = world.node.balance(seller.address)
    price = first["price_a_year"]["amount"].number
    registered = ens.register(_label(first), seller.wallet, price)
    spent = funds - world.node.balance(seller.address) - registered.gas_cost
    world.narrator.say("seller", f"registers {first['name'].text} for a year", registered)
    _, pointed = ens.point(_label(first), seller.wallet, seller.address)
    world.narrator.say("seller", "points it at the store's wallet", pointed)
    return spent


def edit(world: World, seller: Merchant) -> Edited:
    """Change the store's bio as a form does that was opened on the present version, and send the
    form once more, as somebody does who had opened it before that."""
    before = world.api.do("GET", seller.store_path)
    version, bio = before["version"].number, f"Soap and towels. {secrets.token_hex(4)}"
    answer = seller.edit_store(version, bio=bio)
    world.narrator.say("seller", "edits what the store says", status=answer.brief)
    repeated = seller.edit_store(version, bio="from a form that is out of date")
    page = world.api.ask("GET", seller.store_path)
    return Edited(before=before, bio=bio, answer=answer, repeated=repeated, page=page)


def _wish_for_it(world: World, ens: Ens, name: str) -> Wished:
    """Another store and somebody without one want the name too, here and on the chain."""
    stranger, label = world.sellers[1], name.removesuffix(".eth")
    challenge = stranger.show_name(name)
    message = challenge.document["message"].text
    forged = _sign(stranger, name, message)
    holder = challenge.document["wallet"].text
    of_itself = _sign(stranger, name, message.replace(holder, stranger.address))
    world.narrator.say("stranger", f"wants to show {name} as well", status=forged.brief)
    body = {"ens_name": name}
    return Wished(
        challenge=challenge,
        forged=forged,
        of_itself=of_itself,
        without_store=world.buyer.ask("POST", "/api/ens/verify", body, key=secrets.token_hex(12)),
        registering=ens.refusal_to_register(label, stranger.wallet, 0),
        pointing=ens.refusal_to_point(label, stranger.wallet),
        look_alike=_look_up(world, name.replace("m", "rn")),
    )


def _sign(person: Merchant, name: str, message: str) -> Answer:
    """Ask to have a name shown, with this person's signature for a proof."""
    signature = person.wallet.sign_message(message)
    return person.show_name(name, message=message, signature=signature)


def _rows(world: World, seller: Merchant, name: str) -> NameRows:
    """The rows once what was to be told of the store's names was; as they are when that takes too
    long, which is for a check to notice."""
    read = partial(read_names, world.connection, seller.store_id, name)

    def delivered() -> NameRows | None:
        rows = read()
        return None if any(one.delivered_at is None for one in rows.messages) else rows

    with suppress(StoryFailed):
        return until(delivered, "the outbox to be empty", seconds=_STEP_SECONDS)
    return read()


def _suggestions(world: World, wish: str) -> Document:
    return world.api.do("GET", f"/api/ens/suggestions/{wish}")


def _look_up(world: World, name: str) -> Document:
    return world.api.do("GET", f"/api/ens/validate/{name}")


def _again(world: World, seller: Merchant, etag: str) -> Answer:
    """The store's page once more, by a client that has it under this ETag."""
    return world.api.ask("GET", seller.store_path, headers={"If-None-Match": etag})


def _label(suggestion: Document) -> str:
    return suggestion["name"].text.removesuffix(".eth")
