"""From what a name's owner has written to a picture (ENSIP-12)."""

import json

from souk.adapters.avatars import ipfs, tokens, web, written_out
from souk.adapters.avatars.ipfs import IpfsFiles
from souk.adapters.avatars.pictures import picture_in
from souk.adapters.avatars.refusing import refused
from souk.adapters.avatars.tokens import PictureTokens
from souk.adapters.avatars.web import Web
from souk.adapters.http.patience import Patience, Turns
from souk.core.ports import HttpFetcher
from souk.modules.media.ports import BlockSource
from souk.modules.names.domain import AVATAR, PICTURE_BYTES, AvatarFault, NameRecord, Picture

DESCRIPTION_BYTES = 65_536
SECONDS = 8.0
"""All that fetching one picture may take."""

_SHOWN = 40


class EnsAvatarReader:
    """The `AvatarReader` port over one chain and `http`. Without a source of blocks nothing is read
    from IPFS."""

    def __init__(
        self,
        http: HttpFetcher,
        tokens: PictureTokens,
        *,
        blocks: BlockSource | None = None,
        turns: Turns | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._web, self._tokens = Web(http), tokens
        self._ipfs = IpfsFiles(blocks)
        self._turns, self._seconds = turns or Turns(), seconds

    def read(self, record: NameRecord) -> Picture:
        """The picture itself: what a token is described with, or what stands at an address."""
        address = record.texts.get(AVATAR, "").strip()
        patience = Patience(self._seconds)
        with self._turns.taken():
            if _is(address, tokens.SCHEME):
                described = self._tokens.described_at(address, record.address)
                address = _pictured(self._content(described, DESCRIPTION_BYTES, patience))
            content = self._content(address, PICTURE_BYTES, patience)
        picture = picture_in(content)
        if picture is None:
            raise refused(AvatarFault.NO_PICTURE)
        return picture

    def _content(self, address: str, max_bytes: int, patience: Patience) -> bytes:
        """What stands at an address of a sort that is known here; there is no other way to fetch
        anything."""
        if _is(address, web.SCHEME):
            return self._web.get(address, max_bytes, patience)
        if _is(address, ipfs.SCHEME):
            return self._ipfs.read(address, max_bytes, patience)
        if not _is(address, written_out.SCHEME):
            raise refused(AvatarFault.UNKNOWN_ADDRESS, address[:_SHOWN])
        content = written_out.content_of(address)
        if content is None:
            raise refused(AvatarFault.UNKNOWN_ADDRESS)
        if len(content) > max_bytes:
            raise refused(AvatarFault.TOO_LARGE)
        return content


def _is(address: str, scheme: str) -> bool:
    return address[: len(scheme)].lower() == scheme


def _pictured(description: bytes) -> str:
    """Where the picture of a token lies, by its description. A drawing within the description
    (`image_data`) is not looked at."""
    try:
        found = json.loads(description)
    except (ValueError, RecursionError):
        raise refused(AvatarFault.UNDESCRIBED) from None
    if not isinstance(found, dict):
        raise refused(AvatarFault.UNDESCRIBED)
    image = found.get("image") or found.get("image_url")
    if not isinstance(image, str):
        raise refused(AvatarFault.UNDESCRIBED)
    return image.strip()
