"""The chains that an operator deploys to, each a table of one TOML file."""

import tomllib
from pathlib import Path

from pydantic import Field, ValidationError

from souk.adapters.evm.registry import ChainDescription
from souk.core.errors import RejectedError


class NetworksMisdescribed(RejectedError):
    """The networks file cannot be read, or a table of it is wrong."""

    code = "networks_misdescribed"


class Network(ChainDescription):
    """A chain, how its node is reached, and the most that is paid for gas there. A node's address
    that holds a key stays out of the file: the variable that has it is named instead."""

    rpc_url: str | None = Field(None, pattern="^https?://")
    rpc_url_variable: str | None = Field(None, pattern="^[A-Z][A-Z0-9_]*$")
    max_fee_per_gas: int = Field(100 * 10**9, ge=1, description="In wei.")
    op_stack: bool = Field(False, description="Whether it takes an L1 data fee besides gas.")

    @property
    def variable(self) -> str:
        """The environment variable with the node's address."""
        return self.rpc_url_variable or f"CHAIN_{self.chain_id}_RPC_URLS"


def read_networks(file: Path) -> dict[str, Network]:
    """Every network of the file, by the name of its table."""
    try:
        tables = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise NetworksMisdescribed(f"{file} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise NetworksMisdescribed(f"{file} is no TOML: {error}") from error
    return {name: _network(file, name, table) for name, table in tables.items()}


def _network(file: Path, name: str, table: object) -> Network:
    try:
        return Network.model_validate(table)
    except ValidationError as wrong:
        faults = [
            f"{'.'.join([name, *map(str, fault['loc'])])}: {fault['msg']}"
            for fault in wrong.errors(include_input=False)
        ]
        raise NetworksMisdescribed(f"{file}: {'; '.join(faults)}") from None
