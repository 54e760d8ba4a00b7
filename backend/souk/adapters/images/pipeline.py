"""From a file to cleaned variants, in one process, without any confinement of its own."""

from io import BytesIO

from PIL import Image, ImageCms

from souk.adapters.images.animation import page_size, written_page
from souk.adapters.images.colours import Converter, blurred, dominant_colour, on_white
from souk.adapters.images.decoding import Source, is_sideways
from souk.adapters.images.encoding import written_variants
from souk.adapters.images.outline import Outline, Refused, outline
from souk.modules.media.domain import (
    CleanedFile,
    CleanedImage,
    MediaType,
    Refusal,
    Variant,
)


def clean(content: bytes) -> CleanedImage | Refusal:
    """The picture in every variant, or why it is not taken. Raises `MemoryError` alone.

    Pillow may raise anything on a broken file. A defect of ours looks the same, and is told apart
    by tests: whatever is sound is accepted."""
    try:
        return _cleaned(content, outline(content))
    except Refused as refused:
        return refused.refusal
    except MemoryError:
        raise
    except Exception:
        return Refusal.BROKEN


def _cleaned(content: bytes, described: Outline) -> CleanedImage:
    source = Source(content, described)
    first = source.first(Variant.FULL.edge)
    colours, turn = Converter(source.icc), source.turn()
    still = _upright(colours.convert(first), turn)
    del first
    images, files = written_variants(still)
    thumb = on_white(images[Variant.THUMB])
    moving = _moving_page(source, described, colours, turn)
    if moving is not None:
        files = [one for one in files if not _is_page(one)] + [moving]
    width, height = described.width, described.height
    return CleanedImage(
        form=described.form,
        width=height if is_sideways(turn) else width,
        height=width if is_sideways(turn) else height,
        animated=moving is not None,
        colour=dominant_colour(thumb),
        blurhash=blurred(thumb),
        files=tuple(files),
    )


def _moving_page(
    source: Source, described: Outline, colours: Converter, turn: Image.Transpose | None
) -> CleanedFile | None:
    if described.frames == 1:
        return None
    size = page_size(described.width, described.height, described.frames)
    frames = [
        (_upright(colours.convert(image), turn), shown) for image, shown in source.frames(size)
    ]
    return written_page(frames, source.loop) if len(frames) > 1 else None


def _is_page(one: CleanedFile) -> bool:
    return one.variant is Variant.PAGE and one.media_type is MediaType.WEBP


def _upright(image: Image.Image, turn: Image.Transpose | None) -> Image.Image:
    return image if turn is None else image.transpose(turn)


def warm_up() -> None:
    """Load all that a picture may need, by cleaning one of each form: a process that has given up
    its descriptors can load nothing any more. Raises `RuntimeError` when one is refused."""
    refused = [one for one in map(clean, _samples()) if isinstance(one, Refusal)]
    if refused:
        raise RuntimeError(f"this Pillow cannot read and write what it has to: {refused}")


def _samples() -> list[bytes]:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif[0x0112] = 6
    tagged: dict[str, object] = {"exif": exif.tobytes(), "icc_profile": profile}
    colours = Image.linear_gradient("L").resize((24, 16)).convert("RGB")
    frames: dict[str, object] = {"save_all": True, "append_images": [Image.new("RGB", (24, 16))]}
    return [
        _saved(colours, "JPEG", progressive=True, **tagged),
        _saved(colours.convert("CMYK"), "JPEG"),
        _saved(colours.convert("RGBA"), "PNG", **tagged),
        _saved(colours.quantize(16), "PNG", transparency=0),
        _saved(colours, "PNG", **frames),
        _saved(colours, "WEBP", **tagged),
        _saved(colours, "WEBP", **frames),
        _saved(colours, "GIF", **frames),
    ]


def _saved(image: Image.Image, form: str, **settings: object) -> bytes:
    written = BytesIO()
    image.save(written, form, **settings)
    return written.getvalue()
