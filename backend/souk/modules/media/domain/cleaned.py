"""What comes of a picture that was looked at: cleaned variants, or a refusal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from souk.modules.media.domain.cid import Cid
from souk.modules.media.domain.forms import (
    MAX_ANIMATED_PIXELS,
    MAX_FRAMES,
    MAX_MOVING_PIXELS,
    MAX_PIXELS,
    Form,
)
from souk.modules.media.domain.variants import MediaType, Variant

_MEGA = 1_000_000


class Refusal(StrEnum):
    """Why a file is not taken."""

    EMPTY = "image_empty"
    TOO_MANY_BYTES = "image_too_many_bytes"
    WRONG_FORM = "image_wrong_form"
    TOO_LARGE = "image_too_large"
    TOO_MANY_FRAMES = "image_too_many_frames"
    ANIMATION_TOO_LARGE = "image_animation_too_large"
    BROKEN = "image_broken"
    TOO_COSTLY = "image_too_costly"

    @property
    def sentence(self) -> str:
        """What to tell whoever uploaded it."""
        return _SENTENCES[self]


_SENTENCES = {
    Refusal.EMPTY: "this file is empty; choose the picture again",
    Refusal.TOO_MANY_BYTES: "this file is too large; save the picture as a JPEG or with fewer"
    " pixels",
    Refusal.WRONG_FORM: "only JPEG, PNG, WebP and GIF are taken, whatever the file is called; save"
    " the picture as one of them",
    Refusal.TOO_LARGE: "this picture has too many pixels; make it smaller, at most"
    f" {MAX_PIXELS[Form.PNG] // _MEGA} million, or save it as a plain JPEG that is not progressive,"
    f" at most {MAX_PIXELS[Form.JPEG] // _MEGA} million",
    Refusal.TOO_MANY_FRAMES: f"an animation has at most {MAX_FRAMES} frames; leave some out",
    Refusal.ANIMATION_TOO_LARGE: "this animation has too many pixels; make it smaller or shorter,"
    f" at most {MAX_MOVING_PIXELS // _MEGA} million in one frame and"
    f" {MAX_ANIMATED_PIXELS // _MEGA} million in all",
    Refusal.BROKEN: "this file cannot be read to its end as the picture that it begins as; open"
    " it and save it anew",
    Refusal.TOO_COSTLY: "this picture takes too long or too much memory to read; save it as a"
    " plain JPEG, or with fewer pixels",
}


@dataclass(frozen=True, slots=True)
class CleanedFile:
    """A variant in one media type. It holds pixels and what is needed to show them, nothing that
    was written beside them."""

    variant: Variant
    media_type: MediaType
    content: bytes
    cid: Cid
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Original:
    """What is known of a file that was not kept: its sha2-256, in hexadecimal, and its length."""

    hash: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanedImage:
    """A picture of which only the pixels are left, in every variant and media type. `width` and
    `height` are those of the original the right way up, `colour` is `#rrggbb`, and `blurhash` can
    be shown until a variant is there."""

    form: Form
    width: int
    height: int
    animated: bool
    colour: str
    blurhash: str
    files: Sequence[CleanedFile]

    @property
    def blocks(self) -> Mapping[Cid, bytes]:
        """The bytes of all files; small pictures have the same one several times."""
        return {one.cid: one.content for one in self.files}

    def file(self, variant: Variant, media_type: MediaType) -> CleanedFile:
        """The one file of a variant in a media type."""
        wanted = variant, media_type
        return next(one for one in self.files if (one.variant, one.media_type) == wanted)
