"""Which contracts stand where: one `<chain id>.json` a chain, written by the deployment from what
it put there and, on any chain but the local one, from a description of the chain.

The backend reads it at start-up and trusts it, so it is as much configuration as an address in
the environment would be. Records of public chains are committed and come with every installation;
an installation's own directory holds the local chain's, and goes first.
"""

import os
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

import souk
from souk.core.addresses import ZERO_ADDRESS, MalformedAddress, parse_address


def _checked(address: str) -> str:
    try:
        return parse_address(address)
    except MalformedAddress as error:
        raise ValueError(error.detail) from error


ChainAddress = Annotated[str, AfterValidator(_checked)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


CodeHash = Annotated[str, Field(pattern="^0x[0-9a-f]{64}$")]


class Contract(_Record):
    """A contract and the keccak-256 of its runtime code, and how it came to be: everything that an
    explorer asks for. `transaction` is `None` when another contract called the factory."""

    address: ChainAddress
    code_hash: CodeHash
    transaction: str | None = None
    arguments: dict[str, str] = {}
    encoded_arguments: str = "0x"
    factory: str | None = None
    salt: str | None = None
    compiler: str | None = None
    artifact_sha256: str | None = None
    standard_json_sha256: str | None = None


class NativeCoin(_Record):
    """The chain's own coin (`slip44` is its SLIP-44 number) and the feed of its dollar price."""

    symbol: str = Field(min_length=1, max_length=16)
    exponent: int = Field(18, ge=0, le=36)
    slip44: int = Field(60, ge=0)
    price_feed: ChainAddress


class Token(_Record):
    """A token on the platform's list. `usd_pegged` means that one unit is taken for a dollar."""

    symbol: str = Field(min_length=1, max_length=16)
    address: ChainAddress
    exponent: int = Field(ge=0, le=36)
    usd_pegged: bool


class Ens(_Record):
    """The parts of ENS that are asked by address. What resolves a name, or an account's name, is
    found by the registry."""

    registry: ChainAddress
    registrar: ChainAddress = Field(description="Holds the names below `eth` until they expire.")
    controller: ChainAddress = Field(description="Says what a name costs.")
    wrapper: ChainAddress


class ChainDescription(_Record):
    """What an operator says of a chain: how deep is deep enough, and what is paid with."""

    chain_id: int = Field(ge=1, le=2**53)
    name: str = Field(min_length=1, max_length=40)
    confirmations: int = Field(ge=1, description="Depth at which a payment counts.")
    safe_depth: int = Field(32, ge=1, description="Used where the node has no `safe` tag.")
    final_depth: int = Field(65, ge=1, description="Used where it has no `finalized` tag.")
    feed_max_age_seconds: int = Field(3600, ge=1)
    permit2: ChainAddress = Field(ZERO_ADDRESS, description="0: this chain has none.")
    permit2_code_hash: CodeHash | None = None
    native: NativeCoin
    tokens: tuple[Token, ...]

    @model_validator(mode="after")
    def _pins_permit2(self) -> Self:
        if self.permit2 != ZERO_ADDRESS and self.permit2_code_hash is None:
            raise ValueError("permit2 needs permit2_code_hash, the keccak-256 of its code there")
        return self


class Deployment(ChainDescription):
    """Everything the backend needs to know about one chain, besides how to reach it."""

    block_number: int = Field(description="No event of ours is older than this block.")
    disposable: bool = False
    escrow: Contract
    ens: Ens | None = None

    def describes(self, description: ChainDescription) -> bool:
        """Whether the record says the same of the chain as `description`."""
        fields = set(ChainDescription.model_fields)
        return self.model_dump(include=fields) == description.model_dump(include=fields)


def path_of(directory: Path, chain_id: int) -> Path:
    """Where a chain's record lies."""
    return directory / f"{chain_id}.json"


def committed() -> Path:
    """`contracts/deployments` of a checkout, or `souk/deployments` inside an installed package."""
    package = Path(souk.__file__).resolve().parent
    checkout = package.parents[1] / "contracts" / "deployments"
    return checkout if checkout.is_dir() else package / "deployments"


def find(directory: Path, chain_id: int, public: Path | None = None) -> Deployment | None:
    """The record of one chain, this installation's or else the committed one; `None` when nothing
    was deployed there."""
    for path in (path_of(directory, chain_id), path_of(public or committed(), chain_id)):
        if path.is_file():
            return Deployment.model_validate_json(path.read_text("utf-8"))
    return None


def recorded_chains(directory: Path) -> tuple[int, ...]:
    """The ids of all chains that have a record."""
    names = [path.stem for place in (directory, committed()) for path in place.glob("*.json")]
    return tuple(sorted({int(name) for name in names if name.isdecimal()}))


def save(directory: Path, deployment: Deployment) -> Path:
    """Write a record whole or not at all."""
    path = path_of(directory, deployment.chain_id)
    write_whole(path, deployment.model_dump_json(indent=2) + "\n")
    return path


def write_whole(path: Path, text: str) -> None:
    """Replace a file at once, and be sure that it is on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".tmp")
    with draft.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
