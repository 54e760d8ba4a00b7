"""Saying why a picture is not shown."""

from souk.modules.names.domain import AvatarFault
from souk.modules.names.errors import AvatarRefused


def refused(fault: AvatarFault, more: str = "") -> AvatarRefused:
    """With the sentence that belongs to it, and what more is known."""
    detail = f"{fault.sentence}: {more}" if more else fault.sentence
    return AvatarRefused(detail, context={"reason": fault.value})
