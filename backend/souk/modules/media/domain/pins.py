"""What may be known of a block at one target."""

from enum import StrEnum


class PinState(StrEnum):
    """How far a target says that it is with keeping a block. A word is no proof: only bytes that
    were read back are."""

    ABSENT = "absent"
    PENDING = "pending"
    PINNED = "pinned"
    FAILED = "failed"
