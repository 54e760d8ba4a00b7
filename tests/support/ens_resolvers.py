"""Names whose owners have others answer for them, and other contracts that owners may name."""

from collections.abc import Callable

from souk.adapters.ens.calls import CallsReader
from souk.adapters.ens.hashes import label_hash, node_of
from souk.adapters.ens.lookups import OffChainLookups
from souk.adapters.ens.service import ChainNameService
from souk.core.addresses import Address
from souk.modules.names.ports import NameService
from tests.support.ens_world import NO_ACCOUNT, ChainWorld


class ResolverWorld(ChainWorld):
    """On a chain where a small ENS was just opened."""

    def answer_below(
        self, name: str, owner: Address, account: Address, *, extended: bool = True
    ) -> Address:
        given = ("address", account), ("bool", extended)
        resolver = self._rail.deploy_mock("WildcardResolver", *given)
        self._resolved_by(name, owner, resolver)
        return resolver

    def answer_for_all_of_eth(self, account: Address) -> None:
        """As the registrar could, which owns that."""
        resolver = self._rail.deploy_mock("WildcardResolver", ("address", account), ("bool", True))
        for method, *given in (
            ("anvil_impersonateAccount", self.place.registrar),
            ("anvil_setBalance", self.place.registrar, hex(10**20)),
        ):
            self._chain.call(method, *given)
        self._resolved_by("eth", self.place.registrar, resolver)

    def look_elsewhere(
        self,
        name: str,
        owner: Address,
        *urls: str,
        rounds: int = 1,
        sender: Address = NO_ACCOUNT,
        extended: bool = False,
    ) -> Address:
        """Have a name resolved by what gateways say."""
        given = ("string[]", urls), ("uint256", rounds), ("address", sender), ("bool", extended)
        resolver = self._rail.deploy_mock("GatewayResolver", *given)
        self._resolved_by(name, owner, resolver)
        return resolver

    def add_in_registry(
        self, label: str, parent: str, owner: Address, *, to: Address | None
    ) -> None:
        """Give a name away that is not wrapped, or take it back."""
        given = (node_of(parent), label_hash(label), to or NO_ACCOUNT)
        self._send(owner, self.place.registry, "setSubnodeOwner(bytes32,bytes32,address)", *given)

    def picture_token(self, owner: Address, described: str) -> Address:
        """Tokens that all belong to somebody."""
        given = ("address", owner), ("string", described)
        return self._rail.deploy_mock("PictureToken", *given)

    def endless(self) -> Address:
        """A contract that says too much."""
        return self._rail.deploy_mock("EndlessAnswer")

    def service_with(self, lookups: Callable[[CallsReader], OffChainLookups]) -> NameService:
        """Reads the same names, and follows those that lie elsewhere."""
        return ChainNameService(self.reader, self.place, lookups(self.reader))
