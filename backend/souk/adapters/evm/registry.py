"""Which contracts stand where: one `<chain id>.json` a chain, written by the deployment.

The backend reads it at start-up and trusts it, so it is as much configuration as an address in
the environment would be.
"""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Contract(_Record):
    """A contract and the keccak-256 of its runtime code."""

    address: str
    code_hash: str


class NativeCoin(_Record):
    """The chain's own coin (`slip44` is its SLIP-44 number) and the feed of its dollar price."""

    symbol: str
    exponent: int = 18
    slip44: int = 60
    price_feed: str


class Token(_Record):
    """A token on the platform's list. `usd_pegged` means that one unit is taken for a dollar."""

    symbol: str
    address: str
    exponent: int
    usd_pegged: bool


class Deployment(_Record):
    """Everything the backend needs to know about one chain, besides how to reach it."""

    chain_id: int
    name: str
    block_number: int = Field(description="No event of ours is older than this block.")
    confirmations: int = Field(ge=1, description="Depth at which a payment counts.")
    safe_depth: int = Field(32, ge=1, description="Used where the node has no `safe` tag.")
    final_depth: int = Field(65, ge=1, description="Used where it has no `finalized` tag.")
    disposable: bool = False
    feed_max_age_seconds: int = 3600
    escrow: Contract
    native: NativeCoin
    tokens: tuple[Token, ...]


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
