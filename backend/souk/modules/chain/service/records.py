"""The record of the chains, for those who compare it with the chains themselves."""

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from souk.core.addresses import Address
from souk.core.unit_of_work import UnitOfWork
from souk.modules.chain.domain import (
    Level,
    SettledBlock,
    StandingFact,
)
from souk.modules.chain.events import EscrowEvent, EscrowEventReached, EscrowEventSeen
from souk.modules.chain.repository import records as record_rows
from souk.modules.chain.repository.effects import Shown
from souk.modules.chain.service.followed import FollowedChain, get_followed
from souk.modules.chain.service.rescanning import reader_of, take_in_late
from souk.modules.chain.service.writing import said_of

_log = logging.getLogger(__name__)

_PAGE = 200


class ChainRecords:
    """What was taken in of each chain. Called with no transaction open."""

    def __init__(self, uow: UnitOfWork, chains: Mapping[int, FollowedChain]) -> None:
        self._uow = uow
        self._chains = chains

    def settled(self, chain_id: int, patience: timedelta) -> SettledBlock | None:
        """The newest canonical block that has been at the level at which facts count for as long
        as `patience`; `None` while there is none. Raises `ChainNotFollowed`."""
        confirmations = get_followed(self._chains, chain_id).config.confirmations
        with self._uow.begin() as tx:
            return record_rows.find_settled(tx, chain_id, confirmations, patience)

    def facts(self, chain_id: int, *, since: datetime, up_to: int) -> Iterator[list[EscrowEvent]]:
        """Page by page, the facts that stand in blocks not above `up_to` which were taken in
        after `since`, the last ones first."""
        below = (up_to + 1, -1)
        while True:
            with self._uow.begin() as tx:
                page = record_rows.list_standing(tx, chain_id, below=below, limit=_PAGE)
            late = [fact for fact in page if fact.observed_at >= since]
            if late:
                yield [_event(chain_id, fact) for fact in late]
            if len(late) < _PAGE:
                return
            below = page[-1].sighting.block_number, page[-1].sighting.log_index

    def facts_of(self, chain_id: int, contract: Address, escrow_id: str) -> list[EscrowEvent]:
        """Everything that stands about one escrow, in the order of the chain."""
        with self._uow.begin() as tx:
            found = record_rows.list_standing_of(
                tx, chain_id, contract=contract, escrow_id=escrow_id
            )
        return [_event(chain_id, fact) for fact in found]

    def known_effects(self, effect_ids: Collection[str]) -> set[str]:
        """Those of these effects that this record ever held."""
        with self._uow.begin() as tx:
            return record_rows.list_known_effects(tx, effect_ids)

    def block_before(self, chain_id: int, instant: datetime) -> int:
        """A block that was there at this instant of the chain's time."""
        start = get_followed(self._chains, chain_id).config.start_block
        with self._uow.begin() as tx:
            found = record_rows.find_block_before(tx, chain_id, instant)
        return start if found is None else max(found, start)

    def read_again(self, chain_id: int, numbers: Iterable[int]) -> None:
        """Read blocks anew that were taken in before, and take in what was missed of them. Raises
        `ChainNotFollowed`, `ChainDataRefused`, `ProviderUnavailable`.

        It writes what the watcher would have written, so it takes the watcher's place for the time
        of each transaction.
        """
        chain = get_followed(self._chains, chain_id)
        endpoints, reader = reader_of(chain)
        for number in sorted(set(numbers)):
            read = reader.read(reader.headers(number, number), settled=False)
            for block in endpoints.vouched(read):
                if take_in_late(self._uow, chain, block) is not None:
                    _log.warning("chain %s: block %s was read again", chain_id, number)


def _event(chain_id: int, fact: StandingFact) -> EscrowEvent:
    """A standing fact as it was told last."""
    said = said_of(chain_id, Shown(fact.effect_id, fact.observation_id, fact.sighting))
    if fact.level is Level.INCLUDED:
        return EscrowEventSeen(**said)
    return EscrowEventReached(**said, level=str(fact.level))
