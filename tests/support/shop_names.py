"""Names on the small ENS of a shop's chain, held by an account that is nobody's."""

from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak

from souk.adapters.ens.hashes import node_of
from souk.core.addresses import Address, checksum_address
from tests.support.ens_world import FIG
from tests.support.rail_builders import mined
from tests.support.shop import Shop

_YEAR = 365 * 24 * 60 * 60


class ShopNames:
    """Registers names for people, and points them elsewhere."""

    def __init__(self, shop: Shop) -> None:
        ens = shop.deployment.ens
        assert ens is not None
        self._chain, self._ens = shop.chain, ens
        self._resolver = self._resolver_of("figandolive.eth")

    def register(self, label: str, address: str) -> None:
        """A name for a year that stands for an address."""
        controller = self._ens.controller
        (price,) = self._view(controller, "uint256", "rentPrice(string,uint256)", label, _YEAR)
        held = "register(string,address,uint256)"
        self._send(controller, held, label, FIG, _YEAR, value=price)
        node = node_of(f"{label}.eth")
        self._send(self._ens.registry, "setResolver(bytes32,address)", node, self._resolver)
        self.point(label, address)

    def point(self, label: str, address: str) -> None:
        """It stands for this address from now on."""
        self._send(self._resolver, "setAddr(bytes32,address)", node_of(f"{label}.eth"), address)

    def _resolver_of(self, name: str) -> Address:
        asked = "resolver(bytes32)", node_of(name)
        return checksum_address(self._view(self._ens.registry, "address", *asked)[0])

    def _view(self, to: str, answer: str, signature: str, *arguments: object) -> tuple:
        call = {"to": to, "data": _calldata(signature, arguments)}
        said = str(self._chain.call("eth_call", call, "latest"))
        return decode([answer], bytes.fromhex(said[2:]))

    def _send(self, to: str, signature: str, *arguments: object, value: int = 0) -> None:
        call = {"from": FIG, "to": to, "data": _calldata(signature, arguments), "value": hex(value)}
        sent = self._chain.call("eth_sendTransaction", call)
        assert mined(self._chain, sent)["status"] == "0x1", signature


def _calldata(signature: str, arguments: tuple[object, ...]) -> str:
    types = signature.partition("(")[2].rstrip(")").split(",")
    return "0x" + (keccak(signature.encode())[:4] + encode(types, arguments)).hex()
