"""ENS as the node shows it, and as owners of names write to it."""

from dataclasses import dataclass

from eth_abi.abi import decode
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from souk.entrypoints.demo.contracts import Contract, calldata
from souk.entrypoints.demo.node import Mined, Node
from souk.entrypoints.demo.waiting import StoryFailed
from souk.entrypoints.demo.wallet import Wallet

YEAR_SECONDS = 365 * 24 * 60 * 60
# A name that stands in every small ENS. Its resolver is the one that answers for everybody.
KNOWN = "figandolive.eth"

_REGISTER = "register(string,address,uint256)"
_SET_RESOLVER = "setResolver(bytes32,address)"
_SET_ADDRESS = "setAddr(bytes32,address)"


def node_of(name: str) -> bytes:
    """The hash by which contracts know a name (EIP-137)."""
    node = bytes(32)
    for label in reversed(name.split(".")):
        node = keccak(node + keccak(text=label))
    return node


@dataclass(frozen=True, slots=True)
class NameOnChain:
    """A name as registry, registrar and resolver have it."""

    owner: str
    holder: str
    address: str
    expires_at: int


class Ens:
    """The contracts of a small ENS. Names here are labels below `eth`."""

    def __init__(self, node: Node, registry: str, controller: str) -> None:
        self._node = node
        self._registry = _Part(node, registry)
        self._controller = _Part(node, controller)
        # Whoever owns `eth` says who holds the names below it.
        self._registrar = _Part(node, self._registry.address_of("owner(bytes32)", node_of("eth")))
        resolver = self._registry.address_of("resolver(bytes32)", node_of(KNOWN))
        self._resolver = _Part(node, resolver)

    def is_free(self, label: str) -> bool:
        """Whether anybody may register it."""
        return self._registrar.number("available(uint256)", _token(label)) == 1

    def register(self, label: str, wallet: Wallet, price: int) -> Mined:
        """Take a name for a year."""
        data = calldata(_REGISTER, label, wallet.address, YEAR_SECONDS)
        return self._send(wallet, self._controller, data, price)

    def point(self, label: str, wallet: Wallet, address: str) -> tuple[Mined, Mined]:
        """Have the resolver answer for a name, and answer with this address."""
        node, resolver = node_of(f"{label}.eth"), self._resolver.address
        named = self._send(wallet, self._registry, calldata(_SET_RESOLVER, node, resolver))
        return named, self._send(wallet, self._resolver, calldata(_SET_ADDRESS, node, address))

    def look(self, label: str) -> NameOnChain:
        """A name that is held, as the contracts have it."""
        node = node_of(f"{label}.eth")
        resolver = _Part(self._node, self._registry.address_of("resolver(bytes32)", node))
        return NameOnChain(
            owner=self._registry.address_of("owner(bytes32)", node),
            holder=self._registrar.address_of("ownerOf(uint256)", _token(label)),
            address=resolver.address_of("addr(bytes32)", node),
            expires_at=self._registrar.number("nameExpires(uint256)", _token(label)),
        )

    def refusal_to_register(self, label: str, wallet: Wallet, price: int) -> str:
        """What the controller reverts with when this wallet wants a name that is held."""
        data = calldata(_REGISTER, label, wallet.address, YEAR_SECONDS)
        return self._try(wallet, self._controller, data, price)

    def refusal_to_point(self, label: str, wallet: Wallet) -> str:
        """What the resolver reverts with when this wallet points another's name at itself."""
        data = calldata(_SET_ADDRESS, node_of(f"{label}.eth"), wallet.address)
        return self._try(wallet, self._resolver, data)

    def _send(self, wallet: Wallet, part: Contract, data: str, value: int = 0) -> Mined:
        mined = self._node.include(wallet.sign(part.address, data, value))
        if not mined.succeeded:
            raise StoryFailed(f"transaction {mined.hash} to {part.address} was reverted")
        return mined

    def _try(self, wallet: Wallet, part: Contract, data: str, value: int = 0) -> str:
        call = {"from": wallet.address, "to": part.address, "data": data, "value": hex(value)}
        return self._node.revert_data(call)


class _Part(Contract):
    """One of the contracts, whose views answer with one word."""

    def address_of(self, signature: str, *arguments: object) -> str:
        """The address that a view returns, with its checksum."""
        (found,) = decode(["address"], self._read(signature, *arguments))
        return to_checksum_address(found)

    def number(self, signature: str, *arguments: object) -> int:
        """The number that a view returns."""
        return int.from_bytes(self._read(signature, *arguments), "big")


def _token(label: str) -> int:
    return int.from_bytes(keccak(text=label), "big")
