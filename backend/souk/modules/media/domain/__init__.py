"""Values and pure rules of pictures."""

from souk.modules.media.domain.addresses import FILES_PATH, FileAddresses
from souk.modules.media.domain.alt_texts import ALT_TEXT_LENGTH, normal_alt_text
from souk.modules.media.domain.blocks import block_of, find_block, is_raw
from souk.modules.media.domain.car import car_head, car_section
from souk.modules.media.domain.cid import (
    MAX_BLOCK_BYTES,
    Cid,
    bytes_of,
    compute_cid,
    is_named,
    parse_cid,
)
from souk.modules.media.domain.cleaned import CleanedFile, CleanedImage, Original, Refusal
from souk.modules.media.domain.documents import (
    MAX_DOCUMENT_BYTES,
    SEALING_BYTES,
    DocumentKey,
    KeptDocument,
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
from souk.modules.media.domain.pins import DuePin, PinState, wait_seconds
from souk.modules.media.domain.purposes import (
    MAX_REQUEST_BYTES,
    MAX_UPLOAD_BYTES,
    PUBLIC_PURPOSES,
    Caps,
    Purpose,
)
from souk.modules.media.domain.ranges import find_range
from souk.modules.media.domain.records import (
    SOLD,
    ImageRecord,
    Pinned,
    Shown,
    StoredFile,
    Use,
    UseKind,
)
from souk.modules.media.domain.standing import (
    QUARANTINE,
    Back,
    Found,
    ImageCounts,
    Leaving,
    Looked,
    PinCounts,
    Standing,
    TargetCounts,
)
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
    "QUARANTINE",
    "SEALING_BYTES",
    "SNIFFED_BYTES",
    "SOLD",
    "Back",
    "Caps",
    "Cid",
    "CleanedFile",
    "CleanedImage",
    "DocumentKey",
    "DuePin",
    "FileAddresses",
    "Form",
    "Found",
    "ImageCounts",
    "ImageRecord",
    "KeptDocument",
    "Leaving",
    "Looked",
    "MediaType",
    "Original",
    "PinCounts",
    "PinState",
    "Pinned",
    "Purpose",
    "Refusal",
    "SealedDocument",
    "Shown",
    "Standing",
    "StoredFile",
    "TargetCounts",
    "Use",
    "UseKind",
    "Variant",
    "Verdict",
    "block_of",
    "bytes_of",
    "car_head",
    "car_section",
    "compute_cid",
    "find_block",
    "find_range",
    "fitted",
    "is_named",
    "is_raw",
    "is_too_large",
    "is_too_long",
    "normal_alt_text",
    "parse_cid",
    "sniff",
    "wait_seconds",
]
