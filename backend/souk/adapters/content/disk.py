"""The content of this installation on a disk of this machine."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from souk.adapters.content.directory import BlockDirectory
from souk.modules.media.domain import Cid


class DiskContentStore:
    """The `ContentStore` in a directory. What it opens are files of the system, which a server may
    have the system send."""

    def __init__(self, root: Path) -> None:
        self._blocks = BlockDirectory(root, name="the content store")

    def put(self, cid: Cid, content: bytes) -> None:
        """Returns once the disk has it."""
        self._blocks.put(cid, content)

    def open(self, cid: Cid) -> BinaryIO:
        """The file."""
        return self._blocks.open(cid)

    def find_size(self, cid: Cid) -> int | None:
        """From the directory alone."""
        return self._blocks.find_size(cid)

    def delete(self, cid: Cid) -> None:
        """Whoever has it open may read on."""
        self._blocks.delete(cid)

    def list_cids(self) -> Iterator[Cid]:
        """As the directory has them at that moment."""
        return self._blocks.list_cids()
