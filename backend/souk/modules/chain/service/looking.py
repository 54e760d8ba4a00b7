"""Looking at the endpoints of chains, and telling how they were found."""

from collections.abc import Mapping

from souk.core.unit_of_work import Transaction, UnitOfWork
from souk.modules.chain.domain.endpoints import FULL_SCORE, EndpointKind, EndpointState, Fault
from souk.modules.chain.ports import Heads
from souk.modules.chain.repository import endpoints as endpoint_rows
from souk.modules.chain.service.endpoints import Endpoints


class Looks:
    """The endpoints of each chain, which the watchers in this process read from; they are kept for
    as long as it lives, so that what one did is not forgotten between two runs."""

    def __init__(
        self, uow: UnitOfWork, endpoints: Mapping[int, Endpoints], heads: Mapping[int, Heads]
    ) -> None:
        self._uow = uow
        self._endpoints = endpoints
        self._heads = heads

    def of(self, chain_id: int) -> Endpoints:
        """Those of one chain."""
        return self._endpoints[chain_id]

    def look(self, chain_id: int) -> None:
        """Look at each endpoint of a chain, and record how they are for whoever asks. There is
        nothing to see of a single one."""
        endpoints = self.of(chain_id)
        endpoints.look()
        states = endpoints.states()
        if chain_id in self._heads:
            states.append(_announcing(self._heads[chain_id]))
        if not states:
            return
        with self._uow.begin() as tx:
            endpoint_rows.set_endpoints(tx, chain_id, states)
            tx.commit()

    def list_endpoints(self, tx: Transaction, chain_id: int) -> list[EndpointState]:
        """How each endpoint was when they were looked at last, by whatever process; nothing of what
        is not configured any more."""
        known = endpoint_rows.list_endpoints(tx, chain_id)
        return [one for one in known if self._is_configured(chain_id, one)]

    def _is_configured(self, chain_id: int, state: EndpointState) -> bool:
        if state.kind is EndpointKind.WEBSOCKET:
            return chain_id in self._heads
        return state.number <= self.of(chain_id).count


def _announcing(heads: Heads) -> EndpointState:
    fault = None if heads.heard else Fault.SILENT
    score = 0 if fault else FULL_SCORE
    return EndpointState(EndpointKind.WEBSOCKET, 1, score, fault, None)
