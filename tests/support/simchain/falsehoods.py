"""What is untrue in every answer of an endpoint alike, so that nothing of it gives the lie away.

Each makes of a block another one that bears its hash, with a bloom that fits its logs. Who has
nobody else to ask can only believe it.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from random import Random

from tests.support.simchain.blocks import Block, Log, Mined
from tests.support.simchain.escrow import PAID, Order

Falsehood = Callable[[Block], Block]
_AMOUNT = slice(32, 64)


def altered(contract: str) -> Falsehood:
    """More was paid than was."""

    def said(logs: tuple[Log, ...]) -> tuple[Log, ...]:
        return tuple(_more(log) if _is_payment(log, contract) else log for log in logs)

    return lambda block: _posing(
        block, [Mined(tx.hash, said(tx.logs)) for tx in block.transactions]
    )


def hidden(contract: str) -> Falsehood:
    """The contract never says anything."""

    def said(logs: tuple[Log, ...]) -> tuple[Log, ...]:
        return tuple(log for log in logs if log.address != contract)

    return lambda block: _posing(
        block, [Mined(tx.hash, said(tx.logs)) for tx in block.transactions]
    )


def made_up(orders: Iterable[Order]) -> Falsehood:
    """In every third block somebody pays who did not."""
    given = tuple(orders)

    def shown(block: Block) -> Block:
        place = int(block.hash, 16)
        if place % 3:
            return block
        return _posing(block, [*block.transactions, a_payment(given[place % len(given)])])

    return shown


def a_branch(random: Random, below: Block, orders: tuple[Order, ...], length: int) -> Block:
    """So many blocks that nobody has mined, maybe with payments; the newest of them."""
    for _ in range(length):
        paid = (a_payment(random.choice(orders)),) if random.random() < 0.3 else ()
        at, salt = below.timestamp + 2, random.getrandbits(64)
        below = Block(below, below.number + 1, at, salt, paid)
    return below


def a_payment(order: Order) -> Mined:
    """Of this order in full, which nobody has sent."""
    words = [order.escrow_id, *(f"0x{who[2:].lower():0>64}" for who in (order.buyer, order.seller))]
    token, amount, ref = int(order.token, 16), order.amount, bytes.fromhex(order.ref[2:])
    data = token.to_bytes(32, "big") + amount.to_bytes(32, "big") + ref
    return Mined(
        f"0x{order.escrow_id[34:]}{'f' * 32}", (Log(order.contract, (PAID, *words), data),)
    )


def _is_payment(log: Log, contract: str) -> bool:
    return log.address == contract and log.topics[0] == PAID


def _more(log: Log) -> Log:
    data = bytearray(log.data)
    data[_AMOUNT] = (int.from_bytes(data[_AMOUNT], "big") + 1).to_bytes(32, "big")
    return replace(log, data=bytes(data))


def _posing(block: Block, transactions: list[Mined]) -> Block:
    """The same block with other transactions; itself when they are not other ones."""
    if tuple(transactions) == block.transactions:
        return block
    posing = replace(block, transactions=tuple(transactions))
    vars(posing)["hash"] = block.hash
    return posing
