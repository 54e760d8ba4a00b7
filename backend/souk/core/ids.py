"""Identifiers: TypeIDs (a prefix that names the kind, then a UUIDv7 in base32).

Source: TypeID specification 0.3. The text is what is stored: it sorts by creation time, and a
page composed in SQL needs no conversion.
"""

import re
from typing import Protocol

from typeid import TypeID

from souk.core.errors import NotFoundError

ID_PATTERN = r"^[a-z]+_[0-9a-z]{26}$"
_ID = re.compile(ID_PATTERN)


class UnknownId(NotFoundError):
    """The text is no id of the kind that was asked for."""

    code = "unknown_id"


class Ids(Protocol):
    """Makes identifiers."""

    def new(self, prefix: str) -> str:
        """A fresh TypeID such as `ord_01h455vb4pex5vsknk084sn02q`."""
        ...


class TimeOrderedIds:
    """TypeIDs over UUIDv7."""

    def new(self, prefix: str) -> str:
        """A fresh TypeID with this prefix."""
        return str(TypeID(prefix=prefix))


def require_id(prefix: str, text: str) -> str:
    """Return `text` if it has the form of an id with this prefix, else raise `UnknownId`."""
    if _ID.fullmatch(text) is None or not text.startswith(f"{prefix}_"):
        raise UnknownId(f"there is no such object: expected an id that begins with {prefix}_")
    return text
