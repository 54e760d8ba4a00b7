"""The chains of this installation: from a node's address and a deployment's record to what the
modules need."""

import logging
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from pydantic import SecretStr

from souk.adapters.evm import registry
from souk.adapters.evm.event_decoder import EscrowEventDecoder
from souk.adapters.evm.failover import FailoverRpc
from souk.adapters.evm.heads import WebSocketHeads
from souk.adapters.evm.log_source import NodeLogSource
from souk.adapters.evm.node import EvmNode
from souk.adapters.evm.published_keys import PUBLISHED_ACCOUNTS
from souk.adapters.evm.registry import Deployment
from souk.adapters.evm.rpc import JsonRpcClient, shown_address
from souk.adapters.evm.sender import LocalTransactionSender
from souk.core.addresses import parse_address
from souk.core.money import Asset
from souk.core.startup import SettingsRefused
from souk.modules.chain.domain import ChainConfig, Level, Purpose
from souk.modules.chain.ports import TransactionSender
from souk.modules.chain.service import FollowedChain
from souk.modules.payments.domain import ChainMoney, FinalityPolicy, TokenMoney
from souk.settings import Settings, TradeSettings

_log = logging.getLogger(__name__)

# A block a second locally and twelve on the main chain; the slower one bounds the reservation.
_SECONDS_A_BLOCK = 12
_LOCAL_SECONDS_A_BLOCK = 1

# The main chain takes the longest until a block is safe, and what settles on it until it is final.
_SAFE_SECONDS = 630
_FINAL_SECONDS = 1_440

# US cents, where the operator says nothing else. A development chain's payments are all play.
_SINCE = {Level.SAFE: 100_000, Level.FINAL: 1_000_000}
_POLL_SECONDS = 0.25
_PATIENT_SECONDS = 5.0
_IMPATIENT_SECONDS = 2.0

# As much as a deployment offers where nothing else is said.
_MAX_GWEI = 100
_WEI_A_GWEI = 10**9


@dataclass(frozen=True, slots=True)
class Network:
    """One chain: how to reach it, how it is followed, what it is paid in. `impatient_node` is the
    same endpoints for what somebody waits for, and which is as well told to be away.
    `addresses` are those of the endpoints without their keys."""

    deployment: Deployment
    node: EvmNode
    impatient_node: EvmNode
    followed: FollowedChain
    money: ChainMoney
    addresses: tuple[str, ...]


def networks(settings: Settings, closing: ExitStack) -> dict[int, Network]:
    """Every chain that has both an address and a record. Raises `SettingsRefused`."""
    _refuse_unknown(settings)
    found = {}
    for chain_id, urls in settings.rpc_urls.items():
        deployment = registry.find(settings.paths.deployments, chain_id)
        if deployment is None:
            _log.warning("chain %s has no deployment record: ask souk doctor", chain_id)
            continue
        patient = _clients(urls, chain_id, closing, seconds=_PATIENT_SECONDS)
        impatient = _clients(urls, chain_id, closing, seconds=_IMPATIENT_SECONDS)
        heads = _heads(settings.ws_urls.get(chain_id), chain_id, closing)
        shown = tuple(shown_address(url.get_secret_value()) for url in urls)
        found[chain_id] = _network(settings, deployment, patient, impatient, heads, shown)
    return found


def _refuse_unknown(settings: Settings) -> None:
    """What was said of the wrong chain is missing at the right one."""
    for chain_id in settings.finality.keys() - settings.rpc_urls.keys():
        raise SettingsRefused(
            f"CHAIN_{chain_id}_FINALITY: there is no way to this chain; name the one that is meant,"
            f" or set CHAIN_{chain_id}_RPC_URLS as well"
        )


def _clients(
    urls: Sequence[SecretStr], chain_id: int, closing: ExitStack, *, seconds: float
) -> list[JsonRpcClient]:
    """One for each endpoint, called by its number where there are several."""
    clients = []
    for number, url in enumerate(urls, 1):
        label = f"chain {chain_id}" + (f" #{number}" if len(urls) > 1 else "")
        client = JsonRpcClient(url.get_secret_value(), label=label, timeout_seconds=seconds)
        closing.callback(client.close)
        clients.append(client)
    return clients


def _heads(
    urls: Sequence[SecretStr] | None, chain_id: int, closing: ExitStack
) -> WebSocketHeads | None:
    if not urls:
        return None
    plain = [url.get_secret_value() for url in urls]
    heads = WebSocketHeads(plain, label=f"chain {chain_id}")
    closing.callback(heads.close)
    return heads


def _network(
    settings: Settings,
    deployment: Deployment,
    patient: Sequence[JsonRpcClient],
    impatient: Sequence[JsonRpcClient],
    heads: WebSocketHeads | None,
    addresses: tuple[str, ...],
) -> Network:
    """What follows the chain reads from one endpoint at a time, everything else from any."""
    node = EvmNode(FailoverRpc(patient))
    source, *others = (NodeLogSource(EvmNode(client)) for client in patient)
    followed = FollowedChain(
        config=_followed(deployment, settings),
        source=source,
        decoder=EscrowEventDecoder(),
        senders=_senders(settings, deployment, node),
        others=others,
        heads=heads,
    )
    impatient_node = EvmNode(FailoverRpc(impatient))
    money = _money(deployment, _finality(deployment, settings))
    return Network(deployment, node, impatient_node, followed, money, addresses)


def _senders(
    settings: Settings, deployment: Deployment, node: EvmNode
) -> dict[Purpose, TransactionSender]:
    keys = {
        Purpose.KEEPER: settings.keeper.keeper_private_key,
        Purpose.RELAYER: settings.keeper.relayer_private_key,
    }
    senders: dict[Purpose, TransactionSender] = {
        purpose: LocalTransactionSender(
            node, chain_id=deployment.chain_id, private_key=key.get_secret_value()
        )
        for purpose, key in keys.items()
        if key is not None
    }
    if not deployment.disposable:
        _refuse_published(deployment, settings.trade, senders)
    return senders


def _refuse_published(
    deployment: Deployment, trade: TradeSettings, senders: Mapping[Purpose, TransactionSender]
) -> None:
    """What lies on an account whose key everybody has is taken at once, and its nonces with it;
    and whoever likes rules on every dispute."""
    named = {f"{purpose.upper()}_PRIVATE_KEY": each.address for purpose, each in senders.items()}
    named["ARBITER_ADDRESS"] = parse_address(trade.arbiter_address)
    named["FEE_TO_ADDRESS"] = parse_address(trade.fee_to_address)
    for variable, address in named.items():
        if address in PUBLISHED_ACCOUNTS:
            raise SettingsRefused(
                f"{variable}: everybody has the key of {address}, as it comes with development"
                f" nodes; set one of your own for {deployment.name}"
            )


def _followed(deployment: Deployment, settings: Settings) -> ChainConfig:
    gwei = settings.keeper.gas_max_gwei.get(deployment.chain_id, _MAX_GWEI)
    return ChainConfig(
        chain_id=deployment.chain_id,
        name=deployment.name,
        escrow_address=parse_address(deployment.escrow.address),
        start_block=deployment.block_number,
        confirmations=deployment.confirmations,
        safe_depth=deployment.safe_depth,
        final_depth=deployment.final_depth,
        disposable=deployment.disposable,
        poll_seconds=_POLL_SECONDS,
        max_fee_per_gas=gwei * _WEI_A_GWEI,
        quorum=settings.chains.chain_quorum,
    )


def _finality(deployment: Deployment, settings: Settings) -> FinalityPolicy:
    local = deployment.disposable
    pace = _LOCAL_SECONDS_A_BLOCK if local else _SECONDS_A_BLOCK
    safe, final = deployment.safe_depth * pace, deployment.final_depth * pace
    given = settings.finality.get(deployment.chain_id)
    since = {} if local else _SINCE
    if given is not None:
        since = {Level(name): least for name, least in given.items()}
    seconds = {
        Level.CONFIRMED: deployment.confirmations * pace,
        Level.SAFE: safe if local else max(safe, _SAFE_SECONDS),
        Level.FINAL: final if local else max(final, _FINAL_SECONDS),
    }
    return FinalityPolicy(since=since, seconds=seconds)


def _money(deployment: Deployment, finality: FinalityPolicy) -> ChainMoney:
    chain, native = f"eip155:{deployment.chain_id}", deployment.native
    tokens = {
        parse_address(token.address): TokenMoney(
            address=parse_address(token.address),
            asset=Asset(f"{chain}/erc20:{token.address}", token.exponent, token.symbol),
            usd_pegged=token.usd_pegged,
        )
        for token in deployment.tokens
    }
    return ChainMoney(
        chain_id=deployment.chain_id,
        name=deployment.name,
        escrow=parse_address(deployment.escrow.address),
        native=Asset(f"{chain}/slip44:{native.slip44}", native.exponent, native.symbol),
        tokens=tokens,
        native_feed=parse_address(native.price_feed),
        feed_max_age_seconds=deployment.feed_max_age_seconds,
        finality=finality,
    )


def describe(found: Mapping[int, Network]) -> list[dict[str, object]]:
    """The chains as `/api/config` shows them."""
    return [
        {
            "chain_id": network.deployment.chain_id,
            "name": network.deployment.name,
            "escrow": network.deployment.escrow.address,
            "confirmations": network.deployment.confirmations,
            "native": network.deployment.native.model_dump(),
            "tokens": [token.model_dump() for token in network.deployment.tokens],
        }
        for _, network in sorted(found.items())
    ]
