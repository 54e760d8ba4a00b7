"""In which ways a token can be paid, found out by asking the token itself.

A signature over a wrong domain moves nothing and tells its signer nothing, so the domain comes
from the token (EIP-5267, or its `name` and `version`) and must hash to its `DOMAIN_SEPARATOR`;
otherwise no way that needs it is offered. That a function exists is seen by its refusing an
impossible signature with a reason: a fallback that takes any call would let it pass.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak

from souk.adapters.evm.escrow.calls import (
    approve,
    decode_address,
    decode_amount,
    read_permit2,
)
from souk.adapters.evm.escrow.hashes import SigningDomain
from souk.adapters.evm.node import EvmNode
from souk.adapters.evm.wire import UNREADABLE
from souk.core.addresses import ZERO_ADDRESS, Address
from souk.core.clock import Clock
from souk.core.errors import ProviderUnavailable
from souk.modules.chain.domain import Call
from souk.modules.chain.errors import CallReverted
from souk.modules.payments.domain import PayWay

KNOWN_FOR = timedelta(minutes=10)
"""A token may be upgraded, and Permit2 be deployed where it was not."""

_Known = TypeVar("_Known")


def _selector(signature: str) -> bytes:
    return keccak(signature.encode())[:4]


_SEPARATOR = _selector("DOMAIN_SEPARATOR()")
_EIP712_DOMAIN = _selector("eip712Domain()")
_NAME, _VERSION = _selector("name()"), _selector("version()")
_NONCES = _selector("nonces(address)")
_ALLOWANCE = _selector("allowance(address,address)")
_AUTHORIZATION_STATE = _selector("authorizationState(address,bytes32)")
_PERMIT = "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)"
_RECEIVE = (
    "receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,"
    "bytes32)"
)
_DOMAIN_TYPES = ("bytes1", "string", "string", "uint256", "address", "bytes32", "uint256[]")
# EIP-5267: the lowest bits of `fields` stand for name, version, chain id, contract and salt.
_HAS_NAME, _HAS_VERSION, _HAS_CHAIN, _HAS_CONTRACT, _HAS_SALT = 1, 2, 4, 8, 16

_SOMEBODY = "0x" + "11" * 20
_FAR = 2**48 - 1
_IMPOSSIBLE = (27, bytes(32), bytes(32))
_PROBES = {
    PayWay.PERMIT: (
        _PERMIT,
        (_SOMEBODY, _SOMEBODY, 1, _FAR, *_IMPOSSIBLE),
    ),
    PayWay.AUTHORIZATION: (
        _RECEIVE,
        (_SOMEBODY, _SOMEBODY, 1, 0, _FAR, bytes(32), *_IMPOSSIBLE),
    ),
}


@dataclass(frozen=True, slots=True)
class TokenAbilities:
    """What is known of a token: `domain` for signatures that the token itself checks, and the
    ways to pay in it."""

    domain: SigningDomain | None
    ways: frozenset[PayWay]


class _Memory(Generic[_Known]):
    """What was found out about contracts, for ten minutes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._found: dict[tuple[int, Address], tuple[datetime, _Known]] = {}

    def recall(self, chain_id: int, contract: Address, ask: Callable[[], _Known]) -> _Known:
        """What is known of a contract, asked anew when it is not or no longer."""
        now = self._clock.now()
        known = self._found.get((chain_id, contract))
        if known is not None and now - known[0] < KNOWN_FOR:
            return known[1]
        found = ask()
        self._found[chain_id, contract] = (now, found)
        return found


class EvmTokens:
    """Asks each token now and then, and keeps the answer; a node that is away is asked again."""

    def __init__(self, nodes: Mapping[int, EvmNode], clock: Clock) -> None:
        self._nodes = nodes
        self._abilities: _Memory[TokenAbilities] = _Memory(clock)
        self._permit2: _Memory[SigningDomain | None] = _Memory(clock)

    def ways(self, chain_id: int, token: Address, escrow: Address) -> frozenset[PayWay]:
        """The ways to pay an escrow in a token, or in the native coin. Raises
        `ProviderUnavailable`."""
        if token == ZERO_ADDRESS:
            return frozenset({PayWay.CALLS})
        ways = self.abilities(chain_id, token).ways
        has_permit2 = self.permit2(chain_id, escrow) is not None
        return ways | {PayWay.PERMIT2} if has_permit2 else ways

    def abilities(self, chain_id: int, token: Address) -> TokenAbilities:
        """What a token can do by itself. Raises `ProviderUnavailable`."""
        contract = _Contract(self._nodes[chain_id], chain_id, token)
        return self._abilities.recall(chain_id, token, lambda: _explore(contract))

    def permit2(self, chain_id: int, escrow: Address) -> SigningDomain | None:
        """The domain of the Permit2 that an escrow was deployed with; `None` without, and for one
        that signs under another domain than Permit2 does. Raises `ProviderUnavailable`."""
        contract = _Contract(self._nodes[chain_id], chain_id, escrow)
        return self._permit2.recall(chain_id, escrow, lambda: _find_permit2(contract))

    def permit_nonce(self, chain_id: int, token: Address, owner: Address) -> int:
        """The number that an owner's next permit must carry. Raises `ProviderUnavailable`."""
        contract = _Contract(self._nodes[chain_id], chain_id, token)
        nonce = decode_amount(contract.ask(_NONCES + encode(["address"], [owner])))
        if nonce is None:
            raise ProviderUnavailable("the token does not say which permits were used")
        return nonce

    def allowance(self, chain_id: int, token: Address, owner: Address, spender: Address) -> int:
        """What a spender may take. Raises `ProviderUnavailable`."""
        contract = _Contract(self._nodes[chain_id], chain_id, token)
        pair = encode(["address", "address"], [owner, spender])
        allowed = decode_amount(contract.ask(_ALLOWANCE + pair))
        if allowed is None:
            raise ProviderUnavailable("the token does not say what a spender may take")
        return allowed

    def takes_approval(
        self, chain_id: int, token: Address, owner: Address, spender: Address, amount: int
    ) -> bool:
        """Whether the token would let an owner allow a spender so much now. Tokens answer `true`,
        or nothing. Raises `ProviderUnavailable`."""
        call = Call(token, bytes.fromhex(approve(spender, amount)[2:]))
        try:
            answer = self._nodes[chain_id].call(call, sender=owner)
        except CallReverted:
            return False
        return answer == b"" or decode_amount(answer) == 1


@dataclass(frozen=True, slots=True)
class _Contract:
    """A contract that may be anything."""

    node: EvmNode
    chain_id: int
    address: Address

    def ask(self, data: bytes) -> bytes:
        """What a view returns; nothing when it does not exist."""
        try:
            return self.node.call(Call(self.address, data))
        except CallReverted:
            return b""

    def refuses(self, way: PayWay) -> bool:
        """Whether it has the function of this way, and says why it refuses a bad signature."""
        signature, arguments = _PROBES[way]
        types = signature.partition("(")[2].rstrip(")").split(",")
        call = Call(self.address, _selector(signature) + encode(types, arguments))
        try:
            self.node.call(call, sender=Address(_SOMEBODY))
        except CallReverted as refusal:
            return refusal.data != "0x"
        return False

    def find_domain(self) -> SigningDomain | None:
        """The domain that hashes to what the contract says that its domain hashes to."""
        theirs = self.ask(_SEPARATOR)
        return next((one for one in self._domains() if one.separator == theirs), None)

    def _domains(self) -> Iterator[SigningDomain]:
        described = self._described()
        if described is not None:
            yield described
        name = _text(self.ask(_NAME))
        if name is not None:
            # A token that permits but has no `version` signs as the first one.
            version = _text(self.ask(_VERSION)) or "1"
            yield SigningDomain(
                name=name, version=version, chain_id=self.chain_id, contract=self.address
            )

    def _described(self) -> SigningDomain | None:
        """What the contract says by EIP-5267, if it does, of this chain and of itself."""
        try:
            fields, name, version, _chain, _contract, salt, _extensions = decode(
                _DOMAIN_TYPES, self.ask(_EIP712_DOMAIN)
            )
        except UNREADABLE:
            return None
        has = fields[0]
        return SigningDomain(
            name=name if has & _HAS_NAME else None,
            version=version if has & _HAS_VERSION else None,
            chain_id=self.chain_id if has & _HAS_CHAIN else None,
            contract=self.address if has & _HAS_CONTRACT else None,
            salt="0x" + salt.hex() if has & _HAS_SALT else None,
        )


def _explore(contract: _Contract) -> TokenAbilities:
    domain = contract.find_domain()
    ways = {PayWay.CALLS}
    if domain is not None:
        state = _AUTHORIZATION_STATE + encode(["address", "bytes32"], [_SOMEBODY, bytes(32)])
        views = {
            PayWay.PERMIT: _NONCES + encode(["address"], [_SOMEBODY]),
            PayWay.AUTHORIZATION: state,
        }
        ways |= {
            way
            for way, view in views.items()
            if decode_amount(contract.ask(view)) is not None and contract.refuses(way)
        }
    return TokenAbilities(domain, frozenset(ways))


def _find_permit2(escrow: _Contract) -> SigningDomain | None:
    node, chain_id = escrow.node, escrow.chain_id
    address = decode_address(escrow.ask(read_permit2()))
    if address is None:
        raise ProviderUnavailable("there is no escrow contract where it should be")
    domain = SigningDomain(name="Permit2", chain_id=chain_id, contract=address)
    theirs = _Contract(node, chain_id, address).ask(_SEPARATOR)
    return domain if theirs == domain.separator else None


def _text(data: bytes) -> str | None:
    try:
        (value,) = decode(["string"], data)
    except UNREADABLE:
        return None
    return str(value)
