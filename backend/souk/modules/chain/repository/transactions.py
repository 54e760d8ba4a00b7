"""Our own transactions and the nonces of the accounts that send them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, func, select, true, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from souk.core.addresses import Address
from souk.core.unit_of_work import Transaction
from souk.modules.chain.domain import Call, Fees, TransactionStatus
from souk.modules.chain.models import (
    ChainBlockRow,
    ChainEventRow,
    ChainNonceRow,
    ChainTransactionRow,
)
from souk.modules.chain.ports import MinedTransaction, PreparedTransaction, SignedTransaction

_LIVE = (str(TransactionStatus.SIGNED), str(TransactionStatus.BROADCAST))
_REPLACED = str(TransactionStatus.REPLACED)
_MINED = (str(TransactionStatus.MINED), str(TransactionStatus.REVERTED))
# Of these an account may have several for one nonce, all but one of which come to nothing.
_ABANDONED = (str(TransactionStatus.DROPPED), _REPLACED)


@dataclass(frozen=True, slots=True)
class Unmined:
    """A transaction that is not known to stand in a block, the place it was signed for, and since
    when. `replaced` are the hashes of what it took the place of, each of which a node may still
    have and mine instead. `fees` it offers, `most` of them it may come to offer."""

    signed: SignedTransaction
    replaced: tuple[str, ...]
    intent: str
    sender: Address
    nonce: int
    call: Call
    gas_limit: int
    fees: Fees
    most: int
    created_at: datetime

    @property
    def hashes(self) -> tuple[str, ...]:
        """Under which it may stand in a block."""
        return (self.signed.transaction_hash, *self.replaced)


def find_transaction(tx: Transaction, chain_id: int, intent: str) -> ChainTransactionRow | None:
    """The transaction of an intent, unless it was dropped: then the intent is free again."""
    return tx.session.scalars(
        select(ChainTransactionRow)
        .filter_by(chain_id=chain_id, intent=intent)
        .where(ChainTransactionRow.status.not_in(_ABANDONED))
    ).one_or_none()


def lock_nonce(tx: Transaction, chain_id: int, sender: str, *, at_least: int) -> int:
    """The next nonce of an account, its row locked until the transaction ends."""
    tx.session.execute(
        insert(ChainNonceRow)
        .values(chain_id=chain_id, sender=sender, next_nonce=at_least)
        .on_conflict_do_nothing()
    )
    row = tx.session.scalars(
        select(ChainNonceRow).filter_by(chain_id=chain_id, sender=sender).with_for_update()
    ).one()
    return max(row.next_nonce, at_least)


def set_nonce(tx: Transaction, chain_id: int, sender: str, *, next_nonce: int) -> None:
    """Record that every nonce below `next_nonce` is taken."""
    tx.session.execute(
        update(ChainNonceRow)
        .where(ChainNonceRow.chain_id == chain_id, ChainNonceRow.sender == sender)
        .values(next_nonce=next_nonce)
    )


def count_gas_since(tx: Transaction, chain_id: int, sender: str, since: datetime) -> int:
    """Gas that an account's transactions may have used, by their limits, since an instant. One that
    was replaced uses none, or else what replaced it does not; one that was dropped may have failed
    in a block whose receipt no node had."""
    total = tx.session.execute(
        select(func.coalesce(func.sum(ChainTransactionRow.gas_limit), 0)).where(
            ChainTransactionRow.chain_id == chain_id,
            ChainTransactionRow.sender == sender,
            ChainTransactionRow.created_at >= since,
            ChainTransactionRow.status != _REPLACED,
        )
    )
    return int(total.scalar_one())


def add_transaction(
    tx: Transaction,
    chain_id: int,
    *,
    intent: str,
    sender: str,
    nonce: int,
    prepared: PreparedTransaction,
    most: int,
    signed: SignedTransaction,
) -> None:
    """Store signed bytes, before anybody else may see them."""
    tx.session.add(
        ChainTransactionRow(
            id=tx.new_id("ctx"),
            chain_id=chain_id,
            intent=intent,
            sender=sender,
            nonce=nonce,
            target=prepared.call.to,
            data=prepared.call.data,
            value=prepared.call.value,
            gas_limit=prepared.gas_limit,
            max_fee_per_gas=prepared.max_fee_per_gas,
            max_priority_fee_per_gas=prepared.max_priority_fee_per_gas,
            max_fee_allowed=most,
            raw=signed.raw,
            transaction_hash=signed.transaction_hash,
            status=str(TransactionStatus.SIGNED),
            created_at=tx.now,
        )
    )
    tx.session.flush()


def list_unmined(
    tx: Transaction, chain_id: int, *, sender: Address | None = None, limit: int
) -> list[Unmined]:
    """Transactions that are not known to stand in a block, of one account or of all, in the order
    of their nonces."""
    of_whom = true() if sender is None else ChainTransactionRow.sender == str(sender)
    rows = tx.session.scalars(
        select(ChainTransactionRow)
        .where(ChainTransactionRow.chain_id == chain_id, ChainTransactionRow.status.in_(_LIVE))
        .where(of_whom)
        .order_by(ChainTransactionRow.sender, ChainTransactionRow.nonce)
        .limit(limit)
    ).all()
    replaced = _list_replaced(tx, chain_id, [row.intent for row in rows])
    return [_unmined(row, replaced.get((row.sender, row.nonce), ())) for row in rows]


def _list_replaced(
    tx: Transaction, chain_id: int, intents: Sequence[str]
) -> dict[tuple[str, int], tuple[str, ...]]:
    found: dict[tuple[str, int], tuple[str, ...]] = {}
    for row in tx.session.scalars(
        select(ChainTransactionRow)
        .filter_by(chain_id=chain_id, status=_REPLACED)
        .where(ChainTransactionRow.intent.in_(intents))
    ):
        key = row.sender, row.nonce
        found[key] = (*found.get(key, ()), row.transaction_hash)
    return found


def _unmined(row: ChainTransactionRow, replaced: tuple[str, ...]) -> Unmined:
    return Unmined(
        signed=SignedTransaction(row.raw, row.transaction_hash),
        replaced=replaced,
        intent=row.intent,
        sender=Address(row.sender),
        nonce=row.nonce,
        call=Call(Address(row.target), row.data, row.value),
        gas_limit=row.gas_limit,
        fees=Fees(row.max_fee_per_gas, row.max_priority_fee_per_gas),
        most=row.max_fee_allowed,
        created_at=row.created_at,
    )


def mark_broadcast(
    tx: Transaction, chain_id: int, transaction_hash: str, *, error: str | None
) -> None:
    """Record that the bytes were handed over, or why the node did not take them."""
    values: dict[str, object] = {"last_error": error}
    if error is None:
        values |= {"status": str(TransactionStatus.BROADCAST), "broadcast_at": tx.now}
    tx.session.execute(
        update(ChainTransactionRow).where(_is_live(chain_id, transaction_hash)).values(**values)
    )


def mark_mined(
    tx: Transaction, chain_id: int, each: Unmined, transaction_hash: str, mined: MinedTransaction
) -> None:
    """Record the block that a transaction stands in, itself or one that it was to replace: then
    it has come to nothing."""
    if transaction_hash != each.signed.transaction_hash:
        _end(tx, chain_id, each, [each.signed.transaction_hash], TransactionStatus.DROPPED)
    status = TransactionStatus.MINED if mined.succeeded else TransactionStatus.REVERTED
    place = {"block_number": mined.block_number, "block_hash": mined.block_hash}
    _end(tx, chain_id, each, [transaction_hash], status, **place)


def mark_replaced(tx: Transaction, chain_id: int, each: Unmined) -> bool:
    """Make room for a transaction that takes this one's nonce; whether it was still to be had."""
    result = tx.session.execute(
        update(ChainTransactionRow)
        .where(_is_live(chain_id, each.signed.transaction_hash))
        .values(status=_REPLACED)
        .returning(ChainTransactionRow.id)
    )
    return bool(result.all())


def list_logged(
    tx: Transaction, chain_id: int, hashes: Sequence[str]
) -> dict[str, MinedTransaction]:
    """Where those of these transactions stand that have logs of ours in a canonical block that was
    taken in: they stand there, whatever a node says."""
    event, block = ChainEventRow, ChainBlockRow
    found = tx.session.execute(
        select(event.transaction_hash, event.block_number, event.block_hash)
        .join(block, and_(block.chain_id == event.chain_id, block.hash == event.block_hash))
        .where(event.chain_id == chain_id, event.transaction_hash.in_(hashes), block.canonical)
    )
    return {
        row.transaction_hash: MinedTransaction(row.block_number, row.block_hash, succeeded=True)
        for row in found
    }


def drop_transaction(tx: Transaction, chain_id: int, each: Unmined) -> None:
    """Record that another transaction took the nonce: this one can never be mined, nor what it
    replaced."""
    _end(tx, chain_id, each, each.hashes, TransactionStatus.DROPPED)


def _end(
    tx: Transaction,
    chain_id: int,
    each: Unmined,
    hashes: Sequence[str],
    status: TransactionStatus,
    **place: object,
) -> None:
    """Unless one of this nonce has come to an end: then it stays as it was recorded."""
    ended = aliased(ChainTransactionRow)
    same = and_(
        ended.chain_id == chain_id, ended.sender == str(each.sender), ended.nonce == each.nonce
    )
    over = select(ended.id).where(same, ended.status.in_(_MINED))
    tx.session.execute(
        update(ChainTransactionRow)
        .where(
            ChainTransactionRow.chain_id == chain_id,
            ChainTransactionRow.transaction_hash.in_(hashes),
            ChainTransactionRow.status.in_((*_LIVE, _REPLACED)),
            ~over.exists(),
        )
        .values(status=str(status), **place),
        execution_options={"synchronize_session": False},
    )


def _is_live(chain_id: int, transaction_hash: str) -> ColumnElement[bool]:
    """This transaction, unless it has come to an end: then it stays as it was recorded."""
    return and_(
        ChainTransactionRow.chain_id == chain_id,
        ChainTransactionRow.transaction_hash == transaction_hash,
        ChainTransactionRow.status.in_(_LIVE),
    )


def unmine_transactions(tx: Transaction, chain_id: int, *, above: int) -> None:
    """After a reorg: what stood in blocks higher than `above` is to be sent again."""
    tx.session.execute(
        update(ChainTransactionRow)
        .where(ChainTransactionRow.chain_id == chain_id, ChainTransactionRow.block_number > above)
        .values(status=str(TransactionStatus.SIGNED), block_number=None, block_hash=None)
    )


def drop_transactions(tx: Transaction, chain_id: int) -> None:
    """After a development chain began anew: nothing sent before can be mined on it."""
    tx.session.execute(
        update(ChainTransactionRow)
        .where(ChainTransactionRow.chain_id == chain_id)
        .values(status=str(TransactionStatus.DROPPED), block_number=None, block_hash=None)
    )
    tx.session.execute(delete(ChainNonceRow).where(ChainNonceRow.chain_id == chain_id))
