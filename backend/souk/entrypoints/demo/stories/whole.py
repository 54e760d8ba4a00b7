"""After the stories: rules that hold over everybody's rows, and the contract against the books."""

from collections.abc import Mapping
from contextlib import suppress

from souk.entrypoints.demo.books import read_books, read_escrowed
from souk.entrypoints.demo.evidence import Whole
from souk.entrypoints.demo.waiting import StoryFailed, until
from souk.entrypoints.demo.world import World

_CATCH_UP_SECONDS = 10


def look(world: World) -> Whole:
    """Read it. When the clock moves the keeper settles what others left behind too, and the books
    follow the contract a few blocks later: they are given the time to."""

    def caught_up() -> Mapping[str, tuple[int, int]] | None:
        now = _escrowed(world)
        return now if all(booked <= held for booked, held in now.values()) else None

    with suppress(StoryFailed):
        until(caught_up, "the books to catch up", seconds=_CATCH_UP_SECONDS)
    return Whole(books=read_books(world.connection), escrowed=_escrowed(world))


def _escrowed(world: World) -> Mapping[str, tuple[int, int]]:
    """By asset: what the ledger says that the contract holds, and what it has."""
    token = f"eip155:{world.chain_id}/erc20:{world.dollar.address}"
    coin = next(code for code in world.narrator.assets if "/slip44:" in code)
    booked = {asset: read_escrowed(world.connection, asset) for asset in (coin, token)}
    return {
        coin: (booked[coin], world.node.balance(world.escrow.address)),
        token: (booked[token], world.dollar.balance(world.escrow.address)),
    }
