"""What is known of a picture that is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from souk.modules.media.domain.cid import Cid
from souk.modules.media.domain.purposes import Purpose
from souk.modules.media.domain.variants import MediaType, Variant


class UseKind(StrEnum):
    """Where a picture is shown."""

    STORE_PROFILE = "store_profile"
    STORE_COVER = "store_cover"
    LISTING = "listing"
    EVIDENCE = "evidence"


SOLD = "order_line"
"""What an order keeps of its listing is a use as well, but no place where anything is shown."""


class Pinned(StrEnum):
    """Whether everybody who is to keep a block for us has been seen to: `failed` says that one has
    not at the last look, and is asked again."""

    PENDING = "pending"
    PINNED = "pinned"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file of a picture, without its bytes."""

    variant: Variant
    media_type: MediaType
    cid: Cid
    width: int
    height: int
    size: int


@dataclass(frozen=True, slots=True)
class Use:
    """One place where a picture is shown: what shows it, as what, and where among others."""

    kind: UseKind
    subject_id: str
    position: int
    alt_text: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture that is to be shown somewhere, by its `ipfs_hash`, and what it shows there; without
    words it shows what was said when it was uploaded."""

    cid: Cid
    alt_text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRecord:
    """A picture of an account. `cid` is that of its largest file, by which it is called."""

    id: str
    account_id: str
    purpose: Purpose
    cid: Cid
    width: int
    height: int
    animated: bool
    colour: str
    blurhash: str
    alt_text: str
    created_at: datetime
    files: Sequence[StoredFile]
    uses: Sequence[Use]
    pinned: Pinned
