"""Hashes beside those of somebody else's code (blurhash 1.1.5)."""

import pytest

from souk.adapters.images.blurhash import blurhash


def pixels(count: int, seed: int) -> bytes:
    return bytes(
        value
        for x in range(count)
        for value in ((x * 37 + seed * 11) % 256, (x * x + seed) % 256, x * 5 % 256)
    )


@pytest.mark.parametrize(
    ("width", "height", "seed", "expected"),
    [
        (32, 24, 1, "LEHUhT$8l^$9%0esWAjbfQfQfQfQ"),
        (24, 32, 2, "L3HUka}LfQ}L^vVQWyb;jtfSsSn}"),
        (32, 32, 3, "LEHUkasXl^sYxsjJaejbfQfQfQfQ"),
        (1, 1, 4, "L753yQ|]|]|]|]|]|]|]|]|]|]|]"),
        (32, 1, 5, "L~Hw#ze9Vynj~Ue9Vynj~Ue9Vynj"),
    ],
)
def test_blurhash_is_what_others_compute(width, height, seed, expected) -> None:
    assert blurhash(pixels(width * height, seed), width, height, 4, 3) == expected


def test_blurhash_of_one_component_is_a_colour() -> None:
    assert blurhash(bytes((255, 0, 0)) * 4, 2, 2, 1, 1) == "00TI:j"
