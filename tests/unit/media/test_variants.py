"""In which sizes a picture is kept, and what is taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from souk.modules.media.domain import (
    MAX_ANIMATED_PIXELS,
    MAX_BLOCK_BYTES,
    MAX_MOVING_PIXELS,
    MAX_PIXELS,
    MAX_SIDE,
    MAX_UPLOAD_BYTES,
    MAX_VARIANT_BYTES,
    SEALING_BYTES,
    CleanedFile,
    CleanedImage,
    Form,
    MediaType,
    Purpose,
    Refusal,
    Variant,
    compute_cid,
    fitted,
    is_too_large,
    is_too_long,
    sniff,
)

sides = st.integers(1, MAX_SIDE)


def test_variants_have_their_edges() -> None:
    edges = {variant.value: variant.edge for variant in Variant}
    assert edges == {"thumb": 160, "card": 480, "page": 1080, "full": 2048}


@given(sides, sides, st.sampled_from(Variant))
def test_fitted_never_enlarges_and_keeps_the_shape(width, height, variant) -> None:
    wide, high = fitted(width, height, variant.edge)
    assert 1 <= wide <= min(width, variant.edge)
    assert 1 <= high <= min(height, variant.edge)
    assert max(wide, high) == min(max(width, height), variant.edge)
    # Each side is off by at most half a pixel, or was less than one.
    shrunk = max(wide, high) / max(width, height)
    assert abs(wide - width * shrunk) <= 1
    assert abs(high - height * shrunk) <= 1


@pytest.mark.parametrize(
    ("head", "form"),
    [
        (b"\xff\xd8\xff\xe0", Form.JPEG),
        (b"\x89PNG\r\n\x1a\n", Form.PNG),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", Form.WEBP),
        (b"GIF87a", Form.GIF),
        (b"GIF89a", Form.GIF),
        (b"", None),
        (b"\xff\xd8", None),
        (b"\x89PNG\n\x1a\n", None),
        (b"RIFF\x00\x00\x00\x00WAVE", None),
        (b"GIF90a", None),
        (b"<svg xmlns=", None),
        (b" \xff\xd8\xff", None),
        (b"BM", None),
        (b"II*\x00", None),
    ],
)
def test_sniff_goes_by_the_first_bytes(head: bytes, form: Form | None) -> None:
    assert sniff(head) is form


@pytest.mark.parametrize("form", Form)
def test_too_large_begins_right_above_the_limit(form: Form) -> None:
    high = MAX_PIXELS[form] // 10_000
    assert not is_too_large(form, 10_000, high)
    assert is_too_large(form, 10_000, high + 1)
    assert is_too_large(form, MAX_SIDE + 1, 1)
    assert is_too_large(form, 1, MAX_SIDE + 1)
    assert not is_too_large(form, 4_000, 3_000)


def test_too_long_begins_right_above_the_limits() -> None:
    assert not is_too_long(2_000, MAX_MOVING_PIXELS // 2_000, 2)
    assert is_too_long(2_000, MAX_MOVING_PIXELS // 2_000 + 1, 2)
    assert not is_too_long(1_000, MAX_ANIMATED_PIXELS // 60_000, 60)
    assert is_too_long(1_000, MAX_ANIMATED_PIXELS // 60_000 + 1, 60)


def test_purposes_are_capped() -> None:
    assert all(0 < one.caps.max_bytes <= MAX_UPLOAD_BYTES for one in Purpose)
    assert all(one.caps.max_count >= 1 for one in Purpose)
    assert Purpose.PROFILE.caps.max_count == Purpose.COVER.caps.max_count == 1


def test_a_variant_is_one_block() -> None:
    assert MAX_VARIANT_BYTES + SEALING_BYTES == MAX_BLOCK_BYTES == 1024 * 1024


@pytest.mark.parametrize("refusal", Refusal)
def test_refusals_say_what_to_do(refusal: Refusal) -> None:
    assert any(word in refusal.sentence for word in ("save", "choose", "make", "leave"))
    assert refusal.value.startswith("image_")


def test_file_finds_a_variant() -> None:
    key = (Variant.CARD, MediaType.WEBP)
    one = CleanedFile(*key, b"", compute_cid(b""), 1, 1)
    image = CleanedImage(
        form=Form.GIF,
        width=1,
        height=1,
        animated=False,
        colour="#000000",
        blurhash="",
        files=(one,),
    )
    assert image.file(*key) is one
