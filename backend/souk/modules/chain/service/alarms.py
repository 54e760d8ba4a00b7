"""Telling people what the watcher may not decide, and that it is over."""

import logging

from souk.core.unit_of_work import UnitOfWork
from souk.modules.chain.domain import IncidentReason
from souk.modules.chain.events import ChainIncidentOpened
from souk.modules.chain.repository import incidents as incident_rows

_log = logging.getLogger(__name__)

SENDING = frozenset(
    {
        IncidentReason.TRANSACTION_STUCK,
        IncidentReason.ACCOUNT_RUNS_DRY,
        IncidentReason.KEEPER_KEY_MISSING,
    }
)
WATCHING = frozenset(IncidentReason) - SENDING


class Alarms:
    """The incidents and gaps of one chain, as its watcher opens and closes them, or whoever else
    looks after some `reasons`."""

    def __init__(
        self, uow: UnitOfWork, chain_id: int, reasons: frozenset[IncidentReason] = WATCHING
    ) -> None:
        self._uow = uow
        self._chain_id = chain_id
        self._reasons = reasons
        self._open: set[IncidentReason] = set()
        # The lowest open gap. It may be open without an incident: whoever opened it died before
        # that one, or the branch was too short for it when the incident was over.
        self._gap: int | None = None

    def load(self) -> None:
        """Learn which incidents and gaps were left open by whoever looked before."""
        with self._uow.begin() as tx:
            self._open = incident_rows.list_open_reasons(tx, self._chain_id) & self._reasons
            self._gap = incident_rows.find_open_gap(tx, self._chain_id)

    def open(self, reason: IncidentReason, *, detail: str, block: int | None) -> None:
        """Open an incident and tell of it; once, while one with this reason is open."""
        if reason in self._open:
            return
        _log.error("chain %s: %s: %s", self._chain_id, reason, detail)
        with self._uow.begin() as tx:
            incident_id = incident_rows.open_incident(
                tx, self._chain_id, reason, detail=detail, block=block
            )
            if incident_id is not None:
                tx.publish(
                    ChainIncidentOpened(
                        chain_id=self._chain_id,
                        incident_id=incident_id,
                        reason=str(reason),
                        block_number=block,
                    )
                )
            tx.commit()
        self._open.add(reason)

    def open_gap(self, *, first: int, last: int) -> None:
        """Record that blocks exist which cannot be read."""
        with self._uow.begin() as tx:
            incident_rows.open_gap(tx, self._chain_id, first=first, last=last)
            self._gap = incident_rows.find_open_gap(tx, self._chain_id)
            tx.commit()

    def close(self, reason: IncidentReason, resolution: str) -> None:
        """Close an incident, if it is open."""
        if reason in self._open:
            self._close({reason}, resolution, next_block=None)

    def all_well(self, *, next_block: int) -> None:
        """The node agrees again with all that we hold: whatever was open is over."""
        if self._open or (self._gap is not None and self._gap < next_block):
            self._close(self._open, "the node agrees with the recorded chain", next_block)

    def _close(self, reasons: set[IncidentReason], resolution: str, next_block: int | None) -> None:
        with self._uow.begin() as tx:
            incident_rows.close_incidents(tx, self._chain_id, reasons, resolution=resolution)
            if next_block is not None:
                incident_rows.close_gaps(tx, self._chain_id, below=next_block)
                self._gap = incident_rows.find_open_gap(tx, self._chain_id)
            tx.commit()
        self._open = self._open - reasons
