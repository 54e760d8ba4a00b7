"""Wallets that really sign, and accounts that really signed in."""

from dataclasses import replace
from datetime import timedelta
from functools import cache
from hashlib import sha256
from secrets import token_bytes

from eth_account import Account
from eth_account.messages import encode_defunct

from souk.adapters.evm.signatures import EthAccountSignatureVerifier
from souk.core.addresses import Address
from souk.core.principal import Principal
from souk.core.unit_of_work import UnitOfWork
from souk.modules.accounts import repository
from souk.modules.accounts.domain import Challenge, Proof, SignInConfig, SiweMessage
from souk.modules.accounts.models import SessionRow
from souk.modules.accounts.service import Accounts

SIGN_IN = SignInConfig(
    domain="souk.example",
    uri="https://souk.example",
    chain_ids=(31337, 1),
    session_days=7,
    nonce_seconds=600,
)


class Wallet:
    """A key pair; the same name always gives the same one."""

    def __init__(self, name: str) -> None:
        self._account = Account.from_key(sha256(name.encode()).digest())
        self.address = Address(self._account.address)

    def sign(self, text: str) -> str:
        """What `personal_sign` returns: `0x` and 130 hexadecimal digits."""
        return self._account.sign_message(encode_defunct(text=text)).signature.to_0x_hex()


@cache
def a_wallet(name: str = "alice") -> Wallet:
    return Wallet(name)


def accounts_on(uow: UnitOfWork, config: SignInConfig = SIGN_IN) -> Accounts:
    return Accounts(uow, EthAccountSignatureVerifier(), config)


def a_message(challenge: Challenge, wallet: Wallet, **changes) -> SiweMessage:
    """The message that a well-behaved client builds, except for `changes`."""
    message = SiweMessage(
        domain=challenge.domain,
        address=wallet.address,
        statement=challenge.statement,
        uri=challenge.uri,
        chain_id=challenge.chain_ids[0],
        nonce=challenge.nonce,
        issued_at=challenge.issued_at,
        expiration_time=challenge.expires_at,
    )
    return replace(message, **changes)


def sign_in(accounts: Accounts, wallet: Wallet, **changes):
    """One whole sign-in."""
    text = a_message(accounts.issue_nonce(), wallet, **changes).render()
    return accounts.sign_in(text, wallet.sign(text))


class _Believing:
    """The `SignatureVerifier` of those whose signature is not what is tested; signing and
    recovering it would take longer than the rest of most tests."""

    def verify(self, *, message: str, signature: str, address: Address, chain_id: int) -> Proof:
        assert signature == "believed"
        return Proof.KEY


def a_session(uow: UnitOfWork, name: str = "alice") -> str:
    """The token of somebody who has just signed in with the wallet of this name."""
    accounts = Accounts(uow, _Believing(), SIGN_IN)
    text = a_message(accounts.issue_nonce(), a_wallet(name)).render()
    return accounts.sign_in(text, "believed").token


def an_account(uow: UnitOfWork, name: str = "alice") -> Principal:
    """Somebody who has signed in with the wallet of this name, without the detour of a message."""
    address, token = a_wallet(name).address, token_bytes()
    with uow.begin() as tx:
        fresh = tx.new_id("acc")
        holder = repository.bind_wallet(tx, fresh, address).account_id
        if holder == fresh:
            repository.add_account(tx, fresh)
        repository.add_session(
            tx,
            SessionRow(
                id=tx.new_id("ses"),
                account_id=holder,
                wallet=address,
                token_hash=token,
                created_at=tx.now,
                expires_at=tx.now + timedelta(days=SIGN_IN.session_days),
                step_up_at=tx.now,
            ),
        )
        principal = repository.find_principal(tx, token)
        tx.commit()
    assert principal is not None
    return principal
