"""Chains with an escrow contract on them, and the watcher that follows them."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import resources

from eth_abi.abi import encode
from eth_utils.crypto import keccak
from sqlalchemy import Connection, text

from souk.adapters.evm.event_decoder import EscrowEventDecoder
from souk.adapters.evm.node import EvmNode
from souk.adapters.evm.rpc import JsonRpcClient
from souk.core.addresses import Address, checksum_address
from souk.modules.chain.domain import BlockHeader, Bloom, ChainConfig, Purpose, RawLog
from souk.modules.chain.service import Chains, FollowedChain, Pace, Upkeep
from tests.support.stack import Chain

CHAIN_ID = 31337
ORDER_TYPE = (
    "(address,address,address,uint96,address,address,uint16,uint16,uint40,uint40,uint32,bytes32)"
)
ZERO = "0x" + "0" * 40
# Accounts that every anvil funds and unlocks.
DEPLOYER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
# The escrow's constructor argument on a chain without Permit2.
NO_PERMIT2 = "0" * 64
BUYER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
SELLER = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"


@dataclass(frozen=True)
class Terms:
    """The fields of the contract's `Order`, in its order."""

    buyer: str = BUYER
    seller: str = SELLER
    token: str = ZERO
    amount: int = 1_000
    arbiter: str = ZERO
    fee_to: str = ZERO
    fee_bps: int = 0
    silent_bps: int = 5_000
    pay_by: int = 0
    fulfil_by: int = 0
    window: int = 3_600
    ref: bytes = bytes(32)

    def values(self) -> tuple:
        return tuple(getattr(self, name) for name in self.__dataclass_fields__)


class EscrowOnChain:
    """An escrow contract on an anvil, used by its unlocked accounts."""

    def __init__(self, chain: Chain, address: Address, runs: Iterator[int]) -> None:
        self.chain = chain
        self.address = address
        self._refs = runs

    @classmethod
    def deployed(cls, chain: Chain) -> "EscrowOnChain":
        """Deploy it; takes one block."""
        artifact = json.loads(
            resources.files("souk.adapters.evm").joinpath("artifacts/Escrow.json").read_text()
        )
        sent = chain.call(
            "eth_sendTransaction",
            {"from": DEPLOYER, "data": artifact["bytecode"] + NO_PERMIT2, "gas": hex(8_000_000)},
        )
        chain.mine()
        receipt = chain.call("eth_getTransactionReceipt", sent)
        return cls(chain, checksum_address(receipt["contractAddress"]), iter(range(1, 10**9)))

    def terms(self, **fields) -> Terms:
        """Terms that nobody else has, payable for an hour of the chain's time."""
        now = int(self.chain.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
        defaults = {"pay_by": now + 3_600, "ref": next(self._refs).to_bytes(32, "big")}
        return Terms(**{**defaults, **fields})

    def pay(self, *orders: Terms, fees: Mapping[str, str] | None = None) -> str:
        """Send the buyer's payment in the native coin; it waits to be mined. With `fees`, the
        same terms give the same transaction again."""
        value = sum(order.amount for order in orders)
        return self._send("pay", orders, orders[0].buyer, value=value, fees=fees)

    def fulfil(self, *orders: Terms) -> str:
        """Send the seller's word that the goods are on their way."""
        return self._send("fulfil", orders, SELLER)

    def release(self, *orders: Terms, fees: Mapping[str, str] | None = None) -> str:
        """Send the buyer's release."""
        return self._send("release", orders, BUYER, fees=fees)

    def order_id(self, order: Terms) -> str:
        """The id that the contract gives to these terms."""
        call = {"to": self.address, "data": calldata("orderId", ORDER_TYPE, order.values())}
        return str(self.chain.call("eth_call", call, "latest"))

    def paid(self, **fields) -> Terms:
        """Terms that were paid in a block of their own."""
        order = self.terms(**fields)
        self.pay(order)
        self.chain.mine()
        return order

    def reorganise(self, depth: int) -> None:
        """Replace the newest blocks by as many empty ones."""
        self.chain.call("anvil_reorg", depth, [])

    def _send(
        self,
        function: str,
        orders: tuple[Terms, ...],
        sender: str,
        value: int = 0,
        fees: Mapping[str, str] | None = None,
    ) -> str:
        data = calldata(function, ORDER_TYPE + "[]", [order.values() for order in orders])
        call = {"from": sender, "to": self.address, "data": data, "gas": hex(1_000_000)}
        priced = {**call, **(fees or {}), "value": hex(value)}
        return str(self.chain.call("eth_sendTransaction", priced))


def calldata(function: str, argument_type: str, argument: object) -> str:
    """A call's bytes: selector and one argument."""
    selector = keccak(f"{function}({argument_type})".encode())[:4]
    return "0x" + (selector + encode([argument_type], [argument])).hex()


@contextmanager
def a_node(url: str) -> Iterator[EvmNode]:
    """A node behind its real client."""
    client = JsonRpcClient(url, label="test chain")
    try:
        yield EvmNode(client)
    finally:
        client.close()


def a_config(escrow: EscrowOnChain | None = None, **fields) -> ChainConfig:
    """How the test chain is followed."""
    defaults = {
        "chain_id": CHAIN_ID,
        "name": "test",
        "escrow_address": escrow.address if escrow else checksum_address("0x" + "11" * 20),
        "start_block": 0,
        "confirmations": 2,
        "disposable": True,
        "poll_seconds": 0.05,
    }
    return ChainConfig(**{**defaults, **fields})


def chains_of(uow, source, *, escrow: EscrowOnChain | None = None, sender=None, **fields) -> Chains:
    """The service over one source; `fields` change how the chain is followed."""
    pace = fields.pop("pace", None) or Pace(lease_seconds=fields.pop("lease_seconds", 5.0))
    budgets = dict.fromkeys(Purpose, fields.pop("daily_gas", 10**9))
    return Chains(uow, _followed(source, escrow, sender, **fields), daily_gas=budgets, pace=pace)


def upkeep_of(uow, source, *, escrow: EscrowOnChain | None = None, sender=None, **fields) -> Upkeep:
    """What looks after the sender of the service that the same arguments make."""
    budgets = dict.fromkeys(Purpose, fields.pop("daily_gas", 10**9))
    return Upkeep(uow, _followed(source, escrow, sender, **fields), daily_gas=budgets)


def _followed(source, escrow, sender, purpose=Purpose.KEEPER, **fields) -> dict[int, FollowedChain]:
    senders = {} if sender is None else {purpose: sender}
    others, heads = fields.pop("others", ()), fields.pop("heads", None)
    config, decoder = a_config(escrow, **fields), EscrowEventDecoder()
    chain = FollowedChain(config, source, decoder, senders, others, heads)
    return {chain.config.chain_id: chain}


def a_header(number: int = 1, logs: tuple[RawLog, ...] = (), **fields) -> BlockHeader:
    """A header that fits its logs."""
    hashes = {log.transaction_index: log.transaction_hash for log in logs}
    defaults = {
        "number": number,
        "hash": block_hash(number),
        "parent_hash": block_hash(number - 1),
        "timestamp": 1_700_000_000 + number,
        "logs_bloom": Bloom.of_logs(logs).to_bytes(),
        "transaction_hashes": tuple(hashes[index] for index in sorted(hashes)),
    }
    return BlockHeader(**{**defaults, **fields})


def a_log(log_index: int = 0, **fields) -> RawLog:
    """A `Fulfilled` log of the configured contract in block 1."""
    defaults = {
        "address": a_config().escrow_address,
        "topics": ("0x" + keccak(b"Fulfilled(bytes32,uint40)").hex(), "0x" + "ab" * 32),
        "data": (1_800_000_000).to_bytes(32, "big"),
        "block_number": 1,
        "block_hash": block_hash(1),
        "transaction_hash": "0x" + f"{log_index:064x}",
        "transaction_index": log_index,
        "log_index": log_index,
    }
    return RawLog(**{**defaults, **fields})


def block_hash(number: int, branch: int = 0) -> str:
    """A hash that tells its number and branch."""
    return "0x" + f"{branch:032x}{number & (2**128 - 1):032x}"


def on_branch(header: BlockHeader, branch: int) -> BlockHeader:
    """The same block on another branch."""
    return replace(
        header,
        hash=block_hash(header.number, branch),
        parent_hash=block_hash(header.number - 1, branch),
    )


def told(connection: Connection, *fields: str) -> list[tuple]:
    """What went to the outbox about escrows, in order: `seen`, `orphaned`, or the level that was
    reached, with the named fields of the payload."""
    rows = connection.execute(
        text("SELECT name, payload FROM outbox WHERE name LIKE '%escrow%' ORDER BY sequence")
    )
    return [
        (row.payload.get("level") or row.name.rpartition("_")[2], *map(row.payload.get, fields))
        for row in rows
    ]


def course(connection: Connection) -> list[str]:
    """What was told, in order: `seen`, levels, `orphaned`."""
    return [what for (what,) in told(connection)]


def rows_of(connection: Connection, sql: str, **values) -> list[tuple]:
    """The rows of a query."""
    return [tuple(row) for row in connection.execute(text(sql), values)]


def standing(connection: Connection) -> list[tuple]:
    """What stands on the canonical chain according to the tables: one row an effect, without
    anything that only says when or under which id it was written."""
    return rows_of(
        connection,
        "SELECT f.contract, f.escrow_id, f.kind, f.sequence, f.level, e.block_hash, e.log_index,"
        " e.transaction_hash, e.args FROM chain_effect f JOIN chain_event e ON e.id = f.event_id"
        " JOIN chain_block b ON b.hash = e.block_hash AND b.canonical"
        " ORDER BY e.block_number, e.log_index",
    )


def recorded(connection: Connection) -> dict[str, list[tuple]]:
    """Everything in the watcher's tables but the lease, to tell whether anything was written."""
    tables = ("chain_block", "chain_event", "chain_effect")
    found = {name: rows_of(connection, f"SELECT * FROM {name} ORDER BY 1, 2") for name in tables}
    cursor = "SELECT chain_id, next_block, head_hash, safe_block, final_block FROM chain"
    return {**found, "chain": rows_of(connection, cursor)}


def incidents(connection: Connection) -> list[tuple]:
    """Reason of each incident, and whether it is open."""
    return rows_of(
        connection, "SELECT reason, closed_at IS NULL FROM chain_incident ORDER BY opened_at, id"
    )


def forget(connection: Connection) -> None:
    """Empty the watcher's tables, as before it ever ran."""
    for name in ("chain_effect", "chain_event", "chain_block", "chain_gap", "chain"):
        connection.execute(text(f"DELETE FROM {name}"))
