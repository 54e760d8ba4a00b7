"""Bytes and names that belong together, at every border."""

from souk.modules.media.domain import Cid, is_named, parse_cid
from souk.modules.media.errors import ContentMismatch, MalformedCid


def require_named(content: bytes, cid: Cid, where: str) -> bytes:
    """The content, if it is what the CID stands for. Raises `ContentMismatch`."""
    if not is_named(content, cid):
        raise ContentMismatch(cid, where)
    return content


def require_same(answered: str, cid: Cid, where: str) -> None:
    """Raises `ContentMismatch` unless the provider named the CID that we had computed."""
    if answered != cid:
        raise ContentMismatch(cid, where)


def find_cid(text: object) -> Cid | None:
    """The CID, if it is of our kind: others keep other things."""
    try:
        return parse_cid(text) if isinstance(text, str) else None
    except MalformedCid:
        return None
