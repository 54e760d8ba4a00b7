"""What the images module may say no with.

NotFoundError
+-- BlockNotFound               the bytes are not where they were looked for
RejectedError
+-- MalformedCid                the text is no CID of a kind that is made here
UnavailableError
+-- ContentMismatch             a provider answered with another CID or other bytes than it should
+-- DocumentLost                a sealed document cannot be opened with the keys that are here
+-- ImageCleanerUnavailable     the picture could not be looked at now
"""

from souk.core.errors import NotFoundError, RejectedError, UnavailableError


class BlockNotFound(NotFoundError):
    """The bytes of this CID are not where they were looked for."""

    code = "block_not_found"

    def __init__(self, cid: str, where: str) -> None:
        super().__init__(f"{where} does not hold {cid}", context={"cid": cid})


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


class DocumentLost(UnavailableError):
    """A document was sealed under another `SECRET_KEY`, for somebody else, or was changed since.

    Whoever runs the installation looks whether all its processes have the same `SECRET_KEY`.
    """

    code = "document_lost"


class ImageCleanerUnavailable(UnavailableError):
    """The picture could not be looked at now: the machine is too busy, or what looks at pictures
    has ended. Nothing is known of the picture."""

    code = "image_cleaner_unavailable"
