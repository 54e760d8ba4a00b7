"""What the images module may say no with.

RejectedError
+-- MalformedCid                the text is no CID of a kind that is made here
UnavailableError
+-- ImageCleanerUnavailable     the picture could not be looked at now
"""

from souk.core.errors import RejectedError, UnavailableError


class MalformedCid(RejectedError):
    """The text is no CIDv1 of one raw block under sha2-256 in lower-case base32. Others are not
    made here."""

    code = "malformed_cid"


class ImageCleanerUnavailable(UnavailableError):
    """The picture could not be looked at now: the machine is too busy, or what looks at pictures
    has ended. Nothing is known of the picture."""

    code = "image_cleaner_unavailable"
