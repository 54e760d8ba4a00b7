"""Sound pictures in every form that is taken, each with what a viewer would show of it."""

import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from PIL import Image, ImageCms, ImageOps

from tests.support.image_parts import exif, png_chunk, saved, scene

SIZES = ((320, 240), (200, 280), (96, 64))


@dataclass(frozen=True)
class Benign:
    """A file, and how it looks on white, the right way up, in sRGB."""

    content: bytes
    looks: Image.Image


def looks(content: bytes) -> Image.Image:
    """By Pillow alone, at full size."""
    image = Image.open(io.BytesIO(content))
    if image.mode == "I;16":
        upper = np.asarray(image) >> 8
        image = Image.fromarray(upper.astype(np.uint8))
    if (icc := image.info.get("icc_profile")) is not None:
        srgb = ImageCms.createProfile("sRGB")
        plain = image.convert("RGB") if image.mode == "RGBA" else image
        image = ImageCms.profileToProfile(plain, io.BytesIO(icc), srgb, outputMode="RGB")
    upright = ImageOps.exif_transpose(image).convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", upright.size, "white"), upright).convert("RGB")


def wide_gamut() -> bytes:
    """A profile whose primaries lie far outside sRGB: red and green exchange little, yet every
    colour moves."""
    made = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    # The tags of the primaries hold three fixed point numbers each; scale what they say.
    for tag, factors in ((b"rXYZ", (1.3, 1.2, 0.4)), (b"gXYZ", (0.7, 0.9, 0.6))):
        at = made.index(tag)
        (offset,) = struct.unpack_from(">I", made, at + 4)
        values = struct.unpack_from(">3i", made, offset + 8)
        turned = (int(value * factor) for value, factor in zip(values, factors, strict=True))
        struct.pack_into(">3i", made, offset + 8, *turned)
    return bytes(made)


def _alpha(size: tuple[int, int]) -> Image.Image:
    """Transparent at the top, opaque at the bottom."""
    return Image.linear_gradient("L").resize(size)


def _in_mode(mode: str, size: tuple[int, int]) -> Image.Image:
    image = scene(*size)
    if mode in {"RGBA", "LA"}:
        image = image.copy()
        image.putalpha(_alpha(size))
        return image.convert(mode)
    if mode == "P":
        return image.quantize(128)
    if mode == "1":
        return image.convert("1", dither=Image.Dither.NONE)
    if mode == "I;16":
        grey = np.asarray(image.convert("L")).astype(np.uint16)
        return Image.fromarray(_finer(grey))
    return image.convert(mode)


def _finer(values: np.ndarray) -> np.ndarray:
    """In 16 bits, of which the lower 8 show something else when they are taken for the upper."""
    return values * 256 + (255 - values)


def _rgb16(size: tuple[int, int]) -> bytes:
    """Three bands of 16 bits, which Pillow writes none of."""
    wide = _finer(np.asarray(scene(*size)).astype(np.uint16)).astype(">u2")
    rows = b"".join(b"\0" + row.tobytes() for row in wide)
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", *size, 16, 2, 0, 0, 0))
    return b"".join((_HEAD, head, png_chunk(b"IDAT", zlib.compress(rows)), png_chunk(b"IEND", b"")))


def _interlaced(size: tuple[int, int]) -> bytes:
    """Seven passes after Adam, which Pillow writes none of."""
    pixels = np.asarray(scene(*size))
    rows = bytearray()
    for top, left, down, across in _ADAM7:
        for row in pixels[top::down, left::across]:
            if row.size:
                rows += b"\0" + row.tobytes()
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", *size, 8, 2, 0, 0, 1))
    return b"".join(
        (_HEAD, head, png_chunk(b"IDAT", zlib.compress(bytes(rows))), png_chunk(b"IEND", b""))
    )


_HEAD = b"\x89PNG\r\n\x1a\n"
_ADAM7 = (
    (0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2),
    (1, 0, 2, 1),
)  # fmt: skip


def _plain(form: str, mode: str, size: tuple[int, int], **settings: object) -> bytes:
    return saved(_in_mode(mode, size), form, **settings)


Maker = Callable[[], bytes]
STILL: dict[str, Maker] = {}
for _size in SIZES:
    for _mode in ("L", "RGB", "CMYK"):
        STILL[f"jpeg {_mode} {_size}"] = partial(_plain, "JPEG", _mode, _size, quality=90)
    for _mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        STILL[f"png {_mode} {_size}"] = partial(_plain, "PNG", _mode, _size)
    for _mode in ("RGB", "RGBA"):
        STILL[f"webp {_mode} {_size}"] = partial(_plain, "WEBP", _mode, _size, quality=90)
        STILL[f"webp lossless {_mode} {_size}"] = partial(
            _plain, "WEBP", _mode, _size, lossless=True, method=0
        )
    STILL[f"gif {_size}"] = partial(_plain, "GIF", "P", _size)
    STILL[f"gif transparent {_size}"] = partial(_plain, "GIF", "P", _size, transparency=3)
    STILL[f"jpeg progressive {_size}"] = partial(_plain, "JPEG", "RGB", _size, progressive=True)
    STILL[f"png palette transparent {_size}"] = partial(_plain, "PNG", "P", _size, transparency=3)
    STILL[f"png 16 bits a band {_size}"] = partial(_rgb16, _size)
    STILL[f"png interlaced {_size}"] = partial(_interlaced, _size)
for _turn in range(1, 9):
    for _form in ("JPEG", "PNG", "WEBP"):
        STILL[f"{_form.lower()} turned {_turn}"] = partial(
            _plain, _form, "RGB", (360, 240), exif=exif(_turn), quality=92
        )
for _form in ("JPEG", "PNG", "WEBP"):
    STILL[f"{_form.lower()} in a wide gamut"] = partial(
        _plain, _form, "RGB", (320, 240), icc_profile=wide_gamut(), quality=92
    )
for _form in ("JPEG", "PNG", "WEBP"):
    STILL[f"{_form.lower()} larger"] = partial(_plain, _form, "RGB", (1_300, 900))
STILL["jpeg fine colours"] = partial(_plain, "JPEG", "RGB", (320, 240), subsampling=0)
STILL["png one pixel"] = partial(_plain, "PNG", "RGB", (1, 1))
STILL["png one line"] = partial(_plain, "PNG", "RGB", (900, 1))
STILL["jpeg panorama"] = partial(_plain, "JPEG", "RGB", (4_000, 500), quality=90)
STILL["jpeg of a phone"] = partial(_plain, "JPEG", "RGB", (4_000, 3_000), quality=85)


def _frames(count: int, size: tuple[int, int]) -> list[Image.Image]:
    return [scene(*size, seed=number + 1) for number in range(count)]


def _moving(form: str, count: int, size: tuple[int, int], **settings: object) -> bytes:
    frames = _frames(count, size)
    if form == "GIF":
        # Left to itself, Pillow looks for colours once more for whatever changed.
        frames = [one.quantize(128) for one in frames]
    first, *others = frames
    return saved(first, form, save_all=True, append_images=others, duration=120, loop=0, **settings)


MOVING: dict[str, Maker] = {
    "gif of 2": partial(_moving, "GIF", 2, (320, 240)),
    "gif of 12": partial(_moving, "GIF", 12, (160, 120)),
    "gif of 60": partial(_moving, "GIF", 60, (96, 64)),
    "webp of 3": partial(_moving, "WEBP", 3, (700, 500), quality=90, method=0),
    "webp of 60": partial(_moving, "WEBP", 60, (96, 64), quality=90, method=0),
    "png of 5": partial(_moving, "PNG", 5, (320, 240)),
}
