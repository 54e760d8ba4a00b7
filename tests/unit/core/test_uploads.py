"""Uploads that wait, end too early or are too many."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi import Request

from souk.core.uploads import (
    NoRoomForUploads,
    TooManyUploads,
    UploadBounds,
    UploadBrokeOff,
    Uploads,
)
from tests.support.full_disk import files_of_at_most

NOW = UploadBounds(max_bytes=100, seconds=0.01)


async def whole() -> dict[str, object]:
    return {"type": "http.request", "body": b"hello", "more_body": False}


async def gone() -> dict[str, object]:
    return {"type": "http.disconnect"}


async def never() -> dict[str, object]:
    await asyncio.Event().wait()
    raise AssertionError


def then_silent(first: bytes) -> Callable:
    """Something arrives, and nothing after it."""
    chunks = iter([{"type": "http.request", "body": first, "more_body": True}])

    async def receive() -> dict[str, object]:
        for chunk in chunks:
            return chunk
        return await never()

    return receive


def a_request(receive: Callable = whole) -> Request:
    headers = [(b"content-type", b"multipart/form-data; boundary=b")]
    return Request({"type": "http", "method": "POST", "headers": headers}, receive)


async def taken(uploads: Uploads, account: str, *others: str) -> bytes:
    """What an upload holds while those of others are on their way as well."""
    async with uploads.taken(a_request(), account) as upload:
        if others:
            return await taken(uploads, *others)
        with upload.content() as content:
            return content[:]


def test_holds_what_was_sent_and_leaves_nothing(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path / "uploads", UploadBounds(max_bytes=100))

    assert asyncio.run(taken(uploads, "sofia")) == b"hello"
    assert list((tmp_path / "uploads").iterdir()) == []
    assert (tmp_path / "uploads").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("accounts", [("sofia",) * 3, ("a", "b", "c", "d")])
def test_refuses_one_more_than_are_taken_at_a_time(tmp_path: Path, accounts: list[str]) -> None:
    uploads = Uploads(tmp_path, UploadBounds(max_bytes=100, at_one=2, at_all=3))

    with pytest.raises(TooManyUploads):
        asyncio.run(taken(uploads, *accounts))

    assert asyncio.run(taken(uploads, *accounts[1:])) == b"hello"


@pytest.mark.parametrize("receive", [gone, never])
def test_gives_up_an_upload_that_does_not_end(tmp_path: Path, receive: Callable) -> None:
    async def begun() -> None:
        async with Uploads(tmp_path, NOW).taken(a_request(receive), "sofia"):
            raise AssertionError

    with pytest.raises(UploadBrokeOff):
        asyncio.run(begun())


def test_gives_up_an_upload_that_is_too_slow(tmp_path: Path) -> None:
    bounds = UploadBounds(max_bytes=100, seconds=3_600, grace_seconds=0.01, bytes_a_second=1_000)

    async def begun() -> None:
        async with Uploads(tmp_path, bounds).taken(a_request(then_silent(b"hello")), "sofia"):
            raise AssertionError

    with pytest.raises(UploadBrokeOff, match="too slowly"):
        asyncio.run(asyncio.wait_for(begun(), 5))


@pytest.mark.parametrize(("size", "seconds"), [(0, 10), (32_000, 42), (10**9, 100)])
def test_gives_an_upload_more_time_the_more_of_it_is_there(size: int, seconds: float) -> None:
    bounds = UploadBounds(10**9, seconds=100, grace_seconds=10, bytes_a_second=1_000)

    assert bounds.time_for(size) == seconds


def test_gives_up_an_upload_and_leaves_nothing_when_the_disk_is_full(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path, UploadBounds(max_bytes=100, at_all=1))

    with pytest.raises(NoRoomForUploads), files_of_at_most(3):
        asyncio.run(taken(uploads, "sofia"))

    assert list(tmp_path.iterdir()) == []
    assert asyncio.run(taken(uploads, "sofia")) == b"hello"


def test_takes_no_upload_when_its_place_is_taken(tmp_path: Path) -> None:
    (tmp_path / "uploads").write_text("a file")

    with pytest.raises(NoRoomForUploads):
        asyncio.run(taken(Uploads(tmp_path / "uploads", NOW), "sofia"))
