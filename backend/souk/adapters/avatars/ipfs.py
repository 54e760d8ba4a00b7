"""Files of IPFS, block by block from a gateway that nobody has to trust: whatever it gives is
compared with the name that it was asked by."""

from collections.abc import Sequence

from souk.adapters.avatars.cids import RAW, Cid, Node, parse_cid, parse_node
from souk.adapters.avatars.refusing import refused
from souk.adapters.avatars.web import Web
from souk.adapters.http.patience import Patience
from souk.modules.names.domain import AvatarFault

SCHEME = "ipfs://"
BLOCKS_AT_MOST = 16
_BLOCK_BYTES = 2_097_152
_SEGMENTS_AT_MOST = 6


class IpfsFiles:
    """Reads files. Without a gateway none."""

    def __init__(self, web: Web, gateway: str) -> None:
        self._web, self._gateway = web, gateway

    def read(self, address: str, max_bytes: int, patience: Patience) -> bytes:
        """The whole file. Raises `AvatarRefused`, and `ProviderUnavailable` when the gateway does
        not answer."""
        if not self._gateway:
            raise refused(AvatarFault.IPFS_OFF)
        cid, path = _parsed(address)
        walk = _Walk(self._web, self._gateway, patience)
        for segment in path:
            cid = walk.entry(cid, segment)
        return walk.file(cid, max_bytes)


class _Walk:
    """The blocks that one file takes, of which there are not endlessly many."""

    def __init__(self, web: Web, gateway: str, patience: Patience) -> None:
        self._web, self._gateway, self._patience = web, gateway, patience
        self._left = BLOCKS_AT_MOST

    def entry(self, folder: Cid, name: str) -> Cid:
        """What a folder has under a name."""
        node = self._node(self._block(folder)) if folder.codec != RAW else None
        if node is None or not node.is_folder:
            raise refused(AvatarFault.IPFS_FORM, "it is not in a plain folder")
        for found, cid in node.links:
            if found == name:
                return cid
        raise refused(AvatarFault.IPFS_FORM, "the folder has nothing of that name")

    def file(self, cid: Cid, max_bytes: int) -> bytes:
        """A file, put together."""
        block = self._block(cid)
        if cid.codec == RAW:
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
        url = f"{self._gateway}/ipfs/{cid.text}?format=raw"
        block = self._web.get(url, _BLOCK_BYTES, self._patience)
        if not cid.names(block):
            raise refused(AvatarFault.IPFS_FORGED)
        return block


def _bounded(content: bytes, max_bytes: int) -> bytes:
    if len(content) > max_bytes:
        raise refused(AvatarFault.TOO_LARGE)
    return content


def _parsed(address: str) -> tuple[Cid, Sequence[str]]:
    """Some write `ipfs://ipfs/` before the name."""
    named = address[len(SCHEME) :].removeprefix("ipfs/").partition("?")[0]
    first, *path = [segment for segment in named.split("/") if segment] or [""]
    cid = parse_cid(first)
    if cid is None or len(path) > _SEGMENTS_AT_MOST:
        raise refused(AvatarFault.IPFS_FORM)
    return cid, path
