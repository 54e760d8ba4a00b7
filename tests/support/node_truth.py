"""What a real node has, asked for and read with no code of the product, and in what a shop's tables
differ from it."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from sqlalchemy import text

from tests.support.shop import Shop
from tests.support.simchain.blocks import Log, Placed
from tests.support.simchain.truth import Row, escrow_of, event_row, kind_of
from tests.support.stack import Chain

_HEAD = "SELECT next_block - 1, head_hash, final_block FROM chain"
_BLOCKS = "SELECT number, hash, parent_hash, timestamp FROM chain_block WHERE canonical"
_EVENTS = """
    SELECT e.block_number, e.block_hash, e.log_index, e.transaction_hash, e.transaction_index,
        e.contract, e.topics, e.data, e.kind, e.escrow_id, e.args
    FROM chain_event e JOIN chain_block b ON b.hash = e.block_hash AND b.canonical
"""
_EFFECTS = """
    SELECT f.escrow_id, f.kind, f.sequence, e.block_hash, e.log_index
    FROM chain_effect f JOIN chain_event e ON e.id = f.event_id
"""
_TOLD = """
    SELECT payload ->> 'observation_id', payload ->> 'block_hash', (payload ->> 'log_index')::int,
        coalesce(payload ->> 'level', replace(name, 'chain.escrow_event_', ''))
    FROM outbox WHERE name LIKE 'chain.escrow_event_%' ORDER BY sequence
"""
_BALANCES = """
    SELECT a.kind, p.stage, sum(p.amount)
    FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id GROUP BY 1, 2
"""
_MIRRORS = """
    SELECT e.flow, p.account_id, p.stage, p.amount, m.account_id, m.stage, -m.amount
    FROM ledger_entry mirror
    JOIN ledger_entry e ON e.id = mirror.reverses_id
    JOIN ledger_posting p ON p.entry_id = e.id
    LEFT JOIN ledger_posting m ON m.entry_id = mirror.id AND m.position = p.position
    WHERE mirror.reverses_id IS NOT NULL
"""


def differences(shop: Shop) -> list[str]:
    """In what the watcher's tables, and what it has told, differ from the branch that the node has
    now, and the books from what the contract holds there."""
    with shop.container.engine.connect() as connection:

        def read(sql: str) -> list[Row]:
            return [tuple(row) for row in connection.execute(text(sql))]

        logs = logs_of(shop.chain, shop.deployment.escrow.address)
        places = {effect[3:] for effect in _effects(logs)}
        return [
            *_of_blocks(shop.chain, read(_HEAD), read(_BLOCKS)),
            *_compare("log", map(event_row, logs), map(_plain, read(_EVENTS))),
            *_compare("fact", _effects(logs), read(_EFFECTS)),
            *_of_telling(places, read(_TOLD)),
            *_of_books(shop, read(_BALANCES), read(_MIRRORS)),
        ]


def logs_of(chain: Chain, contract: str) -> list[Placed]:
    """All that a contract said on the node's branch, in the order of the chain."""
    wanted = {"fromBlock": "0x0", "toBlock": "latest", "address": contract}
    return [
        Placed(
            Log(log["address"], tuple(log["topics"]), bytes.fromhex(log["data"][2:])),
            block_hash=log["blockHash"],
            block_number=int(log["blockNumber"], 16),
            transaction_hash=log["transactionHash"],
            transaction_index=int(log["transactionIndex"], 16),
            log_index=int(log["logIndex"], 16),
        )
        for log in chain.call("eth_getLogs", wanted)
    ]


def _of_blocks(chain: Chain, cursors: list[Row], stored: list[Row]) -> Iterable[str]:
    """Blocks that are final need not be kept, and those before the contract were never asked
    for."""
    blocks = [chain.call("eth_getBlockByNumber", hex(n), False) for n in range(chain.height() + 1)]
    true = [
        (int(one["number"], 16), one["hash"], one["parentHash"], int(one["timestamp"], 16))
        for one in blocks
    ]
    [(head, head_hash, final)] = cursors
    yield from _compare("head", [true[-1][:2]], [(head, head_hash)])
    first = min(row[0] for row in stored)
    known = {row[1] for row in stored}
    needed = [row for row in true if row[1] in known or row[0] > max(first, final)]
    yield from _compare("block", needed, stored)


def _effects(logs: Iterable[Placed]) -> list[Row]:
    """Which fact of its kind about its escrow each log is, and where it stands."""
    numbers: Counter[tuple[str, str]] = Counter()
    found = []
    for placed in logs:
        if (kind := kind_of(placed)) is not None:
            about = escrow_of(placed, kind), kind
            found.append((*about, numbers[about], placed.block_hash, placed.log_index))
            numbers[about] += 1
    return found


def _of_telling(standing: set[Row], told: list[Row]) -> Iterable[str]:
    """Each stay of a fact on the chain was told of once; it was undone once if it is over, and not
    at all if it is not."""
    stays: dict[Row, list[str]] = defaultdict(list)
    for *stay, what in told:
        stays[tuple(stay)].append(what)
    for stay, said in stays.items():
        once = said[0] == "seen" and all(n == 1 for n in Counter(said).values())
        if not once or "orphaned" in said[:-1]:
            yield f"told of {stay}: {said}"
    lasting = [stay[1:] for stay, said in stays.items() if said[-1] != "orphaned"]
    yield from _compare("fact told", standing, lasting)


def _of_books(shop: Shop, balances: list[Row], mirrors: list[Row]) -> Iterable[str]:
    """What counts of the contract's money is in the books, each stage of which sums to nothing."""
    sums: Counter[str] = Counter()
    for _, stage, amount in balances:
        sums[stage] += int(amount)
    yield from (f"books of {stage} are off by {off}" for stage, off in sums.items() if off)
    held = sum(int(row[2]) for row in balances if row[:2] == ("escrow", "posted"))
    yield from _compare("held", [shop.balance(shop.deployment.escrow.address)], [held])
    yield from (f"no mirror: {row}" for row in mirrors if row[1:4] != row[4:])


def _compare(what: str, true: Iterable[object], stored: Iterable[object]) -> Iterable[str]:
    """Row by row; what stands twice is too many."""
    wanted, found = Counter(true), Counter(stored)
    yield from (f"{what} missing: {row}" for row in wanted - found)
    yield from (f"{what} too many: {row}" for row in found - wanted)


def _plain(row: Row) -> Row:
    *place, topics, data, kind, escrow_id, args = row
    told = None if args is None else tuple(sorted(args.items()))
    return (*place, tuple(topics), bytes(data), kind, escrow_id, told)
