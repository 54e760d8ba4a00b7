"""What is said of pictures."""

from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import Field

from souk.core.errors import DomainError
from souk.core.web import InstantOut, ResponseModel
from souk.modules.media.domain import (
    FileAddresses,
    ImageRecord,
    MediaType,
    Pinned,
    Purpose,
    UseKind,
    Variant,
)
from souk.modules.media.service import Outcome

CID = "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"
_Cid = Annotated[str, Field(examples=[CID])]


class ImageFile(ResponseModel):
    """One file of a picture. Its bytes never change, and its address says what they are."""

    variant: Annotated[
        Variant,
        Field(description="At most 160, 480, 1080 or 2048 pixels on the longer side."),
    ]
    media_type: MediaType
    cid: _Cid
    url: Annotated[
        str | None,
        Field(
            description="`null` for evidence, which is read through the order that it is about.",
            examples=[f"/ipfs/{CID}"],
        ),
    ]
    width: int
    height: int
    bytes: int


class ImageUse(ResponseModel):
    """Where the picture is shown."""

    kind: UseKind
    subject_id: str
    position: int
    alt_text: str


class ImageOut(ResponseModel):
    """A picture. `width` and `height` are those of the original; the original is not kept."""

    ipfs_hash: _Cid
    purpose: Purpose
    width: int
    height: int
    animated: Annotated[bool, Field(description="Then only the `page` variant in WebP moves.")]
    colour: Annotated[str, Field(description="What most of it looks like.", examples=["#7f5a2c"])]
    blurhash: Annotated[str, Field(description="To be shown until a file is there.")]
    alt_text: str
    created_at: InstantOut
    files: Annotated[list[ImageFile], Field(description="The smallest first.")]
    pinned: Annotated[
        Pinned,
        Field(description="Whether all who are to keep it have been seen to; sales do not wait."),
    ]
    uses: Annotated[list[ImageUse] | None, Field(description="`null` for everybody but its owner.")]

    @classmethod
    def of(cls, image: ImageRecord, at: FileAddresses, *, account_id: str | None) -> Self:
        """As this caller may see it."""
        mine = image.account_id == account_id
        return cls(
            ipfs_hash=image.cid,
            purpose=image.purpose,
            width=image.width,
            height=image.height,
            animated=image.animated,
            colour=image.colour,
            blurhash=image.blurhash,
            alt_text=image.alt_text,
            created_at=image.created_at,
            files=[
                ImageFile(
                    variant=file.variant,
                    media_type=file.media_type,
                    cid=file.cid,
                    url=None if image.purpose.is_sealed else at.of(file.cid),
                    width=file.width,
                    height=file.height,
                    bytes=file.size,
                )
                for file in image.files
            ],
            pinned=image.pinned,
            uses=[ImageUse.model_validate(use) for use in image.uses] if mine else None,
        )


class RefusedFile(ResponseModel):
    """Why a file is no picture here."""

    code: Annotated[str, Field(examples=["image_wrong_form"])]
    detail: str
    retryable: Annotated[bool, Field(description="Whether the same file may be taken later.")]

    @classmethod
    def of(cls, refusal: DomainError) -> Self:
        """The same words as in a problem document."""
        return cls(code=refusal.code, detail=refusal.detail, retryable=refusal.retryable)


class UploadedFile(ResponseModel):
    """What came of one file: the picture, or why there is none."""

    image: ImageOut | None
    refused: RefusedFile | None

    @classmethod
    def of(cls, outcome: Outcome, at: FileAddresses, *, account_id: str) -> Self:
        """For whoever sent it."""
        image, refusal = outcome.image, outcome.refusal
        return cls(
            image=None if image is None else ImageOut.of(image, at, account_id=account_id),
            refused=None if refusal is None else RefusedFile.of(refusal),
        )


class UploadOut(ResponseModel):
    """What came of each file, in the order in which they were sent."""

    data: list[UploadedFile]

    @classmethod
    def of(cls, outcomes: Sequence[Outcome], at: FileAddresses, *, account_id: str) -> Self:
        """For whoever sent them."""
        told = [UploadedFile.of(one, at, account_id=account_id) for one in outcomes]
        return cls(data=told)
