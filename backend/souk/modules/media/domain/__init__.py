"""Values and pure rules of pictures."""

from souk.modules.media.domain.addresses import FILES_PATH, FileAddresses
from souk.modules.media.domain.alt_texts import ALT_TEXT_LENGTH, normal_alt_text
from souk.modules.media.domain.cid import (
    MAX_BLOCK_BYTES,
    Cid,
    compute_cid,
    is_named,
    parse_cid,
)
from souk.modules.media.domain.cleaned import CleanedFile, CleanedImage, Refusal
from souk.modules.media.domain.documents import (
    MAX_DOCUMENT_BYTES,
    SEALING_BYTES,
    SealedDocument,
)
from souk.modules.media.domain.forms import (
    MAX_ANIMATED_PIXELS,
    MAX_FRAMES,
    MAX_HELD_SAMPLES,
    MAX_MOVING_PIXELS,
    MAX_PIXELS,
    MAX_SIDE,
    SNIFFED_BYTES,
    Form,
    is_too_large,
    is_too_long,
    sniff,
)
from souk.modules.media.domain.pins import DuePin, PinCounts, PinState, wait_seconds
from souk.modules.media.domain.purposes import (
    MAX_REQUEST_BYTES,
    MAX_UPLOAD_BYTES,
    PUBLIC_PURPOSES,
    Caps,
    Purpose,
)
from souk.modules.media.domain.ranges import find_range
from souk.modules.media.domain.records import ImageRecord, Pinned, Shown, StoredFile, Use, UseKind
from souk.modules.media.domain.variants import MAX_VARIANT_BYTES, MediaType, Variant, fitted
from souk.modules.media.domain.verdicts import Verdict

__all__ = [
    "ALT_TEXT_LENGTH",
    "FILES_PATH",
    "MAX_ANIMATED_PIXELS",
    "MAX_BLOCK_BYTES",
    "MAX_DOCUMENT_BYTES",
    "MAX_FRAMES",
    "MAX_HELD_SAMPLES",
    "MAX_MOVING_PIXELS",
    "MAX_PIXELS",
    "MAX_REQUEST_BYTES",
    "MAX_SIDE",
    "MAX_UPLOAD_BYTES",
    "MAX_VARIANT_BYTES",
    "PUBLIC_PURPOSES",
    "SEALING_BYTES",
    "SNIFFED_BYTES",
    "Caps",
    "Cid",
    "CleanedFile",
    "CleanedImage",
    "DuePin",
    "FileAddresses",
    "Form",
    "ImageRecord",
    "MediaType",
    "PinCounts",
    "PinState",
    "Pinned",
    "Purpose",
    "Refusal",
    "SealedDocument",
    "Shown",
    "StoredFile",
    "Use",
    "UseKind",
    "Variant",
    "Verdict",
    "compute_cid",
    "find_range",
    "fitted",
    "is_named",
    "is_too_large",
    "is_too_long",
    "normal_alt_text",
    "parse_cid",
    "sniff",
    "wait_seconds",
]
