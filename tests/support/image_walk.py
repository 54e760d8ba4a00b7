"""What stands in a picture's file, read by a few lines that share nothing with what wrote it."""

import struct
from collections.abc import Iterator

_STILL = {"VP8 ", "VP8L", "VP8X", "ALPH"}
_MOVING = {"VP8X", "ANIM", "ANMF"}
_JPEG = {"SOI", "APP0", "DQT", "SOF0", "DHT", "SOS", "EOI"}
_MARKERS = {
    0xD8: "SOI", 0xE0: "APP0", 0xDB: "DQT", 0xC0: "SOF0", 0xC4: "DHT", 0xDA: "SOS", 0xD9: "EOI",
}  # fmt: skip
_METADATA_FLAGS = 0b0010_1100


def assert_only_pixels(content: bytes) -> None:
    """Fails when there is anything beside the pixels, between or behind them."""
    if content.startswith(b"RIFF"):
        parts = list(webp_chunks(content))
        assert set(parts) <= _STILL or set(parts) <= _MOVING, parts
        # A file may announce a profile, EXIF or XMP in its head; this one must not.
        assert parts[0] != "VP8X" or not content[20] & _METADATA_FLAGS
    else:
        parts = list(jpeg_segments(content))
        assert set(parts) <= _JPEG, parts
        assert parts[-1] == "EOI"


def webp_chunks(content: bytes) -> Iterator[str]:
    """The names of the chunks of a WebP that is as long as it says."""
    riff, size, webp = struct.unpack_from("<4sI4s", content)
    assert (riff, size, webp) == (b"RIFF", len(content) - 8, b"WEBP")
    at = 12
    while at < len(content):
        name, length = struct.unpack_from("<4sI", content, at)
        yield name.decode("ascii")
        at += 8 + length + length % 2
    assert at == len(content)


def jpeg_segments(content: bytes) -> Iterator[str]:
    """The names of the segments of a JPEG; unknown ones by their number."""
    at = 0
    while at < len(content):
        assert content[at] == 0xFF, f"something else than a segment at {at}"
        marker = content[at + 1]
        name = _MARKERS.get(marker, hex(marker))
        yield name
        at += 2
        if name in {"SOI", "EOI"}:
            continue
        (length,) = struct.unpack_from(">H", content, at)
        if name == "APP0":
            assert content[at + 2 : at + 7] == b"JFIF\0"
            assert length == 16, "a small picture in the head"
        at += length
        if name == "SOS":
            at = _behind_pixels(content, at)


def _behind_pixels(content: bytes, at: int) -> int:
    while content[at] != 0xFF or content[at + 1] == 0 or 0xD0 <= content[at + 1] <= 0xD7:
        at = content.index(b"\xff", at + 1)
    return at
