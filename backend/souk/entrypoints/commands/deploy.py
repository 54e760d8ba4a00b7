"""`souk deploy`: put the contracts on a chain, once."""

import argparse
import os
from pathlib import Path

from eth_account import Account
from pydantic import SecretStr

from souk.adapters.evm import registry
from souk.adapters.evm.deployment import Deployer, DeploymentFailed, EndpointOfAnotherChain
from souk.embedded.anvil import CHAIN_ID, DEPLOYER_KEY, DEVELOPMENT_KEY
from souk.entrypoints.failures import CommandFailed
from souk.settings import KeeperSettings, PathSettings, rpc_urls


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which chain; keys come from the environment, never from an argument."""
    parser.add_argument("--chain-id", type=int, default=CHAIN_ID, help=f"chain ({CHAIN_ID})")
    parser.add_argument(
        "--check", action="store_true", help="only compare what stands there with the record"
    )


def run(arguments: argparse.Namespace) -> int:
    """Deploy, or find that it was done before."""
    chain_id: int = arguments.chain_id
    directory = PathSettings().deployments
    try:
        deployer = Deployer(_endpoint(chain_id), _key(chain_id), chain_id)
        return _deploy(deployer, directory, chain_id, only_check=arguments.check)
    except (EndpointOfAnotherChain, DeploymentFailed) as error:
        raise CommandFailed(error.detail) from error
    except OSError as error:
        raise CommandFailed(
            f"chain {chain_id} cannot be reached: {type(error).__name__}"
        ) from error


def _deploy(deployer: Deployer, directory: Path, chain_id: int, *, only_check: bool) -> int:
    recorded = registry.find(directory, chain_id)
    if recorded is not None and deployer.check(recorded):
        print(f"already deployed on chain {chain_id}, code matches: {recorded.escrow.address}")
        return 0
    if only_check:
        raise CommandFailed(
            f"the escrow is not on chain {chain_id} as recorded; run souk deploy to put it there"
        )
    if chain_id != CHAIN_ID:
        raise CommandFailed(
            f"chain {chain_id} has no record in {directory}; write {chain_id}.json for contracts"
            " that stand there already"
        )
    keeper = KeeperSettings().keeper_private_key or SecretStr(DEVELOPMENT_KEY)
    deployment = deployer.deploy_local(Account.from_key(keeper.get_secret_value()).address)
    print(f"recorded in {registry.save(directory, deployment)}")
    return 0


def _endpoint(chain_id: int) -> str:
    urls = rpc_urls(os.environ).get(chain_id)
    if not urls:
        raise CommandFailed(f"set CHAIN_{chain_id}_RPC_URLS to the address of a node")
    return urls[0].get_secret_value()


def _key(chain_id: int) -> str:
    """The deployer's key. Only the chain of one machine has a default: everybody knows it."""
    given = KeeperSettings().deployer_private_key
    if given is not None:
        return given.get_secret_value()
    if chain_id == CHAIN_ID:
        return DEPLOYER_KEY
    raise CommandFailed("set DEPLOYER_PRIVATE_KEY to the key that is to deploy")
