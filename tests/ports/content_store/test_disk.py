"""What is the disk's own: power cuts, permissions, and files that the system may send."""

import os
import sys
import threading
from pathlib import Path

import pytest

from souk.adapters.content.disk import DiskContentStore
from souk.core.errors import ProviderUnavailable
from tests.ports.content_store.conftest import a_content
from tests.support.full_disk import files_of_at_most

CID, CONTENT = a_content()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "content"


@pytest.fixture
def store(root: Path) -> DiskContentStore:
    return DiskContentStore(root)


def test_disk_lets_nobody_else_read_and_nobody_write(store: DiskContentStore, root: Path) -> None:
    store.put(CID, CONTENT)
    (file,) = (path for path in root.rglob("*") if path.is_file())
    assert file.stat().st_mode & 0o777 == 0o400
    assert {path.stat().st_mode & 0o077 for path in (root, file.parent)} == {0}


def test_open_gives_a_file_of_the_system(store: DiskContentStore) -> None:
    store.put(CID, CONTENT)
    with store.open(CID) as file:
        assert os.fstat(file.fileno()).st_size == len(CONTENT)


def test_open_file_is_read_on_when_its_content_is_deleted(store: DiskContentStore) -> None:
    store.put(CID, CONTENT)
    with store.open(CID) as file:
        store.delete(CID)
        assert file.read() == CONTENT


def test_content_is_not_there_when_it_was_half_written(store: DiskContentStore, root: Path) -> None:
    store.put(CID, CONTENT)
    (file,) = root.rglob("b*")
    file.rename(file.with_name(".unfinished-abc"))
    assert list(store.list_cids()) == []
    assert store.find_size(CID) is None


def test_put_leaves_nothing_behind_when_the_disk_is_full(
    store: DiskContentStore, root: Path
) -> None:
    cid, content = a_content(b"x" * 10_000)
    with files_of_at_most(5_000):
        with pytest.raises(ProviderUnavailable):
            store.put(cid, content)
        left = [path for path in root.rglob("*") if path.is_file()]
    assert left == []
    store.put(cid, content)
    assert store.find_size(cid) == 10_000


def test_put_reaches_the_disk_before_its_name_does(store: DiskContentStore) -> None:
    done: list[str] = []

    def notice(_frame: object, event: str, called: object) -> None:
        if event == "c_call" and called in (os.fsync, os.replace):
            done.append(called.__name__)

    # Afterwards there is no directory left to be made.
    store.put(CID, CONTENT)
    store.delete(CID)
    sys.setprofile(notice)
    store.put(CID, CONTENT)
    sys.setprofile(None)
    # The content, then its name, then the directory that has the name.
    assert done == ["fsync", "replace", "fsync"]


def test_store_is_unavailable_when_its_place_is_taken(tmp_path: Path) -> None:
    (tmp_path / "content").write_text("a file")
    store = DiskContentStore(tmp_path / "content")
    for call in (
        lambda: store.put(CID, CONTENT),
        lambda: store.open(CID),
        lambda: store.find_size(CID),
        lambda: store.delete(CID),
    ):
        with pytest.raises(ProviderUnavailable):
            call()


def test_readers_see_all_or_nothing_while_others_write(store: DiskContentStore) -> None:
    content = b"x" * 500_000
    cid, _ = a_content(content)
    writers = [threading.Thread(target=store.put, args=(cid, content)) for _ in range(4)]
    for writer in writers:
        writer.start()
    seen = set()
    while any(writer.is_alive() for writer in writers):
        if store.find_size(cid) is not None:
            with store.open(cid) as file:
                seen.add(len(file.read()))
    for writer in writers:
        writer.join()
    assert seen <= {len(content)}
    assert list(store.list_cids()) == [cid]
