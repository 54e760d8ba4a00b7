"""Files of IPFS, block by block from whoever has them: each is compared with the name that it was
asked by, so that nobody has to be trusted."""

from collections.abc import Sequence

from souk.adapters.avatars.refusing import refused
from souk.adapters.avatars.unixfs import Node, parse_node
from souk.adapters.http.patience import Patience
from souk.modules.media.domain import Cid, find_block, is_raw
from souk.modules.media.errors import BlockNotFound, ContentMismatch
from souk.modules.media.ports import BlockSource
from souk.modules.names.domain import AvatarFault

SCHEME = "ipfs://"
BLOCKS_AT_MOST = 16
_SECONDS = 4.0
_SEGMENTS_AT_MOST = 6


class IpfsFiles:
    """Reads files. Without a source of blocks none."""

    def __init__(self, blocks: BlockSource | None) -> None:
        self._blocks = blocks

    def read(self, address: str, max_bytes: int, patience: Patience) -> bytes:
        """The whole file. Raises `AvatarRefused`, and `ProviderUnavailable` when nobody who may
        have it answers."""
        if self._blocks is None:
            raise refused(AvatarFault.IPFS_OFF)
        cid, path = _parsed(address)
        walk = _Walk(self._blocks, patience)
        for segment in path:
            cid = walk.entry(cid, segment)
        return walk.file(cid, max_bytes)


class _Walk:
    """The blocks that one file takes, of which there are not endlessly many."""

    def __init__(self, blocks: BlockSource, patience: Patience) -> None:
        self._blocks, self._patience = blocks, patience
        self._left = BLOCKS_AT_MOST

    def entry(self, folder: Cid, name: str) -> Cid:
        """What a folder has under a name."""
        node = self._node(self._block(folder)) if not is_raw(folder) else None
        if node is None or not node.is_folder:
            raise refused(AvatarFault.IPFS_FORM, "it is not in a plain folder")
        for found, cid in node.links:
            if found == name:
                return cid
        raise refused(AvatarFault.IPFS_FORM, "the folder has nothing of that name")

    def file(self, cid: Cid, max_bytes: int) -> bytes:
        """A file, put together."""
        block = self._block(cid)
        if is_raw(cid):
            return _bounded(block, max_bytes)
        node = self._node(block)
        if node.is_folder:
            raise refused(AvatarFault.IPFS_FORM, "it is a folder")
        content = node.content
        for _, piece in node.links:
            content = _bounded(content + self.file(piece, max_bytes), max_bytes)
        return _bounded(content, max_bytes)

    def _node(self, block: bytes) -> Node:
        node = parse_node(block)
        if node is None:
            raise refused(AvatarFault.IPFS_FORM)
        return node

    def _block(self, cid: Cid) -> bytes:
        if self._left == 0:
            raise refused(AvatarFault.TOO_LARGE)
        self._left -= 1
        try:
            return self._blocks.fetch(cid, seconds=self._patience.left(_SECONDS))
        except BlockNotFound as error:
            raise refused(AvatarFault.NOT_FETCHED, error.detail) from None
        except ContentMismatch:
            raise refused(AvatarFault.IPFS_FORGED) from None


def _bounded(content: bytes, max_bytes: int) -> bytes:
    if len(content) > max_bytes:
        raise refused(AvatarFault.TOO_LARGE)
    return content


def _parsed(address: str) -> tuple[Cid, Sequence[str]]:
    """Some write `ipfs://ipfs/` before the name."""
    named = address[len(SCHEME) :].removeprefix("ipfs/").partition("?")[0]
    first, *path = [segment for segment in named.split("/") if segment] or [""]
    cid = find_block(first)
    if cid is None or len(path) > _SEGMENTS_AT_MOST:
        raise refused(AvatarFault.IPFS_FORM)
    return cid, path
