"""Pictures that an order's parties lay down, and who may see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from souk.modules.evidence.errors import TooMuchEvidence
from souk.modules.media.domain import Cid, DocumentKey, Purpose, StoredFile


class Reader(StrEnum):
    """As whom somebody reads."""

    BUYER = "buyer"
    SELLER = "seller"
    ARBITER = "arbiter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A picture that a party has laid down. It is never taken back. `ipfs_hash` is the CID of its
    largest file as others keep it, `size` what all its files have in bytes."""

    id: str
    order_id: str
    party: Reader
    account_id: str
    ipfs_hash: Cid
    says: str
    size: int
    attached_at: datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """That somebody has read a piece of evidence: as whom, when first and last, and how often."""

    account_id: str
    reader: Reader
    first_at: datetime
    last_at: datetime
    times: int


@dataclass(frozen=True, slots=True)
class OpenFile:
    """One file of a picture, and what opens it where others keep it; nothing if that was lost."""

    file: StoredFile
    key: DocumentKey | None


@dataclass(frozen=True, slots=True)
class OpenEvidence:
    """A piece of evidence with all that there is to it."""

    evidence: Evidence
    files: Sequence[OpenFile]
    readings: Sequence[Reading]


@dataclass(frozen=True, slots=True)
class EvidenceRules:
    """How much one party may lay down about one order: pictures, and bytes of all their files."""

    pictures: int = Purpose.EVIDENCE.caps.max_count
    most_bytes: int = 32 * 1024 * 1024

    def require_room(self, sizes: Sequence[int], size: int) -> None:
        """Return if one more picture of this size may come to those that there are. Raises
        `TooMuchEvidence`."""
        if len(sizes) >= self.pictures or sum(sizes) + size > self.most_bytes:
            raise TooMuchEvidence(self.pictures, self.most_bytes)
