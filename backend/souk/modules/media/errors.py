"""What the images module may say no with.

NotFoundError
+-- BlockNotFound               the bytes are not where they were looked for
+-- ImageNotFound               no picture has this CID, or none of the caller's
ConflictError
+-- ImageInUse                  the picture is shown somewhere
+-- TooManyImages               the account has as many pictures as it may have
ForbiddenError
+-- AddressNotSigned            the address of a file lacks its signature, or its time is over
RejectedError
+-- MalformedCid                the text is no CID of a kind that is made here
+-- ImageRefused                the file cannot be made into a picture; says why
+-- ImageNotYours               the picture is somebody else's, or for something else
+-- MalwareFound                the scanner for malware knows what is in the file
+-- UnknownPurpose              what the pictures are for is not said, or nothing known
+-- PurposeNotYet               nothing can be done yet with pictures for this
+-- AltTextUnfit                what a picture shows cannot be said like this
+-- NoFiles                     the upload holds no file, or more than its purpose takes
TooLargeError
+-- ImageTooLarge               the file has more bytes than its purpose takes
UnsupportedError
+-- ImageWrongForm              the file is no JPEG, PNG, WebP or GIF
UnavailableError
+-- ContentMismatch             a provider answered with another CID or other bytes than it should
+-- DocumentLost                a sealed document cannot be opened with the keys that are here
+-- ImageCleanerUnavailable     the picture could not be looked at now
+-- ImageLeaving                a picture of the same is being taken away at this moment
"""

from collections.abc import Sequence

from souk.core.errors import (
    ConflictError,
    ForbiddenError,
    NotFoundError,
    RejectedError,
    TooLargeError,
    UnavailableError,
    UnsupportedError,
)


class BlockNotFound(NotFoundError):
    """The bytes of this CID are not where they were looked for."""

    code = "block_not_found"

    def __init__(self, cid: str, where: str) -> None:
        super().__init__(f"{where} does not hold {cid}", context={"cid": cid})


class AddressNotSigned(ForbiddenError):
    """The address of a file is not signed, or its time is over.

    Ask anew for what named it, such as the listing, and take the address from there.
    """

    code = "address_not_signed"

    def __init__(self) -> None:
        super().__init__("this address is not signed or its time is over; ask for it anew")


class MalformedCid(RejectedError):
    """The text is no CIDv1 of one raw block under sha2-256 in lower-case base32. Others are not
    made here."""

    code = "malformed_cid"


class ContentMismatch(UnavailableError):
    """A provider answered with another CID, or with other bytes, than the content has.

    Nothing is stored or served under the answer. Whoever runs the installation finds out why the
    provider is wrong: asking it again does not help.
    """

    code = "content_mismatch"
    retryable = False

    def __init__(self, cid: str, where: str) -> None:
        super().__init__(f"{where} answered with something else than {cid}", context={"cid": cid})
        self.where = where


class DocumentLost(UnavailableError):
    """A document was sealed under another `SECRET_KEY`, for somebody else, or was changed since.

    Whoever runs the installation looks whether all its processes have the same `SECRET_KEY`, and
    whether the one that it had then is among `SECRET_KEYS_BEFORE`.
    """

    code = "document_lost"


class ImageCleanerUnavailable(UnavailableError):
    """The picture could not be looked at now: the machine is too busy, or what looks at pictures
    has ended. Nothing is known of the picture."""

    code = "image_cleaner_unavailable"


class ImageLeaving(UnavailableError):
    """A deleted picture with the same files is being taken away at this moment, or was when the
    process that did so died. Send the upload again in a few minutes at most."""

    code = "image_leaving"

    def __init__(self) -> None:
        super().__init__("the same picture is just being taken away; send it again in a minute")


class ImageNotFound(NotFoundError):
    """No picture of the caller's, or of anybody where anybody's will do, has this CID."""

    code = "image_not_found"

    def __init__(self) -> None:
        super().__init__("there is no such picture")


class ImageInUse(ConflictError):
    """The picture is shown somewhere; `context` says where. Take it away there first."""

    code = "image_in_use"

    def __init__(self, uses: Sequence[str]) -> None:
        super().__init__(
            "this picture is still shown; take it away there first", context={"uses": uses}
        )


class TooManyImages(ConflictError):
    """The account has as many pictures as it may have, with those that it deleted and whose bytes
    are still here.

    Delete some that are not shown, and come back when the days are over for which the bytes stay.
    """

    code = "too_many_images"

    def __init__(self, most: int) -> None:
        super().__init__(
            f"you have {most} pictures, counting deleted ones while their bytes stay here; delete"
            " some that are not shown, and come back when those days are over",
            context={"limit": most},
        )


class ImageRefused(RejectedError):
    """The file cannot be made into a picture; `reason` and the detail say why."""

    code = "image_refused"

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence, context={"reason": reason, "pointer": "/files"})


class ImageNotYours(RejectedError):
    """A picture to be shown is not one of the caller's, or was uploaded for another purpose.

    Upload it for this purpose first and send its `ipfs_hash`.
    """

    code = "image_not_yours"

    def __init__(self, cid: str, purpose: str) -> None:
        super().__init__(
            f"you have no picture {cid} that was uploaded as {purpose}",
            context={"ipfs_hash": cid, "purpose": purpose},
        )


class MalwareFound(RejectedError):
    """The scanner for malware knows what is in the file."""

    code = "malware_found"

    def __init__(self, name: str) -> None:
        super().__init__(f"this file is not taken: it holds {name}", context={"malware": name})


class UnknownPurpose(RejectedError):
    """What the pictures are for is not said, or said twice, or is nothing that is known."""

    code = "unknown_purpose"

    def __init__(self, known: Sequence[str]) -> None:
        super().__init__(
            f"send one field purpose, one of {', '.join(known)}", context={"pointer": "/purpose"}
        )


class PurposeNotYet(RejectedError):
    """Nothing can be done yet with pictures for this: reviews, which they would belong to, cannot
    be written. Nothing was kept."""

    code = "purpose_not_yet"

    def __init__(self, purpose: str) -> None:
        super().__init__(
            f"pictures for a {purpose} are not taken yet; nothing was kept",
            context={"pointer": "/purpose"},
        )


class AltTextUnfit(RejectedError):
    """What a picture shows cannot be said like this; the detail says why."""

    code = "alt_text_unfit"

    def __init__(self, why: str) -> None:
        super().__init__(why, context={"pointer": "/alt_text"})


class NoFiles(RejectedError):
    """The upload holds no file, or more files than its purpose takes."""

    code = "wrong_number_of_files"


class ImageTooLarge(TooLargeError):
    """The file has more bytes than are taken for its purpose."""

    code = "image_too_large"


class ImageWrongForm(UnsupportedError):
    """The file is no JPEG, PNG, WebP or GIF, whatever it is called."""

    code = "image_wrong_form"
