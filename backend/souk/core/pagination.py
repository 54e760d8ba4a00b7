"""Keyset pagination with signed cursors.

A cursor names the last row seen by its sort key and is bound to one list (`scope`, which
includes the filters), so that it can be neither forged nor carried to another list.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Sequence

from souk.core.errors import RejectedError

MAX_LIMIT = 100
DEFAULT_LIMIT = 24
_SIGNATURE_BYTES = 16
# Inside a text of the page a quotation mark is escaped, so only a member's own name matches.
_NEXT_KEY = re.compile(rb'"next_key"\s*:')


class BadCursor(RejectedError):
    """The cursor was not made by this list."""

    code = "bad_cursor"


class CursorCodec:
    """Makes and reads cursors with an HMAC-SHA256 cut to 128 bits."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 16:
            raise ValueError("the cursor secret needs at least 16 bytes")
        self._secret = secret

    def encode(self, scope: str, position: Sequence[str]) -> str:
        """The cursor after the row with this sort key."""
        body = json.dumps(list(position), separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._sign(scope, body) + body).rstrip(b"=").decode()

    def decode(self, scope: str, cursor: str | None, *, width: int) -> tuple[str, ...] | None:
        """The sort key (`width` strings) to continue after; `None` for the first page. Raises
        `BadCursor`."""
        if cursor is None:
            return None
        try:
            raw = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        except (ValueError, UnicodeEncodeError) as error:
            raise BadCursor("this cursor is damaged; start from the first page") from error
        signature, body = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._sign(scope, body)):
            raise BadCursor("this cursor belongs to another list; start from the first page")
        position = json.loads(body)
        if len(position) != width:
            raise BadCursor("this cursor belongs to another list; start from the first page")
        return tuple(position)

    def _sign(self, scope: str, body: bytes) -> bytes:
        message = scope.encode() + b"\0" + body
        return hmac.new(self._secret, message, hashlib.sha256).digest()[:_SIGNATURE_BYTES]

    def page(self, scope: str, document: bytes | None) -> bytes:
        """Finish a page composed in SQL as `{"data": [...], "next_key": [..] | null}`: the key
        of its last row becomes a signed `next_cursor`."""
        if document is None:
            return b'{"data":[],"next_cursor":null}'
        *_, member = [None, *_NEXT_KEY.finditer(document)]
        if member is None:
            raise ValueError("a page needs a next_key as its last member")
        position = json.loads(document[member.end() :].strip().removesuffix(b"}"))
        cursor = json.dumps(None if position is None else self.encode(scope, position))
        return document[: member.start()] + b'"next_cursor":' + cursor.encode() + b"}"
