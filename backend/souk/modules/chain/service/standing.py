"""Where each watcher stands, by what it has written."""

from collections.abc import Mapping

from souk.core.unit_of_work import UnitOfWork
from souk.modules.chain.domain.standing import WatcherStanding
from souk.modules.chain.repository import blocks as block_rows
from souk.modules.chain.repository import standing as standing_rows
from souk.modules.chain.service.followed import FollowedChain, get_followed, ids_of


class Standings:
    """Looks, and asks no node."""

    def __init__(self, uow: UnitOfWork, chains: Mapping[int, FollowedChain]) -> None:
        self._uow = uow
        self._chains = chains

    @property
    def ids(self) -> tuple[int, ...]:
        """The chains that are followed, in rising order."""
        return ids_of(self._chains)

    def of(self, chain_id: int) -> WatcherStanding | None:
        """How far a chain is taken in; `None` when it never was. Raises `ChainNotFollowed`."""
        chain = get_followed(self._chains, chain_id)
        with self._uow.snapshot() as tx:
            found = standing_rows.find_chain(tx, chain_id)
            if found is None:
                return None
            row, held = found
            head = block_rows.find_head(tx, chain_id)
            unproved, failure = standing_rows.find_unproved(tx, chain_id)
            return WatcherStanding(
                chain_id=chain_id,
                head=row.next_block - 1,
                head_hash=row.head_hash,
                head_at=None if head is None else head.at,
                confirmed=max(-1, row.next_block - chain.config.confirmations),
                safe=row.safe_block,
                final=row.final_block,
                lease_epoch=row.lease_epoch,
                lease_owner=row.lease_owner if held else None,
                lease_until=row.lease_until if held else None,
                advanced_at=row.advanced_at,
                standing=standing_rows.count_standing(tx, chain_id),
                gaps=standing_rows.list_open_gaps(tx, chain_id),
                incidents=standing_rows.list_open_incidents(tx, chain_id),
                unproved=unproved,
                proof_failure=failure,
            )
