"""Our own transactions and the nonces of the accounts that send them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from souk.core.addresses import Address
from souk.core.unit_of_work import Transaction
from souk.modules.chain.domain import TransactionStatus
from souk.modules.chain.models import ChainNonceRow, ChainTransactionRow
from souk.modules.chain.ports import MinedTransaction, PreparedTransaction, SignedTransaction

_LIVE = (str(TransactionStatus.SIGNED), str(TransactionStatus.BROADCAST))


@dataclass(frozen=True, slots=True)
class Unmined:
    """A transaction that is not known to stand in a block, and the place it was signed for."""

    signed: SignedTransaction
    sender: Address
    nonce: int


def find_transaction(tx: Transaction, chain_id: int, intent: str) -> ChainTransactionRow | None:
    """The transaction of an intent, unless it was dropped: then the intent is free again."""
    return tx.session.scalars(
        select(ChainTransactionRow)
        .filter_by(chain_id=chain_id, intent=intent)
        .where(ChainTransactionRow.status != str(TransactionStatus.DROPPED))
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
    """Gas that an account's transactions may have used, by their limits, since an instant."""
    total = tx.session.scalar(
        select(func.coalesce(func.sum(ChainTransactionRow.gas_limit), 0)).where(
            ChainTransactionRow.chain_id == chain_id,
            ChainTransactionRow.sender == sender,
            ChainTransactionRow.created_at >= since,
        )
    )
    return int(total or 0)


def add_transaction(
    tx: Transaction,
    chain_id: int,
    *,
    intent: str,
    sender: str,
    nonce: int,
    prepared: PreparedTransaction,
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
            raw=signed.raw,
            transaction_hash=signed.transaction_hash,
            status=str(TransactionStatus.SIGNED),
            created_at=tx.now,
        )
    )
    tx.session.flush()


def list_unmined(tx: Transaction, chain_id: int, *, limit: int) -> list[Unmined]:
    """Transactions that are not known to stand in a block, in the order of their nonces."""
    rows = tx.session.execute(
        select(ChainTransactionRow)
        .where(ChainTransactionRow.chain_id == chain_id, ChainTransactionRow.status.in_(_LIVE))
        .order_by(ChainTransactionRow.sender, ChainTransactionRow.nonce)
        .limit(limit)
    ).scalars()
    return [
        Unmined(SignedTransaction(r.raw, r.transaction_hash), Address(r.sender), r.nonce)
        for r in rows
    ]


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
    tx: Transaction, chain_id: int, transaction_hash: str, mined: MinedTransaction
) -> None:
    """Record the block that a transaction stands in."""
    status = TransactionStatus.MINED if mined.succeeded else TransactionStatus.REVERTED
    tx.session.execute(
        update(ChainTransactionRow)
        .where(_is_live(chain_id, transaction_hash))
        .values(status=str(status), block_number=mined.block_number, block_hash=mined.block_hash)
    )


def drop_transaction(tx: Transaction, chain_id: int, transaction_hash: str) -> None:
    """Record that another transaction took the nonce: this one can never be mined."""
    tx.session.execute(
        update(ChainTransactionRow)
        .where(_is_live(chain_id, transaction_hash))
        .values(status=str(TransactionStatus.DROPPED))
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
