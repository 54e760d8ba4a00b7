"""Signing in by wallet, sessions, and the wallets of an account."""

import hashlib
import secrets
from datetime import timedelta
from ipaddress import ip_address, ip_network

from souk.core.addresses import Address
from souk.core.idempotency import NO_RECEIPT, Receipt
from souk.core.ports import RateLimiter
from souk.core.principal import Principal, Role
from souk.core.unit_of_work import Transaction, UnitOfWork
from souk.modules.accounts import repository
from souk.modules.accounts.domain import (
    STATEMENT,
    Challenge,
    SignedIn,
    SignInConfig,
    SiweMessage,
    check_place,
    check_times,
)
from souk.modules.accounts.domain.grammar import parse_message
from souk.modules.accounts.errors import (
    NonceUnusable,
    SessionEnded,
    TooManySignIns,
    WalletOfAnotherAccount,
    WrongWallet,
)
from souk.modules.accounts.models import SessionRow
from souk.modules.accounts.ports import SignatureVerifier

_NONCE_BYTES = 16
_TOKEN_BYTES = 32


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
            self._use_up(tx, proved)
            account_id = self._account_of(tx, proved.address)
            signed_in = self._open_session(tx, account_id, proved.address)
            tx.commit()
        return signed_in

    def authenticate(self, token: str) -> Principal:
        """Who a session token belongs to. Raises `SessionEnded`."""
        with self._uow.autocommit() as tx:
            principal = repository.find_principal(tx, _token_hash(token))
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
        *,
        only: Address | None = None,
    ) -> Address:
        """Let another wallet, proved by its signature, sign in to the caller's account; `only`
        this one, if one is given. Raises a `SignInRefused`, or `WalletOfAnotherAccount`."""
        proved = self._prove(message, signature, only)
        with self._uow.begin() as tx:
            self._use_up(tx, proved)
            holder = repository.bind_wallet(tx, principal.account_id, proved.address)
            if holder != principal.account_id:
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

    def _prove(self, text: str, signature: str, only: Address | None = None) -> SiweMessage:
        """Everything that needs no transaction; the verifier may have to ask a chain."""
        message = parse_message(text)
        if only is not None and message.address != only:
            raise WrongWallet(f"sign with {only}, not with {message.address}")
        check_place(message, self._config)
        self._verifier.verify(
            message=text,
            signature=signature,
            address=message.address,
            chain_id=message.chain_id,
        )
        return message

    def _use_up(self, tx: Transaction, message: SiweMessage) -> None:
        check_times(message, self._config, tx.now)
        if not repository.consume_nonce(tx, message.nonce):
            raise NonceUnusable("this nonce is used or too old; ask for a new one and sign again")

    def _account_of(self, tx: Transaction, address: Address) -> str:
        fresh = tx.new_id("acc")
        holder = repository.bind_wallet(tx, fresh, address)
        if holder == fresh:
            repository.add_account(tx, fresh)
        return holder

    def _open_session(self, tx: Transaction, account_id: str, address: Address) -> SignedIn:
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        row = SessionRow(
            id=tx.new_id("ses"),
            account_id=account_id,
            wallet=address,
            token_hash=_token_hash(token),
            created_at=tx.now,
            expires_at=tx.now + timedelta(days=self._config.session_days),
            step_up_at=tx.now,
        )
        repository.add_session(tx, row)
        return SignedIn(token, account_id, row.id, address, row.expires_at)


class SignInGate:
    """Slows down whoever tries to sign in too often from one network address."""

    def __init__(self, limiter: RateLimiter, *, per_minute: int) -> None:
        self._limiter = limiter
        self._per_minute = per_minute

    def admit(self, client: str) -> None:
        """Count one request of `client`, an IP address. Raises `TooManySignIns`."""
        wait = self._limiter.take(
            f"sign-in:{_network(client)}", limit=self._per_minute, per_seconds=60
        )
        if wait:
            raise TooManySignIns(
                "too many sign-in requests from this address; wait a little",
                retry_after_seconds=wait,
            )


def _token_hash(token: str) -> bytes:
    """Tokens are 256 random bits, so a plain hash cannot be guessed back."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _network(client: str) -> str:
    """The address, or its /64 when it is IPv6: that whole network belongs to one customer."""
    try:
        address = ip_address(client)
    except ValueError:
        return client
    if address.version == 4:
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ip_network((address.packed[:8] + bytes(8), 64)))
