"""After the stories: rules that hold over everybody's rows, and the contract against the books."""

from souk.entrypoints.demo.evidence import Whole
from souk.entrypoints.demo.rows import read_books, read_escrowed
from souk.entrypoints.demo.world import World


def look(world: World) -> Whole:
    """Read it."""
    token = f"eip155:{world.chain_id}/erc20:{world.dollar}"
    coin = next(code for code in world.narrator.assets if "/slip44:" in code)
    has = {
        coin: world.node.balance(world.escrow),
        token: world.node.token_balance(world.dollar, world.escrow),
    }
    return Whole(
        books=read_books(world.connection),
        escrowed={asset: (read_escrowed(world.connection, asset), has[asset]) for asset in has},
    )
