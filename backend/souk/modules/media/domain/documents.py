"""Documents that are kept where anybody may read."""

from dataclasses import dataclass

from souk.modules.media.domain.cid import MAX_BLOCK_BYTES, Cid

SEALING_BYTES = 41
"""By how much a sealed document is longer than the clear one."""
MAX_DOCUMENT_BYTES = MAX_BLOCK_BYTES - SEALING_BYTES


@dataclass(frozen=True, slots=True)
class SealedDocument:
    """One block that tells no more than how long the document is, its CID, and the key of this
    document alone, which only this installation can unwrap."""

    cid: Cid
    block: bytes
    wrapped_key: bytes
