"""What is Kubo's own."""

import pytest

from souk.adapters.http.client import PublicHttp
from souk.core.errors import ProviderRejected
from souk.modules.media.domain import PinState
from souk.modules.media.errors import BlockNotFound
from souk.modules.media.ports import PinStore
from tests.ports.http.conftest import soon
from tests.ports.pin_store.conftest import a_block, server_store
from tests.support.ipfs_world import IpfsWorld

CID, BLOCK = a_block()


@pytest.fixture
def store(world: IpfsWorld) -> PinStore:
    return server_store("kubo", world.server("node"))


def test_add_asks_for_one_raw_block_that_is_pinned(store: PinStore, world: IpfsWorld) -> None:
    store.add(CID, BLOCK)
    (asked,) = world.asked()
    assert asked.startswith("POST /api/v0/add?")
    for parameter in ("cid-version=1", "raw-leaves=true", "pin=true", "chunker=size-1048576"):
        assert parameter in asked


def test_read_does_not_have_the_node_look_elsewhere(store: PinStore) -> None:
    with soon(), pytest.raises(BlockNotFound):
        store.read(CID)


@pytest.mark.pitfall("I10")
def test_garbage_collection_takes_what_was_unpinned_alone(
    store: PinStore, world: IpfsWorld
) -> None:
    other, theirs = a_block(b"another picture")
    store.add(CID, BLOCK)
    store.add(other, theirs)
    store.unpin(other)
    world.does("collect")
    assert store.read(CID) == BLOCK
    with pytest.raises(BlockNotFound):
        store.read(other)


def test_list_pins_passes_over_what_is_not_ours(store: PinStore, world: IpfsWorld) -> None:
    store.add(CID, BLOCK)
    world.does("pin-other", b"a directory of somebody else's")
    assert store.list_pins() == {CID}
    assert store.state(CID) is PinState.PINNED


@pytest.mark.pitfall("I9")
@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:5001/api/v0/config",
        "https://127.0.0.1:5001/api/v0/config",
        "https://[::ffff:127.0.0.1]:8443/api/v0/config",
        "http://kubo:5001/api/v0/config",
        "https://node.example:5001/api/v0/config",
    ],
)
def test_strangers_cannot_have_the_node_asked(url: str) -> None:
    with pytest.raises(ProviderRejected):
        PublicHttp().check(url)
