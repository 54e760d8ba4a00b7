"""What must be true at the end, whatever was killed: read by SQL and JSON-RPC alone."""

from dataclasses import dataclass

from eth_abi.abi import decode
from eth_utils.crypto import keccak

from tests.support.buyer_wallet import BuyerNode
from tests.support.kill_story import STOCK, KillStory, Person
from tests.support.kill_world import CHAIN_ID, FUNDS, KillWorld

_SETTLED = 4
_FEE_BPS = 250
_LOGS = {
    "0x" + keccak(text=signature).hex(): signature.partition("(")[0]
    for signature in (
        "Paid(bytes32,address,address,address,uint96,bytes32)",
        "Fulfilled(bytes32,uint40)",
        "Settled(bytes32,uint8,uint96,uint96,uint96,uint96)",
    )
}
_TOP = "SELECT number, hash FROM chain_block WHERE chain_id = %s AND canonical"
_UNTIDY = """
    SELECT 'message ' || name FROM outbox WHERE delivered_at IS NULL
    UNION ALL SELECT 'hold ' || kind FROM order_hold WHERE closed_at IS NULL AND order_id = %s
    UNION ALL SELECT 'incident ' || reason FROM chain_incident WHERE closed_at IS NULL
    UNION ALL SELECT 'gap' FROM chain_gap WHERE closed_at IS NULL
"""
_HISTORY = """
    SELECT from_status, to_status FROM order_status_history WHERE order_id = %s
    ORDER BY sequence
"""
_COUNTS = """
    SELECT (SELECT count(*) FROM wallet WHERE address = ANY (%(wallets)s)),
           (SELECT count(*) FROM seller WHERE account_id = %(seller)s),
           (SELECT count(*) FROM listing l JOIN seller s ON s.id = l.seller_id
            WHERE s.account_id = %(seller)s),
           (SELECT count(*) FROM checkout WHERE buyer_id = %(buyer)s),
           (SELECT count(*) FROM orders WHERE buyer_id = %(buyer)s),
           (SELECT count(*) FROM payment WHERE buyer_id = %(buyer)s)
"""
_ATTEMPTS = """
    SELECT a.status, g.status, g.duplicate, g.amount, g.held, g.released, g.refunded, g.fee
    FROM payment_attempt a JOIN payment p ON p.id = a.payment_id
    LEFT JOIN payment_attempt_leg g ON g.attempt_id = a.id WHERE p.buyer_id = %s
"""
_BOOKED = """
    SELECT e.flow, p.stage, a.kind, sum(p.amount)
    FROM ledger_entry e JOIN ledger_posting p ON p.entry_id = e.id
    JOIN ledger_account a ON a.id = p.account_id
    WHERE e.order_id = %s GROUP BY 1, 2, 3 HAVING sum(p.amount) <> 0
"""
_STANDING_ENTRIES = """
    SELECT e.flow, p.stage FROM ledger_entry e JOIN ledger_posting p ON p.entry_id = e.id
    WHERE e.order_id = %s AND e.reverses_id IS NULL AND p.stage = 'posted'
      AND NOT EXISTS (SELECT FROM ledger_entry m WHERE m.reverses_id = e.id)
    GROUP BY e.id, p.stage ORDER BY e.flow
"""
_UNBALANCED = """
    SELECT a.asset, p.stage, sum(p.amount) FROM ledger_posting p
    JOIN ledger_account a ON a.id = p.account_id GROUP BY 1, 2 HAVING sum(p.amount) <> 0
"""
_STOCK = """
    SELECT s.on_hand, s.reserved, r.state, r.quantity
    FROM stock_item s LEFT JOIN stock_reservation r ON r.listing_id = s.listing_id
    WHERE s.listing_id = %s
"""
_EFFECTS = """
    SELECT f.kind FROM chain_effect f JOIN chain_event e ON e.id = f.event_id
    JOIN chain_block b ON b.chain_id = e.chain_id AND b.hash = e.block_hash AND b.canonical
    WHERE f.escrow_id = %s ORDER BY f.id
"""


@dataclass(frozen=True)
class Told:
    """What the oracle must know of a story: its people, its order, and what was paid."""

    order_id: str
    escrow_id: str
    listing_id: str
    buyer: Person
    seller: Person


def told(story: KillStory) -> Told:
    """The end of a story."""
    return Told(story.order_id, story.escrow_id, story.listing_id, story.buyer, story.seller)


def await_rest(world: KillWorld, end: Told) -> None:
    """Wait until nothing is on its way any more: every transaction deep enough, every block of
    the node taken in, every message handed on, nothing held up."""
    world.until(lambda: _rests(world, end), "everything to come to rest")


def _rests(world: KillWorld, end: Told) -> bool:
    world.kept.require_mined()
    world.require_ready()
    untidy = [what for (what,) in world.rows(_UNTIDY, end.order_id)]
    assert not untidy, untidy
    number, block_hash = world.rows(f"{_TOP} ORDER BY number DESC LIMIT 1", CHAIN_ID)[0]
    block = world.node.call("eth_getBlockByNumber", hex(int(number)), False)
    assert block is not None
    assert block["hash"] == block_hash, "the top block is another one"
    assert world.node.number("eth_blockNumber") <= number + 1, "the watcher is behind"
    return True


def check(world: KillWorld, end: Told) -> None:
    """Every assertion about one order. Raises `AssertionError`."""
    _check_made_once(world, end)
    _check_history(world, end)
    amount = _check_attempt(world, end)
    _check_books(world, end, amount)
    _check_stock(world, end)
    _check_chain(world, end, amount)
    _check_wallets(world.node, end, amount)


def _check_made_once(world: KillWorld, end: Told) -> None:
    people = {
        "wallets": [end.buyer.wallet.address, end.seller.wallet.address],
        "seller": end.seller.account_id,
        "buyer": end.buyer.account_id,
    }
    (counts,) = world.named_rows(_COUNTS, people)
    assert counts == (2, 1, 1, 1, 1, 1)


def _check_history(world: KillWorld, end: Told) -> None:
    steps = world.rows(_HISTORY, end.order_id)
    assert [before for before, _ in steps] == [None, *(after for _, after in steps[:-1])]
    changes = [after for before, after in steps if before != after]
    assert changes.count("completed") == 1, changes
    assert changes[-1] == "completed", changes
    assert world.value("SELECT status FROM orders WHERE id = %s", end.order_id) == "completed"
    due = world.value("SELECT count(*) FROM refund_due WHERE order_id = %s", end.order_id)
    assert due == 0


def _check_attempt(world: KillWorld, end: Told) -> int:
    (attempt,) = world.rows(_ATTEMPTS, end.buyer.account_id)
    amount = int(attempt[3])
    fee = amount * _FEE_BPS // 10_000
    assert attempt == ("succeeded", "released", False, amount, amount, amount, 0, fee)
    return amount


def _check_books(world: KillWorld, end: Told, amount: int) -> None:
    fee = amount * _FEE_BPS // 10_000
    standing = world.rows(_STANDING_ENTRIES, end.order_id)
    assert standing == [("hold", "posted"), ("release", "posted")]
    booked = {tuple(row[:3]): int(row[3]) for row in world.rows(_BOOKED, end.order_id)}
    assert booked == {
        ("hold", "posted", "buyer"): -amount,
        ("hold", "posted", "escrow"): amount,
        ("release", "posted", "escrow"): -amount,
        ("release", "posted", "fees"): fee,
        ("release", "posted", "seller"): amount - fee,
    }
    assert world.rows(_UNBALANCED) == []


def _check_stock(world: KillWorld, end: Told) -> None:
    assert world.rows(_STOCK, end.listing_id) == [(STOCK - 1, 0, "allocated", 1)]


def _check_chain(world: KillWorld, end: Told, amount: int) -> None:
    contract = world.value(
        "SELECT contract FROM payment_attempt_leg WHERE escrow_id = %s", end.escrow_id
    )
    data = "0x" + (keccak(text="states(bytes32)")[:4].hex() + end.escrow_id[2:])
    state = world.node.call("eth_call", {"to": contract, "data": data}, "latest")
    remaining, released, _, status = decode(
        ["uint96", "uint96", "uint40", "uint8"], bytes.fromhex(state[2:])
    )
    assert (remaining, released, status) == (0, amount, _SETTLED)
    wanted = {"address": contract, "fromBlock": "0x0", "topics": [None, end.escrow_id]}
    logs = [_LOGS[log["topics"][0]] for log in world.node.call("eth_getLogs", wanted)]
    assert logs == ["Paid", "Fulfilled", "Settled"]
    effects = [kind for (kind,) in world.rows(_EFFECTS, end.escrow_id)]
    assert effects == ["paid", "fulfilled", "settled"]


def _check_wallets(node: BuyerNode, end: Told, amount: int) -> None:
    gained = node.number("eth_getBalance", end.seller.wallet.address, "latest") - FUNDS
    assert gained == amount - amount * _FEE_BPS // 10_000 - _gas_paid(node, end.seller)
    spent = FUNDS - node.number("eth_getBalance", end.buyer.wallet.address, "latest")
    assert spent == amount + _gas_paid(node, end.buyer)


def _gas_paid(node: BuyerNode, person: Person) -> int:
    """What a person's transactions cost; each must have gone well."""
    receipts = [node.receipt(signed.hash) for signed in person.sent]
    assert all(receipt and receipt["status"] == "0x1" for receipt in receipts)
    return sum(int(r["gasUsed"], 16) * int(r["effectiveGasPrice"], 16) for r in receipts if r)
