"""What a file says about itself, before anything is decoded."""

import random

import pytest

from souk.adapters.images.outline import Refused, outline
from souk.modules.media.domain import Form, Refusal
from tests.support.image_parts import (
    FORMS,
    exif,
    gif,
    gif_image,
    moving,
    png,
    saved,
    scene,
    tagged,
)


@pytest.mark.parametrize("form", FORMS)
def test_outline_reads_the_size(form: str) -> None:
    found = outline(saved(scene(123, 45), form))
    assert (found.form, found.width, found.height, found.frames) == (Form(form.lower()), 123, 45, 1)


@pytest.mark.parametrize("settings", [{"lossless": True}, {"exif": exif()}])
def test_outline_reads_the_size_of_every_webp(settings) -> None:
    found = outline(saved(scene(123, 45), "WEBP", **settings))
    assert (found.width, found.height) == (123, 45)


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP"])
@pytest.mark.parametrize("frames", [2, 7])
def test_outline_counts_frames(form: str, frames: int) -> None:
    assert outline(moving(frames, form, (20, 10))).frames == frames


def test_outline_makes_a_gif_as_large_as_what_is_painted() -> None:
    found = outline(gif(5, 5, gif_image(9, 9, 10, 20)))
    assert (found.width, found.height) == (19, 29)


def test_outline_tells_what_a_progressive_jpeg_is_held_in() -> None:
    plain = outline(saved(scene(160, 160), "JPEG"))
    coarse, fine = (
        outline(saved(scene(160, 160), "JPEG", progressive=True, subsampling=how))
        for how in ("4:2:0", "4:4:4")
    )
    held = (plain.held_samples, coarse.held_samples, fine.held_samples)
    assert held == (0, 38_400, 76_800)


@pytest.mark.pitfall("I2")
@pytest.mark.parametrize(("height", "refused"), [(3_000, False), (3_001, True), (3_030, True)])
def test_outline_refuses_a_hundredth_too_much(height: int, refused: bool) -> None:
    content = png(4_000, height)
    if not refused:
        assert outline(content).height == height
        return
    with pytest.raises(Refused) as raised:
        outline(content)
    assert raised.value.refusal is Refusal.TOO_LARGE


@pytest.mark.parametrize("form", FORMS)
def test_outline_bears_any_bytes(form: str) -> None:
    dice, whole = random.Random(form), tagged(form)
    for _ in range(200):
        wrong = bytearray(whole[: dice.randrange(12, len(whole))])
        for _ in range(5):
            wrong[dice.randrange(len(wrong))] = dice.randrange(256)
        try:
            outline(bytes(wrong))
        except Refused:
            continue
