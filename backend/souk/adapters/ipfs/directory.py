"""A block store in a directory, for a machine without an IPFS node."""

from pathlib import Path

from souk.adapters.content.directory import BlockDirectory
from souk.modules.media.domain import Cid, PinState
from souk.modules.media.errors import BlockNotFound, ContentMismatch


class DirectoryPinStore:
    """The `PinStore` whose blocks are files. It keeps what it has, and says that it keeps a block
    only after a look at its bytes."""

    def __init__(self, root: Path) -> None:
        self._blocks = BlockDirectory(root, name=self.target)

    @property
    def target(self) -> str:
        """There is one."""
        return "directory"

    def add(self, cid: Cid, block: bytes) -> PinState:
        """Returns once the disk has it."""
        self._blocks.put(cid, block)
        return PinState.PINNED

    def state(self, cid: Cid) -> PinState:
        """A damaged block is not kept: adding it again mends it."""
        try:
            self._blocks.open(cid).close()
        except BlockNotFound:
            return PinState.ABSENT
        except ContentMismatch:
            return PinState.FAILED
        return PinState.PINNED

    def read(self, cid: Cid) -> bytes:
        """The bytes of the file."""
        with self._blocks.open(cid) as file:
            return file.read()

    def unpin(self, cid: Cid) -> None:
        """The file goes."""
        self._blocks.delete(cid)

    def list_pins(self) -> frozenset[Cid]:
        """By their names, without a look at the bytes."""
        return frozenset(self._blocks.list_cids())
