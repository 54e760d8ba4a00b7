"""Signing in by wallet, and the wallets and roles of an account."""

import secrets
from datetime import timedelta

from souk.core.addresses import Address
from souk.core.idempotency import NO_RECEIPT, Receipt
from souk.core.principal import PERMISSIONS, Principal, Role
from souk.core.unit_of_work import Transaction, UnitOfWork
from souk.modules.accounts import repository
from souk.modules.accounts.domain import STATEMENT, Challenge, SignedIn, SignInConfig
from souk.modules.accounts.domain.keys import find_prefix
from souk.modules.accounts.errors import (
    KeyEnded,
    LastWayIn,
    SessionEnded,
    WalletNotFound,
    WalletOfAnotherAccount,
)
from souk.modules.accounts.ports import SignatureVerifier
from souk.modules.accounts.repository import keys, roles
from souk.modules.accounts.service.guards import use_proof
from souk.modules.accounts.service.holdings import Holdings
from souk.modules.accounts.service.proofs import Proofs, Proved, bind
from souk.modules.accounts.service.sessions import open_session
from souk.modules.accounts.service.tokens import new_token, token_hash

_NONCE_BYTES = 16


class Accounts(Holdings):
    """Who somebody is. A wallet that has proved itself once names its account until it is taken
    from it. On the `served_chains` wallets sign in, and buyers pay."""

    def __init__(self, uow: UnitOfWork, verifier: SignatureVerifier, config: SignInConfig) -> None:
        self._uow = uow
        self._config = config
        self.served_chains = config.chain_ids
        self._proofs = Proofs(uow, verifier, config)

    def issue_nonce(self) -> Challenge:
        """A nonce for one sign-in, and what the message around it must say."""
        nonce = secrets.token_hex(_NONCE_BYTES)
        config = self._config
        with self._uow.begin() as tx:
            issued_at = tx.now
            expires_at = issued_at + timedelta(seconds=config.nonce_seconds)
            repository.add_nonce(tx, nonce, expires_at)
            tx.commit()
        return Challenge(
            config.domain, config.uri, config.chain_ids, nonce, STATEMENT, issued_at, expires_at
        )

    def sign_in(self, message: str, signature: str) -> SignedIn:
        """Open a session for the wallet that signed; its first time opens its account.

        Raises a `SignInRefused`; then the nonce may be used again unless it was the matter.
        """
        proved = self._proofs.prove(message, signature)
        with self._uow.begin() as tx:
            self._proofs.use_up(tx, proved)
            account_id = self._account_of(tx, proved)
            signed_in = open_session(
                tx, account_id, days=self._config.session_days, wallet=proved.address
            )
            tx.commit()
        return signed_in

    def step_up(self, principal: Principal, message: str, signature: str) -> SignedIn:
        """Prove anew who the caller is, by a wallet of the account: the contract of a wallet that
        was given away says no. The session has another token from now on. Raises a
        `SignInRefused`, `WalletNotFound`, `SessionEnded`."""
        proved, token = self._proofs.prove(message, signature), new_token()
        with self._uow.begin() as tx:
            self._proofs.use_up(tx, proved)
            self._require_wallet(tx, principal, proved.address)
            bind(tx, principal.account_id, proved)
            expires_at = repository.step_up(tx, principal.session_id, token_hash(token))
            if expires_at is None:
                raise SessionEnded("this session has ended; sign in again")
            tx.commit()
        return SignedIn(
            token, principal.account_id, principal.session_id, expires_at, wallet=proved.address
        )

    def authenticate(self, token: str) -> Principal:
        """Who a session's token or an API key belongs to. Raises `SessionEnded`, `KeyEnded`."""
        is_key = find_prefix(token) is not None
        find = keys.find_principal if is_key else repository.find_principal
        with self._uow.autocommit() as tx:
            principal = find(tx, token_hash(token))
        if principal is None and is_key:
            raise KeyEnded("this key is unknown, revoked or too old; make another")
        if principal is None:
            raise SessionEnded("this session has ended; sign in again")
        return principal

    def add_wallet(
        self,
        principal: Principal,
        message: str,
        signature: str,
        receipt: Receipt = NO_RECEIPT,
        *,
        only: Address | None = None,
    ) -> Address:
        """Let another wallet, proved by its signature, sign in to the caller's account; `only` this
        one, if one is given. It proves itself and not the caller, who has to have done so before.
        Raises `StepUpRequired`, a `SignInRefused`, or `WalletOfAnotherAccount`."""
        proved = self._proofs.prove(message, signature, only)
        with self._uow.begin() as tx:
            self._proofs.use_up(tx, proved)
            repository.lock_account(tx, principal.account_id)
            use_proof(tx, principal)
            if bind(tx, principal.account_id, proved) != principal.account_id:
                raise WalletOfAnotherAccount(
                    "this wallet signs in to another account; sign in with it there"
                )
            repository.forget_step_ups(tx, principal.account_id)
            receipt.store(tx, proved.address)
            tx.commit()
        return proved.address

    def remove_wallet(self, tx: Transaction, principal: Principal, address: Address) -> None:
        """Take a wallet from the caller's account; sessions that it opened end. Raises
        `StepUpRequired`, `WalletNotFound`, `LastWayIn`."""
        repository.lock_account(tx, principal.account_id)
        use_proof(tx, principal)
        if not repository.delete_wallet(tx, principal.account_id, address):
            raise WalletNotFound("your account has no such wallet")
        if not repository.exists_way_in(tx, principal.account_id):
            raise LastWayIn("add another wallet first, or nobody could sign in any more")
        repository.revoke_sessions(tx, principal.account_id, of_wallet=address)
        keys.revoke_all(tx, principal.account_id, of_wallet=address)
        repository.forget_step_ups(tx, principal.account_id)

    def require_step_up(self, tx: Transaction, principal: Principal) -> None:
        """Use up the proof of who the caller is that this session gave last, before money goes
        elsewhere than so far. Raises `StepUpRequired`."""
        repository.lock_account(tx, principal.account_id)
        use_proof(tx, principal)

    def grant_role(self, tx: Transaction, account_id: str, role: Role) -> bool:
        """Let the account act in a role; `False` if it does already. One that allows more than
        what is one's own ends the account's sessions, so that no token from before can do it."""
        given = roles.add(tx, account_id, role)
        if given and PERMISSIONS[role]:
            repository.revoke_sessions(tx, account_id)
        return given

    def take_role(self, tx: Transaction, account_id: str, role: Role) -> bool:
        """Let the account act in a role no more, and end its sessions; `False` if it did not."""
        taken = roles.remove(tx, account_id, role)
        if taken:
            repository.revoke_sessions(tx, account_id)
        return taken

    def forget_expired(self) -> int:
        """Delete nonces and sessions past their time; returns how many."""
        with self._uow.begin() as tx:
            gone = repository.delete_expired(tx)
            tx.commit()
        return gone

    def _require_wallet(self, tx: Transaction, principal: Principal, address: Address) -> None:
        if not self.owns_wallet(tx, principal.account_id, address):
            raise WalletNotFound("sign with a wallet that is your account's already")

    def _account_of(self, tx: Transaction, proved: Proved) -> str:
        fresh = tx.new_id("acc")
        holder = bind(tx, fresh, proved)
        if holder == fresh:
            repository.add_account(tx, fresh)
        return holder
