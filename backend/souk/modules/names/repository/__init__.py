"""Names that stores have proved."""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import ARRAY, Text, any_, bindparam, false, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from souk.core.addresses import Address
from souk.core.unit_of_work import Transaction
from souk.modules.names.domain import (
    EnsName,
    Evidence,
    Fault,
    NameRecord,
    Verification,
)
from souk.modules.names.models import VerificationRow

_IS_OPEN = VerificationRow.lost_at.is_(None)


def add(
    tx: Transaction, account_id: str, seller_id: str, wallet: Address, record: NameRecord
) -> Verification | None:
    """Keep a name that was just proved; `None` when the name, the account or the store has
    another at this moment."""
    verification_id = tx.new_id("ens")
    added = tx.session.execute(
        insert(VerificationRow)
        .values(
            id=verification_id,
            account_id=account_id,
            seller_id=seller_id,
            name=record.name,
            wallet=wallet,
            verified_at=tx.now,
            checked_at=tx.now,
            **_seen(record),
        )
        .on_conflict_do_nothing()
        .returning(VerificationRow)
    )
    row = added.scalar_one_or_none()
    return None if row is None else _verification(row)


def lock_open(tx: Transaction, account_id: str, name: EnsName) -> list[Verification]:
    """What this account shows, and who shows this name, locked until the transaction ends."""
    mine = or_(VerificationRow.account_id == account_id, VerificationRow.name == name)
    rows = tx.session.execute(
        select(VerificationRow).where(_IS_OPEN, mine).order_by(VerificationRow.id).with_for_update()
    )
    return [_verification(row) for row in rows.scalars()]


def lock(tx: Transaction, verification_id: str) -> Verification | None:
    """One that is not lost, locked until the transaction ends."""
    row = tx.session.execute(
        select(VerificationRow)
        .where(_IS_OPEN, VerificationRow.id == verification_id)
        .with_for_update()
    ).scalar_one_or_none()
    return None if row is None else _verification(row)


def find_lost_reason(tx: Transaction, verification_id: str) -> Fault | None:
    """Why one was lost, if it was."""
    reason = tx.session.scalars(
        select(VerificationRow.lost_reason).where(VerificationRow.id == verification_id)
    ).one_or_none()
    return None if reason is None else Fault(reason)


_IS_OVER = VerificationRow.expires_at <= bindparam("now")
_DUE = (
    select(VerificationRow)
    .where(_IS_OPEN, or_(VerificationRow.checked_at <= bindparam("looked_at"), _IS_OVER))
    .order_by(
        func.coalesce(_IS_OVER, false()).desc(), VerificationRow.checked_at, VerificationRow.id
    )
)
_DUE_OF_SELLERS = _DUE.where(
    VerificationRow.seller_id == any_(bindparam("sellers", type_=ARRAY(Text)))
)


def list_due(tx: Transaction, every: timedelta, limit: int) -> list[Verification]:
    """Those whose time is over, and then those that were last looked at so long ago, the longest
    ago first: however many wait for a chain that is away, what is over is not kept behind them."""
    rows = tx.session.scalars(_DUE.limit(limit), {"now": tx.now, "looked_at": tx.now - every})
    return [_verification(row) for row in rows]


def list_due_of(
    tx: Transaction, every: timedelta, seller_ids: Collection[str]
) -> list[Verification]:
    """The same of these stores alone, all of them."""
    asked = {"now": tx.now, "looked_at": tx.now - every, "sellers": list(seller_ids)}
    return [_verification(row) for row in tx.session.scalars(_DUE_OF_SELLERS, asked)]


def list_showing(tx: Transaction, name: EnsName) -> list[str]:
    """The stores that show this name, of which there is one at most."""
    return list(
        tx.session.scalars(
            select(VerificationRow.seller_id).where(_IS_OPEN, VerificationRow.name == name)
        )
    )


def note_checked(tx: Transaction, verification_id: str, record: NameRecord) -> None:
    """It still holds, as of this block."""
    _update(tx, verification_id, checked_at=tx.now, **_seen(record))


def note_lost(tx: Transaction, verification_id: str, reason: Fault) -> None:
    """It does not hold any more."""
    _update(tx, verification_id, lost_at=tx.now, lost_reason=reason.value)


def _update(tx: Transaction, verification_id: str, **values: object) -> None:
    tx.session.execute(
        update(VerificationRow).where(VerificationRow.id == verification_id).values(**values)
    )


def _seen(record: NameRecord) -> dict[str, object]:
    block = record.block
    return {
        "owner": record.owner,
        "expires_at": record.expires_at,
        "off_chain": record.off_chain,
        "chain_id": block.chain_id,
        "block_number": block.number,
        "block_hash": block.hash,
        "block_at": block.at,
    }


def _verification(row: VerificationRow) -> Verification:
    return Verification(
        id=row.id,
        account_id=row.account_id,
        seller_id=row.seller_id,
        name=EnsName(row.name),
        wallet=Address(row.wallet),
        owner=None if row.owner is None else Address(row.owner),
        expires_at=row.expires_at,
        off_chain=row.off_chain,
        block=Evidence(row.chain_id, row.block_number, row.block_hash, row.block_at),
        verified_at=row.verified_at,
        checked_at=row.checked_at,
    )
