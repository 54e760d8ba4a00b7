"""Where files of pictures are fetched from.

Signed addresses are those of nginx's `secure_link_md5 "$secure_link_expires$uri <secret>"`
(https://nginx.org/en/docs/http/ngx_http_secure_link_module.html), so that whoever stands in front
can check them without asking us. Its MD5 is weak against who chooses both of two texts; here
nothing can be chosen but one CID, and the secret ends the text.
"""

import hmac
import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import md5

from souk.core.clock import Clock
from souk.modules.media.domain.cid import Cid
from souk.modules.media.errors import AddressNotSigned

FILES_PATH = "/ipfs/"
# As PostgreSQL writes it. In a text that somebody typed, the quotes have a backslash before them.
_IN_DOCUMENT = re.compile(rb'"url" : "/ipfs/(b[a-z2-7]{58})"')


@dataclass(frozen=True, slots=True)
class FileAddresses:
    """Makes addresses of files, and checks them. `base_url` is what stands before `/ipfs/`, nothing
    when this server does. With a `secret` they are signed, and good for at least `seconds` and at
    most twice that: within this time all are told the same one, so that it can be cached."""

    clock: Clock
    base_url: str = ""
    secret: str = field(default="", repr=False)
    seconds: int = 86_400

    @property
    def signed(self) -> bool:
        """Whether no file is served without a signature."""
        return bool(self.secret)

    def of(self, cid: str) -> str:
        """Where to fetch this file from."""
        address = f"{self.base_url}{FILES_PATH}{cid}"
        if not self.secret:
            return address
        expires = str((self._now() // self.seconds + 2) * self.seconds)
        return f"{address}?expires={expires}&signature={self._signature(cid, expires)}"

    def completed(self, document: bytes) -> bytes:
        """A document of PostgreSQL's in which every `url` of a file is its address."""
        if not self.secret and not self.base_url:
            return document
        return _IN_DOCUMENT.sub(lambda found: self._url(found[1].decode()), document)

    def require_signed(self, cid: Cid, expires: str, signature: str) -> None:
        """Raises `AddressNotSigned` when it has to be and is not, or not any more."""
        if not self.secret:
            return
        made = self._signature(cid, expires)
        good = hmac.compare_digest(made.encode(), signature.encode())
        # Only what we have signed is read as a number.
        if not good or int(expires) < self._now():
            raise AddressNotSigned

    def _url(self, cid: str) -> bytes:
        return f'"url" : "{self.of(cid)}"'.encode()

    def _signature(self, cid: str, expires: str) -> str:
        text = f"{expires}{FILES_PATH}{cid} {self.secret}".encode()
        return urlsafe_b64encode(md5(text, usedforsecurity=False).digest()).decode().rstrip("=")

    def _now(self) -> int:
        return int(self.clock.now().timestamp())
