"""`souk deploy`: put the contracts on a chain, once."""

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

from eth_account import Account
from pydantic import SecretStr, ValidationError

from souk.adapters.evm import registry
from souk.adapters.evm.deployment import (
    ChainMisdescribed,
    Deployer,
    DeploymentFailed,
    EndpointOfAnotherChain,
    stands,
)
from souk.adapters.evm.registry import ChainDescription, Deployment
from souk.embedded.anvil import CHAIN_ID, DEPLOYER_KEY, DEVELOPMENT_KEY
from souk.entrypoints.failures import CommandFailed
from souk.settings import KeeperSettings, PathSettings, rpc_urls


@dataclass(frozen=True, slots=True)
class _Place:
    """Where to deploy. `description` is `None` where the command itself knows the chain."""

    chain_id: int
    rpc_url: str
    records: Path
    description: ChainDescription | None

    @property
    def record(self) -> Path:
        return registry.path_of(self.records, self.chain_id)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which chain; keys come from the environment, never from an argument."""
    parser.add_argument("--chain-id", type=int, help=f"chain ({CHAIN_ID}, or that of --network)")
    parser.add_argument(
        "--network",
        type=Path,
        metavar="FILE",
        help="JSON that describes the chain, its coin and its tokens (README.md shows one)",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="only compare what stands there with the record; needs no key",
    )


def run(arguments: argparse.Namespace) -> int:
    """Deploy, or find that it was done before."""
    place = _place(arguments)
    try:
        return _deploy(place, only_check=arguments.check)
    except (ChainMisdescribed, DeploymentFailed, EndpointOfAnotherChain) as error:
        raise CommandFailed(error.detail) from error
    except OSError as error:
        raise CommandFailed(
            f"chain {place.chain_id} cannot be reached: {type(error).__name__}"
        ) from error


def _place(arguments: argparse.Namespace) -> _Place:
    description = None if arguments.network is None else _read(arguments.network)
    chain_id: int = arguments.chain_id or (description.chain_id if description else CHAIN_ID)
    if description is not None and description.chain_id != chain_id:
        raise CommandFailed(
            f"{arguments.network} describes chain {description.chain_id}, not {chain_id}"
        )
    if description is not None and chain_id == CHAIN_ID:
        raise CommandFailed(f"{CHAIN_ID} is the chain of one machine: deploy there without a file")
    urls = rpc_urls(os.environ).get(chain_id)
    if not urls:
        raise CommandFailed(f"set CHAIN_{chain_id}_RPC_URLS to the address of a node")
    return _Place(chain_id, urls[0].get_secret_value(), PathSettings().deployments, description)


def _read(file: Path) -> ChainDescription:
    try:
        return ChainDescription.model_validate_json(file.read_text())
    except OSError as error:
        raise CommandFailed(f"{file} cannot be read: {error.strerror}") from error
    except ValidationError as wrong:
        faults = [
            f"{'.'.join(map(str, fault['loc'])) or 'the file'}: {fault['msg']}"
            for fault in wrong.errors(include_input=False)
        ]
        raise CommandFailed(f"{file}: {'; '.join(faults)}") from None


def _deploy(place: _Place, *, only_check: bool) -> int:
    recorded = registry.find(place.records, place.chain_id)
    if recorded is not None and stands(place.rpc_url, recorded):
        _say_deployed(place, recorded)
        return 0
    if only_check:
        raise CommandFailed(
            f"no escrow of ours is known to stand on chain {place.chain_id}: {place.record} is"
            f" {'of other code' if recorded else 'not there'}"
        )
    if recorded is not None and not recorded.disposable:
        # It may hold money: never forget it because a node is behind or a wrong one.
        raise CommandFailed(
            f"the escrow of {place.record} is not on chain {place.chain_id}: if the node has"
            " caught up and the chain was really begun anew, move the record away first"
        )
    print(f"recorded in {registry.save(place.records, _put(place))}")
    return 0


def _say_deployed(place: _Place, recorded: Deployment) -> None:
    print(f"already deployed on chain {place.chain_id}, code matches: {recorded.escrow.address}")
    if place.description is not None and not recorded.describes(place.description):
        print(f"the record says otherwise than the file; {place.record} is what counts")


def _put(place: _Place) -> Deployment:
    if place.description is not None:
        return _deployer(place, KeeperSettings().deployer_private_key).deploy_escrow(
            place.description
        )
    if place.chain_id != CHAIN_ID:
        raise CommandFailed(
            f"describe chain {place.chain_id} in a file and run: souk deploy --network FILE"
            " (README.md shows one)"
        )
    given = KeeperSettings()
    # Only the chain of one machine has keys by default: everybody knows them.
    deployer = _deployer(place, given.deployer_private_key or SecretStr(DEPLOYER_KEY))
    keeper = given.keeper_private_key or SecretStr(DEVELOPMENT_KEY)
    return deployer.deploy_local(Account.from_key(keeper.get_secret_value()).address)


def _deployer(place: _Place, key: SecretStr | None) -> Deployer:
    if key is None:
        raise CommandFailed("set DEPLOYER_PRIVATE_KEY to the key that is to deploy")
    try:
        Account.from_key(key.get_secret_value())
    except ValueError:
        raise CommandFailed("DEPLOYER_PRIVATE_KEY is no private key: 0x and 64 digits") from None
    return Deployer(place.rpc_url, key.get_secret_value(), place.chain_id)
