"""Values and pure rules of media."""

from souk.modules.media.domain.cids import (
    MAX_BLOCK_BYTES,
    Cid,
    compute_cid,
    is_named,
    parse_cid,
)
from souk.modules.media.domain.documents import (
    MAX_DOCUMENT_BYTES,
    SEALING_BYTES,
    SealedDocument,
)
from souk.modules.media.domain.pins import PinState
from souk.modules.media.domain.verdicts import Verdict

__all__ = [
    "MAX_BLOCK_BYTES",
    "MAX_DOCUMENT_BYTES",
    "SEALING_BYTES",
    "Cid",
    "PinState",
    "SealedDocument",
    "Verdict",
    "compute_cid",
    "is_named",
    "parse_cid",
]
