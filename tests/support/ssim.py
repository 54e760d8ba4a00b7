"""How alike two pictures look: the structural similarity of Wang, Bovik, Sheikh and Simoncelli
(IEEE Transactions on Image Processing 13/4, 2004) over brightness, with even windows of 8 x 8."""

import numpy as np
from PIL import Image

_WINDOW = 8
_MOST = 800
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def ssim(one: Image.Image, other: Image.Image) -> float:
    """1 for the same picture. Both have the same size."""
    assert one.size == other.size
    a, b = (np.asarray(_middle(image).convert("L"), dtype=np.float64) for image in (one, other))
    mean_a, mean_b = _means(a), _means(b)
    spread_a, spread_b = _means(a * a) - mean_a**2, _means(b * b) - mean_b**2
    together = _means(a * b) - mean_a * mean_b
    brightness = (2 * mean_a * mean_b + _C1) / (mean_a**2 + mean_b**2 + _C1)
    structure = (2 * together + _C2) / (spread_a + spread_b + _C2)
    return float((brightness * structure).mean())


def _middle(image: Image.Image) -> Image.Image:
    """Of a large picture the middle, which tells as much."""
    wide, high = (min(side, _MOST) for side in image.size)
    left, top = (image.width - wide) // 2, (image.height - high) // 2
    return image.crop((left, top, left + wide, top + high))


def _means(values: np.ndarray) -> np.ndarray:
    """Of every window; of the whole, where it is smaller than one."""
    high, wide = (min(_WINDOW, side) for side in values.shape)
    sums = np.zeros((values.shape[0] + 1, values.shape[1] + 1))
    sums[1:, 1:] = values.cumsum(0).cumsum(1)
    found = sums[high:, wide:] - sums[:-high, wide:] - sums[high:, :-wide] + sums[:-high, :-wide]
    return found / (high * wide)
