"""Every statement of the write side of accounts."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlalchemy import (
    ARRAY,
    Select,
    Text,
    any_,
    bindparam,
    delete,
    exists,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from souk.core.addresses import Address
from souk.core.db import InstantColumn, table_of
from souk.core.principal import Principal, Role
from souk.core.unit_of_work import Transaction
from souk.modules.accounts.models import AccountRow, EmailRow, NonceRow, SessionRow, WalletRow

_WALLET = table_of(WalletRow)
_PROOFS = select(_WALLET.c.account_id, _WALLET.c.address, _WALLET.c.chain_id).where(
    _WALLET.c.account_id == any_(bindparam("accounts", type_=ARRAY(Text)))
)


def add_nonce(tx: Transaction, nonce: str, expires_at: datetime) -> None:
    """Remember a nonce that is about to be given out."""
    tx.session.add(NonceRow(nonce=nonce, issued_at=tx.now, expires_at=expires_at))


def consume_nonce(tx: Transaction, nonce: str) -> bool:
    """Use up a nonce; `False` if it is unknown, used or too old. One statement, so that of two
    transactions with one nonce exactly one is told `True`."""
    consumed = tx.session.execute(
        update(NonceRow)
        .where(
            NonceRow.nonce == nonce,
            NonceRow.consumed_at.is_(None),
            NonceRow.expires_at > tx.now,
        )
        .values(consumed_at=tx.now)
        .returning(NonceRow.nonce)
    )
    return consumed.first() is not None


def bind_wallet(
    tx: Transaction, account_id: str, address: Address, chain_id: int | None = None
) -> WalletRow:
    """Give the wallet to this account unless it has one; returns the row that holds, which nobody
    removes before this transaction ends."""
    given = (
        insert(WalletRow)
        .values(
            id=tx.new_id("wal"),
            account_id=account_id,
            address=address,
            proved_at=tx.now,
            chain_id=chain_id,
        )
        .on_conflict_do_nothing(index_elements=["address"])
    )
    holding = (
        select(WalletRow)
        .where(WalletRow.address == address)
        .with_for_update(read=True, key_share=True)
    )
    while True:
        tx.session.execute(given)
        row = tx.session.scalars(holding).one_or_none()
        # Whoever was removing it has done so meanwhile: it is nobody's, and is given anew.
        if row is not None:
            return row


def exists_nonce(tx: Transaction, nonce: str) -> bool:
    """Whether a nonce could be used up now."""
    found: bool = tx.session.execute(
        select(
            exists().where(
                NonceRow.nonce == nonce,
                NonceRow.consumed_at.is_(None),
                NonceRow.expires_at > tx.now,
            )
        )
    ).scalar_one()
    return found


def add_account(tx: Transaction, account_id: str) -> None:
    """Open an account."""
    tx.session.add(AccountRow(id=account_id, roles=[Role.BUYER.value], created_at=tx.now))
    tx.session.flush()


def add_session(tx: Transaction, row: SessionRow) -> None:
    """Store a new session."""
    tx.session.add(row)
    tx.session.flush()


# One round trip over the unique index on the token's hash; the wallets come along by theirs.
_PRINCIPAL = text(
    """
    SELECT session.id, session.account_id, session.step_up_at, account.roles,
           ARRAY(SELECT wallet.address FROM wallet WHERE wallet.account_id = session.account_id
                 ORDER BY wallet.proved_at, wallet.id) AS wallets
    FROM session JOIN account ON account.id = session.account_id
    WHERE session.token_hash = :token_hash
      AND session.revoked_at IS NULL AND session.expires_at > :now
    """
).columns(step_up_at=InstantColumn())


def find_principal(tx: Transaction, token_hash: bytes) -> Principal | None:
    """Whose live session this token belongs to."""
    row = tx.session.execute(_PRINCIPAL, {"token_hash": token_hash, "now": tx.now}).one_or_none()
    if row is None:
        return None
    return Principal(
        account_id=row.account_id,
        session_id=row.id,
        roles=frozenset(Role(role) for role in row.roles),
        wallets=tuple(row.wallets),
        step_up_at=row.step_up_at,
    )


def revoke_sessions(
    tx: Transaction,
    account_id: str,
    *,
    only: str | None = None,
    but: str | None = None,
    of_wallet: str | None = None,
    of_email: str | None = None,
) -> int:
    """End the sessions of an account: one, or all but one, or those that a wallet or an e-mail
    address opened; returns how many."""
    statement = update(SessionRow).where(
        SessionRow.account_id == account_id,
        SessionRow.revoked_at.is_(None),
        SessionRow.expires_at > tx.now,
    )
    if only is not None:
        statement = statement.where(SessionRow.id == only)
    if but is not None:
        statement = statement.where(SessionRow.id != but)
    if of_wallet is not None:
        statement = statement.where(SessionRow.wallet == of_wallet)
    if of_email is not None:
        statement = statement.where(SessionRow.email == of_email)
    revoked = statement.values(revoked_at=tx.now).returning(SessionRow.id)
    return len(tx.session.execute(revoked).all())


def opened_by(tx: Transaction, session_id: str) -> dict[str, str | None]:
    """The wallet or the e-mail address that opened a session."""
    row = tx.session.execute(
        select(SessionRow.wallet, SessionRow.email).where(SessionRow.id == session_id)
    ).one()
    return {"wallet": row.wallet, "email": row.email}


def step_up(tx: Transaction, session_id: str, token_hash: bytes) -> datetime | None:
    """A wallet was proved in this session just now, and its token is another from now on. Returns
    when the session expires; `None` if it has ended."""
    return tx.session.execute(
        update(SessionRow)
        .where(SessionRow.id == session_id, SessionRow.revoked_at.is_(None))
        .values(step_up_at=tx.now, token_hash=token_hash)
        .returning(SessionRow.expires_at)
    ).scalar_one_or_none()


def use_step_up(tx: Transaction, session_id: str, *, since: datetime) -> bool:
    """Use up what was proved in this session after an instant; `False` if nothing was, or it has
    ended. One statement, so that a proof serves once."""
    used = tx.session.execute(
        update(SessionRow)
        .where(
            SessionRow.id == session_id,
            SessionRow.revoked_at.is_(None),
            SessionRow.step_up_at > since,
        )
        .values(step_up_at=None)
        .returning(SessionRow.id)
    )
    return used.first() is not None


def forget_step_ups(tx: Transaction, account_id: str) -> None:
    """What was proved in the account's sessions counts no more. Those that have ended are left to
    whoever deletes them."""
    tx.session.execute(
        update(SessionRow)
        .where(
            SessionRow.account_id == account_id,
            SessionRow.step_up_at.is_not(None),
            SessionRow.revoked_at.is_(None),
            SessionRow.expires_at > tx.now,
        )
        .values(step_up_at=None)
    )


def lock_account(tx: Transaction, account_id: str) -> None:
    """Let no other transaction count what this account has meanwhile, or touch all its sessions;
    signing in goes on. Taken before any session's row."""
    tx.session.execute(
        select(AccountRow.id).where(AccountRow.id == account_id).with_for_update(key_share=True)
    )


def hold_wallet(tx: Transaction, account_id: str, address: str) -> WalletRow | None:
    """A wallet that the account has proved; if there is one nobody removes it meanwhile."""
    return tx.session.scalars(
        select(WalletRow)
        .where(WalletRow.account_id == account_id, WalletRow.address == address)
        .with_for_update(read=True, key_share=True)
    ).one_or_none()


def exists_proof(tx: Transaction, account_id: str, address: str, chain_id: int) -> bool:
    """Whether the account has proved a wallet in such a way that this holds on a chain."""
    proved = exists().where(
        WalletRow.account_id == account_id,
        WalletRow.address == address,
        or_(WalletRow.chain_id.is_(None), WalletRow.chain_id == chain_id),
    )
    found: bool = tx.session.execute(select(proved)).scalar_one()
    return found


def list_proofs(
    tx: Transaction, account_ids: Iterable[str]
) -> Iterator[tuple[str, Address, int | None]]:
    """Account, address and chain of every wallet that one of these has proved."""
    for row in tx.session.execute(_PROOFS, {"accounts": list(account_ids)}):
        yield row.account_id, Address(row.address), row.chain_id


def exists_wallet(tx: Transaction, account_id: str) -> bool:
    """Whether the account has proved any wallet."""
    found: bool = tx.session.execute(
        select(exists().where(WalletRow.account_id == account_id))
    ).scalar_one()
    return found


def delete_wallet(tx: Transaction, account_id: str, address: str) -> bool:
    """Take a wallet from an account; `False` when it has no such one."""
    gone = tx.session.execute(
        delete(WalletRow)
        .where(WalletRow.account_id == account_id, WalletRow.address == address)
        .returning(WalletRow.id)
    )
    return gone.first() is not None


def exists_way_in(tx: Transaction, account_id: str) -> bool:
    """Whether a wallet or an e-mail address signs in to this account."""
    found: bool = tx.session.execute(
        select(
            or_(
                exists().where(WalletRow.account_id == account_id),
                exists().where(EmailRow.account_id == account_id),
            )
        )
    ).scalar_one()
    return found


def delete_expired(tx: Transaction) -> int:
    """Forget nonces and sessions past their time; returns how many. What others hold is left for
    the next time: whoever waits for nobody is part of no deadlock."""
    nonces = _free(select(NonceRow.nonce).where(NonceRow.expires_at < tx.now))
    sessions = _free(select(SessionRow.id).where(SessionRow.expires_at < tx.now))
    gone = [
        delete(NonceRow).where(NonceRow.nonce.in_(nonces)).returning(NonceRow.nonce),
        delete(SessionRow).where(SessionRow.id.in_(sessions)).returning(SessionRow.id),
    ]
    return sum(len(tx.session.execute(statement).all()) for statement in gone)


def _free(found: Select[tuple[str]]) -> Select[tuple[str]]:
    """Of the rows found, those that nobody holds; they are held from here on."""
    locked = found.with_for_update(skip_locked=True).cte("free")
    return select(*locked.c)
