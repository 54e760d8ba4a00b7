"""What is written out in an address, and what is a picture."""

import pytest

from souk.adapters.avatars.pictures import picture_in
from souk.adapters.avatars.written_out import content_of


@pytest.mark.parametrize(
    ("address", "content"),
    [
        ("data:image/png;base64,aGVsbG8=", b"hello"),
        ("data:image/png;base64,aGVsbG8", b"hello"),
        ("data:image/png;base64,aGVsbG8%3D", b"hello"),
        ("data:;base64,", b""),
        ("data:application/json;utf8,{%22a%22:1}", b'{"a":1}'),
        ("data:,a,b", b"a,b"),
    ],
)
def test_content_is_what_is_written(address, content):
    assert content_of(address) == content


@pytest.mark.parametrize(
    "address", ["data:", "data:image/png;base64", "data:;base64,*", "data:;base64,a"]
)
def test_malformed_address_has_no_content(address):
    assert content_of(address) is None


@pytest.mark.parametrize(
    ("beginning", "media_type"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"GIF87a", "image/gif"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
    ],
)
def test_picture_is_known_by_how_it_begins(beginning, media_type):
    picture = picture_in(beginning + b"...")

    assert (picture.media_type, picture.content) == (media_type, beginning + b"...")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
        b"<?xml version='1.0'?><svg/>",
        b"<!DOCTYPE html><script>alert(1)</script>",
        b"GIF88a<script>",
        b"RIFF\0\0\0\0WAVE",
        b"RIFF",
        b" \x89PNG\r\n\x1a\n",
        b"%PDF-1.7",
        b"\0\0\0\x1cftypavif",
        b"BM",
    ],
)
def test_nothing_else_is_a_picture(content):
    assert picture_in(content) is None
