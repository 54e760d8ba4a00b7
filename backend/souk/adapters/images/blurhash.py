"""BlurHash: some thirty characters from which a blurred picture can be drawn.

The algorithm is Wolt's (https://github.com/woltapp/blurhash, Algorithm.md): a picture as a sum of
few cosines, in linear light, written in base 83.
"""

from math import copysign, cos, pi

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"
_LINEAR_KNEE = 0.04045
_LINEAR = tuple(
    one / 12.92 if one <= _LINEAR_KNEE else ((one + 0.055) / 1.055) ** 2.4
    for one in (value / 255 for value in range(256))
)
_STEPS = 19
_Colour = tuple[float, float, float]


def blurhash(pixels: bytes, width: int, height: int, across: int, down: int) -> str:
    """The hash of RGB pixels with so many components, each from 1 to 9."""
    parts = _components(pixels, width, height, across, down)
    average, details = parts[0], parts[1:]
    strongest = max((abs(value) for part in details for value in part), default=0.0)
    step = max(0, min(82, int(strongest * 166 - 0.5)))
    scale = (step + 1) / 166
    written = [_digits(across - 1 + 9 * (down - 1), 1), _digits(step if details else 0, 1)]
    written.append(_digits(_average(average), 4))
    written += [_digits(_detail(part, scale), 2) for part in details]
    return "".join(written)


def _components(pixels: bytes, width: int, height: int, across: int, down: int) -> list[_Colour]:
    rows = [_row(pixels, width, y, across) for y in range(height)]
    found = []
    for j in range(down):
        waves = [cos(pi * j * y / height) for y in range(height)]
        for i in range(across):
            weight = (1 if i == j == 0 else 2) / (width * height)
            red, green, blue = (
                weight * sum(wave * row[i][band] for wave, row in zip(waves, rows, strict=True))
                for band in range(3)
            )
            found.append((red, green, blue))
    return found


def _row(pixels: bytes, width: int, y: int, across: int) -> list[list[float]]:
    """Of one row the sums of each band under each wave across it."""
    line = pixels[3 * width * y : 3 * width * (y + 1)]
    bands = [[_LINEAR[value] for value in line[band::3]] for band in range(3)]
    sums = []
    for i in range(across):
        waves = [cos(pi * i * x / width) for x in range(width)]
        sums.append([sum(map(float.__mul__, waves, band)) for band in bands])
    return sums


def _average(colour: _Colour) -> int:
    red, green, blue = map(_gamma, colour)
    return (red << 16) + (green << 8) + blue


def _gamma(value: float) -> int:
    bounded = max(0.0, min(1.0, value))
    if bounded <= 0.0031308:
        return int(bounded * 12.92 * 255 + 0.5)
    return int((1.055 * bounded ** (1 / 2.4) - 0.055) * 255 + 0.5)


def _detail(colour: _Colour, scale: float) -> int:
    steps = (int(9.5 + 9 * _root(value / scale)) for value in colour)
    red, green, blue = (max(0, min(_STEPS - 1, step)) for step in steps)
    return (red * _STEPS + green) * _STEPS + blue


def _root(value: float) -> float:
    return copysign(abs(value) ** 0.5, value)


def _digits(value: int, count: int) -> str:
    return "".join(_DIGITS[value // 83**place % 83] for place in reversed(range(count)))
