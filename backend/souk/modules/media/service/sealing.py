"""What others keep without being able to read it."""

from collections.abc import Collection, Mapping, Sequence

from souk.core.unit_of_work import Transaction
from souk.modules.media.domain import Cid, DocumentKey, KeptDocument, SealedDocument
from souk.modules.media.errors import DocumentLost
from souk.modules.media.ports import ContentStore, DocumentSealer
from souk.modules.media.repository import pins
from souk.modules.media.repository import sealed as rows


class Sealing:
    """Seals, and opens what is sealed. The ciphertext lies where pictures lie, and is pinned as
    they are. Who may have something opened, its upper module knows."""

    def __init__(
        self, sealer: DocumentSealer, content: ContentStore, targets: Collection[str]
    ) -> None:
        self._sealer = sealer
        self._content = content
        self._targets = targets

    def seal(self, owner: str, document: bytes) -> SealedDocument:
        """A document under a key of its own. Whoever stores its block keeps it as well: only what
        is kept can be opened again."""
        return self._sealer.seal(owner, document)

    def store(self, owner: str, document: bytes) -> SealedDocument:
        """Seal a document and store its block, with no transaction open. Raises
        `ProviderUnavailable`."""
        sealed = self.seal(owner, document)
        self._content.put(sealed.cid, sealed.block)
        return sealed

    def keep(self, tx: Transaction, owner: str, documents: Sequence[SealedDocument]) -> None:
        """Keep the keys of what was stored, and have every target keep the blocks."""
        rows.add(tx, owner, documents)
        self.want(tx, [document.cid for document in documents])

    def want(self, tx: Transaction, cids: Collection[Cid]) -> None:
        """Have every target keep blocks that were stored."""
        pins.want(tx, self._targets, cids)

    def discard(self, sealed: SealedDocument) -> None:
        """Let go of one that was stored and is not kept after all."""
        self._content.delete(sealed.cid)

    def find_key(self, kept: KeptDocument) -> DocumentKey | None:
        """What opens it without us; `None` when that was lost with the secret of this
        installation."""
        try:
            key = self._sealer.unwrap(kept.owner, kept.cid, kept.wrapped_key)
        except DocumentLost:
            return None
        return DocumentKey(kept.cid, key)

    def read(self, kept: KeptDocument) -> bytes:
        """The clear bytes, with no transaction open. Raises `BlockNotFound`, `ContentMismatch`,
        `DocumentLost`, `ProviderUnavailable`."""
        with self._content.open(kept.cid) as file:
            sealed = SealedDocument(kept.cid, file.read(), kept.wrapped_key)
        return self._sealer.open(kept.owner, sealed)


def find_sealed(tx: Transaction, cids: Collection[Cid]) -> Mapping[Cid, KeptDocument]:
    """Those of these that are sealed."""
    return rows.find(tx, cids)
