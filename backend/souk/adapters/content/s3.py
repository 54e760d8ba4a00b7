"""The content of this installation in a bucket of S3 or of what speaks like it.

The package `obstore` finds the credentials and signs addresses with them; what is asked at these
goes by our own exchange, which bounds how much is read and how long that takes. A server that says
that its answer has a terabyte would end the process if the package read it.

Nothing is streamed from there to anybody: a block is small, and its bytes are compared with its CID
before one of them is shown. What is asked for again and again is kept by a cache in front of us.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from typing import BinaryIO, Literal
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from souk.adapters.content.checks import find_cid, require_named
from souk.adapters.exchange.answers import Answer, senseless, unavailable
from souk.adapters.exchange.server import Server
from souk.core.transaction_guard import refuse_open_transaction
from souk.modules.media.domain import MAX_BLOCK_BYTES, Cid
from souk.modules.media.errors import BlockNotFound

_NAME = "the bucket for content"
_NOT_THERE = 404
_MISSING_BUCKET = b"NoSuchBucket"
_ANSWER_BYTES = 64 * 1024
_SIGNED_FOR = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where it is, and as whom. Without an endpoint it is Amazon's; without a key the credentials
    are those that Amazon's programs would find on this machine."""

    name: str
    region: str = "us-east-1"
    endpoint: str = ""
    access_key_id: str = field(default="", repr=False)
    secret_access_key: str = field(default="", repr=False)
    prefix: str = ""
    seconds: float = 10.0


class S3ContentStore:
    """The `ContentStore` in a bucket. Safe to share between threads. Nothing is tried again here:
    whoever called knows how long it may wait."""

    def __init__(self, bucket: Bucket) -> None:
        self._store = _store(bucket)
        self._seconds = bucket.seconds

    def put(self, cid: Cid, content: bytes) -> None:
        """An object appears whole or not at all."""
        require_named(content, cid, "the caller")
        self._require_there(cid, self._ask("PUT", cid, content=content)).require_ok()

    def open(self, cid: Cid) -> BinaryIO:
        """A file in memory."""
        # One byte more than a block tells that it is none.
        answer = self._ask("GET", cid, max_bytes=MAX_BLOCK_BYTES + 1, cut=True)
        content = self._require_there(cid, answer).require_ok()
        return BytesIO(require_named(content, cid, _NAME))

    def find_size(self, cid: Cid) -> int | None:
        """From the object's head. A bucket that is missing looks like an object that is."""
        answer = self._ask("HEAD", cid)
        if answer.status == _NOT_THERE:
            return None
        answer.require_ok()
        length = answer.headers.get("content-length", "")
        if not length.isdecimal():
            raise senseless(_NAME)
        return int(length)

    def delete(self, cid: Cid) -> None:
        """S3 says yes whether or not it is there; some that speak like it do not."""
        answer = self._ask("DELETE", cid)
        if answer.status != _NOT_THERE:
            answer.require_ok()

    def list_cids(self) -> Iterator[Cid]:
        """Asks for one page after the other, as they are needed, by the package itself."""
        refuse_open_transaction()
        try:
            for page in obstore.list(self._store):
                yield from filter(None, (find_cid(entry["path"]) for entry in page))
        # What the package raises repeats addresses and answers, and goes no further.
        except (BaseError, OSError):
            raise unavailable(_NAME, "could not be listed") from None

    def _ask(
        self,
        method: Literal["GET", "PUT", "HEAD", "DELETE"],
        cid: Cid,
        *,
        content: bytes | None = None,
        max_bytes: int = _ANSWER_BYTES,
        cut: bool = False,
    ) -> Answer:
        refuse_open_transaction()
        try:
            signed = obstore.sign(self._store, method, cid, _SIGNED_FOR)
        except (BaseError, OSError):
            raise unavailable(_NAME, "cannot be asked: no credentials are to be had") from None
        parts = urlsplit(signed)
        server = Server(f"{parts.scheme}://{parts.netloc}", _NAME, self._seconds)
        path = f"{parts.path}?{parts.query}"
        return server.ask(method, path, content=content, max_bytes=max_bytes, cut=cut)

    def _require_there(self, cid: Cid, answer: Answer) -> Answer:
        if answer.status == _NOT_THERE:
            if _MISSING_BUCKET in answer.body:
                raise unavailable(_NAME, "does not exist")
            raise BlockNotFound(cid, _NAME)
        return answer


def _store(bucket: Bucket) -> S3Store:
    return S3Store(
        bucket.name,
        prefix=bucket.prefix or None,
        client_options={
            "allow_http": bucket.endpoint.startswith("http://"),
            "timeout": timedelta(seconds=bucket.seconds),
        },
        retry_config={"max_retries": 0},
        region=bucket.region,
        **_where_and_who(bucket),  # type: ignore[arg-type]  # its own type is for checkers alone
    )


def _where_and_who(bucket: Bucket) -> dict[str, str]:
    """What is left out the package finds in the environment, as Amazon's programs do."""
    said = {
        "endpoint": bucket.endpoint,
        "access_key_id": bucket.access_key_id,
        "secret_access_key": bucket.secret_access_key,
    }
    return {name: value for name, value in said.items() if value}
