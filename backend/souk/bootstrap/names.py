"""Where names of ENS are read: at the address that is set, or on the chain of one machine."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from souk.adapters.avatars.reader import EnsAvatarReader
from souk.adapters.avatars.tokens import PictureTokens
from souk.adapters.ens.absent import AbsentAvatarReader, AbsentNameService
from souk.adapters.ens.calls import CallsReader
from souk.adapters.ens.gateways import Gateways
from souk.adapters.ens.holding import EnsPlace
from souk.adapters.ens.lookups import OffChainLookups
from souk.adapters.ens.prompt import PromptNames
from souk.adapters.ens.service import ChainNameService
from souk.adapters.evm.node import EvmNode
from souk.adapters.evm.presence import ChainPresence
from souk.adapters.evm.rpc import JsonRpcClient
from souk.adapters.http.client import PublicHttp
from souk.adapters.http.patience import Turns
from souk.adapters.http.targets import Policy
from souk.bootstrap.media import block_source
from souk.bootstrap.networks import Network
from souk.core.addresses import parse_address
from souk.core.clock import Clock
from souk.modules.names.ports import AvatarReader, NameService, PromptLooks
from souk.settings import Settings
from souk.settings.names import EnsSettings, NameSettings

_TIMEOUT_SECONDS = 2.0
_HTTPS = 443


@dataclass(frozen=True, slots=True)
class NameReading:
    """What names are read by, whatever that is here, `looks` for somebody who waits; and what a
    client is told of it: on which chain, and where a name's owner finds the registry and the
    controller; nothing when there is no such chain."""

    service: NameService
    looks: PromptLooks
    avatars: AvatarReader
    described: Mapping[str, object] | None = None


def name_reading(
    settings: Settings, found: Mapping[int, Network], wall: Clock, closing: ExitStack
) -> NameReading:
    """Every way to read names, over one chain: the one that is set, or one of ours with an ENS, or
    none."""
    placed = _placed(settings.ens, found, wall, closing)
    if placed is None:
        absent = AbsentNameService()
        return NameReading(absent, _prompt(absent, closing), AbsentAvatarReader())
    reader, place = placed
    service = ChainNameService(reader, place, _lookups(settings.names, reader))
    blocks = block_source(settings.ipfs, wall) if settings.ipfs.ipfs_gateways else None
    avatars = EnsAvatarReader(PublicHttp(), PictureTokens(reader), blocks=blocks)
    described = {
        "chain_id": reader.chain_id,
        "registry": place.registry,
        "controller": place.controller,
    }
    return NameReading(service, _prompt(service, closing), avatars, described)


def _prompt(service: NameService, closing: ExitStack) -> PromptNames:
    looks = PromptNames(service)
    closing.callback(looks.close)
    return looks


def _placed(
    settings: EnsSettings | None, found: Mapping[int, Network], wall: Clock, closing: ExitStack
) -> tuple[CallsReader, EnsPlace] | None:
    """Who reads names, and where. It has a presence of its own: names, of which many may be asked,
    never keep a payment from asking its chain."""
    presence = ChainPresence(wall)
    if settings is not None:
        label = f"ENS on chain {settings.ens_chain_id}"
        url = settings.ens_rpc_url.get_secret_value()
        client = JsonRpcClient(url, label=label, timeout_seconds=_TIMEOUT_SECONDS)
        closing.callback(client.close)
        reader = CallsReader(EvmNode(client), presence, settings.ens_chain_id, wall)
        return reader, place_of(settings)
    for chain_id, network in found.items():
        ens = network.deployment.ens
        if ens is not None:
            place = EnsPlace(
                registry=parse_address(ens.registry),
                registrar=parse_address(ens.registrar),
                controller=parse_address(ens.controller),
                wrapper=parse_address(ens.wrapper),
            )
            return CallsReader(network.impatient_node, presence, chain_id, wall), place
    return None


def _lookups(settings: NameSettings, reader: CallsReader) -> OffChainLookups | None:
    """Off unless the operator says which gateways may be asked. Those who wait for them are counted
    apart from those who wait for pictures, which lie with servers that may be as slow as their
    owners like."""
    hosts = frozenset(settings.ens_gateway_hosts)
    if not hosts:
        return None
    gateways = Gateways(PublicHttp(Policy(ports={_HTTPS}, hosts=hosts)))
    return OffChainLookups(reader, gateways, Turns())


def place_of(settings: EnsSettings) -> EnsPlace:
    """Where ENS stands on the chain that is set."""
    return EnsPlace(
        registry=parse_address(settings.ens_registry),
        registrar=parse_address(settings.ens_registrar),
        controller=parse_address(settings.ens_controller),
        wrapper=parse_address(settings.ens_wrapper),
    )
