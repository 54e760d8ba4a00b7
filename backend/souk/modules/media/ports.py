"""What images need from outside. Everything here is called with no transaction open.

Blocks are at most `MAX_BLOCK_BYTES` long. Nobody outside is believed: bytes that go out are
compared with their CID before, and those that come in before anybody sees them.
"""

from collections.abc import Iterator
from math import inf
from pathlib import Path
from typing import BinaryIO, Protocol

from souk.modules.media.domain import (
    Cid,
    CleanedImage,
    PinState,
    Refusal,
    SealedDocument,
    Verdict,
)


class ImageCleaner(Protocol):
    """Turns a file that anybody may have made into pictures that hold nothing but pixels. Called
    with no transaction open. The same file gives the same bytes, and so the same CIDs."""

    def clean(self, upload: bytes | Path, *, max_bytes: int) -> CleanedImage | Refusal:
        """The picture in every variant, or why it is not taken; a refused file is refused again.
        Of a path no more than `max_bytes` are read. Raises `ImageCleanerUnavailable` when nothing
        can be said now."""
        ...


class PinStore(Protocol):
    """Keeps blocks for us, or says so. Every method raises `ProviderUnavailable` when the target
    cannot be asked or makes no sense, `ProviderRejected` when it refuses for good, and
    `ContentMismatch` when its answer is about another content."""

    @property
    def target(self) -> str:
        """What this target is called, the same after a restart. It holds no secret."""
        ...

    def add(self, cid: Cid, block: bytes) -> PinState:
        """Have a block kept, and say how far that is. Once more changes nothing. Bytes that are
        not those of the CID go nowhere: that raises `ContentMismatch`, too."""
        ...

    def state(self, cid: Cid) -> PinState:
        """What the target says of a block."""
        ...

    def read(self, cid: Cid) -> bytes:
        """The block as it comes from there, compared with its CID. Raises `BlockNotFound`."""
        ...

    def unpin(self, cid: Cid) -> None:
        """Let go of a block, whether or not it was kept. Its bytes may vanish at any moment or
        be there for long."""
        ...

    def list_pins(self) -> frozenset[Cid]:
        """All blocks of our kind that the target says it keeps, its other users' among them. A
        list that breaks off is no answer."""
        ...


class ContentStore(Protocol):
    """The place where bytes lie first and are served from. Every method raises
    `ProviderUnavailable` when the place cannot be reached."""

    def put(self, cid: Cid, content: bytes) -> None:
        """Keep bytes until they are deleted: they outlive a power cut. Once more changes nothing,
        but heals what was damaged. Raises `ContentMismatch` when they are not those of the CID."""
        ...

    def open(self, cid: Cid) -> BinaryIO:
        """The bytes, all of them compared with their CID already, as a file to read from any place;
        where there is one of the system it has a `fileno`, and nobody ever changes it. Whoever
        opens it closes it. Raises `BlockNotFound`, and `ContentMismatch` when they were damaged."""
        ...

    def find_size(self, cid: Cid) -> int | None:
        """How many bytes there are, without a look at them; `None` when they are not there."""
        ...

    def delete(self, cid: Cid) -> None:
        """Forget bytes, whether or not they are there."""
        ...

    def list_cids(self) -> Iterator[Cid]:
        """Everything that is kept, in no order."""
        ...


class BlockSource(Protocol):
    """Fetches blocks of anybody by their CID: of ours, and of the kinds that `find_block` reads."""

    def fetch(self, cid: Cid, *, seconds: float = inf) -> bytes:
        """The block, compared with its CID. Raises `BlockNotFound` when nobody has it,
        `ContentMismatch` when nobody gives anything but other bytes, or more than a block has, and
        `ProviderUnavailable` when that cannot be known within the time."""
        ...


class MalwareScanner(Protocol):
    """Looks for malware in bytes that anybody may have made."""

    def scan(self, content: bytes | Path) -> Verdict:
        """What was found in bytes or in a file. Raises `ProviderUnavailable` when the scanner
        cannot be asked or did not look at all of it, and `ProviderRejected` when the content is
        larger than it takes: neither means that the content is clean."""
        ...


class DocumentSealer(Protocol):
    """Closes documents, so that others may keep them."""

    def seal(self, owner: str, document: bytes) -> SealedDocument:
        """The document under a key of its own, for the same owner alone. Sealed again it is another
        block. Raises `ValueError` when it has more than `MAX_DOCUMENT_BYTES`."""
        ...

    def open(self, owner: str, sealed: SealedDocument) -> bytes:
        """The document again. Raises `DocumentLost`."""
        ...

    def unwrap(self, owner: str, cid: Cid, wrapped_key: bytes) -> bytes:
        """The 32 bytes under which the document is sealed. Raises `DocumentLost`."""
        ...
