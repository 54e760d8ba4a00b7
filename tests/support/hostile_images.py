"""Files that somebody may upload to do harm. Each is made when it is asked for."""

import io
import random
import struct
import zlib
from collections.abc import Callable
from functools import partial

from PIL import Image

from tests.support.image_parts import (
    CANARY,
    FORMS,
    PNG_HEAD,
    TAILS,
    gif,
    gif_image,
    into_jpeg,
    into_png,
    jpeg_saying,
    moving,
    noise,
    png,
    png_chunk,
    riff,
    riff_chunk,
    saved,
    scene,
    segment,
    tagged,
    vp8x,
    zeros,
)

Maker = Callable[[], bytes]
_POINTS = (0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99)
_FLIPS = 8


def _tailed(form: str, tail: str) -> bytes:
    return tagged(form) + TAILS[tail]


def _cut(form: str, share: float) -> bytes:
    whole = tagged(form)
    return whole[: int(len(whole) * share)]


def _flipped(form: str, seed: int) -> bytes:
    dice, whole = random.Random(seed), bytearray(tagged(form))
    for _ in range(12):
        whole[dice.randrange(16, len(whole))] ^= 1 << dice.randrange(8)
    return bytes(whole)


def _disguised(form: str) -> bytes:
    written = io.BytesIO()
    more = {"save_all": True, "append_images": [scene(seed=2)]} if form == "MPO" else {}
    scene().save(written, form, **more)
    return written.getvalue()


def _looping_exif() -> bytes:
    """An entry of a directory that leads back to the directory, of type 13 and as EXIF and GPS."""
    entries = [(0x8769, 4, 1, 8), (0x8825, 4, 1, 8), (0x0112, 13, 1, 8), (0x014A, 13, 4096, 8)]
    body = b"".join(struct.pack(">HHII", *entry) for entry in entries)
    return b"MM\0*" + struct.pack(">IH", 8, len(entries)) + body + struct.pack(">I", 8)


def _many_scans(count: int) -> bytes:
    whole = saved(scene(1600, 1200), "JPEG", progressive=True)
    at = whole.rindex(b"\xff\xda")
    return whole[:at] + whole[at:-2] * count + whole[-2:]


def _frames_of_png(count: int) -> bytes:
    control = struct.pack(">IIIIIHHBB", 0, 1, 1, 0, 0, 1, 10, 0, 0)
    announced = png_chunk(b"acTL", struct.pack(">II", 0x7FFFFFFF, 0))
    frames = [png_chunk(b"fcTL", control)] * count
    return png(1, 1, announced, *frames, pixels=zlib.compress(bytes(4)))


def _with_alpha_lie() -> bytes:
    still = saved(scene(64, 64), "WEBP")
    return riff(vp8x(64, 64, 0x10), riff_chunk(b"ALPH", CANARY * 50), still[12:])


def _frame_outside() -> bytes:
    still = saved(scene(64, 64), "WEBP")[12:]
    frame = struct.pack("<I", 500)[:3] * 2 + struct.pack("<I", 63)[:3] * 2 + bytes(4) + still
    animation = riff_chunk(b"ANIM", bytes(6))
    return riff(vp8x(64, 64, 2), animation, *[riff_chunk(b"ANMF", frame)] * 3)


def _script_in_gif() -> bytes:
    """A GIF whose width opens a comment of JavaScript, closed behind it."""
    return gif(0x2A2F, 2, gif_image(2, 2)) + b"*/=1;alert('" + CANARY + b"')"


def _gif_of_small_blocks() -> bytes:
    image = struct.pack("<BHHHHBB", 0x2C, 0, 0, 64, 64, 0, 2)
    return gif(64, 64, image + b"\x01\x44" * 3_000_000 + b"\0")


WRONG: dict[str, Maker] = {
    "svg": lambda: b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "svg with a declaration": lambda: b'<?xml version="1.0"?><svg><script>1</script></svg>',
    "html": lambda: b"<!doctype html>" + TAILS["html"],
    "text": lambda: CANARY * 40,
    "zip": lambda: TAILS["zip"],
    "pdf": lambda: TAILS["pdf"],
    "eps": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n{ } loop",
    "psd": lambda: b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, 30_000, 30_000, 8, 3) + bytes(64),
    "fits": lambda: b"SIMPLE  =                    T".ljust(2880),
    "wave": lambda: b"RIFF" + struct.pack("<I", 36) + b"WAVEfmt " + bytes(28),
    "bytes": lambda: random.Random(1).randbytes(4096),
    "one byte": lambda: b"\xff",
    **{form.lower(): partial(_disguised, form) for form in ("TIFF", "BMP", "ICO", "JPEG2000")},
    **{form.lower(): partial(_disguised, form) for form in ("PPM", "TGA", "PCX", "AVIF")},
}
"""What is none of the four forms."""

BEGUN: dict[str, Maker] = {
    "jpeg then html": lambda: b"\xff\xd8\xff\xe0" + TAILS["html"],
    "jpeg then svg": lambda: b"\xff\xd8\xff" + WRONG["svg"](),
    "png then html": lambda: PNG_HEAD + TAILS["html"],
    "png head alone": lambda: PNG_HEAD,
    "gif then html": lambda: b"GIF89a" + TAILS["html"],
    "gif head alone": lambda: b"GIF89a",
    "webp then html": lambda: riff(TAILS["html"]),
    "webp head alone": lambda: b"RIFF\0\0\0\0WEBP",
    "jpeg head alone": lambda: b"\xff\xd8\xff",
    "jpeg of heads": lambda: b"\xff\xd8" + b"\xff" * 200_000,
}
"""What begins as a picture and goes on as something else."""

TOO_LARGE: dict[str, Maker] = {
    "png of 65535": lambda: png(65_535, 65_535),
    "png of 2147483647": lambda: png(2**31 - 1, 2**31 - 1),
    "png one line": lambda: png(2**31 - 1, 1),
    "png of 900 million pixels that are there": lambda: png(30_000, 30_000, pixels=zeros(90 << 20)),
    "png a hundredth too large": lambda: png(4_000, 3_030),
    "jpeg of 65500": lambda: jpeg_saying(65_500, 65_500),
    "jpeg a hundredth too large": lambda: jpeg_saying(8_080, 8_000),
    "gif of 65535": lambda: gif(65_535, 65_535, gif_image(65_535, 65_535)),
    "gif with an image of 65535": lambda: gif(1, 1, gif_image(1, 1), gif_image(65_535, 65_535)),
    "gif a hundredth too large": lambda: gif(4_000, 3_030, gif_image(1, 1)),
    "webp of 16777216": lambda: riff(vp8x(2**24, 2**24), saved(scene(64, 64), "WEBP")[12:]),
    "webp of 16384": lambda: riff(
        riff_chunk(b"VP8L", b"\x2f" + struct.pack("<I", 0x3FFF | 0x3FFF << 14) + bytes(40))
    ),
    "webp a hundredth too large": lambda: riff(vp8x(4_000, 3_030), riff_chunk(b"VP8 ", bytes(60))),
}
"""What announces more pixels than are taken."""

MANY_FRAMES: dict[str, Maker] = {
    "gif of 10000 frames": lambda: gif(1, 1, *[gif_image(1, 1)] * 10_000),
    "gif of 61 frames": lambda: gif(9, 9, *[gif_image(9, 9)] * 61),
    "webp of 61 frames": lambda: moving(61, "WEBP", method=0),
    "png of 61 frames": lambda: moving(61, "PNG"),
    "png of 10000 frames": lambda: _frames_of_png(10_000),
}

BOMBS: dict[str, Maker] = {
    "png that goes on": lambda: png(64, 64, pixels=zeros(300 << 20)),
    "png of 12 million pixels": lambda: saved(Image.new("L", (4_000, 3_000)), "PNG"),
    "jpeg of 63 million pixels": lambda: saved(Image.new("L", (9_000, 7_000)), "JPEG"),
    "gif of 12 million pixels": lambda: saved(Image.new("P", (4_000, 3_000)), "GIF"),
    "webp of 12 million pixels": lambda: saved(
        Image.new("RGB", (4_000, 3_000)), "WEBP", lossless=True, method=0
    ),
    "png of noise with alpha": lambda: saved(noise(2_048, 2_048, 4), "PNG", compress_level=1),
    "png text of 60 MB": lambda: into_png(png_chunk(b"zTXt", b"a\0\0" + zeros(60 << 20))),
    "png international text of 60 MB": lambda: into_png(
        png_chunk(b"iTXt", b"a\0\1\0\0\0" + zeros(60 << 20))
    ),
    "png profile of 60 MB": lambda: into_png(png_chunk(b"iCCP", b"a\0\0" + zeros(60 << 20))),
    "png of 500 texts": lambda: into_png(*[png_chunk(b"zTXt", b"a\0\0" + zeros(1 << 20))] * 500),
    "png of 60000 chunks": lambda: into_png(*[png_chunk(b"tEXt", b"a\0b")] * 60_000),
    "jpeg of 60000 comments": lambda: into_jpeg(*[segment(0xFE, CANARY)] * 60_000),
    "jpeg of 300 scans": lambda: _many_scans(300),
    "jpeg of 40 scans": lambda: _many_scans(40),
    "gif of small blocks": _gif_of_small_blocks,
    "gif of a large canvas": lambda: gif(4_000, 3_000, *[gif_image(4_000, 3_000)] * 40),
    "webp of a large canvas": lambda: riff(
        vp8x(4_000, 3_000, 2), riff_chunk(b"ANIM", bytes(6)), *[riff_chunk(b"ANMF", bytes(40))] * 40
    ),
}
"""What takes much to read."""

CHUNKS: dict[str, Maker] = {
    "jpeg exif that loops": lambda: into_jpeg(segment(0xE1, b"Exif\0\0" + _looping_exif())),
    "png exif that loops": lambda: into_png(png_chunk(b"eXIf", _looping_exif())),
    "webp exif that loops": lambda: riff(
        vp8x(64, 64, 8), saved(scene(64, 64), "WEBP")[12:], riff_chunk(b"EXIF", _looping_exif())
    ),
    "jpeg profile of nonsense": lambda: saved(scene(), "JPEG", icc_profile=CANARY * 400),
    "jpeg profile of 3 MB": lambda: saved(scene(), "JPEG", icc_profile=CANARY * 200_000),
    "jpeg comment": lambda: into_jpeg(segment(0xFE, TAILS["html"])),
    "jpeg of two pictures": lambda: _disguised("MPO"),
    "png text": lambda: into_png(png_chunk(b"tEXt", b"a\0" + TAILS["js"])),
    "png unknown chunk": lambda: into_png(png_chunk(b"vpAg", TAILS["zip"])),
    "png chunk of 4 GB": lambda: into_png(b"\xff\xff\xff\xfftEXt" + CANARY),
    "png wrong sum": lambda: into_png(png_chunk(b"tEXt", b"a\0b")[:-1] + b"?"),
    "png no width": lambda: png(0, 9),
    "png no palette": lambda: png(9, 9, kind=3),
    "png unknown kind": lambda: png(9, 9, kind=5),
    "gif comment": lambda: gif(2, 2, b"!\xfe\x0e" + CANARY[:14] + b"\0", gif_image(2, 2)),
    "gif and script": _script_in_gif,
    "gif without size": lambda: gif(0, 0),
    "gif image without size": lambda: gif(9, 9, gif_image(0, 0)),
    "gif image outside": lambda: gif(9, 9, gif_image(9, 9, 500, 500)),
    "gif code of 0": lambda: gif(9, 9, gif_image(9, 9, code=0)),
    "gif code of 200": lambda: gif(9, 9, gif_image(9, 9, code=200)),
    "webp longer than it is": lambda: riff(saved(scene(64, 64), "WEBP")[12:], more=5_000),
    "webp shorter than it is": lambda: riff(saved(scene(64, 64), "WEBP")[12:], more=-100),
    "webp chunk of 4 GB": lambda: riff(b"VP8 \xff\xff\xff\xff" + CANARY * 9),
    "webp of two sizes": lambda: riff(vp8x(900, 900), saved(scene(64, 64), "WEBP")[12:]),
    "webp alpha of nonsense": _with_alpha_lie,
    "webp frame outside": _frame_outside,
    "webp unknown chunk": lambda: riff(
        vp8x(64, 64), saved(scene(64, 64), "WEBP")[12:], riff_chunk(b"JUNK", TAILS["zip"])
    ),
}
"""What is written in a way that nobody expects."""

POLYGLOTS: dict[str, Maker] = {
    f"{form.lower()} and {tail}": partial(_tailed, form, tail) for form in FORMS for tail in TAILS
}
CUT: dict[str, Maker] = {
    f"{form.lower()} cut at {share}": partial(_cut, form, share)
    for form in FORMS
    for share in _POINTS
}
FLIPPED: dict[str, Maker] = {
    f"{form.lower()} with wrong bits {seed}": partial(_flipped, form, seed)
    for form in FORMS
    for seed in range(_FLIPS)
}
HOSTILE: dict[str, Maker] = {
    **{f"wrong: {name}": maker for name, maker in WRONG.items()},
    **BEGUN,
    **TOO_LARGE,
    **MANY_FRAMES,
    **BOMBS,
    **CHUNKS,
    **POLYGLOTS,
    **CUT,
    **FLIPPED,
}
