"""What proves, compares and mends what is recorded of the chains."""

from collections.abc import Mapping, Sequence

from souk.adapters.evm.escrow.gateway import EvmEscrowGateway
from souk.adapters.evm.proofs.source import NodeProofSource
from souk.bootstrap.container import Services
from souk.bootstrap.networks import Network
from souk.core.unit_of_work import UnitOfWork
from souk.modules.books.service import Rebuilding
from souk.modules.chain.events import EscrowEvent
from souk.modules.chain.service import ChainRecords, Proofs, Replays, Rescans, Standings
from souk.modules.payments.domain import Observation
from souk.modules.payments.ports import RailMessage
from souk.modules.payments.service import Payments, Proving


def chain_tools(uow: UnitOfWork, found: Mapping[int, Network], below: Services) -> Services:
    """One of each, over the chains of this installation."""
    followed = {chain_id: network.followed for chain_id, network in found.items()}
    escrow, payments = below.of(EvmEscrowGateway), below.of(Payments)
    replays, records = Replays(uow, followed), ChainRecords(uow, followed)
    proofs = Proofs(uow, {c: NodeProofSource(network.node) for c, network in found.items()})

    def read(event: EscrowEvent) -> Sequence[Observation]:
        said = escrow.parse_observation(RailMessage(event.name, event.to_payload()))
        return [one for one in said if isinstance(one, Observation)]

    return Services(
        {
            Proofs: proofs,
            Proving: Proving(uow, proofs),
            Replays: replays,
            Rescans: Rescans(uow, followed),
            Standings: Standings(uow, followed),
            Rebuilding: Rebuilding(uow, replays, records, payments, read),
        }
    )
