"""Sessions: opened and ended."""

from datetime import timedelta

from souk.core.addresses import Address
from souk.core.ids import require_id
from souk.core.principal import Principal
from souk.core.unit_of_work import Transaction, UnitOfWork
from souk.modules.accounts import repository
from souk.modules.accounts.domain import SignedIn
from souk.modules.accounts.errors import SessionNotFound
from souk.modules.accounts.models import SessionRow
from souk.modules.accounts.service.tokens import new_token, token_hash


class Sessions:
    """The sessions of an account. Somebody else's are not found."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    def sign_out(self, principal: Principal) -> None:
        """End the caller's session; harmless when it has ended."""
        with self._uow.begin() as tx:
            repository.revoke_sessions(tx, principal.account_id, only=principal.session_id)
            tx.commit()

    def end(self, principal: Principal, session_id: str) -> None:
        """End one of the account's sessions. Raises `SessionNotFound`."""
        known = require_id("ses", session_id)
        with self._uow.begin() as tx:
            if not repository.revoke_sessions(tx, principal.account_id, only=known):
                raise SessionNotFound("you have no such session, or it has ended")
            tx.commit()

    def end_others(self, principal: Principal) -> None:
        """End all of the account's sessions but the caller's."""
        with self._uow.begin() as tx:
            repository.lock_account(tx, principal.account_id)
            repository.revoke_sessions(tx, principal.account_id, but=principal.session_id)
            tx.commit()


def open_session(
    tx: Transaction,
    account_id: str,
    *,
    days: int,
    proves: bool = True,
    wallet: Address | None = None,
    email: str | None = None,
) -> SignedIn:
    """A new session. `proves` says whether signing in was proof enough for what a token alone must
    not do."""
    token = new_token()
    row = SessionRow(
        id=tx.new_id("ses"),
        account_id=account_id,
        wallet=wallet,
        email=email,
        token_hash=token_hash(token),
        created_at=tx.now,
        expires_at=tx.now + timedelta(days=days),
        step_up_at=tx.now if proves else None,
    )
    repository.add_session(tx, row)
    return SignedIn(token, account_id, row.id, row.expires_at, wallet=wallet, email=email)
