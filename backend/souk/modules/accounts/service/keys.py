"""API keys: made, revoked, recognised."""

from collections.abc import Collection
from datetime import timedelta

from souk.core.idempotency import NO_RECEIPT, Receipt
from souk.core.ids import require_id
from souk.core.principal import Principal, Scope
from souk.core.unit_of_work import UnitOfWork
from souk.modules.accounts import repository
from souk.modules.accounts.domain.keys import MAX_KEYS, RevealedKey, find_prefix, spelled
from souk.modules.accounts.errors import KeyNotFound, TooManyKeys
from souk.modules.accounts.models import ApiKeyRow
from souk.modules.accounts.repository import keys
from souk.modules.accounts.service.guards import use_proof
from souk.modules.accounts.service.tokens import new_token, token_hash


class ApiKeys:
    """Keys of accounts. Somebody else's are not found."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    def create(
        self,
        principal: Principal,
        *,
        name: str,
        scopes: Collection[Scope],
        days: int | None = None,
        receipt: Receipt = NO_RECEIPT,
    ) -> RevealedKey:
        """A key that may do what these scopes say, for so many days or until it is revoked. Raises
        `StepUpRequired`, `TooManyKeys`."""
        token = spelled(new_token())
        with self._uow.begin() as tx:
            repository.lock_account(tx, principal.account_id)
            use_proof(tx, principal)
            if keys.count(tx, principal.account_id) >= MAX_KEYS:
                raise TooManyKeys(
                    f"you have {MAX_KEYS} keys; revoke one that you do not need",
                    context={"limit": MAX_KEYS},
                )
            row = ApiKeyRow(
                id=tx.new_id("key"),
                account_id=principal.account_id,
                name=name,
                prefix=find_prefix(token),
                token_hash=token_hash(token),
                scopes=sorted(set(scopes)),
                created_at=tx.now,
                expires_at=None if days is None else tx.now + timedelta(days=days),
                **repository.opened_by(tx, principal.session_id),
            )
            key = keys.add(tx, row)
            receipt.store(tx, key)
            tx.commit()
        return RevealedKey(key, token)

    def revoke(self, principal: Principal, key_id: str) -> None:
        """End a key at once. Raises `KeyNotFound`."""
        known = require_id("key", key_id)
        with self._uow.begin() as tx:
            if not keys.revoke(tx, known, principal.account_id):
                raise KeyNotFound("you have no such key")
            tx.commit()
