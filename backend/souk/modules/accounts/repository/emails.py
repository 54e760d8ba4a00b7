"""Every statement about e-mail addresses and what was sent to them."""

from datetime import datetime

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from souk.core.unit_of_work import Transaction
from souk.modules.accounts.models import EmailChallengeRow, EmailRow


def lock_address(tx: Transaction, address: str) -> None:
    """Let no other transaction count what was sent to this address meanwhile; it need not be
    known."""
    tx.session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('email ' || :address, 0))"),
        {"address": address},
    )


def count_sent(tx: Transaction, address: str, *, since: datetime) -> tuple[int, datetime | None]:
    """How many messages were sent to an address after an instant, and when the first of them."""
    counted, first = tx.session.execute(
        select(func.count(), func.min(EmailChallengeRow.created_at)).where(
            EmailChallengeRow.address == address, EmailChallengeRow.created_at > since
        )
    ).one()
    return counted, first


def add(tx: Transaction, row: EmailChallengeRow) -> None:
    """Remember what is about to be sent."""
    tx.session.add(row)


def lock(tx: Transaction, challenge_id: str) -> EmailChallengeRow | None:
    """A message by its id, which nobody else tries a code against meanwhile."""
    return tx.session.scalars(
        select(EmailChallengeRow).where(EmailChallengeRow.id == challenge_id).with_for_update()
    ).one_or_none()


def lock_by_link(tx: Transaction, link_hash: bytes) -> EmailChallengeRow | None:
    """A message by its link."""
    return tx.session.scalars(
        select(EmailChallengeRow).where(EmailChallengeRow.link_hash == link_hash).with_for_update()
    ).one_or_none()


def consume(tx: Transaction, address: str) -> None:
    """Use up everything that was sent to an address: whoever has signed in needs nothing of it."""
    tx.session.execute(
        update(EmailChallengeRow)
        .where(EmailChallengeRow.address == address, EmailChallengeRow.consumed_at.is_(None))
        .values(consumed_at=tx.now)
    )


def bind(tx: Transaction, account_id: str, address: str) -> str:
    """Give the address to this account unless it has one; returns the account that holds it."""
    tx.session.execute(
        insert(EmailRow)
        .values(id=tx.new_id("ema"), account_id=account_id, address=address, proved_at=tx.now)
        .on_conflict_do_nothing(index_elements=["address"])
    )
    return tx.session.execute(
        select(EmailRow.account_id).where(EmailRow.address == address)
    ).scalar_one()


def find_of_account(tx: Transaction, account_id: str) -> str | None:
    """The address that this account proved first."""
    return tx.session.scalars(
        select(EmailRow.address)
        .where(EmailRow.account_id == account_id)
        .order_by(EmailRow.proved_at, EmailRow.id)
        .limit(1)
    ).first()


def delete_sent(tx: Transaction, *, before: datetime) -> int:
    """Forget messages that count no more; returns how many."""
    gone = (
        delete(EmailChallengeRow)
        .where(EmailChallengeRow.created_at < before)
        .returning(EmailChallengeRow.id)
    )
    return len(tx.session.execute(gone).all())
