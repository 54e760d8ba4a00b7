"""Signed messages, and what they prove."""

from dataclasses import dataclass

from souk.core.addresses import Address
from souk.core.unit_of_work import Transaction, UnitOfWork
from souk.modules.accounts import repository
from souk.modules.accounts.domain import (
    Proof,
    SignInConfig,
    SiweMessage,
    check_place,
    check_times,
)
from souk.modules.accounts.domain.grammar import parse_message
from souk.modules.accounts.errors import NonceUnusable, WalletOfAnotherChain, WrongWallet
from souk.modules.accounts.ports import SignatureVerifier


@dataclass(frozen=True, slots=True)
class Proved:
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


class Proofs:
    """Looks at signed messages in two steps, as no network is asked inside a transaction."""

    def __init__(self, uow: UnitOfWork, verifier: SignatureVerifier, config: SignInConfig) -> None:
        self._uow = uow
        self._verifier = verifier
        self._config = config

    def prove(self, text: str, signature: str, only: Address | None = None) -> Proved:
        """The signature, for which the verifier may have to ask a chain: no message that could not
        be used up makes it do so. `only` this wallet, if one is given. Raises a
        `SignInRefused`."""
        message = parse_message(text)
        if only is not None and message.address != only:
            raise WrongWallet(f"sign with {only}, not with {message.address}")
        check_place(message, self._config)
        with self._uow.autocommit() as tx:
            check_times(message, self._config, tx.now)
            if not repository.exists_nonce(tx, message.nonce):
                raise _unusable()
        proof = self._verifier.verify(
            message=text,
            signature=signature,
            address=message.address,
            chain_id=message.chain_id,
        )
        return Proved(message, proof)

    def use_up(self, tx: Transaction, proved: Proved) -> None:
        """Let the message serve this once. Raises a `SignInRefused`."""
        check_times(proved.message, self._config, tx.now)
        if not repository.consume_nonce(tx, proved.message.nonce):
            raise _unusable()


def _unusable() -> NonceUnusable:
    return NonceUnusable("this nonce is used or too old; ask for a new one and sign again")


def bind(tx: Transaction, account_id: str, proved: Proved) -> str:
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
