"""Where names of ENS are read: at the address that is set, or on the chain of one machine."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from souk.adapters.ens.absent import AbsentNameService
from souk.adapters.ens.calls import CallsReader
from souk.adapters.ens.service import ChainNameService, EnsPlace
from souk.adapters.evm.node import EvmNode
from souk.adapters.evm.presence import ChainPresence
from souk.adapters.evm.rpc import JsonRpcClient
from souk.bootstrap.networks import Network
from souk.core.addresses import parse_address
from souk.core.clock import Clock
from souk.modules.names.ports import NameService
from souk.settings import EnsSettings

_TIMEOUT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class NameReading:
    """What names are read by, whatever that is here, and what a client is told of it: on which
    chain, and where a name's owner finds the registry and the controller; nothing when there is no
    such chain."""

    service: NameService
    described: Mapping[str, object] | None = None


def name_reading(
    settings: EnsSettings | None, found: Mapping[int, Network], wall: Clock, closing: ExitStack
) -> NameReading:
    """The chain that is set, or one of ours with an ENS, or nobody. It has a presence of its own:
    names, of which many may be asked, never keep a payment from asking its chain."""
    presence = ChainPresence(wall)
    if settings is not None:
        label = f"ENS on chain {settings.ens_chain_id}"
        url = settings.ens_rpc_url.get_secret_value()
        client = JsonRpcClient(url, label=label, timeout_seconds=_TIMEOUT_SECONDS)
        closing.callback(client.close)
        return _reading(EvmNode(client), presence, settings.ens_chain_id, _place(settings))
    for chain_id, network in found.items():
        ens = network.deployment.ens
        if ens is not None:
            place = EnsPlace(
                registry=parse_address(ens.registry),
                registrar=parse_address(ens.registrar),
                controller=parse_address(ens.controller),
                wrapper=parse_address(ens.wrapper),
            )
            return _reading(network.impatient_node, presence, chain_id, place)
    return NameReading(AbsentNameService())


def _reading(node: EvmNode, presence: ChainPresence, chain_id: int, place: EnsPlace) -> NameReading:
    described = {
        "chain_id": chain_id,
        "registry": place.registry,
        "controller": place.controller,
    }
    return NameReading(ChainNameService(CallsReader(node, presence, chain_id), place), described)


def _place(settings: EnsSettings) -> EnsPlace:
    return EnsPlace(
        registry=parse_address(settings.ens_registry),
        registrar=parse_address(settings.ens_registrar),
        controller=parse_address(settings.ens_controller),
        wrapper=parse_address(settings.ens_wrapper),
    )
