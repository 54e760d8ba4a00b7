"""`souk deploy`: put the contracts on a chain, once."""

import argparse
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from eth_account import Account

from souk.adapters.evm import registry
from souk.adapters.evm.deployment import Deployer, DeploymentError, Preview, check
from souk.adapters.evm.deployment.create2 import FACTORY, SALT
from souk.adapters.evm.deployment.sending import coin
from souk.adapters.evm.network_file import Network, NetworksMisdescribed, read_networks
from souk.adapters.evm.registry import Deployment
from souk.core.addresses import Address
from souk.core.errors import ProviderUnavailable
from souk.embedded.anvil import CHAIN_ID, DEPLOYER_KEY, DEVELOPMENT_KEY, SELLER_KEY
from souk.entrypoints.deployer_key import DeployerKey, refuse_secrets
from souk.entrypoints.failures import CommandFailed
from souk.entrypoints.places import project_root
from souk.settings import DeployerSettings, KeeperSettings, PathSettings

# Looked at before the words are parsed: what is not understood would be repeated in the answer.
refuse_words = refuse_secrets


@dataclass(frozen=True, slots=True)
class _Place:
    """Where to deploy. `network` is `None` where the file has none."""

    chain_id: int
    rpc_url: str
    network: Network | None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which chain, and how far to go. Keys and passwords are never arguments."""
    parser.add_argument(
        "network",
        nargs="?",
        help=f"a table of the networks file; without one, the chain of this machine ({CHAIN_ID})",
    )
    parser.add_argument(
        "--networks",
        type=Path,
        metavar="FILE",
        default=project_root() / "contracts" / "networks.toml",
        help="the networks file (contracts/networks.toml)",
    )
    parser.add_argument("--keystore", type=Path, metavar="FILE", help="encrypted key, version 3")
    parser.add_argument(
        "--password-file", type=Path, metavar="FILE", help="holds the keystore's password"
    )
    parser.add_argument(
        "--put-factory",
        action="store_true",
        help=f"put the CREATE2 factory {FACTORY} there first if the chain lacks it",
    )
    only = parser.add_mutually_exclusive_group()
    only.add_argument(
        "--dry-run",
        action="store_true",
        help="say where the escrow would stand and what that would cost; sends nothing",
    )
    only.add_argument(
        "--check",
        action="store_true",
        help="only compare what stands there with the record; needs no key",
    )
    only.add_argument(
        "--check-all", action="store_true", help="the same for every chain that has a record"
    )


def run(arguments: argparse.Namespace) -> int:
    """Deploy, or find that it was done before."""
    try:
        if arguments.check_all:
            return _check_all(arguments)
        place = _place(arguments)
        if arguments.check:
            return _check(place)
        if arguments.dry_run:
            return _preview(place, _key(arguments))
        return _deploy(place, _key(arguments), may_put_factory=arguments.put_factory)
    except (DeploymentError, NetworksMisdescribed) as error:
        raise CommandFailed(error.detail) from error
    except ProviderUnavailable as error:
        raise CommandFailed(
            f"{error.detail}; what was signed is kept: run again later, or with the address of"
            " another node"
        ) from error


def _place(arguments: argparse.Namespace) -> _Place:
    if arguments.network is None:
        return _Place(CHAIN_ID, _rpc_url(CHAIN_ID, None), None)
    networks = read_networks(arguments.networks)
    network = networks.get(arguments.network)
    if network is None:
        raise CommandFailed(
            f"{arguments.networks} has no table {arguments.network}; there are:"
            f" {', '.join(sorted(networks)) or 'none'}"
        )
    if network.chain_id == CHAIN_ID:
        raise CommandFailed(f"{CHAIN_ID} is the chain of one machine: deploy there without a name")
    return _Place(network.chain_id, _rpc_url(network.chain_id, network), network)


def _rpc_url(chain_id: int, network: Network | None) -> str:
    variable = network.variable if network else f"CHAIN_{chain_id}_RPC_URLS"
    given = os.environ.get(variable, "").split(",")[0].strip()
    if not given and network is not None and network.rpc_url:
        return network.rpc_url
    if not given:
        raise CommandFailed(f"set {variable} to the address of a node of chain {chain_id}")
    return given


def _key(arguments: argparse.Namespace) -> DeployerKey:
    given = DeployerSettings()
    return DeployerKey(
        keystore=arguments.keystore,
        password_file=arguments.password_file,
        password=given.deployer_keystore_password,
        private_key=given.deployer_private_key,
        # Only the chain of one machine has keys by default: everybody knows them.
        fallback=DEPLOYER_KEY if arguments.network is None else None,
    )


def _deploy(place: _Place, key: DeployerKey, *, may_put_factory: bool) -> int:
    paths = PathSettings()
    recorded = registry.find(paths.deployments, place.chain_id)
    deployer = Deployer(place.rpc_url, key.account, place.chain_id)
    if place.network is None:
        return _deploy_local(deployer, recorded, paths.deployments)
    if recorded is not None:
        return _deployed_before(place, recorded)
    records = paths.deployments_dir or _committed() or paths.deployments
    deployer.deploy_escrow(
        place.network,
        max_fee_per_gas=place.network.max_fee_per_gas,
        records=records,
        may_put_factory=may_put_factory,
        op_stack=place.network.op_stack,
    )
    print(f"recorded in {registry.path_of(records, place.chain_id)}")
    return 0


def _committed() -> Path | None:
    """Where a checkout keeps the records of public chains; an installed package is left alone."""
    place = project_root() / "contracts" / "deployments"
    return place if place.is_dir() else None


def _deploy_local(deployer: Deployer, recorded: Deployment | None, records: Path) -> int:
    keeper = KeeperSettings().keeper_private_key
    keeper_key = keeper.get_secret_value() if keeper else DEVELOPMENT_KEY
    keeper_address = Account.from_key(keeper_key).address
    # The demo shop's seller, so that its store has a name to show.
    holder = Account.from_key(SELLER_KEY).address
    deployment = deployer.deploy_local(keeper_address, recorded, names_of=holder)
    if deployment == recorded:
        print(f"already deployed on chain {CHAIN_ID}, code matches: {deployment.escrow.address}")
        return 0
    print(f"recorded in {registry.save(records, deployment)}")
    return 0


def _deployed_before(place: _Place, recorded: Deployment) -> int:
    """An escrow on record may hold money: it is never forgotten because a node is behind or a
    wrong one, nor because this release has another."""
    if place.network is not None and not recorded.describes(place.network):
        print("the record says otherwise than the networks file; the record is what counts")
    if _check(place) != 0:
        raise CommandFailed(
            f"what stands on chain {place.chain_id} is not what its record says: if the node has"
            " caught up and the chain was really begun anew, move the record away first"
        )
    print(
        f"already deployed on chain {place.chain_id}, code matches: {recorded.escrow.address};"
        " nothing was sent"
    )
    return 0


def _check(place: _Place) -> int:
    recorded = registry.find(PathSettings().deployments, place.chain_id)
    if recorded is None:
        raise CommandFailed(f"there is no record of chain {place.chain_id}: nothing to compare")
    findings = check(place.rpc_url, recorded)
    for finding in findings:
        print(f"{'ok   ' if finding.well else 'WRONG'}  {finding.what}: {finding.said}")
    return 0 if all(finding.well for finding in findings) else 1


def _check_all(arguments: argparse.Namespace) -> int:
    found = {network.chain_id: network for network in read_networks(arguments.networks).values()}
    chains = registry.recorded_chains(PathSettings().deployments)
    if not chains:
        raise CommandFailed("no chain has a record: nothing to compare")
    return max(_check_one(chain_id, found) for chain_id in chains)


def _check_one(chain_id: int, networks: Mapping[int, Network]) -> int:
    """One that cannot be looked at is wrong, and the others are looked at all the same."""
    network = networks.get(chain_id)
    try:
        return _check(_Place(chain_id, _rpc_url(chain_id, network), network))
    except CommandFailed as failure:
        print(f"WRONG  chain {chain_id}: {failure}")
        return 1


def _preview(place: _Place, key: DeployerKey) -> int:
    if place.network is None:
        raise CommandFailed("name a network: the chain of this machine costs nothing")
    payer = key.address()
    deployer = Deployer(place.rpc_url, key.account, place.chain_id)
    network = place.network
    found = deployer.preview(network, network.max_fee_per_gas, payer, op_stack=network.op_stack)
    print("\n".join(_told(found, network, payer)))
    print("nothing was signed or sent")
    return 0


def _told(found: Preview, network: Network, payer: Address | None) -> list[str]:
    def line(what: str, said: object) -> str:
        return f"{what:<12} {said}"

    arguments = found.escrow.artifact.named(*found.escrow.arguments)
    lines = [
        line("chain", f"{network.chain_id} ({network.name})"),
        line("escrow", found.escrow.address),
        line("", f"by the factory {FACTORY}, salt 0x{SALT.hex()}"),
        *(line("argument", f"{name} = {value}") for name, value in arguments.items()),
    ]
    if found.gas is None:
        return [*lines, line("state", "already deployed, code matches")]
    symbol, exponent = network.native.symbol, network.native.exponent
    lines += [
        line("state", "nothing stands there yet"),
        line("gas", found.gas),
        line("fee", f"{found.fees.now} wei per gas now, at most {found.fees.most}"),
        line("cost", f"{coin(found.cost, symbol, exponent)} now"),
        line("", f"at most {coin(found.highest_cost, symbol, exponent)}"),
    ]
    if network.op_stack:
        fee = coin(found.data_fee, symbol, exponent)
        lines.append(line("", f"with the L1 data fee, {fee} now, which may double"))
    if payer is None or found.balance is None:
        return [*lines, line("deployer", "not known without its key")]
    lines.append(line("deployer", f"{payer} holds {coin(found.balance, symbol, exponent)}"))
    if found.balance < found.highest_cost:
        lines.append(line("", "which is too little"))
    return lines
