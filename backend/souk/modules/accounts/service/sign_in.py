"""Signing in by wallet, sessions, and the wallets of an account."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from souk.core.addresses import Address
from souk.core.idempotency import NO_RECEIPT, Receipt
from souk.core.principal import Principal, Role
from souk.core.unit_of_work import Transaction, UnitOfWork
from souk.modules.accounts import repository
from souk.modules.accounts.domain import (
    STATEMENT,
    Challenge,
    Proof,
    SignedIn,
    SignInConfig,
    SiweMessage,
    check_place,
    check_times,
)
from souk.modules.accounts.domain.grammar import parse_message
from souk.modules.accounts.domain.keys import find_prefix
from souk.modules.accounts.errors import (
    KeyEnded,
    NonceUnusable,
    SessionEnded,
    WalletOfAnotherAccount,
    WalletOfAnotherChain,
)
from souk.modules.accounts.models import SessionRow
from souk.modules.accounts.ports import SignatureVerifier
from souk.modules.accounts.repository import keys
from souk.modules.accounts.service.tokens import new_token, token_hash

_NONCE_BYTES = 16


@dataclass(frozen=True, slots=True)
class _Proved:
    """A message whose signature is good, and what that proves."""

    message: SiweMessage
    proof: Proof

    @property
    def address(self) -> Address:
        """The wallet that signed."""
        return self.message.address

    @property
    def chain_id(self) -> int | None:
        """Where alone the proof holds, if not everywhere."""
        return self.message.chain_id if self.proof is Proof.CONTRACT else None


class Accounts:
    """Who somebody is. A wallet that has proved itself once names its account for ever."""

    def __init__(self, uow: UnitOfWork, verifier: SignatureVerifier, config: SignInConfig) -> None:
        self._uow = uow
        self._verifier = verifier
        self._config = config

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
        proved = self._prove(message, signature)
        with self._uow.begin() as tx:
            self._use_up(tx, proved.message)
            account_id = self._account_of(tx, proved)
            signed_in = self._open_session(tx, account_id, proved.address)
            tx.commit()
        return signed_in

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

    def sign_out(self, principal: Principal) -> None:
        """End the caller's session."""
        with self._uow.begin() as tx:
            repository.revoke_session(tx, principal.session_id)
            tx.commit()

    def add_wallet(
        self,
        principal: Principal,
        message: str,
        signature: str,
        receipt: Receipt = NO_RECEIPT,
    ) -> Address:
        """Let another wallet, proved by its signature, sign in to the caller's account. Raises a
        `SignInRefused`, or `WalletOfAnotherAccount`."""
        proved = self._prove(message, signature)
        with self._uow.begin() as tx:
            self._use_up(tx, proved.message)
            if _bind(tx, principal.account_id, proved) != principal.account_id:
                raise WalletOfAnotherAccount(
                    "this wallet signs in to another account; sign in with it there"
                )
            repository.step_up(tx, principal.session_id)
            receipt.store(tx, proved.address)
            tx.commit()
        return proved.address

    def owns_wallet(self, tx: Transaction, account_id: str, address: str) -> bool:
        """Whether the account has proved this address (EIP-55)."""
        return repository.exists_wallet(tx, account_id, address)

    def grant_role(self, tx: Transaction, account_id: str, role: Role) -> None:
        """Let the account act in a role, from its next request on."""
        repository.add_role(tx, account_id, role)

    def forget_expired(self) -> int:
        """Delete nonces and sessions past their time; returns how many."""
        with self._uow.begin() as tx:
            gone = repository.delete_expired(tx)
            tx.commit()
        return gone

    def _prove(self, text: str, signature: str) -> _Proved:
        """Everything that needs no transaction; the verifier may have to ask a chain."""
        message = parse_message(text)
        check_place(message, self._config)
        proof = self._verifier.verify(
            message=text,
            signature=signature,
            address=message.address,
            chain_id=message.chain_id,
        )
        return _Proved(message, proof)

    def _use_up(self, tx: Transaction, message: SiweMessage) -> None:
        check_times(message, self._config, tx.now)
        if not repository.consume_nonce(tx, message.nonce):
            raise NonceUnusable("this nonce is used or too old; ask for a new one and sign again")

    def _account_of(self, tx: Transaction, proved: _Proved) -> str:
        fresh = tx.new_id("acc")
        holder = _bind(tx, fresh, proved)
        if holder == fresh:
            repository.add_account(tx, fresh)
        return holder

    def _open_session(self, tx: Transaction, account_id: str, address: Address) -> SignedIn:
        token = new_token()
        row = SessionRow(
            id=tx.new_id("ses"),
            account_id=account_id,
            wallet=address,
            token_hash=token_hash(token),
            created_at=tx.now,
            expires_at=tx.now + timedelta(days=self._config.session_days),
            step_up_at=tx.now,
        )
        repository.add_session(tx, row)
        return SignedIn(token, account_id, row.id, address, row.expires_at)


def _bind(tx: Transaction, account_id: str, proved: _Proved) -> str:
    """Give the wallet to this account unless it has one; returns the account that holds it. Raises
    `WalletOfAnotherChain`: at the same address of another chain somebody else may have put a
    contract that says yes to everything."""
    wallet = repository.bind_wallet(tx, account_id, proved.address, proved.chain_id)
    if proved.chain_id is None:
        wallet.chain_id = None
    elif wallet.chain_id != proved.chain_id:
        raise WalletOfAnotherChain(
            "this wallet was proved elsewhere before; sign with its key, or on the chain where its"
            " contract was asked first",
            context={"pointer": "/message", "chain_id": wallet.chain_id},
        )
    return wallet.account_id
