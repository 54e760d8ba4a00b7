"""Documents that are kept where anybody may read.

A sealed document can be read by whoever has its key, with any XChaCha20-Poly1305
(draft-irtf-cfrg-xchacha-03): it is one byte 01, a nonce of 24 bytes, a tag of 16, and the
ciphertext; the associated data are the byte 01 and the word `document`.
"""

from dataclasses import dataclass, field

from souk.modules.media.domain.cid import MAX_BLOCK_BYTES, Cid

SEALING_BYTES = 41
"""By how much a sealed document is longer than the clear one."""
MAX_DOCUMENT_BYTES = MAX_BLOCK_BYTES - SEALING_BYTES


@dataclass(frozen=True, slots=True)
class SealedDocument:
    """One block that tells no more than how long the document is, its CID, and the key of this
    document alone, which only this installation can unwrap."""

    cid: Cid
    block: bytes = field(repr=False)
    wrapped_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeptDocument:
    """A sealed document without its block. `owner` is what its key is bound to."""

    cid: Cid
    owner: str
    wrapped_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class DocumentKey:
    """What opens one sealed document without us, for its parties alone."""

    cid: Cid
    key: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """The key as it is handed out; a log that it got into would not show it."""
        return "0x" + self.key.hex()
