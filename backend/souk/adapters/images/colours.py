"""Colours as every screen understands them: sRGB, with or without alpha, and what to show first."""

from io import BytesIO

from PIL import Image, ImageCms

from souk.adapters.images.blurhash import blurhash

_MAX_PROFILE_BYTES = 4 * 1024 * 1024
_SPACES = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK"}
_PALETTE = 8
_HASHED_EDGE = 32
_HASHED_PARTS = (4, 3)
_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
_WHITE = (255, 255, 255, 255)


class Converter:
    """Brings images that have one profile into sRGB. A profile that cannot be used is ignored, as
    browsers do."""

    def __init__(self, icc: bytes | None) -> None:
        self._profile = _usable(icc)
        self._transforms: dict[str, ImageCms.ImageCmsTransform] = {}

    def convert(self, image: Image.Image) -> Image.Image:
        """The image in RGB or RGBA, its info empty."""
        alpha = image.getchannel("A") if image.mode in {"RGBA", "LA"} else None
        plain = image.convert({"RGBA": "RGB", "RGBX": "RGB", "LA": "L"}.get(image.mode, image.mode))
        converted = self._in_srgb(plain)
        converted.info = {}
        if alpha is not None and alpha.getextrema() != (255, 255):
            converted.putalpha(alpha)
        return converted

    def _in_srgb(self, image: Image.Image) -> Image.Image:
        if self._profile is None:
            return image.convert("RGB")
        space = _SPACES.get(self._profile.profile.xcolor_space)
        if space is None or (image.mode == "CMYK") != (space == "CMYK"):
            return image.convert("RGB")
        try:
            return self._transform(self._profile, space).apply(image.convert(space))
        except (ImageCms.PyCMSError, OSError, ValueError):
            return image.convert("RGB")

    def _transform(
        self, profile: ImageCms.ImageCmsProfile, mode: str
    ) -> ImageCms.ImageCmsTransform:
        if mode not in self._transforms:
            self._transforms[mode] = ImageCms.ImageCmsTransform(profile, _SRGB, mode, "RGB")
        return self._transforms[mode]


def _usable(icc: bytes | None) -> ImageCms.ImageCmsProfile | None:
    if not icc or len(icc) > _MAX_PROFILE_BYTES:
        return None
    try:
        return ImageCms.ImageCmsProfile(BytesIO(icc))
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None


def on_white(image: Image.Image) -> Image.Image:
    """Without alpha, as a JPEG has to be."""
    if image.mode != "RGBA":
        return image
    ground = Image.new("RGBA", image.size, _WHITE)
    return Image.alpha_composite(ground, image).convert("RGB")


def dominant_colour(image: Image.Image) -> str:
    """Of the few colours into which an image falls the one that covers most, as `#rrggbb`."""
    few = image.quantize(_PALETTE, Image.Quantize.MEDIANCUT)
    counts = few.histogram()[:_PALETTE]
    # Of equals the first.
    index = counts.index(max(counts))
    palette = few.getpalette() or [0, 0, 0]
    return f"#{bytes(palette[3 * index : 3 * index + 3]).hex()}"


def blurred(image: Image.Image) -> str:
    """The BlurHash of an image."""
    small = image.copy()
    small.thumbnail((_HASHED_EDGE, _HASHED_EDGE))
    return blurhash(small.tobytes(), *small.size, *_HASHED_PARTS)
