"""A12, P21: everything that fetches or sends to what a stranger has named, against everything that
strangers name. No connection leaves: that is counted by what listens on this machine, and by a
connector that keeps what it should have connected to."""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress

import pytest

from souk.adapters.avatars.reader import EnsAvatarReader
from souk.adapters.ens.calls import Lookup
from souk.adapters.ens.gateways import Gateways
from souk.adapters.http.client import PublicHttp
from souk.adapters.http.patience import Patience
from souk.adapters.http.targets import Policy
from souk.core.errors import DomainError, ProviderUnavailable
from souk.modules.names.domain import EnsName, Evidence, NameRecord
from souk.modules.names.errors import AvatarRefused
from tests.ports.http.conftest import post
from tests.support.clock import MovableClock
from tests.support.ens_world import FIG
from tests.support.hostile_targets import INTERNAL, TARGETS
from tests.support.sockets import Door, answering, door
from tests.support.strangers import NAME, PNG, Names, Recorder, page, server

pytestmark = [pytest.mark.pitfall("A12"), pytest.mark.pitfall("P21")]

Way = Callable[[PublicHttp, str], object]
PUBLIC = "8.8.8.8"


class NoTokens:
    """Describes each token by the very address that it is asked with."""

    def described_at(self, text: str, holder: object) -> str:
        return text.partition("/")[2]


def avatar(http: PublicHttp, url: str) -> object:
    block = Evidence(1, 1, "0x", MovableClock().now())
    record = NameRecord(name=EnsName("fig.eth"), block=block, texts={"avatar": url})
    return EnsAvatarReader(http, NoTokens()).read(record)


def described(http: PublicHttp, url: str) -> object:
    """The description of a token lies there."""
    return avatar(http, f"eip155:1/{url}")


def pictured(http: PublicHttp, url: str) -> object:
    """The picture that a token is described with lies there."""
    description = b64encode(json.dumps({"image": url}).encode()).decode()
    return avatar(http, f"eip155:1/data:application/json;base64,{description}")


def lookup(http: PublicHttp, url: str) -> object:
    asked = Lookup(FIG, (url, url + "?{data}", url + "{sender}"), b"\1\2", b"\3\4\5\6", b"")
    answer = Gateways(http).answer(asked, Patience(5))
    assert answer is None
    raise ProviderUnavailable("no gateway answered")


WAYS: Mapping[str, Way] = {
    "webhook": post,
    "avatar": avatar,
    "description of a token": described,
    "picture of a token": pictured,
    "lookup": lookup,
}


@pytest.fixture
def ours():
    """Something that listens on this machine."""
    with door(answering(page(PNG))) as listening:
        yield listening


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


def asking(ours: Door, recorder: Recorder | None, *answers: list[str]) -> tuple[PublicHttp, Names]:
    """What an installation uses, but that the port of the door is one of those allowed."""
    names = Names(*answers)
    policy = Policy(ports={ours.port, 443})
    if recorder is None:
        return PublicHttp(policy, names), names
    return PublicHttp(policy, names, backend=recorder), names


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_no_connection_leaves(ours: Door, recorder: Recorder, way: Way, target: str) -> None:
    url = target.format(port=ours.port)
    for watched in (recorder, None):
        http, _ = asking(ours, watched, ["127.0.0.1"])
        with pytest.raises(DomainError):
            way(http, url)
    assert (ours.visits, recorder.connected) == (0, [])


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_no_connection_leaves_when_the_name_leads_inside(ours, recorder, way) -> None:
    for address in INTERNAL:
        http, _ = asking(ours, recorder, [address])
        with pytest.raises(DomainError):
            way(http, f"https://{NAME}:{ours.port}/")
    assert (ours.visits, recorder.connected) == (0, [])


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("order", [1, -1])
def test_no_connection_leaves_when_one_address_of_the_name_is_inside(
    ours, recorder, way, order
) -> None:
    for address in ("127.0.0.1", "169.254.169.254", "::ffff:127.0.0.1", "64:ff9b::7f00:1"):
        http, _ = asking(ours, recorder, [PUBLIC, address][::order])
        with pytest.raises(DomainError):
            way(http, f"https://{NAME}:{ours.port}/")
    assert (ours.visits, recorder.connected) == (0, [])


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_only_what_was_checked_is_connected_to_when_the_name_moves(ours, recorder, way) -> None:
    """DNS rebinding: the name leads outside for whoever looks first, and inside from then on."""
    http, _ = asking(ours, recorder, [PUBLIC], ["127.0.0.1"])
    with pytest.raises(DomainError):
        way(http, f"https://{NAME}:{ours.port}/")
    assert (ours.visits, set(recorder.connected)) == (0, {PUBLIC})
    assert len(recorder.connected) == 1


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See", "307 There", "308 There"])
def test_no_connection_leaves_for_where_a_server_points(
    authority, trusting, ours, way, status
) -> None:
    with server(authority, b"") as outside:
        outside.answers[:] = [page(b"", status, f"Location: http://127.0.0.1:{ours.port}/")]
        policy = Policy(to_loopback=True, ports={outside.port})
        http = PublicHttp(policy, Names(["127.0.0.1"]), trusting)
        with suppress(AvatarRefused, ProviderUnavailable):
            way(http, f"https://{NAME}:{outside.port}/")
    assert ours.visits == 0
    assert outside.requests
