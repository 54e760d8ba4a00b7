"""What webhooks need from outside, beside the `HttpPoster` of the core."""

from typing import Protocol


class SecretBox(Protocol):
    """Keeps secrets where others may read and write."""

    def seal(self, owner: str, secret: bytes) -> bytes:
        """The secret in a form that tells nothing; sealed anew, it looks different."""
        ...

    def open(self, owner: str, sealed: bytes) -> bytes:
        """The secret that was sealed for this owner. Raises `SecretLost` when it was sealed for
        somebody else, under another key, or changed since."""
        ...
