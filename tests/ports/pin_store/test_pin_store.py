"""What every pin store promises."""

import pytest

from souk.core.transaction_guard import ProviderCallInTransaction, transaction_open
from souk.modules.media.domain import MAX_BLOCK_BYTES, PinState, compute_cid
from souk.modules.media.errors import BlockNotFound, ContentMismatch
from tests.ports.pin_store.conftest import Made, a_block
from tests.support.ipfs_server import cid_of

# The package `ipfshttpclient` is older than the ones below it.
pytestmark = pytest.mark.filterwarnings("ignore:The 'strict' parameter:FutureWarning")

# What Kubo would cut in two unless told otherwise, and the largest there is.
SIZES = [0, 1, 262_145, MAX_BLOCK_BYTES]


@pytest.mark.parametrize("size", SIZES)
def test_add_keeps_a_block(made: Made, size: int) -> None:
    block = b"\xff" * size
    cid = made.add(block)
    assert made.store.state(cid) is PinState.PINNED
    assert made.store.read(cid) == block


def test_add_calls_a_block_what_others_call_it(made: Made) -> None:
    assert made.add(b"a picture") == cid_of(b"a picture")


def test_add_changes_nothing_when_it_is_repeated(made: Made) -> None:
    cid = made.add(b"a picture")
    assert made.store.add(*a_block()) is PinState.PINNED
    assert made.store.list_pins() == {cid}


def test_store_remembers_after_a_restart(made: Made) -> None:
    cid = made.add(b"a picture")
    again = made.again()
    assert (again.state(cid), again.read(cid)) == (PinState.PINNED, b"a picture")
    assert again.target == made.store.target


def test_list_pins_names_all_of_them(made: Made) -> None:
    cids = {made.add(b"%d" % number) for number in range(8)}
    assert made.store.list_pins() == cids


def test_block_is_absent_when_nobody_added_it(made: Made) -> None:
    cid, _ = a_block()
    assert made.store.state(cid) is PinState.ABSENT
    assert made.store.list_pins() == frozenset()
    with pytest.raises(BlockNotFound):
        made.store.read(cid)


def test_unpin_lets_go_of_one_block(made: Made) -> None:
    gone, kept = made.add(b"gone"), made.add(b"kept")
    made.store.unpin(gone)
    assert (made.store.state(gone), made.store.state(kept)) == (PinState.ABSENT, PinState.PINNED)
    assert made.store.list_pins() == {kept}


def test_unpin_says_nothing_when_the_block_was_not_kept(made: Made) -> None:
    made.store.unpin(a_block()[0])
    assert made.store.state(a_block()[0]) is PinState.ABSENT


@pytest.mark.pitfall("I8")
def test_add_refuses_bytes_that_are_not_those_of_the_cid(made: Made) -> None:
    cid, _ = a_block()
    with pytest.raises(ContentMismatch):
        made.store.add(cid, b"another picture")
    assert made.store.state(cid) is PinState.ABSENT
    assert made.store.list_pins() == frozenset()


@pytest.mark.parametrize(
    "held", [b"b picture", b"", b"a picture, and more", b"a" * (MAX_BLOCK_BYTES + 1)]
)
@pytest.mark.pitfall("I7")
def test_read_refuses_when_other_bytes_come_back(made: Made, held: bytes) -> None:
    cid = made.add(b"a picture")
    made.hold(cid, held)
    with pytest.raises(ContentMismatch):
        made.store.read(cid)


@pytest.mark.pitfall("I10")
def test_read_finds_nothing_when_the_bytes_are_lost_whatever_is_said(made: Made) -> None:
    cid = made.add(b"a picture")
    made.lose(cid)
    with pytest.raises(BlockNotFound):
        made.store.read(cid)


@pytest.mark.pitfall("I10")
def test_add_mends_what_was_lost(made: Made) -> None:
    cid = made.add(b"a picture")
    made.lose(cid)
    made.store.unpin(cid)
    made.add(b"a picture")
    assert made.store.read(cid) == b"a picture"


CALLS = [
    lambda store: store.add(*a_block()),
    lambda store: store.state(a_block()[0]),
    lambda store: store.read(a_block()[0]),
    lambda store: store.unpin(a_block()[0]),
    lambda store: store.list_pins(),
]


@pytest.mark.parametrize("call", CALLS)
def test_store_is_not_asked_while_a_transaction_is_open(made: Made, call) -> None:
    token = transaction_open.set(True)
    try:
        with pytest.raises(ProviderCallInTransaction):
            call(made.store)
    finally:
        transaction_open.reset(token)


def test_cid_is_the_same_wherever_it_is_computed() -> None:
    assert compute_cid(b"") == "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"
