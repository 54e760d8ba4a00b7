"""Names of ENS as somebody registers and changes them: on a chain, and in the fake."""

from datetime import datetime, timedelta
from typing import Protocol

from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak

from souk.adapters.ens.calls import CallsReader
from souk.adapters.ens.hashes import label_hash, node_of
from souk.adapters.ens.holding import EnsPlace
from souk.adapters.ens.service import ChainNameService
from souk.adapters.evm.node import EvmNode
from souk.adapters.evm.presence import ChainPresence
from souk.core.addresses import Address, checksum_address
from souk.modules.chain.domain import block_instant
from souk.modules.names.ports import NameService
from tests.support.clock import MovableClock
from tests.support.fake_names import FakeName, FakeNameService
from tests.support.rail_builders import CHAIN_ID, EscrowRail, mined
from tests.support.stack import Chain

# Accounts that every anvil funds and unlocks.
FIG = Address("0x70997970C51812dc3A010C7d01b50e0d17dc79C8")
OLIVE = Address("0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC")
_DAY = 24 * 60 * 60
_FINAL = 1 << 16
NO_ACCOUNT = Address("0x" + "0" * 40)


class World(Protocol):
    """What owners of names do."""

    @property
    def service(self) -> NameService: ...

    @property
    def now(self) -> datetime: ...

    def register(self, label: str, owner: Address, *, days: int = 365) -> None: ...

    def point(self, name: str, owner: Address, address: Address | None) -> None: ...

    def give_in_registry(self, name: str, owner: Address, to: Address) -> None: ...

    def write_text(self, name: str, owner: Address, key: str, value: str) -> None: ...

    def write_contenthash(self, name: str, owner: Address, value: bytes) -> None: ...

    def wrap(self, label: str, owner: Address) -> None: ...

    def add_subname(
        self, label: str, parent: str, owner: Address, *, days: int, final: bool
    ) -> None: ...

    def claim(self, account: Address, name: str) -> None: ...

    def resolve_off_chain(self, name: str, owner: Address, url: str) -> object: ...

    def pass_time(self, *, days: int) -> None: ...


class FakeWorld:
    """In memory."""

    def __init__(self) -> None:
        self.service = FakeNameService()

    @property
    def now(self) -> datetime:
        return self.service.now

    def register(self, label: str, owner: Address, *, days: int = 365) -> None:
        until = self.now + timedelta(days=days)
        self.service.names[f"{label}.eth"] = FakeName(owner, until=until)

    def point(self, name: str, owner: Address, address: Address | None) -> None:
        self.service.names[name].address = address

    def give_in_registry(self, name: str, owner: Address, to: Address) -> None:
        """Whoever manages a name does not hold it."""

    def write_text(self, name: str, owner: Address, key: str, value: str) -> None:
        self.service.names[name].texts[key] = value

    def write_contenthash(self, name: str, owner: Address, value: bytes) -> None:
        self.service.names[name].contenthash = "0x" + value.hex()

    def wrap(self, label: str, owner: Address) -> None:
        self.service.names[f"{label}.eth"].wrapped = True

    def add_subname(
        self, label: str, parent: str, owner: Address, *, days: int, final: bool
    ) -> None:
        until = self.now + timedelta(days=days)
        self.service.names[f"{label}.{parent}"] = FakeName(
            owner, wrapped=True, kept_until=until, final=final
        )

    def claim(self, account: Address, name: str) -> None:
        self.service.claims[account] = name

    def resolve_off_chain(self, name: str, owner: Address, url: str) -> None:
        self.service.names[name].off_chain = True

    def answer_below(
        self, name: str, owner: Address, account: Address, *, extended: bool = True
    ) -> None:
        self.service.names[name].below = account if extended else None

    def pass_time(self, *, days: int) -> None:
        self.service.now += timedelta(days=days)


class ChainWorld:
    """On a chain where a small ENS was just opened."""

    def __init__(self, chain: Chain, node: EvmNode) -> None:
        self._chain, self._rail = chain, _Rail(chain)
        self._node = node
        self._ens = self._rail.deploy("TestEns", ("address", OLIVE))
        self._send(OLIVE, self._ens, "open()")
        self.place = EnsPlace(
            registry=self._part("registry"),
            registrar=self._part("registrar"),
            controller=self._part("registrar"),
            wrapper=self._part("wrapper"),
        )
        self._resolver, self._reverse = self._part("resolver"), self._part("reverseRegistrar")
        self.wall = MovableClock(self.now)
        self.reader = CallsReader(node, ChainPresence(MovableClock()), CHAIN_ID, self.wall)
        self.service = ChainNameService(self.reader, self.place)

    @property
    def now(self) -> datetime:
        (head,) = self._node.blocks(["latest"])
        assert head is not None
        return block_instant(head.timestamp)

    def register(self, label: str, owner: Address, *, days: int = 365) -> None:
        seconds = days * _DAY
        asked = self._view(self.place.registrar, "rentPrice(string,uint256)", label, seconds)
        price = decode(["uint256"], asked)[0]
        self._send(
            owner,
            self.place.registrar,
            "register(string,address,uint256)",
            label,
            owner,
            seconds,
            value=price,
        )

    def point(self, name: str, owner: Address, address: Address | None) -> None:
        self._resolved_by(name, owner, self._resolver)
        where = address or NO_ACCOUNT
        self._send(owner, self._resolver, "setAddr(bytes32,address)", node_of(name), where)

    def give_in_registry(self, name: str, owner: Address, to: Address) -> None:
        self._send(owner, self.place.registry, "setOwner(bytes32,address)", node_of(name), to)

    def write_text(self, name: str, owner: Address, key: str, value: str) -> None:
        written = (node_of(name), key, value)
        self._send(owner, self._resolver, "setText(bytes32,string,string)", *written)

    def write_contenthash(self, name: str, owner: Address, value: bytes) -> None:
        self._send(owner, self._resolver, "setContenthash(bytes32,bytes)", node_of(name), value)

    def wrap(self, label: str, owner: Address) -> None:
        wrapper, token = self.place.wrapper, int.from_bytes(label_hash(label), "big")
        self._send(owner, self.place.registrar, "approve(address,uint256)", wrapper, token)
        self._send(owner, wrapper, "wrapETH2LD(string,address)", label, owner)

    def add_subname(
        self, label: str, parent: str, owner: Address, *, days: int, final: bool
    ) -> None:
        until = int((self.now + timedelta(days=days)).timestamp())
        fuses = _FINAL if final else 0
        signature = "setSubnodeOwner(bytes32,string,address,uint32,uint64)"
        given = (node_of(parent), label, owner, fuses, until)
        self._send(owner, self.place.wrapper, signature, *given)

    def claim(self, account: Address, name: str) -> None:
        self._send(account, self._reverse, "setName(string)", name)

    def resolve_off_chain(self, name: str, owner: Address, url: str) -> Address:
        lookup = self._rail.deploy_mock("LookupResolver", ("string", url))
        self._resolved_by(name, owner, lookup)
        return lookup

    def resolved_by(self, name: str, owner: Address, resolver: Address) -> None:
        """Name a resolver of somebody's own."""
        self._resolved_by(name, owner, resolver)

    def pass_time(self, *, days: int) -> None:
        self._chain.move_time(days * _DAY)
        self._chain.mine()

    def _resolved_by(self, name: str, owner: Address, resolver: Address) -> None:
        place, node = self.place, node_of(name)
        held = decode(["address"], self._view(place.registry, "owner(bytes32)", node))[0]
        wrapped = checksum_address(held) == place.wrapper
        where = place.wrapper if wrapped else place.registry
        self._send(owner, where, "setResolver(bytes32,address)", node, resolver)

    def _part(self, name: str) -> Address:
        return checksum_address(decode(["address"], self._view(self._ens, f"{name}()"))[0])

    def _view(self, to: Address, signature: str, *arguments: object) -> bytes:
        call = {"to": to, "data": _calldata(signature, arguments)}
        return bytes.fromhex(str(self._chain.call("eth_call", call, "latest"))[2:])

    def _send(
        self, sender: Address, to: Address, signature: str, *arguments: object, value: int = 0
    ) -> None:
        call = {"from": sender, "to": to, "data": _calldata(signature, arguments)}
        sent = self._chain.call("eth_sendTransaction", {**call, "value": hex(value)})
        assert mined(self._chain, sent)["status"] == "0x1", signature


class _Rail(EscrowRail):
    """Only what puts contracts on a chain."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain


def _calldata(signature: str, arguments: tuple[object, ...]) -> str:
    types = [one for one in signature.partition("(")[2].rstrip(")").split(",") if one]
    return "0x" + (keccak(signature.encode())[:4] + encode(types, arguments)).hex()
