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
from souk.modules.chain.domain import ChainConfig, Purpose
from souk.modules.chain.ports import TransactionSender
from souk.modules.chain.service import FollowedChain
from souk.modules.payments.domain import ChainMoney, TokenMoney
from souk.settings import Settings, TradeSettings

_log = logging.getLogger(__name__)

# A block a second locally and twelve on the main chain; the slower one bounds the reservation.
_SECONDS_A_BLOCK = 12
_LOCAL_SECONDS_A_BLOCK = 1
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
    return Network(deployment, node, impatient_node, followed, _money(deployment), addresses)


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


def _money(deployment: Deployment) -> ChainMoney:
    chain = f"eip155:{deployment.chain_id}"
    native, pace = deployment.native, _SECONDS_A_BLOCK
    if deployment.disposable:
        pace = _LOCAL_SECONDS_A_BLOCK
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
        seconds_to_finality=deployment.confirmations * pace,
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
