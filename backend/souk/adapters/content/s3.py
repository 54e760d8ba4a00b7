"""The content of this installation in a bucket of S3 or of what speaks like it.

Nothing is streamed from there to anybody: a block is small, and its bytes are compared with its CID
before one of them is shown. What is asked for again and again is kept by a cache in front of us.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from typing import BinaryIO

import obstore
from obstore.exceptions import (
    BaseError,
    PermissionDeniedError,
    UnauthenticatedError,
)
from obstore.store import S3Store

from souk.adapters.content.checks import find_cid, require_named
from souk.core.errors import ProviderRefusesUs, ProviderUnavailable
from souk.core.transaction_guard import refuse_open_transaction
from souk.modules.media.domain import MAX_BLOCK_BYTES, Cid
from souk.modules.media.errors import BlockNotFound, ContentMismatch

_NAME = "the bucket for content"
_MISSING_BUCKET = "NoSuchBucket"
_CONNECT = timedelta(seconds=4)


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where it is, and as whom. Without an endpoint it is Amazon's; without a key the machine's own
    credentials are used, as Amazon's programs find them."""

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

    def put(self, cid: Cid, content: bytes) -> None:
        """An object appears whole or not at all."""
        refuse_open_transaction()
        require_named(content, cid, "the caller")
        with _failures_named(cid):
            obstore.put(self._store, cid, content, use_multipart=False)

    def open(self, cid: Cid) -> BinaryIO:
        """A file in memory."""
        refuse_open_transaction()
        with _failures_named(cid):
            found = obstore.get(self._store, cid)
            if found.meta["size"] > MAX_BLOCK_BYTES:
                raise ContentMismatch(cid, _NAME)
            content = bytes(found.bytes())
        return BytesIO(require_named(content, cid, _NAME))

    def find_size(self, cid: Cid) -> int | None:
        """From the object's head."""
        refuse_open_transaction()
        try:
            with _failures_named(cid):
                return obstore.head(self._store, cid)["size"]
        except BlockNotFound:
            return None

    def delete(self, cid: Cid) -> None:
        """S3 says yes whether or not it is there; some that speak like it do not."""
        refuse_open_transaction()
        with suppress(BlockNotFound), _failures_named(cid):
            obstore.delete(self._store, cid)

    def list_cids(self) -> Iterator[Cid]:
        """Asks for one page after the other, as they are needed."""
        refuse_open_transaction()
        with _failures_named(""):
            for page in obstore.list(self._store):
                yield from filter(None, (find_cid(entry["path"]) for entry in page))


def _store(bucket: Bucket) -> S3Store:
    return S3Store(
        bucket.name,
        prefix=bucket.prefix or None,
        client_options={
            "allow_http": bucket.endpoint.startswith("http://"),
            "connect_timeout": _CONNECT,
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


@contextmanager
def _failures_named(cid: str) -> Iterator[None]:
    """What the package raises repeats addresses and answers, and goes no further."""
    try:
        yield
    except FileNotFoundError as error:
        if _MISSING_BUCKET in str(error):
            raise ProviderUnavailable(f"{_NAME} does not exist") from None
        raise BlockNotFound(cid, _NAME) from None
    except (PermissionDeniedError, UnauthenticatedError):
        raise ProviderRefusesUs(f"{_NAME} does not accept our key") from None
    except (BaseError, OSError):
        raise ProviderUnavailable(f"{_NAME} cannot be reached, or failed") from None
