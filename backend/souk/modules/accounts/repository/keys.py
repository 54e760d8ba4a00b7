"""Every statement about API keys."""

from datetime import timedelta

from sqlalchemy import and_, func, or_, select, text, update

from souk.core.db import InstantColumn
from souk.core.principal import Principal, Role, Scope
from souk.core.unit_of_work import Transaction
from souk.modules.accounts.domain.keys import KeyRecord
from souk.modules.accounts.models import ApiKeyRow

# So that a busy key costs a write a minute and not one a request.
_USE_NOTED_EVERY = timedelta(minutes=1)
_AS_PROGRAM = frozenset({Role.BUYER, Role.SELLER})


def count(tx: Transaction, account_id: str) -> int:
    """How many keys of an account are good."""
    counted = select(func.count()).where(
        ApiKeyRow.account_id == account_id,
        ApiKeyRow.revoked_at.is_(None),
        or_(ApiKeyRow.expires_at.is_(None), ApiKeyRow.expires_at > tx.now),
    )
    return tx.session.execute(counted).scalar_one()


def add(tx: Transaction, row: ApiKeyRow) -> KeyRecord:
    """Store a new key."""
    tx.session.add(row)
    tx.session.flush()
    return KeyRecord(
        id=row.id,
        name=row.name,
        prefix=row.prefix,
        scopes=tuple(Scope(scope) for scope in row.scopes),
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
    )


def revoke(tx: Transaction, key_id: str, account_id: str) -> bool:
    """End a key; `False` when this account has no such key that is not ended."""
    revoked = tx.session.execute(
        update(ApiKeyRow)
        .where(
            ApiKeyRow.id == key_id,
            ApiKeyRow.account_id == account_id,
            ApiKeyRow.revoked_at.is_(None),
        )
        .values(revoked_at=tx.now)
        .returning(ApiKeyRow.id)
    )
    return revoked.first() is not None


def revoke_all(
    tx: Transaction,
    account_id: str,
    *,
    of_wallet: str | None = None,
    of_email: str | None = None,
) -> None:
    """End the keys of an account that were made in sessions which a wallet or an e-mail address
    opened, and those of which nobody knows what opened theirs, for it may have been that one."""
    made = ApiKeyRow.wallet == of_wallet if of_email is None else ApiKeyRow.email == of_email
    unknown = and_(ApiKeyRow.wallet.is_(None), ApiKeyRow.email.is_(None))
    tx.session.execute(
        update(ApiKeyRow)
        .where(
            ApiKeyRow.account_id == account_id,
            ApiKeyRow.revoked_at.is_(None),
            or_(made, unknown),
        )
        .values(revoked_at=tx.now)
    )


_PRINCIPAL = text(
    """
    SELECT api_key.id, api_key.account_id, api_key.scopes, api_key.last_used_at, account.roles,
           ARRAY(SELECT wallet.address FROM wallet WHERE wallet.account_id = api_key.account_id
                 ORDER BY wallet.proved_at, wallet.id) AS wallets
    FROM api_key JOIN account ON account.id = api_key.account_id
    WHERE api_key.token_hash = :token_hash AND api_key.revoked_at IS NULL
      AND (api_key.expires_at IS NULL OR api_key.expires_at > :now)
    """
).columns(last_used_at=InstantColumn())


def find_principal(tx: Transaction, token_hash: bytes) -> Principal | None:
    """Whose good key this is; the use is noted. A program is buyer and seller, never staff, and
    never proves anything by signature."""
    row = tx.session.execute(_PRINCIPAL, {"token_hash": token_hash, "now": tx.now}).one_or_none()
    if row is None:
        return None
    if row.last_used_at is None or tx.age(row.last_used_at) >= _USE_NOTED_EVERY:
        tx.session.execute(
            update(ApiKeyRow).where(ApiKeyRow.id == row.id).values(last_used_at=tx.now)
        )
    return Principal(
        account_id=row.account_id,
        session_id=row.id,
        roles=frozenset(Role(role) for role in row.roles) & _AS_PROGRAM,
        wallets=tuple(row.wallets),
        scopes=frozenset(Scope(scope) for scope in row.scopes),
    )
