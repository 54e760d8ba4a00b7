"""Pieces that pictures are put together from, byte by byte where an encoder would refuse."""

import io
import struct
import zipfile
import zlib
from functools import cache

import numpy as np
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

CANARY = b"CANARY-of-souk"
PNG_HEAD = b"\x89PNG\r\n\x1a\n"


@cache
def scene(width: int = 320, height: int = 240, seed: int = 1) -> Image.Image:
    """Something like a photograph: soft hills of colour, and a few hard edges."""
    dice = np.random.default_rng(seed)
    cells = dice.integers(30, 226, (height // 40 + 3, width // 40 + 3, 3), dtype=np.uint8)
    picture = Image.fromarray(cells).resize((width, height), Image.Resampling.BICUBIC)
    for _ in range(6):
        left, top = int(dice.integers(0, width)), int(dice.integers(0, height))
        box = (left, top, left + max(2, width // 6), top + max(2, height // 6))
        picture.paste(tuple(int(part) for part in dice.integers(0, 256, 3)), box)
    return picture


def noise(width: int, height: int, bands: int = 3, seed: int = 1) -> Image.Image:
    """What no encoder can make small."""
    dice = np.random.default_rng(seed)
    return Image.fromarray(dice.integers(0, 256, (height, width, bands), dtype=np.uint8))


def saved(image: Image.Image, form: str, **settings: object) -> bytes:
    """As Pillow writes it."""
    written = io.BytesIO()
    image.save(written, form, **settings)
    return written.getvalue()


def moving(frames: int, form: str, size: tuple[int, int] = (120, 90), **settings: object) -> bytes:
    """An animation whose frames differ."""
    images = [scene(*size, seed=number % 7 + 1).copy() for number in range(frames)]
    for number, image in enumerate(images):
        image.paste((255, 0, number * 4 % 256), (number % size[0], 0, number % size[0] + 9, 9))
    return saved(images[0], form, save_all=True, append_images=images[1:], **settings)


def exif(orientation: int = 1) -> bytes:
    """With a place on earth, a maker and an owner."""
    found = Image.Exif()
    found[0x0112] = orientation
    found[0x010F] = CANARY.decode()
    found[0x8298] = CANARY.decode()
    place = found.get_ifd(0x8825)
    place[1], place[2], place[3], place[4] = "N", (52.0, 31.0, 12.0), "E", (13.0, 24.0, 17.0)
    place[29] = CANARY.decode()
    return found.tobytes()


def xmp() -> bytes:
    """As cameras write it."""
    return b'<x:xmpmeta xmlns:x="adobe:ns:meta/">' + CANARY + b"</x:xmpmeta>"


def profile() -> bytes:
    """sRGB's, with something behind it."""
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    whole = made + CANARY
    return struct.pack(">I", len(whole)) + whole[4:]


@cache
def tagged(form: str) -> bytes:
    """A sound picture that is full of what nobody needs to know."""
    if form == "PNG":
        notes = PngInfo()
        notes.add_text("Comment", CANARY.decode())
        notes.add_text("Author", CANARY.decode(), zip=True)
        notes.add_itxt("XML:com.adobe.xmp", xmp().decode())
        return saved(scene(), "PNG", pnginfo=notes, exif=exif(), icc_profile=profile())
    if form == "GIF":
        return saved(scene().quantize(64), "GIF", comment=CANARY)
    settings = {"exif": exif(), "icc_profile": profile(), "xmp": xmp()}
    if form == "JPEG":
        settings["comment"] = CANARY
    return saved(scene(), form, **settings)


FORMS = ("JPEG", "PNG", "WEBP", "GIF")


def png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int, height: int, *more: bytes, kind: int = 2, pixels: bytes | None = None) -> bytes:
    """A PNG that says what it is told, whatever its pixels are."""
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0))
    body = zlib.compress(bytes(1000)) if pixels is None else pixels
    return PNG_HEAD + head + b"".join(more) + png_chunk(b"IDAT", body) + png_chunk(b"IEND", b"")


def into_png(*chunks: bytes) -> bytes:
    """A sound PNG with further chunks behind its head."""
    whole = saved(scene(), "PNG")
    return whole[:33] + b"".join(chunks) + whole[33:]


def zeros(count: int) -> bytes:
    """So many zeros, compressed."""
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(count >> 20)) + packer.flush()


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def into_jpeg(*segments: bytes) -> bytes:
    """A sound JPEG with further segments at its head."""
    whole = saved(scene(), "JPEG")
    return whole[:2] + b"".join(segments) + whole[2:]


def jpeg_saying(width: int, height: int) -> bytes:
    whole = bytearray(saved(scene(), "JPEG"))
    at = whole.index(b"\xff\xc0")
    whole[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(whole)


def riff_chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def riff(*chunks: bytes, more: int = 0) -> bytes:
    """A WebP; `more` is by how much it lies about its length."""
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body) + more) + body


def vp8x(width: int, height: int, flags: int = 0) -> bytes:
    sides = b"".join(struct.pack("<I", side - 1)[:3] for side in (width, height))
    return riff_chunk(b"VP8X", struct.pack("<I", flags) + sides)


def gif(width: int, height: int, *blocks: bytes) -> bytes:
    """A GIF of two colours that says what it is told."""
    head = struct.pack("<6sHHBBB", b"GIF89a", width, height, 0x80, 0, 0)
    return head + b"\0\0\0\xff\xff\xff" + b"".join(blocks) + b";"


def gif_image(width: int, height: int, left: int = 0, top: int = 0, code: int = 2) -> bytes:
    """One image of a single pixel that says another size."""
    where = struct.pack("<BHHHHB", 0x2C, left, top, width, height, 0)
    return where + bytes((code,)) + b"\x02\x44\x01\x00"


def zipped() -> bytes:
    """A real archive."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("run.sh", CANARY)
    return written.getvalue()


TAILS = {
    "zip": zipped(),
    "html": b"<html><script>alert('" + CANARY + b"')</script></html>",
    "js": b";alert('" + CANARY + b"')//",
    "pdf": b"%PDF-1.4\n1 0 obj\n(" + CANARY + b")\nendobj\ntrailer\n%%EOF",
    "php": b"<?php system('" + CANARY + b"'); ?>",
}
