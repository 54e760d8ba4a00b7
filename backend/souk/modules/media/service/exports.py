"""Pictures to be taken elsewhere."""

from collections.abc import Iterator, Sequence

from souk.core.unit_of_work import UnitOfWork
from souk.modules.media.domain import Cid, ImageRecord
from souk.modules.media.repository import images
from souk.modules.media.service.blocks import Blocks


class Exports:
    """Reads pictures of somebody's, or all, and their files."""

    def __init__(self, uow: UnitOfWork, blocks: Blocks) -> None:
        self._uow = uow
        self._blocks = blocks

    def list_images(
        self, *, account_id: str | None = None, subject_ids: Sequence[str] = ()
    ) -> Iterator[ImageRecord]:
        """Pictures that are not deleted: an account's own and those that are shown there, or
        everybody's, in the order in which they were uploaded."""
        page = self._page("", account_id, subject_ids)
        while page:
            yield from page
            page = self._page(page[-1].id, account_id, subject_ids)

    def read(self, cid: Cid) -> bytes:
        """A file. Raises `BlockNotFound` and `ProviderUnavailable`."""
        return self._blocks.read(cid)

    def _page(
        self, after: str, account_id: str | None, subject_ids: Sequence[str]
    ) -> Sequence[ImageRecord]:
        with self._uow.begin() as tx:
            return images.list_page(tx, after=after, account_id=account_id, subject_ids=subject_ids)
