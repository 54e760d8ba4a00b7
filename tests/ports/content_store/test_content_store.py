"""What every content store promises."""

import pytest

from souk.core.transaction_guard import ProviderCallInTransaction, transaction_open
from souk.modules.media.domain import MAX_BLOCK_BYTES
from souk.modules.media.errors import BlockNotFound, ContentMismatch
from tests.ports.content_store.conftest import Made, a_content

CID, CONTENT = a_content()


def read(made: Made, cid) -> bytes:
    with made.store.open(cid) as file:
        return file.read()


@pytest.mark.parametrize("size", [0, 1, MAX_BLOCK_BYTES])
def test_open_gives_what_was_put(made: Made, size: int) -> None:
    cid = made.put(b"\xff" * size)
    assert read(made, cid) == b"\xff" * size
    assert made.store.find_size(cid) == size


def test_open_gives_a_file_to_read_from_any_place(made: Made) -> None:
    with made.store.open(made.put(b"0123456789")) as file:
        file.seek(7)
        assert file.read(2) == b"78"
        file.seek(1)
        assert file.read(3) == b"123"


def test_put_changes_nothing_when_it_is_repeated(made: Made) -> None:
    assert made.put(CONTENT) == made.put(CONTENT)
    assert list(made.store.list_cids()) == [CID]


def test_store_remembers_after_a_restart(made: Made) -> None:
    made.put(CONTENT)
    with made.again().open(CID) as file:
        assert file.read() == CONTENT


def test_content_is_not_found_when_it_was_not_put(made: Made) -> None:
    assert made.store.find_size(CID) is None
    assert list(made.store.list_cids()) == []
    with pytest.raises(BlockNotFound):
        made.store.open(CID)


def test_delete_forgets_one_content(made: Made) -> None:
    gone, kept = made.put(b"gone"), made.put(b"kept")
    made.store.delete(gone)
    assert (made.store.find_size(gone), made.store.find_size(kept)) == (None, 4)
    assert list(made.store.list_cids()) == [kept]


def test_delete_says_nothing_when_there_is_nothing(made: Made) -> None:
    made.store.delete(CID)
    assert made.store.find_size(CID) is None


def test_list_cids_names_all_and_passes_over_what_is_none(made: Made) -> None:
    cids = {made.put(b"%d" % number) for number in range(8)}
    made.hold("b-backup-of-somebody", b"x")
    assert set(made.store.list_cids()) == cids


@pytest.mark.pitfall("I8")
def test_put_refuses_bytes_that_are_not_those_of_the_cid(made: Made) -> None:
    with pytest.raises(ContentMismatch):
        made.store.put(CID, b"another picture")
    assert made.store.find_size(CID) is None


@pytest.mark.parametrize("held", [b"b picture", b"", b"a" * (MAX_BLOCK_BYTES + 1)])
@pytest.mark.pitfall("I7")
def test_open_refuses_what_was_damaged_and_put_heals_it(made: Made, held: bytes) -> None:
    made.put(CONTENT)
    made.hold(CID, held)
    with pytest.raises(ContentMismatch):
        made.store.open(CID)
    made.put(CONTENT)
    assert read(made, CID) == CONTENT


CALLS = [
    lambda store: store.put(CID, CONTENT),
    lambda store: store.open(CID),
    lambda store: store.find_size(CID),
    lambda store: store.delete(CID),
    lambda store: list(store.list_cids()),
]


@pytest.mark.parametrize("call", CALLS)
def test_store_is_not_asked_while_a_transaction_is_open(made: Made, call) -> None:
    token = transaction_open.set(True)
    try:
        with pytest.raises(ProviderCallInTransaction):
            call(made.store)
    finally:
        transaction_open.reset(token)
