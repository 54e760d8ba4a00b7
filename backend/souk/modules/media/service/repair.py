"""Every block looked at, where it lies with us and at each target, and mended where it can be."""

from collections.abc import Iterator

from souk.core.errors import ProviderUnavailable
from souk.core.unit_of_work import UnitOfWork
from souk.modules.media.domain import Cid, Found, Looked
from souk.modules.media.errors import BlockNotFound
from souk.modules.media.repository import keeping
from souk.modules.media.service.blocks import Blocks
from souk.modules.media.service.liars import Liars
from souk.modules.media.service.pins import Pins


class Repair:
    """Each block is mended by itself, so that it may be left off anywhere and done again."""

    def __init__(self, uow: UnitOfWork, blocks: Blocks, pins: Pins, liars: Liars) -> None:
        self._uow = uow
        self._blocks = blocks
        self._pins = pins
        self._liars = liars

    def count(self) -> int:
        """How many blocks there are to look at."""
        with self._uow.begin() as tx:
            return keeping.count_blocks(tx)

    def mend(self) -> Iterator[Looked]:
        """One block after the other, without those that are given up meanwhile. Who was caught
        lying before is asked once more."""
        self._liars.forgive()
        for cid in self._cids():
            own = self._own(cid)
            looked = Looked(cid, own, self._pins.look_at(cid))
            if self._blocks.is_kept(cid):
                yield looked

    def _cids(self) -> Iterator[Cid]:
        page = self._page("")
        while page:
            yield from page
            page = self._page(page[-1])

    def _page(self, after: str) -> list[Cid]:
        with self._uow.begin() as tx:
            return keeping.list_blocks(tx, after=after)

    def _own(self, cid: Cid) -> Found:
        try:
            if self._blocks.find_own(cid) is not None:
                return Found.WHOLE
            self._blocks.fetch(cid)
        except BlockNotFound:
            return Found.LOST
        except ProviderUnavailable:
            return Found.UNKNOWN
        return Found.MENDED
