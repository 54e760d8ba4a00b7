"""How the endpoints of a chain are, as whoever reads from them found them."""

from collections.abc import Sequence

from sqlalchemy import delete, insert, select

from souk.core.unit_of_work import Transaction
from souk.modules.chain.domain.endpoints import EndpointKind, EndpointState, Fault
from souk.modules.chain.models import ChainEndpointRow


def set_endpoints(tx: Transaction, chain_id: int, states: Sequence[EndpointState]) -> None:
    """Put these in the place of what was known of a chain's endpoints."""
    tx.session.execute(delete(ChainEndpointRow).where(ChainEndpointRow.chain_id == chain_id))
    rows = [
        {
            "chain_id": chain_id,
            "kind": str(state.kind),
            "number": state.number,
            "score": state.score,
            "fault": None if state.fault is None else str(state.fault),
            "head_block": state.head,
            "looked_at": tx.now,
        }
        for state in states
    ]
    if rows:
        tx.session.execute(insert(ChainEndpointRow), rows)


def list_endpoints(tx: Transaction, chain_id: int) -> list[EndpointState]:
    """What is known of a chain's endpoints."""
    row = ChainEndpointRow
    rows = tx.session.scalars(
        select(row).where(row.chain_id == chain_id).order_by(row.kind, row.number)
    )
    return [
        EndpointState(
            EndpointKind(one.kind),
            one.number,
            one.score,
            None if one.fault is None else Fault(one.fault),
            one.head_block,
        )
        for one in rows
    ]
