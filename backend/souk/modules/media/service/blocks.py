"""Bytes of ours, wherever they still are."""

from collections.abc import Callable, Iterator, Sequence

from souk.core.errors import ProviderRejected, ProviderUnavailable
from souk.core.unit_of_work import UnitOfWork
from souk.modules.media.domain import Cid
from souk.modules.media.errors import BlockNotFound, ContentMismatch
from souk.modules.media.ports import BlockSource, ContentStore, PinStore
from souk.modules.media.repository import keeping, leaving
from souk.modules.media.service.liars import Liars


class Blocks:
    """The content store, and whoever else has what it has lost. `source` is none when there are no
    gateways to ask."""

    def __init__(
        self,
        uow: UnitOfWork,
        content: ContentStore,
        targets: Sequence[PinStore],
        source: BlockSource | None,
        liars: Liars,
    ) -> None:
        self._uow = uow
        self._content = content
        self._targets = targets
        self._source = source
        self._liars = liars

    def read(self, cid: Cid) -> bytes:
        """A block, which from here on lies where it should. Raises `BlockNotFound` when nobody has
        it, `ProviderUnavailable` when that cannot be known."""
        block = self.find_own(cid)
        return self.fetch(cid) if block is None else block

    def find_own(self, cid: Cid) -> bytes | None:
        """A block as the content store has it; `None` when it is lost or damaged."""
        try:
            with self._content.open(cid) as file:
                return file.read()
        except (BlockNotFound, ContentMismatch):
            return None

    def fetch(self, cid: Cid) -> bytes:
        """A block from a target or else a gateway, put where it should lie. Raises what `read`
        does; for one that is not to be kept `BlockNotFound`."""
        if not self.is_kept(cid):
            raise BlockNotFound(cid, "nobody who should")
        block = self._fetched(cid)
        self._content.put(cid, block)
        self._require_kept_still(cid)
        return block

    def is_kept(self, cid: Cid) -> bool:
        """Whether a block is to be kept, here and at every target."""
        with self._uow.begin() as tx:
            leaving.wait_for_decisions(tx)
            return keeping.is_kept_block(tx, cid)

    def _require_kept_still(self, cid: Cid) -> None:
        """One that was given up while it was fetched goes again, as whoever took it away may have
        done so before it was put. Deleting it here might take it from who uploads the same now."""
        with self._uow.begin() as tx:
            goes = leaving.leave_again(tx, cid)
            tx.commit()
        if goes:
            raise BlockNotFound(cid, "nobody who should")

    def _fetched(self, cid: Cid) -> bytes:
        unsure = False
        for read in self._readers():
            try:
                block = read(cid)
            except BlockNotFound:
                continue
            except ContentMismatch as lie:
                self._liars.note(lie.where)
                unsure = True
            except (ProviderUnavailable, ProviderRejected):
                unsure = True
            else:
                return block
        if unsure:
            raise ProviderUnavailable(f"nobody who could be asked has {cid}")
        raise BlockNotFound(cid, "nobody here")

    def _readers(self) -> Iterator[Callable[[Cid], bytes]]:
        liars = self._liars.list_names()
        yield from (each.read for each in self._targets if each.target not in liars)
        if self._source is not None:
            yield self._source.fetch
