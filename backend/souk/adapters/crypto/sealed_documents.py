"""Documents that others keep for us: each under a key of its own, which is itself kept sealed."""

from Crypto.Random import get_random_bytes

from souk.adapters.crypto.secret_box import XChaChaSecretBox
from souk.modules.media.domain import (
    MAX_DOCUMENT_BYTES,
    Cid,
    SealedDocument,
    compute_cid,
)
from souk.modules.media.errors import DocumentLost
from souk.modules.webhooks.errors import SecretLost

_KEY_BYTES = 32
# What the key of a document seals is told apart by nothing: there is one thing.
_DOCUMENT = "document"


class XChaChaDocumentSealer:
    """The `DocumentSealer` whose wrapping key is this installation's; those before it open what
    they have wrapped."""

    def __init__(self, key: bytes, *before: bytes) -> None:
        self._keys = XChaChaSecretBox(key, *before)

    def seal(self, owner: str, document: bytes) -> SealedDocument:
        """The CID is that of what is kept, so that it tells nothing of the document either."""
        if len(document) > MAX_DOCUMENT_BYTES:
            raise ValueError(f"{len(document)} bytes do not fit into one block once sealed")
        key = get_random_bytes(_KEY_BYTES)
        block = XChaChaSecretBox(key).seal(_DOCUMENT, document)
        cid = compute_cid(block)
        return SealedDocument(cid, block, self._keys.seal(_label(owner, cid), key))

    def open(self, owner: str, sealed: SealedDocument) -> bytes:
        """The key opens this block for this owner alone. Raises `DocumentLost`."""
        key = self.unwrap(owner, sealed.cid, sealed.wrapped_key)
        try:
            return XChaChaSecretBox(key).open(_DOCUMENT, sealed.block)
        except SecretLost:
            raise _lost() from None

    def unwrap(self, owner: str, cid: Cid, wrapped_key: bytes) -> bytes:
        """The key itself, for whoever may open the document without us. Raises `DocumentLost`."""
        try:
            return self._keys.open(_label(owner, cid), wrapped_key)
        except SecretLost:
            raise _lost() from None


def _lost() -> DocumentLost:
    return DocumentLost("the document cannot be opened here")


def _label(owner: str, cid: str) -> str:
    return f"{cid} {owner}"
