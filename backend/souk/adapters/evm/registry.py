"""Which contracts stand where: one `<chain id>.json` a chain, written by the deployment from what
it put there and, on any chain but the local one, from a description of the chain.

The backend reads it at start-up and trusts it, so it is as much configuration as an address in
the environment would be.
"""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from souk.core.addresses import MalformedAddress, parse_address


def _checked(address: str) -> str:
    try:
        return parse_address(address)
    except MalformedAddress as error:
        raise ValueError(error.detail) from error


ChainAddress = Annotated[str, AfterValidator(_checked)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Contract(_Record):
    """A contract and the keccak-256 of its runtime code."""

    address: str
    code_hash: str


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


class ChainDescription(_Record):
    """What an operator says of a chain: how deep is deep enough, and what is paid with."""

    chain_id: int = Field(ge=1, le=2**53)
    name: str = Field(min_length=1, max_length=40)
    confirmations: int = Field(ge=1, description="Depth at which a payment counts.")
    safe_depth: int = Field(32, ge=1, description="Used where the node has no `safe` tag.")
    final_depth: int = Field(65, ge=1, description="Used where it has no `finalized` tag.")
    feed_max_age_seconds: int = Field(3600, ge=1)
    native: NativeCoin
    tokens: tuple[Token, ...]


class Deployment(ChainDescription):
    """Everything the backend needs to know about one chain, besides how to reach it."""

    block_number: int = Field(description="No event of ours is older than this block.")
    disposable: bool = False
    escrow: Contract

    def describes(self, description: ChainDescription) -> bool:
        """Whether the record says the same of the chain as `description`."""
        return self.model_dump(include=set(ChainDescription.model_fields)) == (
            description.model_dump()
        )


def path_of(directory: Path, chain_id: int) -> Path:
    """Where a chain's record lies."""
    return directory / f"{chain_id}.json"


def find(directory: Path, chain_id: int) -> Deployment | None:
    """The record of one chain, or `None` when nothing was deployed there."""
    path = path_of(directory, chain_id)
    return Deployment.model_validate_json(path.read_text()) if path.is_file() else None


def save(directory: Path, deployment: Deployment) -> Path:
    """Write a record whole or not at all."""
    directory.mkdir(parents=True, exist_ok=True)
    path = path_of(directory, deployment.chain_id)
    draft = path.with_suffix(".tmp")
    draft.write_text(deployment.model_dump_json(indent=2) + "\n")
    draft.replace(path)
    return path
