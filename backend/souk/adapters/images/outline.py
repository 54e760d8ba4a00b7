"""What a file says about itself, read without decoding anything: its size and how often it moves.

Each walk ends after a bounded number of steps, and believes no length that goes beyond the file.
A file that ends early is walked as far as it goes: whether its pixels are all there is for the
decoder to say.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass

from souk.modules.media.domain import (
    MAX_FRAMES,
    MAX_HELD_SAMPLES,
    Form,
    Refusal,
    is_too_large,
    is_too_long,
    sniff,
)

_MAX_CHUNKS = 50_000
_MAX_SUB_BLOCKS = 200_000
_MAX_SCANS = 64
_JPEG_SIZES = frozenset((0xC0, 0xC1, 0xC2))
_JPEG_OTHER_KINDS = frozenset((*range(0xC3, 0xD0),)) - {0xC4, 0xC8, 0xCC}
_JPEG_ALONE = frozenset((0x01, *range(0xD0, 0xD8)))


class Refused(Exception):
    """A picture is not taken."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Outline:
    """A picture as its file describes it; `frames` are counted up to one more than may be."""

    form: Form
    width: int
    height: int
    frames: int = 1
    held_samples: int = 0


def outline(content: bytes) -> Outline:
    """Read the outline. Raises `Refused` for what is no picture, and for one that is too much."""
    form = sniff(content)
    if form is None:
        raise Refused(Refusal.WRONG_FORM)
    try:
        found = _WALKS[form](content)
    except (struct.error, IndexError) as error:
        raise Refused(Refusal.BROKEN) from error
    _refuse_excess(found)
    return found


def _refuse_excess(found: Outline) -> None:
    if not found.width or not found.height:
        raise Refused(Refusal.BROKEN)
    if is_too_large(found.form, found.width, found.height):
        raise Refused(Refusal.TOO_LARGE)
    if found.held_samples > MAX_HELD_SAMPLES:
        raise Refused(Refusal.TOO_LARGE)
    if found.frames > MAX_FRAMES:
        raise Refused(Refusal.TOO_MANY_FRAMES)
    if found.frames > 1 and is_too_long(found.width, found.height, found.frames):
        raise Refused(Refusal.ANIMATION_TOO_LARGE)


def _jpeg(content: bytes) -> Outline:
    # Within pixels this pair of bytes cannot come up, so that each begins a scan.
    if content.count(b"\xff\xda") > _MAX_SCANS:
        raise Refused(Refusal.TOO_COSTLY)
    at = 2
    for _ in range(_MAX_CHUNKS):
        if content[at] != 0xFF:
            break
        marker = content[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in _JPEG_ALONE:
            at += 2
        elif marker in _JPEG_SIZES:
            return _jpeg_size(content, at + 4, progressive=marker == 0xC2)
        elif marker in _JPEG_OTHER_KINDS:
            raise Refused(Refusal.WRONG_FORM)
        else:
            at += 2 + int(struct.unpack_from(">H", content, at + 2)[0])
    raise Refused(Refusal.BROKEN)


def _jpeg_size(content: bytes, at: int, *, progressive: bool) -> Outline:
    height, width, parts = struct.unpack_from(">xHHB", content, at)
    if not progressive:
        return Outline(Form.JPEG, width, height)
    factors = [content[at + 7 + 3 * part] for part in range(parts)]
    shares = [(factor >> 4) * (factor & 15) for factor in factors]
    finest = max((one >> 4 for one in factors), default=1) * max(
        (one & 15 for one in factors), default=1
    )
    held = width * height * sum(shares) // max(1, finest)
    return Outline(Form.JPEG, width, height, held_samples=held)


def _png(content: bytes) -> Outline:
    length, name, width, height = struct.unpack_from(">I4sII", content, 8)
    if name != b"IHDR" or length != 13:
        raise Refused(Refusal.BROKEN)
    at, frames = 8, 0
    for _ in range(_MAX_CHUNKS):
        if at + 8 > len(content) or name == b"IEND" or frames > MAX_FRAMES:
            return Outline(Form.PNG, width, height, max(1, frames))
        length, name = struct.unpack_from(">I4s", content, at)
        frames += name == b"fcTL"
        at += 12 + length
    raise Refused(Refusal.BROKEN)


def _webp(content: bytes) -> Outline:
    length, name = struct.unpack_from("<4xI4x4s", content)
    end = 8 + length
    if end > len(content):
        raise Refused(Refusal.BROKEN)
    if name == b"VP8 ":
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", content, 26))
        return Outline(Form.WEBP, width, height)
    if name == b"VP8L":
        (bits,) = struct.unpack_from("<I", content, 21)
        return Outline(Form.WEBP, (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1)
    if name != b"VP8X":
        raise Refused(Refusal.BROKEN)
    width, height = (int.from_bytes(content[at : at + 3], "little") + 1 for at in (24, 27))
    return Outline(Form.WEBP, width, height, max(1, _webp_frames(content, end)))


def _webp_frames(content: bytes, end: int) -> int:
    at, frames = 12, 0
    for _ in range(_MAX_CHUNKS):
        if at + 8 > end or frames > MAX_FRAMES:
            return frames
        name, length = struct.unpack_from("<4sI", content, at)
        frames += name == b"ANMF"
        at += 8 + length + length % 2
    raise Refused(Refusal.BROKEN)


def _gif(content: bytes) -> Outline:
    width, height, flags = struct.unpack_from("<6xHHB", content)
    walk = _GifWalk(content, 13 + _gif_table(flags))
    frames = 0
    while frames <= MAX_FRAMES:
        block = walk.next_image()
        if block is None:
            break
        left, top, wide, high = block
        # Decoders make the whole as large as what is painted into it.
        width, height = max(width, left + wide), max(height, top + high)
        frames += 1
    return Outline(Form.GIF, width, height, max(1, frames))


def _gif_table(flags: int) -> int:
    """How many bytes a table of colours has."""
    return 3 * 2 ** (1 + flags % 8) if flags & 0x80 else 0


class _GifWalk:
    """Goes from one image of a GIF to the next."""

    def __init__(self, content: bytes, at: int) -> None:
        self._content = content
        self._at = at
        self._steps = 0

    def next_image(self) -> tuple[int, int, int, int] | None:
        """Where the next image lies and how large it is; `None` when there is no other."""
        while self._at < len(self._content):
            kind = self._content[self._at]
            if kind == 0x2C:
                return self._image()
            if kind == 0x3B:
                return None
            # Anything may stand between blocks, and only extensions have a length.
            self._at += 1
            if kind == 0x21:
                self._at += 1
                self._skip_sub_blocks()
            self._step()
        return None

    def _image(self) -> tuple[int, int, int, int]:
        left, top, wide, high, flags = struct.unpack_from("<HHHHB", self._content, self._at + 1)
        self._at += 11 + _gif_table(flags)
        self._skip_sub_blocks()
        return left, top, wide, high

    def _skip_sub_blocks(self) -> None:
        while self._at < len(self._content):
            size = self._content[self._at]
            self._at += 1 + size
            self._step()
            if not size:
                return

    def _step(self) -> None:
        self._steps += 1
        if self._steps > _MAX_SUB_BLOCKS:
            raise Refused(Refusal.TOO_COSTLY)


_WALKS: dict[Form, Callable[[bytes], Outline]] = {
    Form.JPEG: _jpeg,
    Form.PNG: _png,
    Form.WEBP: _webp,
    Form.GIF: _gif,
}
