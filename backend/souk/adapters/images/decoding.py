"""From a file to the pixels of its first frame, no larger than the largest variant.

Each form has its one plug-in, taken by name: nothing is tried in turn, so that a file which
begins as a JPEG is never read as anything else.
"""

from collections.abc import Callable, Iterator
from io import BytesIO

from PIL import Image, ImageFile, _webp
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from souk.adapters.images.outline import Outline, Refused
from souk.modules.media.domain import Form, Refusal, fitted

_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_FIRST_SIDEWAYS = 5
_PLUG_INS: dict[Form, Callable[[BytesIO], ImageFile.ImageFile]] = {
    Form.JPEG: JpegImageFile,
    Form.PNG: PngImageFile,
    Form.GIF: GifImageFile,
}
_KEPT_MODES = frozenset(("L", "LA", "RGB", "RGBA", "RGBX", "CMYK"))
_SLOWEST_MS = 10_000
_UNSAID_MS = 100


class Source:
    """A file that is being read. Everything raises what Pillow raises when it is broken."""

    def __init__(self, content: bytes, described: Outline) -> None:
        self.form = described.form
        self.size = described.width, described.height
        self._frames = described.frames
        self._reader: _Plugged | _WebP
        if self.form is Form.WEBP:
            self._reader = _WebP(content, self._frames)
        else:
            self._reader = _Plugged(content, self.form)
        # The limits were applied to what the outline said, so that is what must be decoded.
        if self._reader.size != self.size:
            raise Refused(Refusal.BROKEN)

    @property
    def icc(self) -> bytes | None:
        """The profile of its colours."""
        return self._reader.icc

    @property
    def loop(self) -> int:
        """How often it is played; 0 is for ever."""
        return min(max(self._reader.loop, 0), 0xFFFF)

    def first(self, edge: int) -> Image.Image:
        """The first frame, at most so large."""
        self._reader.aim_at(fitted(*self.size, edge))
        return shrunk(self._reader.first(), fitted(*self.size, edge))

    def turn(self) -> Image.Transpose | None:
        """How it has to be turned to be the right way up. What is written about that may be
        anything, and is then nothing. Known once the first frame was read."""
        try:
            orientation = self._reader.exif().get(_ORIENTATION)
        except (ValueError, SyntaxError, OSError, LookupError, TypeError, AttributeError):
            return None
        return _TURNS.get(orientation) if isinstance(orientation, int) else None

    def frames(self, size: tuple[int, int]) -> Iterator[tuple[Image.Image, int]]:
        """Each frame in a size, and how many milliseconds it is shown."""
        for image, shown in self._reader.frames(self._frames):
            yield shrunk(image, size), min(shown, _SLOWEST_MS) if shown else _UNSAID_MS


def is_sideways(turn: Image.Transpose | None) -> bool:
    """Whether turning so exchanges width and height."""
    return turn in {way for number, way in _TURNS.items() if number >= _FIRST_SIDEWAYS}


def shrunk(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The image in a size and in a mode in which it can be resized without loss."""
    plain = _resizable(image)
    if plain.size == size:
        return plain
    return plain.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _resizable(image: Image.Image) -> Image.Image:
    if image.mode == "I;16":
        return _upper_bytes(image)
    if image.mode not in _KEPT_MODES or "transparency" in image.info:
        if image.mode == "1":
            return image.convert("L")
        if image.mode in {"I", "F", "LAB", "HSV"}:
            raise Refused(Refusal.WRONG_FORM)
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    return image


def _upper_bytes(image: Image.Image) -> Image.Image:
    """Of 16 bits the upper 8, as decoders of other files leave them."""
    return Image.frombytes("L", image.size, image.tobytes("raw", "I;16")[1::2])


class _Plugged:
    """What a plug-in of Pillow reads."""

    def __init__(self, content: bytes, form: Form) -> None:
        self._image = _PLUG_INS[form](BytesIO(content))
        self._form = form
        self.size = self._image.size

    @property
    def icc(self) -> bytes | None:
        found = self._image.info.get("icc_profile")
        return found if isinstance(found, bytes) else None

    @property
    def loop(self) -> int:
        # A GIF that says nothing is played once; one that says n is played n times more.
        said = self._image.info.get("loop")
        if said is None:
            return 1
        return int(said) + (1 if said and self._form is Form.GIF else 0)

    def aim_at(self, size: tuple[int, int]) -> None:
        if isinstance(self._image, JpegImageFile):
            self._image.draft(None, size)

    def first(self) -> Image.Image:
        self._image.load()
        return self._image

    def exif(self) -> Image.Exif:
        return self._image.getexif()

    def frames(self, count: int) -> Iterator[tuple[Image.Image, int]]:
        for number in range(count):
            try:
                self._image.seek(number)
            except EOFError:
                return
            self._image.load()
            yield self._image.convert("RGBA"), int(self._image.info.get("duration") or 0)


class _WebP:
    """What libwebp reads. Pillow's plug-in would hold each pixel once more, which is too much for
    the memory of one picture."""

    def __init__(self, content: bytes, frames: int) -> None:
        self._decoder = _webp.WebPAnimDecoder(content)
        self._moves = frames > 1
        width, height, self.loop, self._raw_mode = _described(self._decoder)
        self.size = width, height
        self._exif = self._decoder.get_chunk("EXIF") or b""
        self.icc = self._decoder.get_chunk("ICCP") or None

    def aim_at(self, size: tuple[int, int]) -> None:
        """It decodes in one size only."""

    def first(self) -> Image.Image:
        image, _ = self._next()
        if not self._moves:
            # It still has the picture twice.
            self._decoder = None
        return image

    def exif(self) -> Image.Exif:
        found = Image.Exif()
        found.load(self._exif)
        return found

    def frames(self, count: int) -> Iterator[tuple[Image.Image, int]]:
        self._decoder.reset()
        until = 0
        for _ in range(count):
            image, ends = self._next()
            yield image, ends - until
            until = ends

    def _next(self) -> tuple[Image.Image, int]:
        got = self._decoder.get_next()
        if got is None:
            raise Refused(Refusal.BROKEN)
        pixels, ends = got
        mode = self._raw_mode
        return Image.frombuffer(mode, self.size, pixels, "raw", mode, 0, 1), int(ends)


def _described(decoder: _webp.WebPAnimDecoder) -> tuple[int, int, int, str]:
    (width, height), loop, _, _, raw_mode = decoder.get_info()
    return width, height, loop, raw_mode
