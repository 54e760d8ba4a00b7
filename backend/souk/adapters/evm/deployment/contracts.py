"""What is to stand where: each contract with its constructor's arguments, and its one address."""

from dataclasses import dataclass
from importlib.resources.abc import Traversable

from web3.eth import Eth

from souk.adapters.evm.deployment.artifacts import Artifact, load_artifact
from souk.adapters.evm.deployment.create2 import FACTORY, SALT, address_of
from souk.adapters.evm.deployment.errors import ForeignCode
from souk.adapters.evm.deployment.reading import (
    FEED_DECIMALS,
    code_at,
    code_hash,
    expected_code,
)
from souk.adapters.evm.registry import Contract
from souk.core.addresses import Address

_LOCAL_ETHER_PRICE = 2_500 * 10**8


@dataclass(frozen=True, slots=True)
class Wanted:
    """One contract of ours. `creation_code` ends with the arguments."""

    artifact: Artifact
    arguments: tuple[object, ...]
    creation_code: bytes
    address: Address

    def stands(self, eth: Eth) -> bool:
        """Whether exactly this is there; `False` when nothing is. Raises `ForeignCode` when
        something else is."""
        # Asked for first: a node that cannot tell must be found out before anything is sent.
        expected = expected_code(eth, self.artifact, self.creation_code, self.address)
        code = code_at(eth, self.address)
        if code and code != expected:
            raise ForeignCode(
                f"the code at {self.address} is not that of {self.artifact.name}; nothing was sent."
                " Do not use it, and find out what it is"
            )
        return bool(code)

    def record(self, code: bytes, transaction: str | None) -> Contract:
        """What the registry keeps of it."""
        return Contract(
            address=self.address,
            code_hash=code_hash(code),
            transaction=transaction,
            arguments=self.artifact.named(*self.arguments),
            encoded_arguments="0x" + self.artifact.encoded(*self.arguments).hex(),
            factory=FACTORY,
            salt="0x" + SALT.hex(),
            compiler=self.artifact.compiler,
            artifact_sha256=self.artifact.sha256,
            standard_json_sha256=self.artifact.standard_json_sha256,
        )


def escrow(artifacts: Traversable, permit2: str) -> Wanted:
    """The escrow, which takes Permit2 payments if that address is not 0."""
    return _wanted(artifacts, "Escrow", permit2)


def dollar(artifacts: Traversable) -> Wanted:
    """A dollar that anyone may mint."""
    return _wanted(artifacts, "TestDollar")


def price_feed(artifacts: Traversable, keeper: str) -> Wanted:
    """A feed of the coin's price that `keeper` keeps up to date."""
    description = ("ETH / USD", _LOCAL_ETHER_PRICE)
    return _wanted(artifacts, "TestPriceFeed", keeper, FEED_DECIMALS, *description)


def ens(artifacts: Traversable, holder: str) -> Wanted:
    """A small ENS, to be opened, whose first names are `holder`'s."""
    return _wanted(artifacts, "TestEns", holder)


def _wanted(artifacts: Traversable, name: str, *arguments: object) -> Wanted:
    artifact = load_artifact(name, artifacts)
    creation_code = artifact.creation_code + artifact.encoded(*arguments)
    return Wanted(artifact, arguments, creation_code, address_of(creation_code))
