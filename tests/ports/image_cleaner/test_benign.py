"""Every sound picture is accepted, and every variant still looks like it."""

import io

import pytest
from PIL import Image

from souk.modules.media.domain import (
    MAX_UPLOAD_BYTES,
    MAX_VARIANT_BYTES,
    CleanedFile,
    CleanedImage,
    MediaType,
    Variant,
    compute_cid,
    fitted,
)
from tests.ports.image_cleaner.test_hostile import assert_clean
from tests.support.benign_images import MOVING, STILL, looks
from tests.support.image_parts import noise, saved, scene
from tests.support.ssim import ssim

ALIKE = 0.95


def cleaned(cleaner, content: bytes) -> CleanedImage:
    outcome = cleaner.clean(content, max_bytes=MAX_UPLOAD_BYTES)
    assert isinstance(outcome, CleanedImage), outcome
    return outcome


def shown(content: bytes, frame: int = 0) -> Image.Image:
    """A variant as it looks on white."""
    image = Image.open(io.BytesIO(content))
    image.seek(frame)
    whole = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", whole.size, "white"), whole).convert("RGB")


def test_there_are_enough_of_them() -> None:
    assert len(STILL) + len(MOVING) >= 100


@pytest.mark.pitfall("I6")
@pytest.mark.parametrize("name", STILL)
def test_clean_keeps_how_a_picture_looks(cleaner, name: str) -> None:
    content = STILL[name]()
    outcome, original = cleaned(cleaner, content), looks(content)
    assert (outcome.width, outcome.height) == original.size
    assert not outcome.animated
    assert_clean(outcome)
    for one in outcome.files:
        assert (one.width, one.height) == fitted(*original.size, one.variant.edge)
    # Variants of one size are the same file.
    for one in {one.cid: one for one in outcome.files}.values():
        small = original.resize((one.width, one.height), Image.Resampling.LANCZOS)
        assert ssim(shown(one.content), small) >= ALIKE, (one.variant, one.media_type)
        assert shown(one.content).size == (one.width, one.height)


@pytest.mark.parametrize("name", MOVING)
def test_clean_keeps_motion_in_the_page_alone(cleaner, name: str) -> None:
    content = MOVING[name]()
    outcome, original = cleaned(cleaner, content), Image.open(io.BytesIO(content))
    assert outcome.animated
    assert_clean(outcome)
    for one in outcome.files:
        frames = getattr(Image.open(io.BytesIO(one.content)), "n_frames", 1)
        moves = one.variant is Variant.PAGE and one.media_type is MediaType.WEBP
        assert frames == (original.n_frames if moves else 1)
    assert_same_motion(outcome.file(Variant.PAGE, MediaType.WEBP), original)


def assert_same_motion(page: CleanedFile, original: Image.Image) -> None:
    """Every frame looks as it did, for as long as it did."""
    moving = Image.open(io.BytesIO(page.content))
    for number in range(original.n_frames):
        original.seek(number)
        moving.seek(number)
        small = original.convert("RGB").resize(moving.size, Image.Resampling.LANCZOS)
        assert ssim(moving.convert("RGB"), small) >= ALIKE, number
        assert moving.info["duration"] == original.info["duration"] == 120
    assert moving.info["loop"] == 0


def test_clean_gives_the_same_bytes_again(cleaner) -> None:
    content = STILL["png RGBA (320, 240)"]()
    assert cleaned(cleaner, content) == cleaned(cleaner, content)


def test_clean_names_every_file_by_its_bytes(cleaner) -> None:
    outcome = cleaned(cleaner, saved(scene(), "PNG"))
    assert [one.cid for one in outcome.files] == [compute_cid(one.content) for one in outcome.files]


def test_clean_writes_what_cannot_be_made_small_in_lower_quality(cleaner) -> None:
    outcome = cleaned(cleaner, saved(noise(2_048, 1_536), "JPEG", quality=90))
    full = outcome.file(Variant.FULL, MediaType.WEBP)
    assert (full.width, full.height) == (2_048, 1_536)
    assert 0.3 * MAX_VARIANT_BYTES < len(full.content) <= MAX_VARIANT_BYTES


def test_clean_makes_smaller_what_no_quality_makes_fit(cleaner) -> None:
    frames = [noise(500, 500, seed=number) for number in range(20)]
    content = saved(
        frames[0], "WEBP", save_all=True, append_images=frames[1:], quality=50, method=0
    )
    page = cleaned(cleaner, content).file(Variant.PAGE, MediaType.WEBP)
    assert page.width < 500
    assert len(page.content) <= MAX_VARIANT_BYTES


def test_clean_flattens_alpha_on_white_for_a_jpeg(cleaner) -> None:
    outcome = cleaned(cleaner, saved(Image.new("RGBA", (64, 64), (255, 0, 0, 0)), "PNG"))
    jpeg = outcome.file(Variant.CARD, MediaType.JPEG)
    assert shown(jpeg.content).getpixel((9, 9)) == (255, 255, 255)
    webp = Image.open(io.BytesIO(outcome.file(Variant.CARD, MediaType.WEBP).content))
    assert webp.convert("RGBA").getpixel((9, 9))[3] == 0


def test_clean_tells_the_colour_that_covers_most(cleaner) -> None:
    picture = Image.new("RGB", (100, 100), (20, 160, 40))
    picture.paste((250, 0, 0), (0, 0, 100, 30))
    assert cleaned(cleaner, saved(picture, "PNG")).colour == "#14a028"
