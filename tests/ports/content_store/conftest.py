"""The stores, each with a way to bring about what happens out of its sight."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from souk.adapters.content.disk import DiskContentStore
from souk.adapters.content.s3 import Bucket, S3ContentStore
from souk.modules.media.domain import Cid, compute_cid
from souk.modules.media.ports import ContentStore
from tests.support.moto_server import moto_server
from tests.support.s3_server import BUCKET, KEY_ID, s3_server


def a_content(text: bytes = b"a picture") -> tuple[Cid, bytes]:
    return compute_cid(text), text


def bucket(url: str, *, name: str = BUCKET, key: str = KEY_ID, seconds: float = 5) -> Bucket:
    return Bucket(name, endpoint=url, access_key_id=key, secret_access_key="k", seconds=seconds)


@dataclass
class Made:
    """A store; `again` is the same after a restart, `hold` has it hold other bytes under a CID."""

    store: ContentStore
    again: Callable[[], ContentStore]
    hold: Callable[[str, bytes], object]

    def put(self, content: bytes) -> Cid:
        cid = compute_cid(content)
        self.store.put(cid, content)
        return cid


@pytest.fixture(scope="session")
def moto(stack_directory: Path) -> Iterator[str]:
    with moto_server(stack_directory, BUCKET) as url:
        yield url


def on_disk(root: Path) -> Made:
    def hold(name: str, content: bytes) -> None:
        path = root / name[-3:-1] / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_bytes(content)

    return Made(DiskContentStore(root), lambda: DiskContentStore(root), hold)


def in_moto(url: str, prefix: str) -> Made:
    where = Bucket(BUCKET, endpoint=url, access_key_id="k", secret_access_key="k", prefix=prefix)

    def hold(name: str, content: bytes) -> None:
        signed = {"Authorization": "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/s3/x"}
        put = httpx.put(f"{url}/{BUCKET}/{prefix}/{name}", content=content, headers=signed)
        put.raise_for_status()

    return Made(S3ContentStore(where), lambda: S3ContentStore(where), hold)


@pytest.fixture(params=["disk", "s3", pytest.param("moto", marks=pytest.mark.deep)])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Made]:
    """Each of them, empty."""
    if request.param == "disk":
        yield on_disk(tmp_path / "deep" / "content")
    elif request.param == "moto":
        yield in_moto(request.getfixturevalue("moto"), tmp_path.name)
    else:
        with s3_server() as (url, kept):
            made = bucket(url)
            yield Made(S3ContentStore(made), lambda: S3ContentStore(made), kept.__setitem__)
