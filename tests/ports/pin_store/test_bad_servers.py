"""Whatever a server answers, nothing wrong is believed, and nobody waits for ever."""

import ssl

import pytest
import trustme

from souk.adapters.exchange.server import Server
from souk.core.errors import ProviderRefusesUs, ProviderRejected, ProviderUnavailable
from souk.embedded.anvil import free_port
from souk.modules.media.domain import PinState
from souk.modules.media.errors import ContentMismatch
from souk.modules.media.ports import PinStore
from tests.ports.http.conftest import soon
from tests.ports.pin_store.conftest import SERVERS, a_block, server_store
from tests.support.ipfs_server import cid_of
from tests.support.ipfs_world import IpfsWorld
from tests.support.scripted_http import NEVER_ENDING, NO_ANSWERS, says, sends_elsewhere
from tests.support.sockets import Door, Serve, door

# The package `ipfshttpclient` is older than the ones below it.
pytestmark = pytest.mark.filterwarnings("ignore:The 'strict' parameter:FutureWarning")

CID, BLOCK = a_block()
OTHER = cid_of(b"another picture")
CALLS = {
    "add": lambda store: store.add(CID, BLOCK),
    "state": lambda store: store.state(CID),
    "read": lambda store: store.read(CID),
    "unpin": lambda store: store.unpin(CID),
    "list": lambda store: store.list_pins(),
}
WITHOUT_READ = [name for name in CALLS if name != "read"]


@pytest.fixture(params=SERVERS)
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


# The package `ipfshttpclient` bounds single waits alone.
ENDLESS = [
    pytest.param(kind, never, id=f"{kind}-{name}")
    for name, never in NEVER_ENDING.items()
    for kind in ("kubo", "pinning-service")
]
ENDLESS += [
    pytest.param("ipfshttpclient", NEVER_ENDING[name], marks=pytest.mark.deep)
    for name in ("silence", "an endless answer")
]


def at(kind: str, there: Door, *, seconds: float = 5) -> PinStore:
    return server_store(kind, Server(f"http://127.0.0.1:{there.port}", "the node", seconds))


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("no_answer", NO_ANSWERS.values(), ids=NO_ANSWERS)
def test_store_is_unavailable_when_there_is_no_sense_in_the_answer(
    kind: str, call: str, no_answer: Serve
) -> None:
    # Bytes that are read back are those of the CID or they are not.
    fair = (ProviderUnavailable, ContentMismatch) if call == "read" else ProviderUnavailable
    with door(no_answer) as there, pytest.raises(fair):
        CALLS[call](at(kind, there))


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(("kind", "never"), ENDLESS)
def test_store_is_unavailable_when_the_answer_never_ends(
    kind: str, never: Serve, call: str
) -> None:
    with door(never) as there, soon(), pytest.raises((ProviderUnavailable, ContentMismatch)):
        CALLS[call](at(kind, there, seconds=0.1))


@pytest.mark.pitfall("I9")
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("status", [301, 307])
def test_store_does_not_follow_when_it_is_sent_elsewhere(kind: str, call: str, status: int) -> None:
    with door() as inside:
        elsewhere = sends_elsewhere(f"http://127.0.0.1:{inside.port}/api/v0/config", status)
        with door(elsewhere) as there, pytest.raises(ProviderUnavailable):
            CALLS[call](at(kind, there))
    assert (inside.visits, there.visits) == (0, 1)


def test_store_uses_no_proxy_of_the_environment(
    kind: str, world: IpfsWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    with door() as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("no_proxy", "")
        assert server_store(kind, world.server("node")).state(CID) is PinState.ABSENT
    assert proxy.visits == 0


@pytest.mark.parametrize("call", CALLS)
def test_store_is_unavailable_when_nobody_is_there(kind: str, call: str) -> None:
    nobody = Server(f"http://127.0.0.1:{free_port()}", "the node", 5)
    with pytest.raises(ProviderUnavailable):
        CALLS[call](server_store(kind, nobody))


@pytest.mark.pitfall("I9")
@pytest.mark.parametrize("call", WITHOUT_READ)
@pytest.mark.parametrize("key", ["", "Bearer a key of theirs"])
def test_store_says_so_when_its_key_is_not_accepted(
    kind: str, call: str, key: str, world: IpfsWorld
) -> None:
    store = server_store(kind, world.server("node", key=key))
    with pytest.raises(ProviderRefusesUs):
        CALLS[call](store)


@pytest.mark.parametrize("call", WITHOUT_READ)
def test_store_says_so_when_it_is_refused_for_good(kind: str, call: str) -> None:
    with door(says({}, 400)) as there, pytest.raises(ProviderRejected):
        CALLS[call](at(kind, there))


def test_errors_tell_neither_address_nor_key(kind: str) -> None:
    server = Server(
        f"http://127.0.0.1:{free_port()}/secret", "the node", 5, {"Authorization": "secret"}
    )
    with pytest.raises(ProviderUnavailable) as caught:
        server_store(kind, server).add(CID, BLOCK)
    assert "secret" not in f"{caught.value!r} {caught.value.__cause__!r} {server!r}"


@pytest.mark.pitfall("I8")
@pytest.mark.parametrize(
    ("kind", "lie"),
    [
        ("kubo", {"Hash": OTHER}),
        ("kubo", {"Hash": CID.upper()}),
        ("pinning-service", {"count": 1, "results": [{"pin": {"cid": OTHER}}]}),
    ],
)
def test_add_refuses_when_another_cid_comes_back(kind: str, lie: dict) -> None:
    for wish in lie.get("results", []):
        wish |= {"requestid": "1", "status": "pinned", "created": "2026-01-01T00:00:00Z"}
    with door(says(lie)) as there, pytest.raises(ContentMismatch):
        at(kind, there).add(CID, BLOCK)


@pytest.mark.parametrize("keys", [{}, {OTHER: {"Type": "recursive"}}])
def test_state_is_absent_when_kubo_names_another_pin(keys: dict) -> None:
    with door(says({"Keys": keys})) as there:
        assert at("kubo", there).state(CID) is PinState.ABSENT


def over_tls(port: int, tls: ssl.SSLContext | None) -> PinStore:
    return server_store("kubo", Server(f"https://localhost:{port}", "the node", 5, tls=tls))


def presenting(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def test_store_speaks_tls_to_a_server_that_is_vouched_for() -> None:
    authority = trustme.CA()
    with door(says({"Keys": {CID: {}}}), tls=presenting(authority, "localhost")) as there:
        assert over_tls(there.port, trusting(authority)).state(CID) is PinState.PINNED


@pytest.mark.parametrize(("name", "is_trusted"), [("another", True), ("localhost", False)])
def test_store_says_nothing_to_a_server_that_nobody_vouches_for(
    name: str, is_trusted: bool
) -> None:
    authority = trustme.CA()
    tls = trusting(authority) if is_trusted else None
    server = door(says({"Keys": {CID: {}}}), tls=presenting(authority, name))
    with server as there, pytest.raises(ProviderUnavailable):
        over_tls(there.port, tls).state(CID)


NO_ADDRESSES = ["", "node:5001", "ftp://node", "http://", "http://node?x=1", "http://n#x"]
WITH_SECRETS = ["http://a:b@node", "http://a@node", "http://:b@node"]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "node:5001",
        "ftp://node",
        "http://",
        "http://a:b@node",
        "http://a@node",
        "http://:b@node",
        "http://node?x=1",
        "http://n#x",
    ],
)
def test_server_refuses_what_is_no_address(url: str) -> None:
    with pytest.raises(ValueError, match="the address of the node"):
        Server(url, "the node")
