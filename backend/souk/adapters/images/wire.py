"""What is said over the pipes: a kind, a length that its kind bounds, and so many bytes.

Both sides import this, and so it needs the standard library alone. An answer has a fixed layout
without names or optional parts: whatever is read as one is one.
"""

import struct
from dataclasses import dataclass
from enum import Enum

from souk.modules.media.domain import (
    MAX_UPLOAD_BYTES,
    MAX_VARIANT_BYTES,
    CleanedFile,
    CleanedImage,
    Form,
    MediaType,
    Refusal,
    Variant,
    compute_cid,
    sniff,
)

HEADER = struct.Struct(">cI")
_ENDED = struct.Struct(">iQd")
_PICTURE = struct.Struct(">BIIB3sB")
_FILE = struct.Struct(">HHI")
_REFUSED, _CLEANED = b"\x00", b"\x01"
_FORMS = tuple(Form)
_ORDER = tuple((variant, media_type) for variant in Variant for media_type in MediaType)
_WRITTEN_AS = {MediaType.WEBP: Form.WEBP, MediaType.JPEG: Form.JPEG}
_MAX_HASH_LENGTH = 64


class Kind(Enum):
    """What a frame holds."""

    READY = b"R"
    PICTURE = b"P"
    ANSWER = b"A"
    ENDED = b"E"

    @property
    def most(self) -> int:
        """How many bytes it holds at most."""
        return _MOST[self]


_MOST = {
    Kind.READY: 1,
    Kind.PICTURE: MAX_UPLOAD_BYTES,
    Kind.ANSWER: len(_ORDER) * (MAX_VARIANT_BYTES + _FILE.size) + 1024,
    Kind.ENDED: _ENDED.size,
}


class Garbled(Exception):
    """What was read is nothing that is said here."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process that looked at one picture ended, and what it took: its exit code, negative
    for a signal; the most memory it had; and its time of the processor."""

    code: int
    max_rss_bytes: int
    cpu_seconds: float

    def encoded(self) -> bytes:
        """The body of its frame."""
        return _ENDED.pack(self.code, self.max_rss_bytes, self.cpu_seconds)


def frame(kind: Kind, body: bytes) -> bytes:
    """A frame as it goes over a pipe."""
    return HEADER.pack(kind.value, len(body)) + body


def read_header(raw: bytes, *expected: Kind) -> tuple[Kind, int]:
    """The kind of the frame that begins so, and the length of its body. Raises `Garbled`."""
    letter, length = HEADER.unpack(raw)
    for kind in expected:
        if kind.value == letter and length <= kind.most:
            return kind, length
    raise Garbled(f"{raw!r} begins no frame that may come now")


def read_ended(body: bytes) -> Ended:
    """Raises `Garbled`."""
    try:
        return Ended(*_ENDED.unpack(body))
    except struct.error as error:
        raise Garbled("the end has another length") from error


def write_answer(outcome: CleanedImage | Refusal) -> bytes:
    """The body of an answer."""
    if isinstance(outcome, Refusal):
        return _REFUSED + outcome.encode()
    blurhash = outcome.blurhash.encode()
    form, colour = _FORMS.index(outcome.form), bytes.fromhex(outcome.colour[1:])
    shape = outcome.width, outcome.height
    parts = [_CLEANED, _PICTURE.pack(form, *shape, outcome.animated, colour, len(blurhash))]
    parts.append(blurhash)
    for key in _ORDER:
        one = outcome.file(*key)
        parts += [_FILE.pack(one.width, one.height, len(one.content)), one.content]
    return b"".join(parts)


def read_answer(body: bytes) -> CleanedImage | Refusal:
    """What an answer says; the CIDs are computed here. Raises `Garbled`."""
    try:
        return _answer(_Bytes(body))
    except (struct.error, ValueError, IndexError) as error:
        raise Garbled(f"no answer: {error}") from error


class _Bytes:
    """Bytes that are taken one part after the other."""

    def __init__(self, whole: bytes) -> None:
        self._whole = memoryview(whole)

    def take(self, count: int) -> bytes:
        if count > len(self._whole):
            raise ValueError("it ends early")
        taken, self._whole = self._whole[:count], self._whole[count:]
        return bytes(taken)

    def rest(self) -> bytes:
        return self.take(len(self._whole))

    def end(self) -> None:
        if len(self._whole):
            raise ValueError("something follows it")


def _answer(body: _Bytes) -> CleanedImage | Refusal:
    began = body.take(1)
    if began == _REFUSED:
        return Refusal(body.rest().decode("ascii"))
    if began != _CLEANED:
        raise ValueError("it begins as nothing known")
    form, width, height, animated, colour, length = _PICTURE.unpack(body.take(_PICTURE.size))
    if length > _MAX_HASH_LENGTH or not width or not height:
        raise ValueError("it describes no picture")
    blurhash = body.take(length).decode("ascii")
    files = tuple(_file(body, *key) for key in _ORDER)
    body.end()
    return CleanedImage(
        form=_FORMS[form],
        width=width,
        height=height,
        animated=bool(animated),
        colour=f"#{colour.hex()}",
        blurhash=blurhash,
        files=files,
    )


def _file(body: _Bytes, variant: Variant, media_type: MediaType) -> CleanedFile:
    width, height, length = _FILE.unpack(body.take(_FILE.size))
    content = body.take(length)
    if not (0 < width <= variant.edge and 0 < height <= variant.edge):
        raise ValueError(f"{variant} has another size")
    if length > MAX_VARIANT_BYTES or sniff(content) is not _WRITTEN_AS[media_type]:
        raise ValueError(f"{variant} is no {media_type}")
    return CleanedFile(variant, media_type, content, compute_cid(content), width, height)
