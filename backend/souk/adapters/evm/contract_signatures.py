"""Signatures of every kind of wallet: a key's, and those of wallets that are contracts.

A contract says itself whether a signature is its own (ERC-1271), whatever its owner signs with, so
that a signature may have any length. One that does not stand yet is made by its factory for the
time of the question (ERC-6492). Both are asked in one call that carries `SignatureReading` of
`contracts/src/tools`, so that nothing of ours has to stand on the chain.

A key's signature proves its address with or without code there: an account that has delegated to
code (EIP-7702) still signs as a key, whatever that code answers. It is tried before a chain is
asked for anything, so that most wallets sign in while no chain can be reached.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from eth_abi.abi import decode, encode
from eth_account.messages import defunct_hash_message

from souk.adapters.evm.node import EvmNode
from souk.adapters.evm.presence import ChainPresence
from souk.adapters.evm.signatures import EthAccountSignatureVerifier
from souk.adapters.evm.wire import UNREADABLE
from souk.core.addresses import ZERO_ADDRESS, Address, checksum_address
from souk.core.errors import ProviderUnavailable
from souk.modules.accounts.domain import Proof
from souk.modules.accounts.errors import (
    MalformedSignature,
    SignatureMismatch,
    SignInRefused,
    WalletFactoryUnknown,
)
from souk.modules.chain.errors import CallReverted

MAX_BYTES = 4096
# ERC-6492: what a signature ends with that says how its wallet is made.
_WRAPPED = bytes.fromhex("6492" * 16)
_ARGUMENTS = ("address", "bytes32", "bytes", "address", "bytes")
_ANSWER = ("uint256", "bool", "bool")


@dataclass(frozen=True, slots=True)
class _Signature:
    """What the wallet itself is shown, and who makes the wallet by which call; nobody where the
    signature does not say."""

    inner: bytes
    factory: Address = ZERO_ADDRESS
    request: bytes = b""


class EvmSignatureVerifier:
    """The `SignatureVerifier` over a node for each chain; on a chain without one, keys alone sign.

    Only the given factories make a wallet: whoever could name any code to be run first would have
    the signature checked in a state of the chain that never was.
    """

    def __init__(
        self,
        nodes: Mapping[int, EvmNode],
        presence: ChainPresence,
        factories: Iterable[Address],
    ) -> None:
        self._keys = EthAccountSignatureVerifier()
        self._nodes = nodes
        self._presence = presence
        self._factories = frozenset(factories)

    def verify(self, *, message: str, signature: str, address: Address, chain_id: int) -> Proof:
        """The key's proof or, when there is none, the contract's. Raises `MalformedSignature`,
        `SignatureMismatch`, `WalletFactoryUnknown`, `ProviderUnavailable`."""
        try:
            return self._keys.verify(
                message=message, signature=signature, address=address, chain_id=chain_id
            )
        except SignInRefused as refusal:
            if chain_id not in self._nodes:
                raise
            self._ask_contract(chain_id, address, message, _bytes(signature, refusal), refusal)
        return Proof.CONTRACT

    def _ask_contract(
        self, chain_id: int, address: Address, message: str, raw: bytes, refusal: SignInRefused
    ) -> None:
        """Return if the contract at the address owns up to the signature. Raises `refusal` when
        there is no contract and none was to be made."""
        signature = _unwrapped(raw)
        trusted = signature.factory in self._factories
        stands, valid = self._ask(
            chain_id, address, message, signature if trusted else _Signature(signature.inner)
        )
        if not stands and signature.factory != ZERO_ADDRESS and not trusted:
            raise _unknown(signature.factory)
        if not stands and not trusted:
            raise refusal
        if not valid:
            raise SignatureMismatch(
                "the wallet's contract does not accept the signature: it was made by somebody who"
                " does not own the wallet now, or the message was altered after signing"
            )

    def _ask(
        self, chain_id: int, address: Address, message: str, shown: _Signature
    ) -> tuple[bool, bool]:
        """Whether a contract stands there, and whether it accepts. A question that runs out of gas
        or memory has not been answered with yes."""
        digest = defunct_hash_message(text=message)
        question = [address, digest, shown.inner, shown.factory, shown.request]
        try:
            with self._presence.asking(chain_id):
                answer = self._nodes[chain_id].run_creation(_code() + encode(_ARGUMENTS, question))
            chain, stands, valid = decode(_ANSWER, answer)
        except CallReverted:
            return True, False
        except UNREADABLE as error:
            raise ProviderUnavailable("the node does not let a wallet be asked") from error
        if chain != chain_id:
            raise ProviderUnavailable("the node serves another chain than the wallet is on")
        return stands, valid


def _unwrapped(raw: bytes) -> _Signature:
    """What a wrapper of ERC-6492 says, if there is one. Raises `MalformedSignature`."""
    if not raw.endswith(_WRAPPED):
        return _Signature(raw)
    try:
        factory, request, inner = decode(("address", "bytes", "bytes"), raw[: -len(_WRAPPED)])
    except UNREADABLE as error:
        raise MalformedSignature(
            "the signature ends as one of ERC-6492 and does not begin as one",
            context={"pointer": "/signature"},
        ) from error
    return _Signature(inner, checksum_address(factory), request)


def _unknown(factory: Address) -> WalletFactoryUnknown:
    return WalletFactoryUnknown(
        f"the factory {factory} is not trusted here; send a first transaction from the wallet,"
        " which makes it, and sign again",
        context={"pointer": "/signature", "factory": factory},
    )


def _bytes(signature: str, refusal: SignInRefused) -> bytes:
    """What the text says in hexadecimal. Raises `refusal` when it does not, or is too long."""
    digits = signature.removeprefix("0x")
    if digits == signature or not digits.isascii() or len(digits) > 2 * MAX_BYTES:
        raise refusal
    try:
        raw = bytes.fromhex(digits)
    except ValueError:
        raise refusal from None
    if len(raw) * 2 != len(digits) or not raw:
        raise refusal
    return raw


@cache
def _code() -> bytes:
    """The creation code of `SignatureReading`."""
    artifact = resources.files("souk.adapters.evm").joinpath("artifacts/SignatureReading.json")
    return bytes.fromhex(json.loads(artifact.read_text("utf-8"))["bytecode"].removeprefix("0x"))
