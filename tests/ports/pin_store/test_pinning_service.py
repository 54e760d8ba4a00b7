"""What is the pinning services' own: they fetch by themselves, and take their time."""

import pytest

from souk.adapters.ipfs.pinning_service import RemotePinStore
from souk.core.errors import ProviderUnavailable
from souk.modules.media.domain import PinState
from tests.ports.pin_store.conftest import ORIGINS, a_block, server_store
from tests.support.ipfs_world import IpfsWorld
from tests.support.scripted_http import says
from tests.support.sockets import door

CID, BLOCK = a_block()


@pytest.fixture
def store(world: IpfsWorld) -> RemotePinStore:
    found = server_store("pinning-service", world.server("service"))
    assert isinstance(found, RemotePinStore)
    return found


def wishes(world: IpfsWorld) -> list[str]:
    return [asked for asked in world.asked() if asked.startswith("POST")]


def test_add_is_pending_until_the_service_has_fetched(
    store: RemotePinStore, world: IpfsWorld
) -> None:
    world.does("have", BLOCK)
    assert store.add(CID, BLOCK) is PinState.PENDING
    assert store.state(CID) is PinState.PENDING
    assert store.list_pins() == frozenset()
    world.does("fetch")
    assert store.state(CID) is PinState.PINNED


def test_add_wishes_once_while_a_wish_is_under_way(store: RemotePinStore, world: IpfsWorld) -> None:
    store.add(CID, BLOCK)
    store.add(CID, BLOCK)
    assert len(wishes(world)) == 1


@pytest.mark.pitfall("I10")
def test_add_wishes_again_when_the_service_gave_up(store: RemotePinStore, world: IpfsWorld) -> None:
    store.add(CID, BLOCK)
    world.does("fetch")
    assert store.state(CID) is PinState.FAILED
    world.does("have", BLOCK)
    assert store.add(CID, BLOCK) is PinState.PENDING
    world.does("fetch")
    assert store.state(CID) is PinState.PINNED


def test_unpin_takes_back_what_failed_too(store: RemotePinStore, world: IpfsWorld) -> None:
    store.add(CID, BLOCK)
    world.does("fetch")
    store.add(CID, BLOCK)
    store.unpin(CID)
    assert store.state(CID) is PinState.ABSENT


def test_list_pins_passes_over_what_is_not_ours(store: RemotePinStore, world: IpfsWorld) -> None:
    world.does("pin-other", b"a directory of somebody else's")
    assert store.list_pins() == frozenset()


def a_page(cid: str, created: str) -> dict:
    wish = {"requestid": "1", "status": "pinned", "created": created, "pin": {"cid": cid}}
    return {"count": 1_000_000, "results": [wish]}


def test_list_pins_is_unavailable_when_it_turns_in_a_circle() -> None:
    with door(says(a_page(CID, "2026-01-01T00:00:00Z"))) as there:
        store = server_store("pinning-service", IpfsWorld(url(there.port)).server("service"))
        with pytest.raises(ProviderUnavailable):
            store.list_pins()
    assert there.visits == 2


def url(port: int) -> str:
    return f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("missing", ["requestid", "status", "created", "pin"])
def test_state_is_unavailable_when_a_wish_makes_no_sense(missing: str) -> None:
    page = a_page(CID, "2026-01-01T00:00:00Z")
    page["results"][0][missing] = {"strange": 1}
    with door(says(page)) as there, pytest.raises(ProviderUnavailable):
        server_store("pinning-service", IpfsWorld(url(there.port)).server("service")).state(CID)


def test_service_takes_twenty_origins_at_most(store: RemotePinStore, world: IpfsWorld) -> None:
    server = world.server("service")
    with pytest.raises(ValueError, match="20 origins"):
        RemotePinStore(server, source=None, origins=ORIGINS * 21)  # type: ignore[arg-type]  # unused
