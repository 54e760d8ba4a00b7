"""Showing what a name is shown with, so that nobody who looks at it has to fetch it themselves
from where its owner likes."""

import json
from hashlib import sha256

from souk.core.errors import UnavailableError
from souk.core.ports import Cache
from souk.modules.names.domain import AVATAR, EnsName, Picture
from souk.modules.names.errors import AvatarMissing, AvatarRefused, AvatarUnreachable
from souk.modules.names.ports import AvatarReader, NameService
from souk.modules.names.service.look import Lookups

KEEP_SECONDS = 600
KEEP_REFUSAL_SECONDS = 120
KEEP_OUTAGE_SECONDS = 20
PLACES = 64
"""So many pictures are kept. Whoever has many names could otherwise fill the memory."""

_REFUSALS = {error.code: error for error in (AvatarMissing, AvatarRefused, AvatarUnreachable)}


class Avatars:
    """Pictures of names, and why there are none, kept for some minutes."""

    def __init__(
        self, lookups: Lookups, service: NameService, reader: AvatarReader, cache: Cache
    ) -> None:
        self._lookups, self._service = lookups, service
        self._reader, self._cache = reader, cache

    def show(self, text: str) -> Picture:
        """The picture of a name. Raises `NameRefused`, `AvatarMissing`, `AvatarRefused`,
        `AvatarUnreachable`, and `ProviderUnavailable` when the chain cannot be asked."""
        name = self._lookups.require_name(text, "path:ens_name")
        shown, refusal = _shown_key(name), f"avatar:none:{name}"
        kept, refused = self._cache.get_all([shown, refusal])
        picture = _kept_picture(kept, name)
        if picture is not None:
            return picture
        if refused is not None:
            raise _kept_refusal(refused)
        try:
            picture = self._fetch(name)
        except (AvatarMissing, AvatarRefused, AvatarUnreachable) as error:
            brief = isinstance(error, AvatarUnreachable)
            seconds = KEEP_OUTAGE_SECONDS if brief else KEEP_REFUSAL_SECONDS
            self._cache.put(refusal, _written_refusal(error), ttl_seconds=seconds)
            raise
        self._cache.put(shown, _written_picture(picture, name), ttl_seconds=KEEP_SECONDS)
        return picture

    def _fetch(self, name: EnsName) -> Picture:
        record = self._service.look(name, off_chain=True)
        if not record.is_standing or AVATAR not in record.texts:
            raise AvatarMissing("this name has no avatar, or nobody holds it")
        try:
            return self._reader.read(record)
        except UnavailableError as error:
            raise AvatarUnreachable(error.detail) from error


def _shown_key(name: EnsName) -> str:
    place = int.from_bytes(sha256(name.encode()).digest()[:4], "big") % PLACES
    return f"avatar:{place}"


def _written_picture(picture: Picture, name: EnsName) -> bytes:
    head = json.dumps([name, picture.media_type]).encode()
    return head + b"\n" + picture.content


def _kept_picture(kept: bytes | None, name: EnsName) -> Picture | None:
    """Names share places: only what was kept for this one counts."""
    if kept is None:
        return None
    head, _, content = kept.partition(b"\n")
    kept_for, media_type = json.loads(head)
    return Picture(media_type, content) if kept_for == name else None


def _written_refusal(error: AvatarMissing | AvatarRefused | AvatarUnreachable) -> bytes:
    return json.dumps([error.code, error.detail, dict(error.context)]).encode()


def _kept_refusal(kept: bytes) -> AvatarMissing | AvatarRefused | AvatarUnreachable:
    code, detail, context = json.loads(kept)
    return _REFUSALS[code](detail, context=context)
