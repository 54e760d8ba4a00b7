"""Bytes of ours, wherever they still are."""

from collections.abc import Callable, Iterator, Sequence

from souk.core.errors import ProviderRejected, ProviderUnavailable
from souk.modules.media.domain import Cid
from souk.modules.media.errors import BlockNotFound, ContentMismatch
from souk.modules.media.ports import BlockSource, ContentStore, PinStore
from souk.modules.media.service.liars import Liars


class Blocks:
    """The content store, and whoever else has what it has lost. `source` is none when there are no
    gateways to ask."""

    def __init__(
        self,
        content: ContentStore,
        targets: Sequence[PinStore],
        source: BlockSource | None,
        liars: Liars,
    ) -> None:
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
        does."""
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
                self._content.put(cid, block)
                return block
        if unsure:
            raise ProviderUnavailable(f"nobody who could be asked has {cid}")
        raise BlockNotFound(cid, "nobody here")

    def _readers(self) -> Iterator[Callable[[Cid], bytes]]:
        liars = self._liars.list_names()
        yield from (each.read for each in self._targets if each.target not in liars)
        if self._source is not None:
            yield self._source.fetch
